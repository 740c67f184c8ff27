"""The endpoint compiler on a good house: what C, OpenAPI and make get from it."""
import json
import os
import shutil
import subprocess

import fixture
import hansa

FLAGS = ["-std=gnu17", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Wsign-conversion", "-Wstrict-prototypes",
         "-Wmissing-prototypes", "-Wcast-qual", "-Wwrite-strings", "-Wvla", "-Werror"]

PROGRAM = r"""
#include <hansa/endpoint.h>
#include <hansa/error.h>
#include <hansa_steps.h>
#include <stdio.h>
#include <string.h>
#define STEP(name) enum hansa_step_result name(struct hansa_call *call) { return call ? HANSA_STEP_NEXT : HANSA_STEP_END; }
STEP(hansa_step_unit) STEP(hansa_step_reply) STEP(hansa_orders_page_read_token) STEP(hansa_orders_page_page)
STEP(hansa_orders_upload_read)
int main(void) {
    const struct hansa_endpoint *list = hansa_endpoint_find("orders/shipment_list");
    const struct hansa_endpoint *make = hansa_endpoint_find("orders/shipment_create");
    const struct hansa_endpoint *get = hansa_endpoint_find("orders/shipment_get");
    const struct hansa_endpoint *page = hansa_endpoint_find("orders/page");
    const struct hansa_endpoint *key = hansa_endpoint_find("orders/key_find");
#define CHECK(what) printf("%s %s\n", (what) ? "ok" : "BAD", #what)
    CHECK(hansa_endpoint_count == 12);
    CHECK(hansa_endpoint_find("orders/none") == NULL);
    for (size_t i = 0; i < hansa_endpoint_count; i++) {
        char name[99];
        snprintf(name, sizeof name, "%s/%s", hansa_endpoints[i].room, hansa_endpoints[i].name);
        CHECK(hansa_endpoint_find(name) == &hansa_endpoints[i]);
    }
    CHECK(list->statement_count == 4 && list->optional_count == 2 && list->paging == HANSA_PAGING_KEYSET);
    CHECK(list->optional_params[0] == HANSA_BIND_PARAM + 0 && list->optional_params[1] == HANSA_BIND_AFTER);
    CHECK(strcmp(list->statements[3].name, "orders/shipment_list+3") == 0 && list->statements[3].bind_count == 7);
    CHECK(list->statements[0].bind_count == 5 && list->statements[0].binds[1] == HANSA_BIND_TENANT);
    CHECK(list->statements[0].types[0] == 23 && list->statements[0].types[1] == 2950 && list->statements[0].types[2] == 1184);
    CHECK(strncmp(list->statements[0].sql, "/* orders/shipment_list */\n", 27) == 0);
    CHECK(strstr(list->statements[0].sql, "'a:b; '':c'''") && strstr(list->statements[0].sql, "$q$ :no; $q$, $1::int4 /* :not */"));
    CHECK(strstr(list->statements[0].sql, "what's :this ??") && strstr(list->statements[3].sql, "< $4::uuid"));
    CHECK(list->statements[0].sql[strlen(list->statements[0].sql) - 1] == '1');
    CHECK(strcmp(list->params[1].fallback, "5") == 0 && list->is_read_only && !make->is_read_only && key->is_read_only);
    CHECK(list->params[0].choices[2] == NULL && strcmp(list->params[0].choices[1], "BOOKED") == 0);
    CHECK(make->ok_status == 201 && strcmp(make->null->code, "orders/reference_taken") == 0 && make->none == NULL);
    CHECK(make->null == hansa_error(HANSA_ERROR_ORDERS_REFERENCE_TAKEN) && make->null->status == 409);
    CHECK(strcmp(make->null->constraint, "shipment_reference_key") == 0 && strcmp(make->null->field, "/references") == 0);
    CHECK(strcmp(hansa_error(HANSA_ERROR_ORDERS_SHIPMENT_NOT_FOUND)->title, "No such \"shipment\"") == 0);
    CHECK(make->statements[0].bind_count == 6 && make->statements[0].types[3] == 3802);
    CHECK(make->body->member_count == 3 && make->body->members[0].schema == make->reply->members[2].schema);
    CHECK(list->reply == get->reply && get->params[0].is_required && strcmp(get->scope, "orders:read") == 0);
    CHECK(get->reply->members[1].schema->types == (HANSA_JSON_STRING | HANSA_JSON_NULL));
    CHECK(get->reply->members[3].schema->minimum == -90 && get->reply->members[4].schema->types == HANSA_JSON_ANY);
    CHECK(get->reply->members[0].audiences == HANSA_AUDIENCE_STAFF && make->body->members[0].audiences == HANSA_AUDIENCE_STAFF);
    CHECK(get->reply->members[2].audiences == (HANSA_AUDIENCE_STAFF | HANSA_AUDIENCE_PARTNER | HANSA_AUDIENCE_CUSTOMER));
    CHECK(get->reply->members[4].audiences == 15 && get->reply->members[4].schema->types == HANSA_JSON_ANY);
    CHECK(make->body->members[2].schema->items->format == HANSA_FORMAT_SSCC && make->body->members[2].schema->max_items == 100);
    CHECK(page->scope == NULL && page->step_count == 3 && page->steps[0].run == hansa_orders_page_read_token);
    CHECK(page->params[1].place == HANSA_IN_STEP && page->params[1].type == HANSA_PARAM_BYTES && page->statements[0].types[0] == 17);
    const struct hansa_job_kind *confirm = &hansa_job_kinds[0], *sweep = &hansa_job_kinds[1];
    CHECK(hansa_job_kind_count == 2 && strcmp(confirm->name, "orders.confirm") == 0 && confirm->tries == 3 && confirm->every_s == 7200);
    CHECK(confirm->statement == hansa_endpoint_find("orders/confirm") && confirm->hands == hansa_endpoint_find("orders/confirm_take"));
    CHECK(confirm->then == hansa_endpoint_find("orders/confirm_end") && confirm->statement->is_read_only && confirm->statement->method == NULL);
    CHECK(confirm->statement->statements[0].binds[1] == HANSA_BIND_PAYLOAD && confirm->statement->statements[0].types[1] == 3802);
    CHECK(confirm->statement->statements[0].binds[2] == HANSA_BIND_JOB_ID && confirm->statement->statements[0].types[2] == 2950);
    CHECK(sweep->tries == 8 && sweep->every_s == 0 && !sweep->hands && !sweep->then && sweep->statement->lane == HANSA_LANE_SLOW);
    CHECK(!sweep->statement->is_read_only);
    CHECK(key->method == NULL && key->step_count == 0 && key->statement_count == 1);
    CHECK(hansa_endpoint_find("orders/upload")->body == NULL && hansa_endpoint_find("orders/upload")->lane == HANSA_LANE_SLOW);
    const struct hansa_endpoint *patch = hansa_endpoint_find("orders/shipment_patch"), *look = hansa_endpoint_find("orders/shipment_look");
    CHECK(make->idempotency == HANSA_IDEMPOTENCY_ACCEPTED && hansa_endpoint_find("orders/upload")->idempotency == HANSA_IDEMPOTENCY_OWN);
    CHECK(list->idempotency == HANSA_IDEMPOTENCY_NONE && list->takes_fields && !page->takes_fields && !make->takes_fields);
    CHECK(patch->if_match == HANSA_IF_MATCH_REQUIRED && strcmp(patch->body_media, "application/merge-patch+json") == 0);
    CHECK(patch->statements[0].binds[3] == HANSA_BIND_IF_MATCH && patch->statements[0].types[3] == 25 && patch->body == make->body);
    CHECK(look->params[1].place == HANSA_IN_EXPAND && strcmp(look->params[1].name, "expand_events") == 0 && look->statement_count == 2);
    CHECK(strstr(look->statements[1].sql, "|| 'events'") && !strstr(look->statements[0].sql, "|| 'events'"));
    CHECK(look->statements[1].bind_count == 3 && look->optional_params[0] == HANSA_BIND_PARAM + 1);
    CHECK(hansa_openapi_json_len == strlen(hansa_openapi_json) && hansa_openapi_json[0] == '{');
    FILE *out = fopen("out/embedded.json", "w");
    return out == NULL || fputs(hansa_openapi_json, out) < 0 || fclose(out) != 0;
}
"""


def check_c(tap, place):
    compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("cc")
    if not compiler:
        tap.skip("the C compiles and says what the files say", "no C compiler")
        return
    place.write("main.c", PROGRAM)
    include = ["-I" + str(fixture.ROOT / "include"), "-Iout"]
    built = subprocess.run([compiler, *FLAGS, *include, "-o", "main", "main.c", "out/hansa_endpoints.c"], cwd=place.root,
                           text=True, capture_output=True)
    if not tap.ok(built.returncode == 0, "the C compiles without a warning", built.stderr):
        return
    ran = subprocess.run(["./main"], cwd=place.root, text=True, capture_output=True)
    tap.ok(ran.returncode == 0, "the table can be walked", ran.stderr)
    for line in ran.stdout.splitlines():
        tap.ok(line.startswith("ok "), line.split(" ", 1)[1])
    tap.equal(place.read("out/embedded.json"), place.read("out/openapi.json"), "the embedded document is the written one")


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def check_openapi(tap, place):
    document = json.loads(place.read("out/openapi.json"))
    paths, parts = document["paths"], document["components"]
    tap.ok(document["openapi"].startswith("3.1."), "OpenAPI 3.1")
    tap.equal(sorted((m, p) for p in paths for m in paths[p]),
              [("get", "/track/{token}"), ("get", "/v1/shipments"), ("get", "/v1/shipments/{shipment_id}"),
               ("get", "/v1/shipments/{shipment_id}/look"), ("patch", "/v1/shipments/{shipment_id}"), ("post", "/v1/edi"),
               ("post", "/v1/shipments")], "every route and no internal statement is in the document")
    for ref in sorted(set(references(document))):
        _, _, kind, name = ref.split("/")
        tap.ok(name in parts[kind], f"{ref} leads somewhere")
    used = set(references(document))
    for kind in ("schemas", "responses", "headers"):
        for name in parts[kind]:
            tap.ok(f"#/components/{kind}/{name}" in used, f"{kind}/{name} is used")
    lists = paths["/v1/shipments"]["get"]
    tap.equal([p["name"] for p in lists["parameters"]], ["status", "top", "since", "limit", "cursor", "fields", "If-None-Match"], "a list has limit and cursor")
    envelope = lists["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    tap.equal(envelope["data"]["items"], {"$ref": "#/components/schemas/OrdersShipment"}, "a list answers data")
    tap.equal(envelope["next_cursor"]["type"], ["string", "null"], "and next_cursor")
    tap.ok("Link" in lists["responses"]["200"]["headers"], "and Link")
    make = paths["/v1/shipments"]["post"]
    tap.equal(make["operationId"], "orders_shipment_create", "operationId is room_endpoint")
    tap.ok("Location" in make["responses"]["201"]["headers"], "201 has Location")
    tap.equal(sorted(make["responses"]), sorted("201 400 401 403 405 406 409 413 414 415 422 429 431 500 503".split()), "all answers are named")
    tap.ok("`crm/account_not_found`" in make["responses"]["422"]["description"], "own errors are named by code")
    tap.equal(paths["/track/{token}"]["get"]["security"], [], "public is public")
    tap.equal(sorted(paths["/track/{token}"]["get"]["responses"]["200"]["content"]), ["application/json", "text/html"], "two media types")
    tap.equal(document["tags"], [{"name": "orders", "description": "What is to be moved."}], "the tag tells what the door plate tells")
    tap.equal(parts["schemas"]["OrdersShipment"]["additionalProperties"], False, "objects are closed")


def check_times(tap, place):
    files = ["hansa_endpoints.c", "hansa_error_ids.h", "hansa_steps.h", "openapi.json"]
    times = {name: os.stat(place.root / "out" / name).st_mtime_ns for name in files}
    place.compile()
    tap.ok(all(os.stat(place.root / "out" / n).st_mtime_ns == t for n, t in times.items()), "nothing new, nothing written")
    place.write("server/orders/ROOM.md", "# orders\n\nOther words.\n")
    place.compile("--depfile", "out/d")
    changed = [n for n in files if os.stat(place.root / "out" / n).st_mtime_ns != times[n]]
    tap.equal(changed, ["hansa_endpoints.c", "openapi.json"], "only what changed is written")
    rule = place.read("out/d")
    for name in ("orders/shipment_list.sql", "crm/account.json", "crm/errors.def", "orders/ROOM.md", "formats.def", "emit_c.py"):
        tap.ok(name in rule, f"the make rule names {name}")
    left = [str(p) for p in fixture.COMPILER.rglob("__pycache__")]
    tap.equal(left, [], "the source tree stays clean")


def main():
    tap = hansa.Tap()
    with fixture.Place() as place:
        done = place.compile()
        if tap.ok(done.returncode == 0 and not done.stderr, "a good house compiles", done.stderr):
            check_c(tap, place)
            check_openapi(tap, place)
            check_times(tap, place)
    with fixture.Place({name: None for name in fixture.GOOD}) as place:
        (place.root / "server").mkdir()
        done = place.compile()
        tap.ok(done.returncode == 0, "an empty house compiles", done.stderr)
    with fixture.Place({"core/errors.def": 'HANSA_ERROR(invalid, 422, "Bad")\nHANSA_ERROR(busy, 503, "Busy")\n'}) as place:
        place.compile()
        document = json.loads(place.read("out/openapi.json"))
        answers = document["paths"]["/v1/shipments"]["post"]["responses"]
        tap.equal(sorted(answers), ["201", "409", "422", "503"], "only answers that the core's errors.def knows are promised")
        tap.ok("`core/invalid`" in answers["422"]["description"] and "`core/busy`" in
               document["components"]["responses"]["ServiceUnavailable"]["description"], "the core's errors are named too")
    with fixture.Place() as place:
        real = place.run("endpointc.py", "--server", str(fixture.ROOT / "server"), "--out", "out")
        tap.ok(real.returncode == 0, "this house compiles", real.stderr)
    tap.done()


main()
