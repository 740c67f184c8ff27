#!/usr/bin/env python3
"""Files: what is sent is what comes back, of four types and no other; reach, limits of size and of storage, headers, deletion."""
import hashlib
import os
import socket
import threading
import urllib.parse

import client
import filebytes
import hansa
import people
import world

MIB = 1 << 20


def put(run, own, body, media, name="a", query="", key=None, headers=None):
    return run.ask("POST", "/v1/files?name=%s%s" % (urllib.parse.quote(name), query), body, key or own.key, {"content-type": media, **(headers or {})})


def round_trip(tap, run, own, folder):
    for media, make in filebytes.TYPES.items():
        body = make()
        answer = put(run, own, body, media, "bill é 提单.bin")
        tap.ok(answer.status == 201 and answer.headers["location"] == "/v1/files/" + answer.json["file_id"], media + " is taken", answer)
        made = answer.json
        tap.equal((made["size_bytes"], made["sha256"], made["media_type"], made["name"], made["shipment_id"]),
                  (len(body), hashlib.sha256(body).hexdigest(), media, "bill é 提单.bin", None), "with its size, hash, type and name")
        got = run.ask("GET", made["content_url"], key=own.key)
        tap.ok(got.status == 200 and got.body == body and got.headers["content-type"] == media, "its bytes come back", got.headers)
    tap.equal({k: got.headers.get(k) for k in ("x-content-type-options", "etag", "content-security-policy", "cache-control")},
              {"x-content-type-options": "nosniff", "etag": '"%s"' % made["sha256"], "content-security-policy": "sandbox; default-src 'none'",
               "cache-control": "private, no-cache"}, "as something that no browser runs or guesses at")
    tap.equal(got.headers["content-disposition"], "attachment; filename=\"bill____.bin\"; filename*=UTF-8''bill%20%C3%A9%20%E6%8F%90%E5%8D%95.bin".replace("bill____.bin", "bill_____.bin"),
              "to be saved under its name")
    again = run.ask("GET", made["content_url"], key=own.key, headers={"if-none-match": got.headers["etag"]})
    tap.ok(again.status == 304 and again.body == b"", "who has it is not sent it again", again)
    tap.equal(run.ask("GET", "/v1/files/" + made["file_id"], key=own.key).json, made, "one file")
    before = len(filebytes.stored(folder))
    twin = put(run, own, body, media, "other name")
    tap.ok(twin.status == 201 and twin.json["file_id"] != made["file_id"] and len(filebytes.stored(folder)) == before, "the same bytes again are another file and are kept once", twin)
    lists = run.ask("GET", "/v1/files?limit=2", key=own.key).json
    tap.ok([f["file_id"] for f in lists["data"]] == [twin.json["file_id"], made["file_id"]] and lists["next_cursor"], "the list, newest first", lists)
    tap.equal(run.ask("DELETE", "/v1/files/" + made["file_id"], key=own.key).status, 204, "one of two with the same bytes is deleted")
    tap.equal(run.ask("GET", twin.json["content_url"], key=own.key).body, body, "and the other still has them")
    key = world.unique("k")
    body = filebytes.png()
    first, second = (put(run, own, body, "image/png", headers={"idempotency-key": key}) for _ in range(2))
    tap.ok(first.status == second.status == 201 and first.json == second.json, "sent twice under one key it is one file", second)
    other = put(run, own, filebytes.png(), "image/png", headers={"idempotency-key": key})
    tap.ok(other.status == 422 and client.problem_code(other) == "core/idempotency_mismatch", "other bytes under the key are refused", other)


def refusals(tap, run, own, folder):
    before = filebytes.stored(folder)
    for body, media, status, code, name in (
            (filebytes.png(), "image/jpeg", 422, "files/not_as_declared", "a PNG that is called JPEG"),
            (b"<html><script>alert(1)</script>", "image/png", 422, "files/not_as_declared", "HTML that is called PNG"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", 415, "core/media_type", "SVG"),
            (b"MZ" + os.urandom(64), "application/octet-stream", 415, "core/media_type", "a program"),
            (b"", "image/png", 422, "files/not_as_declared", "nothing"), (b"\x89PNG", "image/png", 422, "files/not_as_declared", "the beginning of a beginning")):
        answer = put(run, own, body, media)
        tap.ok(answer.status == status and client.problem_code(answer) == code, "%s is %d" % (name, status), answer)
    for query, status, name in (("/v1/files", 400, "without a name"), ("/v1/files?name=", 400, "with an empty name"), ("/v1/files?name=" + "x" * 121, 400, "with too long a name"),
                                ("/v1/files?name=a%0Ab", 400, "with a line break in the name"), ("/v1/files?name=a%E2%80%AEgpj.exe", 400, "with a name that turns around"),
                                ("/v1/files?name=a&shipment_id=0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", 422, "for no shipment")):
        answer = run.ask("POST", query, filebytes.png(), own.key, {"content-type": "image/png"})
        tap.ok(answer.status == status, name + " it is refused", answer)
    head = "POST /v1/files?name=x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
    for extra, sent, name in ((1, b"\xff\xd8\xff", "one byte more than 10 MiB is refused before it is sent"), (0, b"\xff\xd8\xff", "a body that stops half-way leaves nothing")):
        with socket.create_connection(("127.0.0.1", run.server.port)) as sock:
            got, _ = hansa.raw_talk(sock, (head % (own.key, 10 * MIB + extra)).encode() + sent, 2)
        tap.ok(got.startswith(b"HTTP/1.1 413") if extra else got == b"", name, got[:200])
    tap.equal(filebytes.stored(folder), before, "nothing of them is kept")
    largest = put(run, own, filebytes.jpeg(10 * MIB), "image/jpeg")
    tap.ok(largest.status == 201 and largest.json["size_bytes"] == 10 * MIB, "10 MiB are taken", largest)
    answer = run.ask("POST", "/v1/accounts", b'{"name":"' + b"x" * MIB + b'"}', own.key, {"content-type": "application/json"})
    tap.ok(answer.status == 413, "elsewhere the limit is as before", answer)


def person(run, own, audience, account, *more):
    """Somebody from outside with all that the role gives and more; gives how he asks."""
    role = audience.lower()
    run.database.sql("update identity.role set scopes = scopes || '{files:write,tracking:write}' where role = '%s' and not scopes @> '{files:write,tracking:write}';" % role)
    made = people.make(run.server, own.slug, world.unique(role).lower() + "@canary.example")
    run.database.sql("delete from identity.role_grant where user_id = '%s'; update identity.app_user set audience = '%s' where user_id = '%s';" % (made.user_id, audience, made.user_id))
    run.database.sql("insert into identity.role_grant (tenant_id, grant_id, user_id, role, reach, account_id) values ('%s', core.uuidv7(), '%s', '%s', '%s', '%s');"
                     % (own.tenant, made.user_id, role, "ACCOUNT" if audience == "CUSTOMER" else "PARTNER", account))
    session = people.sign_in(run.server, made)
    return lambda method, path, body=None, **h: run.ask(method, path, body, session.headers, h or None)


def sees(ask, files):
    """Which of these files somebody sees, held against the list and the bytes as well."""
    one = [f["file_id"] for f in files if ask("GET", "/v1/files/" + f["file_id"]).status == 200]
    content = [f["file_id"] for f in files if ask("GET", f["content_url"]).status == 200]
    listed = {f["file_id"] for f in ask("GET", "/v1/files?limit=200").json["data"]}
    return one if content == one and [f["file_id"] for f in files if f["file_id"] in listed] == one else "list, bytes and file differ"


def reach(tap, run, own):
    """Customers see files of their shipments, and untied ones only if they are theirs; partners those that they carry."""
    mine, foreign = (own.post("/v1/accounts", {"name": n, "code": world.unique("A")}, 201)["account_id"] for n in ("Mine", "Foreign"))
    shipments = [own.shipment(customer={"account_id": a})["shipment_id"] for a in (mine, foreign)] + [own.shipment(carrier_scac="HXZZ")["shipment_id"]]
    files = [put(run, own, filebytes.png(), "image/png", "s", "&visibility=customer&shipment_id=" + s).json for s in shipments]
    files += [put(run, own, filebytes.png(), "image/png", "untied", "&visibility=customer").json]
    ask = person(run, own, "CUSTOMER", mine)
    for made, is_seen, name in zip(files, (True, False, False, False), ("of one's own shipment", "of another customer's", "of nobody's", "untied")):
        for path in ("/v1/files/%s", "/v1/files/%s/content"):
            answer = ask("GET", path % made["file_id"])
            tap.equal(answer.status, 200 if is_seen else 404, "a customer's person %s a file %s" % ("sees" if is_seen else "does not see", name))
    tap.equal([f["file_id"] for f in ask("GET", "/v1/files").json["data"]], [files[0]["file_id"]], "the list has what is seen")
    tap.equal(ask("GET", "/v1/files?shipment_id=" + shipments[1]).json["data"], [], "of a shipment that is not reached it has nothing")
    answer = ask("POST", "/v1/files?name=x&shipment_id=" + shipments[1], filebytes.png(), **{"content-type": "image/png"})
    tap.ok(answer.status == 422 and client.problem_code(answer) == "files/shipment_not_found", "nothing is hung on another's shipment", answer)
    answer = ask("POST", "/v1/files?name=x", filebytes.png(), **{"content-type": "image/png"})
    tap.ok(answer.status == 201 and [f["file_id"] for f in ask("GET", "/v1/files").json["data"]] == [answer.json["file_id"], files[0]["file_id"]], "one's own untied file is seen", answer)
    tap.equal(ask("DELETE", "/v1/files/" + files[1]["file_id"]).status, 404, "what is not seen is not deleted")


KINDS = ("POD", "SIGNATURE", "DAMAGE", "WAYBILL", "INVOICE", "CUSTOMS", "CONTRACT", "OTHER")
# By kind and who uploads: who sees it beside staff. Written from the words of the decision.
DEFAULTS = {"staff": {"POD": "CP", "SIGNATURE": "CP", "WAYBILL": "CP", "INVOICE": "C", "CUSTOMS": "C"},
            "partner": {**dict.fromkeys(KINDS, "P"), "POD": "CP", "SIGNATURE": "CP", "WAYBILL": "CP"},
            "customer": {**dict.fromkeys(KINDS, "C"), "POD": "CP", "SIGNATURE": "CP", "WAYBILL": "CP"}}


def visibility(tap, run, own):
    """A shipment of a customer that a partner carries: who sees, changes and deletes which of its files."""
    buyer = own.post("/v1/accounts", {"name": "Buyer", "code": world.unique("A")}, 201)["account_id"]
    carrier = own.post("/v1/accounts", {"kind": "PARTNER", "name": "Carrier", "scac": "HXVV"}, 201)["account_id"]
    shipment = own.shipment(customer={"account_id": buyer}, carrier_scac="HXVV")["shipment_id"]
    asks = {"staff": lambda method, path, body=None, **h: run.ask(method, path, body, own.key, h or None),
            "customer": person(run, own, "CUSTOMER", buyer), "partner": person(run, own, "PARTNER", carrier)}

    def upload(who, query=""):
        answer = asks[who]("POST", "/v1/files?name=x&shipment_id=%s%s" % (shipment, query), filebytes.png(), **{"content-type": "image/png"})
        return answer.json if answer.status == 201 else answer
    made = {(who, kind): upload(who, "&kind=" + kind) for who in asks for kind in KINDS}
    for who in ("customer", "partner"):
        expected = sorted(f["file_id"] for (by, kind), f in made.items() if who[0].upper() in DEFAULTS[by].get(kind, ""))
        tap.equal(sorted(sees(asks[who], list(made.values()))), expected, "a %s sees of 24 files those that are for one" % who)
    tap.equal(len(sees(asks["staff"], list(made.values()))), 24, "staff see all")
    bill, photo, theirs = made["staff", "INVOICE"], made["staff", "POD"], made["partner", "OTHER"]
    tap.equal([asks[who]("DELETE", "/v1/files/" + photo["file_id"]).status for who in ("partner", "customer")], [403, 403], "who sees staff's file does not delete it")
    tap.equal(asks["partner"]("DELETE", "/v1/files/" + made["staff", "OTHER"]["file_id"]).status, 404, "what he does not see is not there")
    tap.equal([asks["partner"]("DELETE", "/v1/files/" + theirs["file_id"]).status, asks["staff"]("GET", "/v1/files/" + theirs["file_id"]).status], [204, 404], "his own he deletes")
    patch = lambda who, f, body: asks[who]("PATCH", "/v1/files/" + f["file_id"], body, **{"if-match": "*"})  # noqa: E731
    tap.equal([patch("partner", photo, {"visibility": ["PUBLIC"]}).status, patch("customer", photo, {}).status], [403, 403], "only staff say who sees a file")
    tap.equal(patch("staff", bill, {"visibility": ["PARTNER"]}).json["visibility"], ["PARTNER"], "staff do")
    tap.equal([sees(asks[who], [bill]) for who in ("customer", "partner")], [[], [bill["file_id"]]], "and so it is")
    patch("staff", bill, {"visibility": ["PUBLIC"]})
    tap.equal([sees(asks[who], [bill]) for who in ("customer", "partner")], [[bill["file_id"]]] * 2, "what is public all see who reach the shipment")
    refused = asks["partner"]("POST", "/v1/files?name=x&visibility=customer", filebytes.png(), **{"content-type": "image/png"})
    tap.equal([refused.status, client.pointers(refused)], [400, ["visibility"]], "nor at the upload")
    refused = upload("staff", "&visibility=customer,everybody")
    tap.equal([refused.status, client.pointers(refused)], [400, ["visibility"]], "a word that is none is named")
    staffs = upload("staff", "&kind=POD&visibility=STAFF")
    tap.equal([sees(asks[who], [staffs]) for who in ("customer", "partner")], [[], []], "staff keep a file to themselves at once")
    unsaid, said = upload("partner"), upload("partner", "&kind=DAMAGE")
    answer = asks["partner"]("POST", "/v1/shipments/%s/proof-of-delivery" % shipment, {"condition": "GOOD", "pieces_ok": 1, "photo_file_ids": [unsaid["file_id"], said["file_id"]]})
    tap.equal([answer.status, sees(asks["customer"], [unsaid, said])], [201, [unsaid["file_id"]]], "what stands in a proof is for the customer, unless its kind was said")
    tap.equal(asks["staff"]("GET", "/v1/files/" + unsaid["file_id"]).json["kind"], "POD", "and is a proof")


def storage(tap, run, own):
    kept = int(run.database.sql("select coalesce(sum(size_bytes), 0) from files.file where tenant_id = '%s';" % own.tenant))
    counted = run.database.sql("select files || ' ' || bytes from files.holding where tenant_id = '%s';" % own.tenant)
    tap.equal(counted, run.database.sql("select count(*) || ' ' || sum(size_bytes) from files.file where tenant_id = '%s';" % own.tenant), "what is counted is what is there")
    run.database.sql("update identity.tenant set storage_bytes = %d where id = '%s';" % (kept + 5 * 2000 + 999, own.tenant))
    answers = []

    def one():
        answers.append(hansa.Server.request(run.server, "POST", "/v1/files?name=x", filebytes.jpeg(2000), own.key, {"content-type": "image/jpeg"}))
    threads = [threading.Thread(target=one) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes = sorted(a.status for a in answers)
    tap.equal(codes, [201] * 5 + [409] * 19, "of 24 at once five fit the storage agreed")
    refused = next(a for a in answers if a.status == 409)
    tap.ok(b"files/storage_exhausted" in refused.body and b"bytes agreed" in refused.body, "the others are told so", refused)
    answer = person(run, own, "CUSTOMER", own.post("/v1/accounts", {"name": "Asks"}, 201)["account_id"])(
        "POST", "/v1/files?name=x", filebytes.jpeg(2000), **{"content-type": "image/jpeg"})
    tap.ok(answer.status == 409 and b"bytes" not in answer.body, "somebody from outside is not told how much is kept", answer)
    run.database.sql("update identity.tenant set storage_bytes = null where id = '%s';" % own.tenant)


def main():
    tap = hansa.Tap()
    folder = filebytes.store()
    with client.Run("files", files_dir=folder) as run:
        own = run.world("one", full=False)
        round_trip(tap, run, own, folder)
        refusals(tap, run, own, folder)
        reach(tap, run, own)
        visibility(tap, run, own)
        storage(tap, run, own)
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
