#!/usr/bin/env python3
"""The life of keys through the API: made, shown once, used from allowed addresses only, rotated with overlap, expired, revoked within
a second on two servers at once; and a suspended tenant, whose every way in closes (promises A8, Z5, K1; issue 3.4, 3.8)."""
import http.client
import threading
import time

import client
import hansa
import people
import world

SECOND = 1.0


class Loop:
    """Threads that ask GET /v1/shipments at several servers without a pause; notes when the last request was let in."""

    def __init__(self, servers, key, path="/v1/shipments?limit=1"):
        self.stop, self.last, self.counts, self.strange = threading.Event(), {}, {}, []
        self.threads = [threading.Thread(target=self.run, args=(place, server, key, path)) for place, server in enumerate(servers) for _ in range(2)]
        for thread in self.threads:
            thread.start()

    def run(self, place, server, key, path):
        connection = server.connect()
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                answer = hansa.ask(connection, "GET", path, key=key)
            except (OSError, http.client.HTTPException):
                connection = server.connect()
                continue
            self.counts[(place, answer.status)] = self.counts.get((place, answer.status), 0) + 1
            if answer.status == 200:
                self.last[place] = max(began, self.last.get(place, 0))
            elif answer.status != 401:
                self.strange.append(repr(answer))

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def two_servers(tap, run, other, own):
    """Refused within a second on both, under a request loop."""
    def ends(what, key, act):
        loop = Loop([run.server, other], key)
        time.sleep(1.0)
        act()
        done = time.monotonic()
        time.sleep(1.6)
        loop.end()
        late = {place: round(last - done, 3) for place, last in loop.last.items()}
        tap.ok(set(late) == {0, 1} and all(late_s < SECOND for late_s in late.values()) and all(loop.counts.get((place, 401)) for place in (0, 1)),
               "%s: refused within a second on two servers" % what, "%s %s" % (late, loop.counts))
        tap.equal(loop.strange[:3], [], "%s: nothing but 200 and 401 meanwhile" % what)
    made = make(run, own)
    ends("a revoked key", made["key"], lambda: own_delete(run, own, "/v1/keys/" + made["key_id"]))
    made = make(run, own)
    ends("a rotated secret without overlap", made["key"],
         lambda: run.secret(own.post("/v1/keys/%s/rotate" % made["key_id"], {"overlap_hours": 0})["key"], "a rotated key"))
    made = make(run, own, expires_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3)))
    ends("an expired key", made["key"], lambda: hansa.wait_for(lambda: run.database.sql(
        "select expires_at <= now() from identity.api_key where api_key_id = '%s';" % made["key_id"]) == "t", 5, 0.01))


def make(run, own, **more):
    made = own.post("/v1/keys", {"name": "made for a test", "scopes": ["orders:read", "identity:*"], **more}, 201)
    run.secret(made["key"], "a key of the API")
    return made


def own_delete(run, own, path):
    answer = run.ask("DELETE", path, key=own.key)
    if answer.status != 204:
        raise RuntimeError("%s: %r" % (path, answer))


def status(run, key, path="/v1/shipments?limit=1"):
    return run.ask("GET", path, key=key).status


def life(tap, run, own):
    answer = run.ask("POST", "/v1/keys", {"name": "first", "scopes": ["orders:read"]}, own.key)
    made = answer.json
    run.secret(made["key"], "a key of the API")
    tap.ok(answer.status == 201 and answer.headers["cache-control"] == "no-store" and answer.headers["location"] == "/v1/keys/" + made["key_id"],
           "a key is told once, and that answer is no-store", answer)
    tap.ok(made["key"].startswith("hansa_live_") and made["prefix"].endswith(made["key"][34:42]) and made["created_by"]["kind"] == "KEY", "it says what it is", made)
    tap.equal((status(run, made["key"]), status(run, made["key"], "/v1/keys")), (200, 403), "it opens what it may and nothing else")
    shown = run.ask("GET", "/v1/keys/" + made["key_id"], key=own.key)
    tap.ok(shown.status == 200 and "key" not in shown.json and made["key"][43:] not in shown.body.decode(), "it is shown without its secret", shown)
    listed = own.get("/v1/keys").json["data"]
    tap.ok(listed[0]["key_id"] == made["key_id"] and "key" not in listed[0], "and listed", listed[0])
    dump = run.database.sql("select string_agg(to_jsonb(k)::text, ' ') from identity.api_key k") + run.database.sql("select coalesce(string_agg(e::text, ' '), '') from audit.entry e")
    tap.ok(made["key"][43:75] not in dump, "neither its row nor the audit holds the secret (K1)")
    used = hansa.wait_for(lambda: own.get("/v1/keys/" + made["key_id"]).json["last_used_at"], 40, 0.5)
    tap.ok(used, "its last use is noted", used)
    test = make(run, own, is_test=True)
    tap.ok(test["key"].startswith("hansa_test_") and test["is_test"] and status(run, test["key"]) == 200, "a test key says so", test["prefix"])


def rotation(tap, run, own):
    made = make(run, own)
    turned = own.post("/v1/keys/%s/rotate" % made["key_id"], {"overlap_hours": 2})
    run.secret(turned["key"], "a rotated key")
    tap.ok(turned["key"] != made["key"] and turned["prefix"] == made["prefix"] and turned["old_secret_until"], "a rotated key keeps its reference", turned["prefix"])
    tap.equal((status(run, made["key"]), status(run, turned["key"])), (200, 200), "during the overlap both secrets count")
    run.database.sql("update identity.api_key set old_valid_until = now() where api_key_id = '%s';" % made["key_id"])
    gone, took = client.eventually(lambda: status(run, made["key"]) == 401, 3)
    tap.ok(gone and took < SECOND and status(run, turned["key"]) == 200, "after it only the new one", "%.2f s" % took)
    again = own.post("/v1/keys/%s/rotate" % made["key_id"], {})
    last = own.post("/v1/keys/%s/rotate" % made["key_id"], {})
    for key in (again["key"], last["key"]):
        run.secret(key, "a rotated key")
    gone = client.eventually(lambda: status(run, turned["key"]) == 401, 3)[0]
    tap.ok(gone and status(run, again["key"]) == 200 and status(run, last["key"]) == 200, "a second rotation leaves the last two")
    own_delete(run, own, "/v1/keys/" + made["key_id"])
    gone = client.eventually(lambda: status(run, again["key"]) == 401 and status(run, last["key"]) == 401, 3)[0]
    tap.ok(gone, "revoking ends both secrets")
    answer = run.ask("POST", "/v1/keys/%s/rotate" % made["key_id"], {}, own.key)
    tap.ok(answer.status == 409 and client.problem_code(answer) == "identity/key_ended", "what is revoked cannot be rotated", answer)
    tap.equal(run.ask("DELETE", "/v1/keys/" + made["key_id"], key=own.key).status, 204, "and revoking again changes nothing")
    entries = run.database.sql("select count(*) from audit.entry where object_id = '%s' and changes ->> 'revoked' = 'true';" % made["key_id"])
    tap.equal(entries, "1", "and is noted once")


def no_more_than_held(tap, run, own):
    """Z5 for keys: scopes, end, networks; and rotation, which hands over what the key holds."""
    weak = make(run, own, expires_at="2099-01-01T00:00:00Z")
    strong = make(run, own, scopes=["*"])

    def refused(what, pointer, **body):
        answer = run.ask("POST", "/v1/keys", {"name": "x", "scopes": ["orders:read"], "expires_at": "2098-01-01T00:00:00Z", **body}, weak["key"])
        tap.ok(answer.status == 403 and client.problem_code(answer) == "identity/more_than_held" and client.pointers(answer) == [pointer], what, answer)
    refused("a key makes none with another scope", "/scopes", scopes=["orders:read", "orders:write"])
    refused("nor with a pattern that covers more", "/scopes", scopes=["orders:*"])
    refused("nor with all", "/scopes", scopes=["*"])
    refused("nor one that lives longer", "/expires_at", expires_at="2099-01-02T00:00:00Z")
    refused("nor one without end", "/expires_at", expires_at=None)
    answer = run.ask("POST", "/v1/keys/%s/rotate" % strong["key_id"], {}, weak["key"])
    tap.ok(answer.status == 403 and client.problem_code(answer) == "identity/more_than_held", "and learns no secret of a stronger one", answer)
    answer = run.ask("POST", "/v1/keys", {"name": "x", "scopes": ["orders:read"], "expires_at": "2098-01-01T00:00:00Z"}, weak["key"])
    tap.ok(answer.status == 201 and answer.json["created_by"]["id"] == weak["key_id"], "within its own it may", answer)
    run.secret(answer.json["key"], "a key of the API")
    near = make(run, own, addresses=["127.0.0.0/8"])
    for addresses, expected in ((None, 403), (["10.0.0.0/8"], 403), (["127.0.0.1/32", "0.0.0.0/0"], 403), (["127.0.0.0/16"], 201)):
        answer = run.ask("POST", "/v1/keys", {"name": "x", "scopes": ["orders:read"], "addresses": addresses}, near["key"])
        tap.equal(answer.status, expected, "a key of 127.0.0.0/8 and one for %s" % addresses, answer)
        if expected == 201:
            run.secret(answer.json["key"], "a key of the API")
    manager = people.make(run.server, own.slug, "manager@canary.example", role="viewer")
    run.database.sql("delete from identity.role_grant where user_id = '%s';" % manager.user_id)
    unit = own.post("/v1/units", {"name": world.unique("Unit ")}, 201)["unit_id"]
    own.grant(manager.user_id, "manager", reach="UNIT", unit_id=unit)
    session = people.sign_in(run.server, manager)
    answer = run.ask("POST", "/v1/keys", {"name": "x", "scopes": ["orders:read"]}, headers=session.headers())
    tap.ok(answer.status == 403, "who reaches less than the tenant makes no key", answer)
    own.grant(manager.user_id, "manager", reach="TENANT")
    session = people.sign_in(run.server, manager)
    answer = run.ask("POST", "/v1/keys", {"name": "x", "scopes": ["orders:read"]}, headers=session.headers())
    tap.ok(answer.status == 201 and answer.json["created_by"]["kind"] == "USER" and answer.json["created_by"]["id"] == manager.user_id, "who reaches it may", answer)
    run.secret(answer.json["key"], "a key of the API")
    answer = run.ask("POST", "/v1/keys", {"name": "x", "scopes": ["*"]}, headers=session.headers())
    tap.equal(answer.status, 403, "but no more than the role holds")


def addresses(tap, run, own):
    """Through the edge, whose PROXY line tells the client's address; what the client says of itself does nothing (X7)."""
    keys = {where: make(run, own, addresses=[where])["key"] for where in ("127.0.0.1", "127.0.0.0/30", "127.0.0.5", "192.0.2.0/24", "::1")}
    with hansa.Edge(run.server) as edge:
        def through(key, source="127.0.0.1", more=""):
            text = "GET /v1/shipments?limit=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n%s\r\n" % (key, more)
            return int(edge.raw(text.encode(), source=source)[0][9:12] or 0)
        expected = {"127.0.0.1": 200, "127.0.0.0/30": 200, "127.0.0.5": 401, "192.0.2.0/24": 401, "::1": 401}
        tap.equal({where: through(key) for where, key in keys.items()}, expected, "from 127.0.0.1 through the edge")
        expected = {"127.0.0.1": 401, "127.0.0.0/30": 401, "127.0.0.5": 200, "192.0.2.0/24": 401, "::1": 401}
        tap.equal({where: through(key, "127.0.0.5") for where, key in keys.items()}, expected, "from 127.0.0.5 through the edge")
        forged = "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.7\r\nX-Real-IP: 192.0.2.7\r\n"
        tap.equal(through(keys["192.0.2.0/24"], more=forged), 401, "a forged address does nothing (X7)")


def suspended(tap, run, other, own):
    shipment = own.shipment()
    link = own.post("/v1/shipments/%s/links" % shipment["shipment_id"], {}, 201)
    run.secret(link["token"], "a link's token")
    ada = people.make(run.server, own.slug, "ada@canary.example", role="owner")
    session = people.sign_in(run.server, ada)
    before = run.database.sql("select count(*) from orders.shipment;")
    loop = Loop([run.server, other], own.key)
    time.sleep(0.7)
    run.server.admin("tenant", "suspend", own.slug)
    done = time.monotonic()
    time.sleep(1.6)
    loop.end()
    late = {place: round(last - done, 3) for place, last in loop.last.items()}
    tap.ok(set(late) == {0, 1} and all(s < SECOND for s in late.values()), "a suspended tenant's key is refused within a second on two servers", late)
    for server in (run.server, other):
        tap.equal([server.request("GET", "/v1/session", headers=session.headers()).status, server.request("GET", "/track/" + link["token"]).status,
                   people.try_sign_in(server, ada).status], [401, 404, 401], "so are its sessions, its public links, its people who sign in")
    tap.equal(run.database.sql("select count(*) from orders.shipment;"), before, "its data stay")
    run.server.admin("tenant", "resume", own.slug)
    tap.ok(client.eventually(lambda: status(run, own.key) == 200, 3)[0] and run.ask("GET", "/track/" + link["token"]).status == 200,
           "when it is resumed, everything opens again")


def admin(tap, run, own):
    made = run.server.key(own.slug, "orders:read")
    turned = run.secret(run.server.admin("key", "rotate", "--tenant", own.slug, "--overlap", "0", made).stdout.strip(), "a rotated key")
    tap.ok(turned[:43] == made[:43] and turned != made and status(run, turned) == 200, "hansa admin key rotate keeps the reference")
    tap.ok(client.eventually(lambda: status(run, made) == 401, 3)[0], "and with no overlap ends the old secret")
    for words in (("key", "rotate", "--tenant", own.slug, "ABCDEFGH"), ("key", "rotate", "--tenant", own.slug, "--overlap", "200", made),
                  ("tenant", "suspend", "no-such-tenant"), ("tenant", "delete", own.slug)):
        tap.ok(run.server.admin(*words, check=False).returncode in (1, 2), "hansa admin %s is refused" % " ".join(words[:2]))


def main():
    tap = hansa.Tap()
    run = client.Run("keys", max_running_tenant=100)
    with run:
        own = run.world("keys", full=False)
        life(tap, run, own)
        rotation(tap, run, own)
        no_more_than_held(tap, run, own)
        addresses(tap, run, own)
        admin(tap, run, own)
        with hansa.Server(run.database, max_running_tenant=100) as other:
            two_servers(tap, run, other, own)
            suspended(tap, run, other, own)
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
