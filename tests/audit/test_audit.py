"""The audit trail: promises L1 to L4 and the audit's part of K1.

One server over one database: every writing endpoint is called, entries are counted against changes, refused accesses are
looked for. Then the chain: each way of tampering is done by the superuser, whom nothing stops, and must be told by verify.
"""
import json
import os
import re
import subprocess
import tempfile
import uuid

import client
import hansa
import world

REFUSALS_NOTED = 30


def admin(run, *words, secret=True):
    return hansa.run_hansa(["admin", "audit", "verify", *words], check=False, HANSA_OWNER_DATABASE_URL=run.database.owner_url,
                           HANSA_SECRET_FILE=run.server.settings["secret_file"] if secret else None)


def entries(run, a, **filters):
    """All entries of a tenant, newest first, over as many pages as it takes."""
    query = "&".join("%s=%s" % pair for pair in {"limit": "7", **filters}.items())
    found, path = [], "/v1/audit?" + query
    while path:
        answer = run.ask("GET", path, key=a.key)
        if answer.status != 200:
            raise RuntimeError(repr(answer))
        found += answer.json["data"]
        cursor = answer.json["next_cursor"]
        path = "/v1/audit?%s&cursor=%s" % (query, cursor) if cursor else None
    return found


def count(run, a):
    return int(run.database.sql("select count(*) from audit.entry where tenant_id = '%s';" % a.tenant))


def changes(tap, run, a):
    """L1: a change is one entry, no change is none, in the same transaction."""
    ship = a.values["shipment_id"]
    event = a.event("DEP", "2026-03-10T10:00:00Z")
    link = {}

    def make_link():
        link.update(a.post("/v1/shipments/%s/links" % ship, {}, 201))

    number = world.unique("TN")
    calls = [
        ("a shipment", lambda: a.shipment(tracking_number=number), 1, "orders/shipment_create"),
        ("a number that is taken", lambda: run.ask("POST", "/v1/shipments", {"tracking_number": number}, a.key), 0, None),
        ("an event", lambda: a.events([event]), 1, "tracking/event_record"),
        ("the same event again", lambda: a.events([event]), 0, None),
        ("a link", make_link, 1, "tracking/link_create"),
        ("its end", lambda: run.ask("DELETE", "/v1/shipments/%s/links/%s" % (ship, link["link_id"]), key=a.key), 1, "tracking/link_revoke"),
        ("its end again", lambda: run.ask("DELETE", "/v1/shipments/%s/links/%s" % (ship, link["link_id"]), key=a.key), 0, None),
        ("another tenant's shipment", lambda: run.ask("POST", "/v1/shipments/%s/links" % uuid.uuid4(), {}, a.key), 0, None),
        ("an EDI file", lambda: run.ask("POST", "/v1/edi/messages", world.edi_214(control=900001, sets=[("P1", "L1", [
            ("AF", "20260301", "0900", "CT", "JOLIET", "IL")])]).encode(), a.key, world.EDI), 1, "exchange/edi_message_create"),
        ("a list", lambda: run.ask("GET", "/v1/shipments", key=a.key), 0, None),
    ]
    for name, call, expected, endpoint in calls:
        before = count(run, a)
        call()
        if not tap.equal(count(run, a) - before, expected, "%s makes %d entries" % (name, expected)):
            continue
        if expected:
            last = entries(run, a)[0]
            tap.ok(last["endpoint"] == endpoint and last["outcome"] == "CHANGED" and last["actor_kind"] == "KEY" and last["actor_id"]
                   and last["address"] == "127.0.0.1" and last["request_id"] and last["changes"], "%s tells who, what, when, from where" % name, last)
    run.secret(link["token"], "a link's token")


def reading(tap, run, a, b):
    """L4: filters, one entry, only one's own."""
    all_of_a = entries(run, a)
    tap.ok(len(all_of_a) > 7 and [e["entry_id"] for e in all_of_a] == sorted((e["entry_id"] for e in all_of_a), reverse=True),
           "the list goes over pages, newest first, nothing twice")
    ship = a.values["shipment_id"]
    tap.ok({e["object_id"] for e in entries(run, a, object_id=ship)} == {ship}, "by object")
    tap.ok({e["endpoint"] for e in entries(run, a, endpoint="tracking/event_record")} == {"tracking/event_record"}, "by endpoint")
    tap.ok({e["object_kind"] for e in entries(run, a, object_kind="link")} == {"link"}, "by kind")
    actor = next(e["actor_id"] for e in all_of_a if e["actor_kind"] == "KEY")  # the system has none
    tap.ok(entries(run, a, actor_id=str(uuid.uuid4())) == [] and len(entries(run, a, actor_id=actor)) > 5, "by actor")
    middle = all_of_a[len(all_of_a) // 2]["at"]
    later, earlier = entries(run, a, since=middle), entries(run, a, until=middle)
    # What the system notes by the clock may come between the questions: newer than all that were listed before.
    ids, listed = [e["entry_id"] for e in later + earlier], {e["entry_id"] for e in all_of_a}
    tap.ok(all(e["at"] >= middle for e in later) and all(e["at"] < middle for e in earlier) and later and earlier
           and len(set(ids)) == len(ids) and listed <= set(ids) and all(i > all_of_a[0]["entry_id"] for i in set(ids) - listed),
           "by time, no entry twice or lost", [e for e in later + earlier if e["entry_id"] not in listed])
    one = run.ask("GET", "/v1/audit/" + all_of_a[0]["entry_id"], key=a.key)
    tap.ok(one.status == 200 and one.json == all_of_a[0], "one entry")
    tap.equal(run.ask("GET", "/v1/audit/" + all_of_a[0]["entry_id"], key=b.key).status, 404, "another tenant's entry is not there")
    tap.ok(not {e["entry_id"] for e in entries(run, b)} & {e["entry_id"] for e in all_of_a}, "a list holds one's own only")


def refusals(tap, run, a):
    """Refused accesses are noted, bounded, and only for tenants that there are."""
    def refused():
        return entries(run, a, outcome="REFUSED")

    read_only = a.key_with("read")
    run.ask("POST", "/v1/shipments", {}, read_only)
    hansa.wait_for(refused, 5)
    found = refused()
    tap.ok(len(found) == 1 and found[0]["code"] == "core/forbidden" and found[0]["actor_kind"] == "KEY"
           and found[0]["endpoint"] == "orders/shipment_create", "a call without the scope is noted", found)
    forged = world.forge_key(a.tenant)
    for _ in range(REFUSALS_NOTED + 15):
        run.ask("GET", "/v1/shipments", key=forged)
    hansa.wait_for(lambda: len(refused()) >= REFUSALS_NOTED, 5)
    found = refused()
    tap.ok(found[0]["code"] == "core/unauthenticated" and found[0]["actor_id"] is None and found[0]["actor_kind"] == "ANYBODY",
           "a key that nobody made is noted", found[0])
    tap.equal(len(found), REFUSALS_NOTED, "of many only some are noted one by one")
    stranger = str(uuid.uuid4())
    run.ask("GET", "/v1/shipments", key=world.forge_key(stranger))
    run.ask("GET", "/v1/shipments", key="nonsense")
    tap.equal(run.database.sql("select count(*) from audit.entry where tenant_id = '%s';" % stranger), "0",
              "nothing is written for a tenant that is none")


def app_role(tap, run, a):
    """L2."""
    for verb in ("update audit.entry set outcome = 'READ'", "delete from audit.entry", "truncate audit.entry", "delete from audit.seal",
                 "update audit.seal set seal_no = 5", "truncate audit.seal", "delete from audit.head", "delete from audit.salt",
                 "delete from audit.origin", "update audit.origin set address = ''"):
        try:
            hansa.psql(run.database.app_url, "set hansa.tenant_id = '%s'; %s;" % (a.tenant, verb))
            told = "it may"
        except RuntimeError as refusal:
            told = str(refusal)
        tap.ok("permission denied" in told, "the application role may not: " + verb, told)


def sealed(run, a):
    """Waits until every entry is in a seal that is signed."""
    return hansa.wait_for(lambda: run.database.sql("""
        select (select count(*) from audit.entry where tenant_id = '%s') =
               (select coalesce(sum(cardinality(entries)), 0) from audit.seal where tenant_id = '%s')
           and (select max(seal_no) from audit.seal where tenant_id = '%s') = (select seal_no from audit.head where tenant_id = '%s');"""
                                                   % ((a.tenant,) * 4)) == "t", 30)


def tampering(tap, run, a):
    """L3: five kinds and more, each undone afterwards."""
    db, tenant = run.database, a.tenant
    seals = int(db.sql("select count(*) from audit.seal where tenant_id = '%s' and entries <> '{}';" % tenant))
    tap.ok(seals >= 2, "there are several seals (%d)" % seals)
    seal_no, entry = db.sql("""select seal_no || ' ' || entries[1] from audit.seal
        where tenant_id = '%s' and cardinality(entries) > 1 order by seal_no limit 1;""" % tenant).split()
    where = "tenant_id = '%s'" % tenant
    row = where + " and entry_id = '%s'" % entry
    one_seal = where + " and seal_no = " + seal_no
    rehash = """update audit.seal s set hash = audit.seal_hash(tenant_id, seal_no, sealed_at, covers_to, digests, prev_hash) where %s""" % one_seal
    attacks = [
        ("an edited entry", "update audit.entry set changes = '{\"x\": 1}' where " + row, entry),
        ("an edited time", "update audit.entry set at = at + interval '1 second' where " + row, entry),
        ("an edited actor", "update audit.entry set actor_id = core.uuidv7() where " + row, entry),
        ("a removed entry", "delete from audit.entry where " + row, entry),
        ("an inserted entry", """insert into audit.entry (tenant_id, entry_id, at, actor_kind, outcome)
            values ('%s', core.uuidv7_at(1767225600000000), '2026-01-01', 'KEY', 'CHANGED')""" % tenant, "no seal"),
        ("entries in another order", "update audit.seal set entries = array_append(entries[2:], entries[1]) where " + one_seal, "seal " + seal_no),
        ("entries in another order, with their digests",
         "update audit.seal set entries = array_append(entries[2:], entries[1]), digests = substr(digests, 33) || substr(digests, 1, 32) where "
         + one_seal, "seal " + seal_no),
        ("an entry taken out of its seal", "update audit.seal set entries = entries[2:], digests = substr(digests, 33) where " + one_seal,
         "seal " + seal_no),
        ("the same with a new hash", "update audit.seal set entries = entries[2:], digests = substr(digests, 33) where %s; %s"
         % (one_seal, rehash), "seal"),
        ("seals in another order", """update audit.seal set seal_no = -seal_no + 3 + 1000 where %s and seal_no <= 2;
            update audit.seal set seal_no = seal_no - 1000 where %s and seal_no > 1000""" % (where, where), "seal"),
        ("a removed seal", "delete from audit.seal where " + one_seal, "seal " + seal_no),
        ("a cut tail", """delete from audit.entry e using audit.seal s where s.tenant_id = '%s' and e.tenant_id = s.tenant_id
            and e.entry_id = any (s.entries) and s.seal_no = (select max(seal_no) from audit.seal where %s);
            delete from audit.seal where %s and seal_no = (select max(seal_no) from audit.seal where %s)""" % (tenant, where, where, where), "tail"),
        ("a cut tail and head", """delete from audit.entry e using audit.seal s where s.tenant_id = '%s' and e.tenant_id = s.tenant_id
            and e.entry_id = any (s.entries) and s.seal_no = (select max(seal_no) from audit.seal where %s);
            delete from audit.seal where %s and seal_no = (select max(seal_no) from audit.seal where %s);
            update audit.head h set seal_no = s.seal_no, hash = s.hash from audit.seal s where h.tenant_id = '%s' and s.tenant_id = '%s'
               and s.seal_no = (select max(seal_no) from audit.seal where %s)""" % (tenant, where, where, where, tenant, tenant, where), "signature"),
        ("a head taken away", "delete from audit.head where " + where, "not signed"),
    ]
    for name, sql, told in attacks:
        db.sql("create table public.e as select * from audit.entry; create table public.s as select * from audit.seal;"
               "create table public.h as select * from audit.head;")
        db.sql("begin; %s; commit;" % sql)
        done = admin(run, "--tenant", a.slug)
        tap.ok(done.returncode == 1 and told in done.stdout and a.slug in done.stdout, "verify finds " + name, done.stdout + done.stderr)
        db.sql("""begin; truncate audit.entry, audit.seal, audit.head; insert into audit.entry select * from public.e;
                  insert into audit.seal select * from public.s; insert into audit.head select * from public.h; commit;
                  drop table public.e, public.s, public.h;""")
    done = admin(run, "--all")
    tap.ok(done.returncode == 0 and "whole" in done.stdout, "and nothing when all is undone", done.stdout + done.stderr)


def exports(tap, run, a, b):
    """L4: the export is verified without the database."""
    pieces, after = [], 0
    while True:
        answer = run.ask("GET", "/v1/audit/export?seals=2&after_seal=%d" % after, key=a.key)
        pieces.append(answer.body.decode())
        if after == answer.json["last"] or not answer.json["seals"]:
            break
        after = answer.json["seals"][-1]["seal_no"]
    tap.ok(hansa.wait_for(lambda: entries(run, a, outcome="READ"), 5), "the export itself is noted")
    with tempfile.TemporaryDirectory(prefix="hansa-audit.") as folder:
        path = os.path.join(folder, "chain.json")

        def check(name, texts, code, told, *more):
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(texts))
            done = admin(run, "--file", path, *more)
            tap.ok(done.returncode == code and told in done.stdout, name, done.stdout + done.stderr)

        check("an export is whole by itself", pieces, 0, "head signed")
        check("and the database still holds it", pieces, 0, a.slug + ": whole", "--tenant", a.slug)
        edited = json.loads(pieces[0])
        texts = next(s["entries"] for s in edited["seals"] if s["entries"])
        texts[0] = re.sub(r'"outcome" : "\w+"', '"outcome" : "EDITED"', texts[0])
        check("an edited export is told", [json.dumps(edited)] + pieces[1:], 1, "not what was sealed")
        check("a piece left out is told", pieces[:1] + pieces[2:], 1, "missing")
        check("a tail left out is told", pieces[:-2], 1, "end at seal")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(pieces))
        done = admin(run, "--file", path, "--tenant", b.slug)
        tap.ok(done.returncode == 1 and "another tenant" in done.stdout, "another tenant's export is told", done.stdout + done.stderr)
        done = admin(run, "--file", path, secret=False)
        tap.ok(done.returncode == 0 and "not checked" in done.stdout, "without secret_file the signature is not checked, aloud", done.stdout)
    for words in (("--nothing",), (), ("--all", "--tenant", "x")):
        tap.equal(admin(run, *words).returncode, 2, "verify %s is a wrong use" % " ".join(words))
    tap.equal(admin(run, "--tenant", "no-such").returncode, 1, "an unknown tenant is told")


def late_commit(tap, run, a):
    """An entry that is written before a seal is cut and committed after it lands in the next."""
    late = subprocess.Popen(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                            env=hansa.url_environment(run.database.app_url))
    late.stdin.write("begin; set local hansa.tenant_id = '%s';\nselect audit.api_note('%s', '{}', 'late', null, null);\n\\echo written\n"
                     % (a.tenant, a.tenant))
    late.stdin.flush()
    while "written" not in late.stdout.readline():
        pass
    before = int(run.database.sql("select max(seal_no) from audit.seal where tenant_id = '%s';" % a.tenant))
    a.shipment()
    passed = hansa.wait_for(lambda: int(run.database.sql(
        "select max(seal_no) from audit.seal where tenant_id = '%s';" % a.tenant)) > before, 30)
    late.stdin.write("commit;\n\\q\n")
    late.stdin.close()
    late.wait(20)
    tap.ok(passed and sealed(run, a), "an entry committed after a later one was sealed finds a seal of its own")
    tap.equal(admin(run, "--tenant", a.slug).returncode, 0, "and the chain is whole")


def canaries(tap, run, a):
    """K1 and the digests: neither a secret nor a person's name stands in the trail."""
    text = run.database.sql("select jsonb_agg(to_jsonb(e))::text from audit.entry e;")
    found = [what for secret, what in run.secrets.items() if secret in text]
    tap.equal(found, [], "no planted secret and no name stands in the audit trail")
    kept = run.database.sql("""begin; set local hansa.tenant_id = '%s';
        select audit.changes_kept('%s', '%s', '{"password": "hunter2", "api_token": {"old": "x", "new": "y"}, "zone": "UTC",
            "personal": {"email": {"old": null, "new": "jan@example.org"}}}');  rollback;""" % (a.tenant, a.tenant, uuid.uuid4()))
    value = json.loads(kept)
    tap.ok(value["password"] == "…" and value["api_token"] == "…" and value["zone"] == "UTC"
           and value["personal"]["email"]["old"] is None and value["personal"]["email"]["new"].startswith("sha256:"),
           "secrets are struck out, personal values are digests", kept)


def main():
    tap = hansa.Tap()
    with client.Run("audit") as run:
        a, b = run.world("tenant-a"), run.world("tenant-b")
        changes(tap, run, a)
        tap.ok(sealed(run, a), "entries are sealed and the seal is signed within half a minute")
        reading(tap, run, a, b)
        refusals(tap, run, a)
        app_role(tap, run, a)
        late_commit(tap, run, a)
        sealed(run, a)
        exports(tap, run, a, b)
        canaries(tap, run, a)
        sealed(run, a), sealed(run, b)
        run.server.stop()
        tampering(tap, run, a)
    tap.done()


if __name__ == "__main__":
    main()
