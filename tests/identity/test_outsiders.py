#!/usr/bin/env python3
"""What people and systems of customers and partners have for their day, and what they have not: their own account and their clerk, a
search that knows of nobody else, telling of trouble, keys of their own, colleagues (decision 0047)."""
import re
import urllib.parse

import client
import hansa
import people
import world

NOBODY = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
PATCH = {"if-match": "*", "content-type": "application/merge-patch+json"}


class Scene:
    def __init__(self, run):
        self.run, self.own = run, run.world("outsiders", full=False)
        self.mine, self.also, self.other = (self.account("CUSTOMER", name) for name in ("Aurora Foods", "Aurora Drinks", "Boreas Steel"))
        self.carrier, self.rival = self.account("PARTNER", "Noord Transport", "HXOA"), self.account("PARTNER", "Zuid Transport", "HXOB")

    def account(self, kind, name, scac=None):
        return self.own.post("/v1/accounts", {"kind": kind, "name": name, "code": world.unique("OUT"), "scac": scac}, 201)["account_id"]

    def person(self, name, audience, role, accounts, **more):
        """Somebody who is signed in, with the role over each account (staff: over what `more` says)."""
        who = people.make(self.run.server, self.own.slug, name + "@canary.example", name="Canary " + name)
        self.run.database.sql("delete from identity.role_grant where user_id = '%s'; update identity.app_user set audience = '%s' where user_id = '%s';"
                              % (who.user_id, audience, who.user_id))
        for account in accounts:
            self.own.grant(who.user_id, role, reach={"CUSTOMER": "ACCOUNT", "PARTNER": "PARTNER"}[audience], account_id=account)
        if more:
            self.own.grant(who.user_id, role, **more)
        who.session = people.sign_in(self.run.server, who)
        return who

    def ask(self, who, method, path, body=None):
        headers = who() if callable(who) else who.session.headers()
        return self.run.ask(method, path, body, headers={**headers, **(PATCH if method == "PATCH" else {})})

    def good(self, who, method, path, body=None, status=200):
        answer = self.ask(who, method, path, body)
        if answer.status != status:
            raise RuntimeError("%s %s: %r" % (method, path, answer))
        return answer.json if answer.body else None

    def key(self, who, **body):
        """Makes a key; headers that send it, and its document."""
        made = self.good(who, "POST", "/v1/keys", {"name": world.unique("System "), **body}, 201)
        self.run.secret(made["key"], "a key of the API")
        return people.outsiders_key(made), made

    def shipment(self, account, carrier=None, **more):
        return self.own.post("/v1/shipments", {"customer": account and {"account_id": account}, "carrier_scac": carrier, **more}, 201)


def told(answer):
    """Status and problem, without what each request has of its own."""
    return answer.status, re.sub(rb'"request_id":\s*"[0-9a-f]{32}"', b"", answer.body)


def refused(tap, scene, who, requests, what):
    """Each (method, path, body, status, code or None)."""
    faults = []
    for method, path, body, status, code in requests:
        answer = scene.ask(who, method, path, body)
        if answer.status != status or (code and client.problem_code(answer) != code):
            faults.append("%s %s %s: %r, expected %d %s" % (method, path, body, answer, status, code))
    tap.ok(not faults, "%s: %d times refused" % (what, len(requests)), "\n".join(faults))


def own_account(tap, scene, people_):
    customer, partner, staff = people_["customer"], people_["partner"], people_["clerk"]
    session = scene.good(customer, "GET", "/v1/session")
    tap.equal(([(a["account_id"], a["name"]) for a in session["accounts"]], session["partner"]), ([(scene.also, "Aurora Drinks"), (scene.mine, "Aurora Foods")], None),
              "a customer's session tells the accounts, by name")
    tap.ok(all(a["code"].startswith("OUT") for a in session["accounts"]), "and the firm's codes for them", session["accounts"])
    session = scene.good(partner, "GET", "/v1/session")
    tap.equal((session["accounts"], session["partner"]), ([], {"partner_id": scene.carrier, "name": "Noord Transport", "scac": "HXOA"}), "a partner's session tells the partner")
    session = scene.good(staff, "GET", "/v1/session")
    tap.equal((session["accounts"], session["partner"]), ([], None), "staff's tells neither")
    opened = people.sign_in(scene.run.server, customer).body
    tap.equal([a["account_id"] for a in opened["accounts"]], [scene.also, scene.mine], "the answer to a sign-in tells it, too")


def clerk(tap, scene, people_):
    customer, partner, staff = people_["customer"], people_["partner"], people_["clerk"]
    org = scene.own.post("/v1/organisations", {"legal_name": "Noord Transport BV", "country": "NL", "scac": "HXOA"}, 201)["org_id"]
    scene.own.post("/v1/partners", {"account_id": scene.carrier, "org_id": org, "network_role": "DOWNSTREAM", "notes": "Between us"}, 201)
    tap.equal((scene.good(customer, "GET", "/v1/accounts/" + scene.mine)["clerk"], scene.good(partner, "GET", "/v1/partners/" + scene.carrier)["clerk"]), (None, None),
              "nobody looks after them yet")
    for account in (scene.mine, scene.carrier):
        scene.run.database.sql("update crm.account set owner_id = '%s' where account_id = '%s';" % (staff.user_id, account))
    patched = scene.run.ask("PATCH", "/v1/users/" + staff.user_id, {"phone": "+31 10 555 0100"}, scene.own.key, PATCH)
    expected = {"name": "Canary clerk", "email": "clerk@canary.example", "phone": "+31 10 555 0100"}
    account, relation = scene.good(customer, "GET", "/v1/accounts/" + scene.mine), scene.good(partner, "GET", "/v1/partners/" + scene.carrier)
    tap.ok(patched.status == 200 and account["clerk"] == relation["clerk"] == expected, "customer and partner read who looks after them, and how to reach her", account)
    tap.ok(staff.user_id not in str(account) + str(relation) and not {"owner_id", "credit", "tags", "notes", "score"} & (set(account) | set(relation)),
           "no id of the firm's people, and nothing of what is thought of them", (account, relation))
    tap.equal(scene.good(partner, "GET", "/v1/accounts/" + scene.carrier)["clerk"], expected, "the account of a partner tells the same")
    listed = {a["account_id"]: a["clerk"] for a in scene.good(customer, "GET", "/v1/accounts")["data"]}
    tap.equal(listed, {scene.mine: expected, scene.also: None}, "so does the list, of one's own accounts alone")
    tap.equal(scene.own.get("/v1/accounts/" + scene.mine).json["owner_id"], staff.user_id, "staff see the id as before")
    stale = scene.run.ask("PATCH", "/v1/users/" + staff.user_id, {"name": "X"}, scene.own.key, {**PATCH, "if-match": '"1"'})
    tap.equal(stale.status, 412, "who changes a person says which version")
    scene.run.database.sql("update identity.app_user set status = 'DISABLED' where user_id = '%s';" % staff.user_id)
    tap.equal(scene.good(customer, "GET", "/v1/accounts/" + scene.mine)["clerk"], None, "who is gone is told no more")
    scene.run.database.sql("update identity.app_user set status = 'ACTIVE' where user_id = '%s';" % staff.user_id)
    noted = scene.own.get("/v1/audit?object_id=%s" % staff.user_id).json["data"]
    tap.ok(any("phone" in str(e) for e in noted), "the change is on record", noted[:1])


QUESTIONS = ("quasar", "quas", "quazar", "Quasar Pharma", "+31 20 777 1234", "1234", "QX77", "QX77-001", "海尔贸易", "海尔", "PO QX", "zzqx")


def search(tap, scene, people_):
    """Own things; then many of others with the same words, numbers and phones: each answer to an outsider stays as it was, byte for byte."""
    own = scene.own

    def fill(account, carrier, name, phone, number):
        own.post("/v1/contacts", {"account_id": account, "name": name, "phone": phone}, 201)
        made = scene.shipment(account, carrier, references=[{"kind": "PO", "number": number}])
        own.post("/v1/orders", {"account_id": account, "draft": True, "references": [{"kind": "PO", "number": number}]}, 201)
        return made
    fill(scene.mine, "HXOA", "Quasar Pharma 海尔贸易", "+31 20 777 1234", "QX77-001")
    fill(scene.carrier, None, "Quasar Driver", "+31 20 999 1234", "QX77-002")
    callers = {name: people_[name] for name in ("customer", "partner", "customer_admin")}
    ask = lambda who: {q: told(scene.ask(who, "GET", "/v1/search?" + urllib.parse.urlencode({"q": q, "limit": 50}))) for q in QUESTIONS}  # noqa: E731
    before = {name: ask(who) for name, who in callers.items()}
    counts = {name: sum(b'"id"' in body for _, body in answers.values()) for name, answers in before.items()}
    tap.ok(min(counts.values()) >= 4 and all(status == 200 for answers in before.values() for status, _ in answers.values()), "they find what is theirs: %s" % counts, before)
    for n in range(45):
        fill(scene.other, "HXOB", "Quasar Quasimodo %02d 海尔贸易" % n, "+31 2%d 777 1234" % (n % 10), "QX77-00%d" % n)
        own.post("/v1/accounts", {"name": "Quas%sar Holding %d" % (chr(97 + n % 26), n), "code": "QX77%03d" % n, "phone": "+31 20 777 1234"}, 201)
    seen = own.get("/v1/search?" + urllib.parse.urlencode({"q": "quasar", "limit": 50})).json["data"]
    tap.ok(len(seen) > 40, "staff find the others' too: %d" % len(seen))
    for name, who in callers.items():
        after = ask(who)
        tap.equal([q for q in QUESTIONS if after[q] != before[name][q]], [], "%s: what others have changes no answer, not even a score" % name)
    hits = scene.good(people_["customer"], "GET", "/v1/search?q=quasar")["data"]
    tap.equal({h["account_id"] for h in hits}, {scene.mine}, "a customer's hits are of its own accounts")
    read = own.get("/v1/search?" + urllib.parse.urlencode({"q": "QX77-001"})).json["data"]
    tap.ok(len(read) > 2, "and the number that many share finds them all for staff", read)


def exceptions(tap, scene, people_):
    customer, partner, rival = people_["customer"], people_["partner"], people_["rival"]
    mine, others, unseen = scene.shipment(scene.mine, "HXOA"), scene.shipment(scene.other, "HXOB"), {"shipment_id": NOBODY}
    note = scene.run.canary("Two pallets are wet and nobody called")
    for name, who, code in (("customer", customer, "DMG"), ("partner", partner, "OTH")):
        made = scene.good(who, "POST", "/v1/exceptions", {"shipment_id": mine["shipment_id"], "code": code, "note": note}, 201)
        tap.ok(made["state"] == "OPEN" and not {"opened_by", "note", "severity", "owner_id", "party_at_fault"} & set(made), "a %s tells that something went wrong" % name, made)
        read = scene.own.get("/v1/exceptions/" + made["exception_id"]).json
        tap.equal((read["note"], read["opened_by"]), (note, {"kind": "USER", "id": who.user_id, "name": "Canary " + name, "audience": name.upper()}),
                  "staff read the note, and that the %s said it" % name)
        one, none = (told(scene.ask(who, "POST", "/v1/exceptions", {"shipment_id": s["shipment_id"], "code": code})) for s in (others, unseen))
        tap.ok(one == none and one[0] == 422, "%s: another's shipment is nobody's" % name, one)
    refused(tap, scene, customer, [("POST", "/v1/exceptions", {"shipment_id": mine["shipment_id"], "code": "DMG", member: value}, 422, "core/invalid")
                                   for member, value in (("severity", "HIGH"), ("party_at_fault", "CARRIER"), ("owner_id", NOBODY), ("reason", "x"))]
            + [("POST", "/v1/exceptions/%s/state" % made["exception_id"], {"state": "ACKNOWLEDGED"}, 403, None),
               ("PATCH", "/v1/exceptions/" + made["exception_id"], {"note": "x"}, 403, None)], "a customer judges and settles nothing")
    lists = {name: [x["exception_id"] for x in scene.good(people_[name], "GET", "/v1/exceptions")["data"]] for name in ("customer", "partner", "rival")}
    tap.ok(len(lists["customer"]) == 2 and lists["customer"] == lists["partner"] and lists["rival"] == [], "who reaches the shipment lists both, others none", lists)
    stops = [scene.own.post("/v1/shipments/%s/stops" % mine["shipment_id"], {"type": kind, "place": {"city": city, "country": "NL"}}, 201)["stop_id"]
             for kind, city in (("PICKUP", "Breda"), ("DELIVERY", "Delft"))]
    leg = scene.own.post("/v1/shipments/%s/legs" % mine["shipment_id"], {"mode": "ROAD", "carrier_scac": "HXOB", "from_stop_id": stops[0], "to_stop_id": stops[1]}, 201)
    scene.own.post("/v1/shipments/%s/legs/%s/state" % (mine["shipment_id"], leg["leg_id"]), {"state": "ACCEPTED"})
    body = {"shipment_id": mine["shipment_id"], "code": "DLY"}
    answers = scene.ask(rival, "POST", "/v1/exceptions", body), scene.ask(rival, "POST", "/v1/exceptions", {**body, "leg_id": leg["leg_id"]})
    tap.equal([a.status for a in answers], [422, 201], "who carries one leg tells of it, not of the whole", answers)


def reaches(tap, scene, people_):
    """Keys of an account and of a partner, by staff and by their administrators."""
    staff = lambda: {"authorization": "Bearer " + scene.own.key}  # noqa: E731
    for name, kind, account, scopes in (("customer", "ACCOUNT", scene.mine, ["orders:read", "tracking:read", "crm:read"]),
                                        ("partner", "PARTNER", scene.carrier, ["orders:read", "tracking:read", "crm:read", "tracking:write"])):
        admin = people_[name + "_admin"]
        key, made = scene.key(staff, scopes=scopes, reach=kind, account_id=account)
        tap.equal((made["reach"], made["account"]["account_id"]), (kind, account), "staff make a key of a %s" % name)
        theirs, own = scene.key(admin, scopes=scopes)
        tap.equal((own["reach"], own["account"]["account_id"]), (kind, account), "its administrator one of his own reach, without saying so")
        for path in ("/v1/shipments", "/v1/accounts", "/v1/search?q=quasar", "/v1/exceptions"):
            answers = {told(scene.ask(who, "GET", path)) for who in (key, theirs, people_["one_customer"] if name == "customer" else people_["partner"])}
            tap.equal(len(answers), 1, "%s: both keys and a login are answered alike, GET %s" % (name, path), answers)
        tap.equal(scene.ask(key, "GET", "/v1/session").status, 403, "a session is a person's own affair")
        listed = {k["key_id"] for k in scene.good(admin, "GET", "/v1/keys?limit=200")["data"]}
        tap.equal(listed, {made["key_id"], own["key_id"]}, "the administrator lists the keys of his own reach, and no others")
        shown = scene.good(admin, "GET", "/v1/keys/" + made["key_id"])
        tap.ok("created_by" not in shown and shown["scopes"] == sorted(scopes), "he sees what they may, not who of the firm made them", shown)
        rotated = scene.good(admin, "POST", "/v1/keys/%s/rotate" % own["key_id"], {"overlap_hours": 0})
        scene.run.secret(rotated["key"], "a key of the API")
        fresh = people.outsiders_key(rotated)
        tap.ok(client.eventually(lambda: scene.ask(theirs, "GET", "/v1/shipments").status == 401, 5)[0] and scene.ask(fresh, "GET", "/v1/shipments").status == 200,
               "a new secret takes the place of the old")
        tap.equal(scene.ask(admin, "DELETE", "/v1/keys/" + own["key_id"]).status, 204, "he revokes it")
        tap.ok(client.eventually(lambda: scene.ask(fresh, "GET", "/v1/shipments").status == 401, 5)[0], "and it opens nothing more")
        noted = scene.own.get("/v1/audit?object_id=" + own["key_id"]).json["data"]
        tap.ok(len(noted) == 3 and account in str(noted), "making, rotating and revoking are on record, with the account", noted)
        people_[name + "_key"], people_[name + "_key_id"] = key, made["key_id"]
    raised = scene.good(people_["customer_key"], "GET", "/v1/exceptions")["data"]
    tap.ok(raised and "note" not in raised[0], "a key's answers are cut as a login's", raised[:1])
    talker, made = scene.key(staff, scopes=["tracking:raise"], reach="ACCOUNT", account_id=scene.mine)
    shipment = scene.shipment(scene.mine)["shipment_id"]
    one = scene.good(talker, "POST", "/v1/exceptions", {"shipment_id": shipment, "code": "OTH"}, 201)
    tap.equal(scene.own.get("/v1/exceptions/" + one["exception_id"]).json["opened_by"],
              {"kind": "KEY", "id": made["key_id"], "name": made["name"], "audience": "CUSTOMER"}, "staff see which system told it")
    early, made = scene.key(staff, scopes=["orders:read"], reach="ACCOUNT", account_id=scene.mine, expires_at="2099-01-01T00:00:00Z")
    tap.equal(scene.ask(early, "GET", "/v1/shipments").status, 200, "a key with an end")
    scene.run.database.sql("update identity.api_key set expires_at = now() where api_key_id = '%s';" % made["key_id"])
    tap.ok(client.eventually(lambda: scene.ask(early, "GET", "/v1/shipments").status == 401, 5)[0], "ends")
    scene.run.database.sql("update identity.api_key set requests_per_minute = 2 where api_key_id = '%s';" % people_["customer_key_id"])
    limited = client.eventually(lambda: scene.ask(people_["customer_key"], "GET", "/v1/shipments").status == 429, 10)[0]
    scene.run.database.sql("update identity.api_key set requests_per_minute = null where api_key_id = '%s';" % people_["customer_key_id"])
    tap.ok(limited, "a rate of its own holds for it")


def key_denials(tap, scene, people_):
    staff = lambda: {"authorization": "Bearer " + scene.own.key}  # noqa: E731
    whole = scene.own.post("/v1/keys", {"name": "The whole firm", "scopes": ["orders:read"]}, 201)
    scene.run.secret(whole["key"], "a key of the API")
    _, others = scene.key(staff, scopes=["orders:read"], reach="ACCOUNT", account_id=scene.other)
    _, bought = scene.key(staff, scopes=["orders:read"], reach="ACCOUNT", account_id=scene.carrier)  # the carrier as a customer
    post = lambda status, code, **body: ("POST", "/v1/keys", {"name": "x", "scopes": ["orders:read"], **body}, status, code)  # noqa: E731
    more = "identity/more_than_held"
    refused(tap, scene, staff, [
        post(422, "identity/reach_unfit", reach="ACCOUNT"), post(422, "identity/reach_unfit", account_id=scene.mine), post(422, "crm/account_not_found", reach="PARTNER", account_id=NOBODY),
        post(422, "identity/scope_unfit", reach="ACCOUNT", account_id=scene.mine, scopes=["*"]), post(422, "identity/scope_unfit", reach="ACCOUNT", account_id=scene.mine, scopes=["files:*"]),
        post(422, "identity/scope_unfit", reach="ACCOUNT", account_id=scene.mine, scopes=["orders:read", "insight:read"]),
        post(422, "identity/scope_unfit", reach="PARTNER", account_id=scene.carrier, scopes=["sales:read"])], "a key of an outsider beyond what outsiders may")
    weak = scene.own.key_with("identity:write,identity:keys,orders:read")
    refused(tap, scene, lambda: {"authorization": "Bearer " + weak}, [post(403, more, reach="ACCOUNT", account_id=scene.mine, scopes=["tracking:read"])], "nobody hands on more than he holds")
    refused(tap, scene, people_["desk"], [post(403, "core/forbidden"), post(403, "core/forbidden", reach="ACCOUNT", account_id=scene.mine),
                                          ("GET", "/v1/keys/" + others["key_id"], None, 404, None), ("DELETE", "/v1/keys/" + others["key_id"], None, 404, None)], "staff of less reach than the firm")
    tap.equal(scene.good(people_["desk"], "GET", "/v1/keys")["data"], [], "who list none either")
    for name, own, beyond, foreign in (("customer", scene.mine, scene.other, [whole, others, bought]), ("partner", scene.carrier, scene.rival, [whole, others, bought])):
        admin, kind = people_[name + "_admin"], {"customer": "ACCOUNT", "partner": "PARTNER"}[name]
        refused(tap, scene, admin, [post(403, more, reach="TENANT"), post(403, more, account_id=beyond), post(403, more, account_id=NOBODY),
                                    post(403, more, reach="PARTNER" if kind == "ACCOUNT" else "ACCOUNT", account_id=own), post(403, more, scopes=["*"]),
                                    post(403, more, scopes=["identity:*"]), post(403, more, scopes=["insight:read"]), post(422, "core/invalid", is_test=True)],
                "a %s's administrator makes no key beyond himself" % name)
        tap.equal(told(scene.ask(admin, *post(0, "", account_id=beyond)[:3])), told(scene.ask(admin, *post(0, "", account_id=NOBODY)[:3])), "%s: another's account is nobody's" % name)
        for made in foreign:
            for method, rest, body in (("GET", "", None), ("DELETE", "", None), ("POST", "/rotate", {})):
                one, none = (told(scene.ask(admin, method, "/v1/keys/%s%s" % (key, rest), body)) for key in (made["key_id"], NOBODY))
                if one != none or one[0] != 404:
                    tap.ok(False, "%s %s a key of reach %s: %s / %s" % (name, method, made["reach"], one, none))
        tap.equal(scene.good(staff, "GET", "/v1/keys/" + others["key_id"])["state"], "LIVE", "%s: keys of others are not there, and live on" % name)
        refused(tap, scene, people_[name], [post(403, None), ("GET", "/v1/keys", None, 403, None)], "a plain %s has no keys at all" % name)
        # a key that may make keys is bound as its maker is
        maker, _ = scene.key(admin, scopes=["identity:read", "identity:write", "identity:keys", "orders:read"])
        refused(tap, scene, maker, [post(403, more, reach="TENANT"), post(403, more, account_id=beyond), post(403, more, scopes=["tracking:read"])], "a %s's key makes no freer one" % name)
        child, made = scene.key(maker, scopes=["orders:read"])
        tap.equal((made["reach"], made["account"]["account_id"], scene.ask(child, "GET", "/v1/accounts").status), (kind, own, 403), "but one like itself")
    many, made = scene.key(people_["customer_both_admin"], scopes=["orders:read"], account_id=scene.also)
    tap.equal(made["account"]["account_id"], scene.also, "who reaches two accounts says for which")
    refused(tap, scene, people_["customer_both_admin"], [post(422, "identity/reach_unfit")], "or is asked to")
    tap.equal({k["key_id"] for k in scene.own.get("/v1/keys?limit=200&account_id=" + scene.also).json["data"]}, {made["key_id"]}, "staff list the keys of one account")
    tap.equal(scene.ask(many, "GET", "/v1/shipments").status, 200, "it opens its door")


def colleagues(tap, scene, people_):
    for name, role, own in (("customer", "customer", scene.mine), ("partner", "partner", scene.carrier)):
        admin, kind = people_[name + "_admin"], {"customer": "ACCOUNT", "partner": "PARTNER"}[name]
        grant = {"role": role, "reach": kind, "account_id": own}
        invite = lambda grants, **more: {"email": world.unique("guest").lower() + "@canary.example", "name": "Canary Guest", "grants": grants, **more}  # noqa: E731
        made = scene.good(admin, "POST", "/v1/users", invite([grant]), 201)
        tap.equal((made["status"], made["audience"]), ("INVITED", name.upper()), "a %s's administrator invites a colleague" % name)
        twin = scene.good(admin, "POST", "/v1/users", invite([{**grant, "role": role + "_admin"}]), 201)
        listed = {u["user_id"] for u in scene.good(admin, "GET", "/v1/users?limit=200")["data"]}
        tap.ok({made["user_id"], twin["user_id"], admin.user_id} <= listed, "and lists those whom he may see")
        seen = {u: a for u, a in (line.split("|") for line in scene.run.database.sql(
            "select u.user_id, u.audience from identity.app_user u where u.user_id in ('%s');" % "','".join(listed)).split("\n"))}
        strays = scene.run.database.sql("select count(*) from identity.role_grant g where g.user_id in ('%s') and g.account_id is distinct from '%s';" % ("','".join(listed), own))
        tap.ok(set(seen.values()) == {name.upper()} and strays == "0", "nobody else among them: of his kind, and of his account alone", (seen, strays))
        tap.equal(scene.ask(admin, "POST", "/v1/users/%s/invitations" % made["user_id"], None).status, 200, "invites once more")
        tap.equal(scene.good(admin, "POST", "/v1/users/%s/disable" % made["user_id"])["status"], "DISABLED", "shuts out")
        tap.equal(scene.good(admin, "POST", "/v1/users/%s/enable" % made["user_id"])["status"], "INVITED", "lets in again")
        joined = join(scene, twin["email"])
        tap.equal(scene.ask(joined, "GET", "/v1/shipments").status, 200, "the colleague comes in by the link")
        scene.good(admin, "POST", "/v1/users/%s/disable" % twin["user_id"])
        tap.ok(client.eventually(lambda: scene.ask(joined, "GET", "/v1/shipments").status == 401, 5)[0], "and is out at once when shut out")
        more, beyond = "identity/more_than_held", scene.other if name == "customer" else scene.rival
        users = ("POST", "/v1/users")
        strange = "partner" if name == "customer" else "customer"
        refused(tap, scene, admin, [
            (*users, invite([]), 422, "identity/grant_missing"), (*users, {k: v for k, v in invite([]).items() if k != "grants"}, 422, "identity/grant_missing"),
            (*users, invite([grant], audience="STAFF"), 422, "core/invalid"), (*users, invite([grant], phone="+31 10 555 0100"), 422, "core/invalid"),
            (*users, invite([{"role": "viewer", "reach": "TENANT"}]), 422, "identity/audience_unfit"), (*users, invite([{"role": "owner", "reach": "TENANT"}]), 422, "identity/audience_unfit"),
            (*users, invite([{**grant, "role": strange}]), 422, "identity/audience_unfit"), (*users, invite([{**grant, "account_id": beyond}]), 403, more),
            (*users, invite([{**grant, "role": name + "_all"}]), 403, more), (*users, invite([{**grant, "reach": "TENANT", "account_id": None}]), 422, "identity/reach_unfit"),
            ("GET", "/v1/roles", None, 403, None), ("POST", "/v1/roles", {"role": "mine", "name": "Mine", "scopes": ["orders:read"]}, 403, None),
            ("GET", "/v1/units", None, 403, None), ("GET", "/v1/idps", None, 403, None), ("GET", "/v1/users/%s/grants" % made["user_id"], None, 403, None),
            ("POST", "/v1/users/%s/grants" % made["user_id"], grant, 403, None), ("PATCH", "/v1/users/" + made["user_id"], {"name": "X"}, 403, None)],
            "a %s's administrator gives nothing beyond his own" % name)
        grants = scene.own.get("/v1/users/%s/grants" % made["user_id"]).json["data"]
        tap.equal(scene.ask(admin, "DELETE", "/v1/users/%s/grants/%s" % (made["user_id"], grants[0]["grant_id"])).status, 404, "nor takes single roles away")
        faults = []
        for who in strangers(scene, people_, name):
            for method, rest in (("GET", ""), ("POST", "/disable"), ("POST", "/enable"), ("POST", "/invitations")):
                one, none = (told(scene.ask(admin, method, "/v1/users/%s%s" % (user, rest))) for user in (who, NOBODY))
                if one != none or one[0] != 404:
                    faults.append("%s %s %s: %s / %s" % (who, method, rest, one, none))
        tap.ok(not faults, "%s: staff, others' people and those who reach more are not there to see or touch" % name, "\n".join(faults))
        refused(tap, scene, people_[name], [(*users, invite([grant]), 403, None), ("GET", "/v1/users", None, 403, None)], "a plain %s invites nobody" % name)
    desk = people_["desk"]
    refused(tap, scene, desk, [("POST", "/v1/users", {"email": "guest@canary.example", "name": "Guest"}, 403, "core/forbidden"), ("GET", "/v1/users/" + desk.user_id, None, 404, None),
                               ("POST", "/v1/users/%s/disable" % people_["customer"].user_id, None, 404, None)], "staff of less reach than the firm")
    tap.equal(scene.good(desk, "GET", "/v1/users")["data"], [], "list nobody")


def strangers(scene, people_, name):
    """Ids of people whom an administrator does not reach, invited and active, shut out ones too."""
    other = {"customer": ["other", "customer", "partner", "partner_admin"], "partner": ["rival", "customer", "customer_admin"]}[name]
    bare = scene.own.person(name.upper())  # of the same kind, and nobody's yet
    gone = scene.own.person()
    scene.own.post("/v1/users/%s/disable" % gone, None)
    return [people_[who].user_id for who in other + ["clerk", "desk"]] + [bare, gone]


def join(scene, email):
    """Accepts the invitation; headers of a session of the new person."""
    token = people.links(scene.run.server, scene.own.slug, "INVITATION", email)[-1]["token"]
    scene.run.secret(token, "a token")
    answer = scene.run.ask("POST", "/v1/invitations/accept", {"token": token, "password": people.PASSWORD})
    if answer.status != 200:
        raise RuntimeError("accepting: %r" % answer)
    return people.sign_in(scene.run.server, people.Person(scene.own.slug, email, people.PASSWORD)).headers


def everybody(scene):
    """People by name; customer reaches two accounts, the others one."""
    for audience in ("CUSTOMER", "PARTNER"):
        scene.own.post("/v1/roles", {"role": audience.lower() + "_all", "name": "All", "audience": audience, "scopes": ["orders:*", "tracking:*"]}, 201)
    unit = scene.own.post("/v1/units", {"name": "Desk"}, 201)["unit_id"]
    return {"customer": scene.person("customer", "CUSTOMER", "customer", [scene.mine, scene.also]),
            "one_customer": scene.person("one", "CUSTOMER", "customer", [scene.mine]),
            "customer_admin": scene.person("boss", "CUSTOMER", "customer_admin", [scene.mine]),
            "customer_both_admin": scene.person("chief", "CUSTOMER", "customer_admin", [scene.mine, scene.also]),
            "other": scene.person("other", "CUSTOMER", "customer", [scene.other]), "partner": scene.person("partner", "PARTNER", "partner", [scene.carrier]),
            "partner_admin": scene.person("skipper", "PARTNER", "partner_admin", [scene.carrier]), "rival": scene.person("rival", "PARTNER", "partner", [scene.rival]),
            "clerk": scene.person("clerk", "STAFF", "viewer", [], reach="TENANT"),
            "desk": scene.person("desk", "STAFF", scene.own.role("identity:*", "orders:*"), [], reach="UNIT", unit_id=unit)}


def main():
    tap = hansa.Tap()
    run = client.Run("outsiders", max_running_tenant=100, login_account_max=1000000, login_source_max=1000000)
    with run:
        scene = Scene(run)
        people_ = everybody(scene)
        for section in (own_account, clerk, search, exceptions, reaches, key_denials, colleagues):
            section(tap, scene, people_)
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
