"""Personal data: promises P1 to P3.

One person is planted as user, contact, receiver of goods and in an EDI file; another of the same name at another address
must stay. The export must hold every marker, the erasure must leave none in a dump of the whole database, and the sealed
audit trail must verify as before.
"""
import json
import re
import subprocess

import client
import hansa
import world

NAME, STREET, POSTCODE = "Wilhelmina Zwartboek", "Kraanvogelstraat 81", "9417 QX"
EMAIL, PHONE, TITLE, AGENT = "w.zwartboek@markers.example", "+31 20 7776661", "Vlootbeheerder Q", "MarkerBrowser/7.1"
ADDRESS, CONSENT = "198.51.100.77", "told at the gate by Wilhelmina Zwartboek"
OTHER_STREET, OTHER_POSTCODE = "Anderestraat 4", "1000 AA"
TEXT_COLUMNS = """select n.nspname || '.' || c.relname || '.' || a.attname
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public')
     and format_type(a.atttypid, null) ~ '^(text|jsonb?|bytea|inet|cidr|character|xml|hstore|tsvector)' """


def verify(run, slug):
    return hansa.run_hansa(["admin", "audit", "verify", "--tenant", slug], check=False, HANSA_OWNER_DATABASE_URL=run.database.owner_url,
                           HANSA_SECRET_FILE=run.server.settings["secret_file"])


def dump(run):
    done = subprocess.run(["pg_dump", "--inserts"], stdout=subprocess.PIPE, check=True,
                          env=hansa.url_environment(run.database.super_url))
    text = done.stdout.decode("utf-8", "replace")
    for found in re.findall(r"\\x([0-9a-f]{40,})", text):  # files are stored as bytes
        text += bytes.fromhex(found[:len(found) // 2 * 2]).decode("latin-1")
    return text


def markers_in(text):
    return [m for m in (NAME, STREET, POSTCODE, EMAIL, PHONE, TITLE, AGENT, ADDRESS) if m.lower() in text.lower()]


def register(tap, run):
    """P1: the register knows every column that can hold text, and none that is not there."""
    db = run.database
    tap.equal(db.sql(TEXT_COLUMNS + " except select column_name from privacy.register order by 1;"), "",
              "every column that can hold text is in the register of personal data")
    tap.equal(db.sql("select column_name from privacy.register except %s order by 1;" % TEXT_COLUMNS), "",
              "the register names no column that is not there")
    tap.ok(db.sql("begin; alter table orders.shipment add column nickname text; %s except select column_name from privacy.register; rollback;"
                  % TEXT_COLUMNS) == "orders.shipment.nickname", "a new column is seen")
    tables = db.sql("select string_agg(distinct split_part(column_name, '.', 1) || '.' || split_part(column_name, '.', 2), ' ') "
                    "from privacy.register where holds = 'PERSON';").split()
    tap.ok(len(tables) >= 10, "tables with personal data: " + " ".join(tables))


def plant(run, a):
    """Makes the person; gives its ids."""
    planted = {"user_id": a.post("/v1/users", {"email": EMAIL, "name": NAME}, 201)["user_id"]}
    planted["contact_id"] = a.post("/v1/contacts", {"account_id": a.values["account_id"], "name": NAME, "title": TITLE, "email": EMAIL.upper(),
                                                    "phone": PHONE}, 201)["contact_id"]
    a.post("/v1/contacts/%s/consents" % planted["contact_id"], {"purpose": "MARKETING", "answer": "YES", "source": CONSENT})
    for street, postcode, key in ((STREET, POSTCODE, "shipment_id"), (OTHER_STREET, OTHER_POSTCODE, "other_id")):
        place = {"name": NAME, "address_lines": [street], "postcode": postcode, "city": "Utrecht", "country": "NL", "zone": "Europe/Amsterdam"}
        made = a.post("/v1/shipments", {"parties": [{"role": "CONSIGNEE", "name": NAME, "code": "ZWB", "address": place},
                                                    {"role": "SHIPPER", "name": "Blijvende Handel BV", "address": {"city": "Utrecht", "country": "NL"}}],
                                        "destination": place}, 201)
        planted[key], planted[key + "_number"] = made["shipment_id"], made["tracking_number"]
    a.events([{"number": planted["shipment_id_number"], "source": "test", "source_event_id": world.unique("P"), "code": "DLV",
               "event_time": "2026-03-10T10:00:00Z", "place": {"name": NAME + " (front door)", "city": "Utrecht", "country": "NL"}}])
    edi = world.edi_214(control=920001, sets=[("PR1", "LD1", [("AF", "20260301", "0900", "CT", "JOLIET", "IL")])])
    edi = edi.replace("LX*1", "N1*CN*%s~\nLX*1" % NAME.upper()).replace("SE*6", "SE*7")
    answer = run.ask("POST", "/v1/edi/messages", edi.encode(), a.key, world.EDI)
    if answer.status != 200:
        raise RuntimeError(repr(answer))
    run.database.sql("""insert into identity.session (tenant_id, session_id, user_id, secret_hash, idle_seconds, expires_at, address, user_agent)
        values ('%s', core.uuidv7(), '%s', sha256('x'), 60, now() + interval '1 day', '%s', '%s');
        insert into audit.origin (tenant_id, digest, salt, actor_id, address, day) values ('%s', sha256('o'), '\\x%s', '%s', '%s', current_date);"""
                     % (a.tenant, planted["user_id"], ADDRESS, AGENT, a.tenant, "00" * 16, planted["user_id"], ADDRESS))
    return planted


def ask(run, a, what, key=None, **subject):
    return run.ask("POST", "/v1/privacy/" + what, {"subject": subject}, key or a.key)


def export(tap, run, a, b, planted):
    receiver = {"name": NAME.lower(), "postcode": POSTCODE.replace(" ", "").lower()}
    answer = ask(run, a, "exports", email=EMAIL.upper(), receiver=receiver)
    tap.equal(answer.status, 200, "an export by e-mail and address")
    text = json.dumps(answer.json, ensure_ascii=False)
    tap.equal(markers_in(text), [NAME, STREET, POSTCODE, EMAIL, PHONE, TITLE, AGENT, ADDRESS], "holds every marker")
    held = answer.json["held"]
    tap.ok({"identity.app_user", "identity.session", "crm.contact", "crm.consent", "orders.shipment_party", "tracking.event",
            "exchange.edi_message", "audit.entry", "audit.origin"} <= set(held), "from every room", sorted(held))
    tap.ok(OTHER_STREET not in text, "and nothing of another person of the same name")
    tap.ok(not re.search(r"password_phc|secret_hash|token_hash|totp_secret", text), "and no secret", text[:300])
    by_id = [ask(run, a, "exports", **{key: planted[key]}).json["ids"] for key in ("user_id", "contact_id")]
    tap.ok(sorted(by_id[0]) == sorted(by_id[1]) == sorted([planted["user_id"], planted["contact_id"]]),
           "user and contact are found to be one person, by either id", by_id)
    last = run.ask("GET", "/v1/audit?outcome=READ&object_kind=person", key=a.key).json["data"]
    tap.ok(len(last) == 3 and markers_in(json.dumps(last)) == [], "each export is on record, without the person")
    tap.equal(ask(run, b, "exports", email=EMAIL).status, 404, "another tenant has nothing on the person")
    tap.equal(ask(run, a, "exports", a.key_with("privacy:read"), user_id=b.tenant).status, 404, "nobody is nobody")
    none = run.ask("POST", "/v1/privacy/exports", {"subject": {}}, a.key)
    tap.ok(none.status == 422 and none.json["type"].endswith("privacy/subject_unclear"), "somebody must be meant", none)
    tap.equal(ask(run, a, "erasures", a.key_with("read"), email=EMAIL).status, 403, "who may read may not erase")


def erase(tap, run, a, planted):
    db = run.database
    before = int(db.sql("select count(*) from audit.entry where tenant_id = '%s';" % a.tenant))
    shipments = int(db.sql("select count(*) from orders.shipment;"))
    answer = ask(run, a, "erasures", contact_id=planted["contact_id"], receiver={"name": NAME, "postcode": POSTCODE})
    tap.equal(answer.status, 200, "an erasure by contact and address", answer)
    rows = answer.json["rows"]
    tap.ok(all(rows[t] >= 1 for t in ("identity.app_user", "identity.session", "crm.contact", "crm.consent", "orders.shipment_party",
                                      "tracking.event", "exchange.edi_message", "audit.salt", "audit.origin")), "from every room", rows)
    text = dump(run)
    left = markers_in(text)
    tap.ok(NAME in left and OTHER_STREET in text, "another person of the same name stays")
    where = sorted({line.split(" VALUES")[0] for line in text.splitlines() if NAME.lower() in line.lower()})
    tap.equal(where, ["INSERT INTO orders.shipment", "INSERT INTO orders.shipment_party"], "as a party of shipments only")
    tap.equal([m for m in left if m not in (NAME,)], [POSTCODE] if POSTCODE in left else [], "no other marker is left in a dump")
    kept = db.sql("select name || ' ' || (address ->> 'city') from orders.shipment_party where shipment_id = '%s' order by position;"
                  % planted["shipment_id"])
    tap.equal(kept, "Erased Utrecht\nBlijvende Handel BV Utrecht", "the shipment stands, with its shipper and the city")
    tap.equal(int(db.sql("select count(*) from orders.shipment;")), shipments, "no shipment went")
    tap.equal(db.sql("select status || coalesce(password_phc, '') from identity.app_user where user_id = '%s';" % planted["user_id"]), "DISABLED",
              "the user signs in no more")
    tap.equal(db.sql("select count(*) from crm.consent where contact_id = '%s' and withdrawn_at is not null and purpose = 'MARKETING';"
                     % planted["contact_id"]), "1", "the consent has ended and stays as proof")
    tap.ok(int(db.sql("select count(*) from audit.entry where tenant_id = '%s';" % a.tenant)) > before, "the erasure is on record")
    found = run.ask("GET", "/v1/audit?object_kind=person&outcome=CHANGED", key=a.key).json["data"]
    tap.ok(found and found[0]["object_id"] == answer.json["subject_id"], "under the id that the answer told", found)
    hansa.wait_for(lambda: "not signed" not in verify(run, a.slug).stdout and db.sql(
        """select (select count(*) from audit.entry where tenant_id = '%s') = (select sum(cardinality(entries)) from audit.seal
            where tenant_id = '%s');""" % (a.tenant, a.tenant)) == "t", 30, 1)
    done = verify(run, a.slug)
    tap.ok(done.returncode == 0 and "whole" in done.stdout, "the sealed trail verifies as before", done.stdout + done.stderr)
    again = ask(run, a, "erasures", contact_id=planted["contact_id"])
    tap.equal(again.status, 200, "erasing again is no error")
    tap.equal(ask(run, a, "exports", email=EMAIL).status, 404, "nobody is found by the e-mail any more")
    receiver = {"name": NAME, "postcode": OTHER_POSTCODE}
    done = ask(run, a, "erasures", receiver=receiver).json
    tap.ok(done["rows"]["orders.shipment_party"] == 1 and done["namesakes"] == 1, "a receiver alone can be erased, too, and who is left is told", done)
    done = ask(run, a, "erasures", receiver={"name": NAME}).json
    tap.ok(done["rows"]["orders.shipment_party"] == 1 and done["namesakes"] == 0, "also one without a postcode", done)
    text = dump(run)
    tap.equal(markers_in(text), [], "and then no marker at all is left", [line[:300] for line in text.splitlines() if NAME.lower() in line.lower()])


def retention(tap, run, a):
    """P3: what is older than its days goes, what is younger stays; the timer's statement is run as the timer runs it."""
    db = run.database
    got = run.ask("GET", "/v1/privacy/retention", key=a.key).json
    tap.ok({c["class"] for c in got["classes"]} >= {"ADDRESSES", "EDI_FILES", "LINK_VIEWS", "LOGIN_FAILURES", "RECEIVERS", "SESSIONS"}
           and all(c["days"] == c["default_days"] for c in got["classes"]), "a tenant begins with the defaults")
    few = run.ask("PUT", "/v1/privacy/retention", {"classes": [{"class": "SESSIONS", "days": 30}, {"class": "EDI_FILES", "days": 1}]}, a.key)
    tap.ok(few.status == 422 and few.json["errors"][0]["pointer"] == "/classes/1/days", "fewer days than the law asks are refused", few)
    put = run.ask("PUT", "/v1/privacy/retention", {"classes": [{"class": c, "days": 40} for c in (
        "ADDRESSES", "EDI_FILES", "LINK_VIEWS", "LOGIN_FAILURES", "RECEIVERS", "SESSIONS")]}, a.key)
    tap.ok(put.status == 200 and all(c["days"] == 40 for c in put.json["classes"]), "a tenant sets its own", put)
    last = run.ask("GET", "/v1/audit?object_kind=retention", key=a.key).json["data"][0]
    tap.ok(last["changes"]["SESSIONS"] == {"old": 90, "new": 40}, "which is on record with old and new", last)
    ages = [("update exchange.edi_message set received_at = received_at - interval '%d days', raw = 'x'", "select count(*) from exchange.edi_message where raw <> ''"),
            ("update tracking.link set last_viewed_at = now() - interval '%d days'", "select count(*) from tracking.link where last_viewed_at is not null"),
            ("update audit.origin set day = day - %d", "select count(*) from audit.origin"),
            ("update orders.shipment set created_at = created_at - interval '%d days'", "select count(*) from orders.shipment_party where role = 'CONSIGNEE' and name <> 'Erased'"),
            ("insert into identity.session (tenant_id, session_id, user_id, secret_hash, idle_seconds, expires_at, address) select tenant_id, core.uuidv7(), user_id, "
             "sha256(random()::text::bytea), 60, now() - interval '%d days', '' from identity.app_user limit 1", "select count(*) from identity.session"),
            ("insert into identity.login_failure (tenant_id, subject, failure_count, last_at) values ('" + a.tenant +
             "', sha256(random()::text::bytea), 1, now() - interval '%d days')", "select count(*) from identity.login_failure")]
    for sql, count in ages:
        name = re.search(r"(?:update|into) (\S+)", sql).group(1)
        own = " and tenant_id = '%s'" % a.tenant if " where " in count else " where tenant_id = '%s'" % a.tenant
        run_timer = "set role hansa_app; set hansa.tenant_id = '%s'; select privacy.retention_apply('%s'); reset role;" % (a.tenant, a.tenant)
        db.sql(sql % 39 + ";")
        before = db.sql(count + own + ";")
        db.sql(run_timer)
        young = db.sql(count + own + ";")
        db.sql(sql % 41 + ";")
        middle = int(db.sql(count + own + ";"))
        db.sql(run_timer)
        after = int(db.sql(count + own + ";"))
        tap.ok(young == before and int(before) > 0 and after < middle, "%s: younger stays, older goes" % name, (before, young, middle, after))
    tap.ok(db.sql("select changes -> 'gone' ? 'SESSIONS' from audit.entry where tenant_id = '%s' and actor_kind = 'SYSTEM' and changes ? 'gone' "
                  "and changes -> 'gone' ? 'SESSIONS' limit 1;" % a.tenant) == "t", "what went is on record as the system's doing")


def main():
    tap = hansa.Tap()
    with client.Run("privacy") as run:
        a, b = run.world("tenant-a"), run.world("tenant-b")
        register(tap, run)
        for text in (NAME, STREET, EMAIL, PHONE):
            run.canary(text)
        planted = plant(run, a)
        export(tap, run, a, b, planted)
        erase(tap, run, a, planted)
        retention(tap, run, a)
        run.server.stop()
        tap.equal(markers_in(run.server.log_text()), [], "no marker is in the server's log (P5)")
    tap.done()


if __name__ == "__main__":
    main()
