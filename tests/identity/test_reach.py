#!/usr/bin/env python3
"""Who sees what: every built-in role and a few of the tenant's own, over every reach, against every endpoint of the document, held
against a model that is written here from the words of the decision, not from the code (promises Z1, T4; issue 3.2).

A shipment has an account and a carrier; an account has an owner and a unit. OWN reaches accounts that one owns, UNIT those of a
unit, UNIT_AND_BELOW those of the units below it too, ACCOUNT the accounts named, PARTNER the shipments that the partner carries,
TENANT everything. What is not reached is not there: 404, byte for byte as for nobody's, and lists leave it out."""
import random
import re
import sys
import uuid

import client
import hansa
import people
import world

sys.path.insert(0, hansa.ROOT + "/server/compiler")
import front_matter  # noqa: E402
from report import Report  # noqa: E402

SHIPMENTS = 70
VERBS = {"orders": ("read", "write", "book", "confirm", "release", "invoice", "close"), "tracking": ("read", "write", "share", "raise"),
         "exchange": ("read", "write", "setup"), "crm": ("read", "write", "note", "credit", "assign"), "sales": ("read", "write", "accept"),
         "partners": ("read", "write", "approve", "own"), "alliances": ("read", "write", "answer", "govern"),
         "membership": ("read", "write", "redeem", "terms", "points", "decide"), "insight": ("read", "write"), "files": ("read", "write")}


def whole(*rooms):
    return {room + ":" + verb for room in rooms for verb in VERBS[room]}


def reading(*rooms):
    return {room + ":read" for room in rooms}


SCOPES = {
    "owner": None,  # everything
    "manager": whole(*VERBS) - {"alliances:govern"} | {"identity:read", "identity:write", "identity:roles", "identity:keys", "audit:read", "privacy:read",
                                                       "privacy:write", "sandbox:read", "sandbox:write"},
    "sales": whole("sales", "files") | reading("orders", "tracking", "membership", "insight") | {"crm:read", "crm:write", "crm:note", "orders:book"},
    "customer_service": whole("tracking", "files") | reading("sales", "partners", "alliances", "insight", "exchange")
    | {"crm:read", "crm:write", "crm:note", "orders:read", "orders:book", "orders:confirm", "orders:close", "orders:write", "membership:read",
       "membership:write", "membership:redeem"},
    "dispatcher": whole("tracking", "files") | {"crm:read", "crm:note", "orders:read", "orders:book", "orders:confirm", "orders:write", "exchange:read",
                                                "exchange:write", "partners:read", "partners:write", "alliances:read", "alliances:write", "alliances:answer"},
    "finance": reading(*VERBS) | {"crm:note", "crm:credit", "orders:release", "orders:invoice", "orders:close", "files:write"}, "viewer": reading(*VERBS),
    "partner": {"orders:read", "tracking:read", "tracking:write", "tracking:raise", "alliances:read", "alliances:answer", "files:read", "files:write", "crm:read",
                "partners:read"},
    "customer": {"orders:read", "orders:book", "tracking:read", "tracking:share", "tracking:raise", "sales:read", "sales:accept", "membership:read",
                 "membership:redeem", "files:read", "crm:read"},
    "desk": whole("orders", "tracking", "exchange", "crm"),  # the tenant's own
}


class Caller:
    def __init__(self, name, role, reached, audience="STAFF"):
        self.name, self.role, self.reached, self.audience = name, role, reached, audience
        self.headers, self.shown = None, None  # headers of a session or a key; the scopes that it tells

    def may(self, scope):
        return self.role is not None and (SCOPES[self.role] is None or scope in SCOPES[self.role])

    def sees_account(self, account):
        return self.reached == "TENANT" or (account is not None and account["id"] in self.reached.get("accounts", ()))

    def sees(self, shipment):
        if self.reached != "TENANT" and "carrier" in self.reached:
            return shipment["carrier"] == self.reached["carrier"]
        return self.sees_account(shipment["account"])


class Scene:
    """One tenant full of random data, and its people."""

    def __init__(self, run, dice):
        self.run, self.dice = run, dice
        self.own = run.world("reach", full=False)
        unit = lambda name, parent=None: self.own.post("/v1/units", {"name": name, "parent_id": parent}, 201)["unit_id"]  # noqa: E731
        north = unit("North")
        self.units = {"north": north, "desk": unit("North desk", north), "south": unit("South")}
        self.units["corner"] = unit("Corner of the desk", self.units["desk"])
        self.own.post("/v1/roles", {"role": "desk", "name": "Desk", "scopes": ["orders:*", "tracking:*", "exchange:*", "crm:*"]}, 201)
        self.people = [self.person("ada"), self.person("ben")]
        self.accounts = [self.account() for _ in range(14)]
        self.partners = [self.own.post("/v1/accounts", {"kind": "PARTNER", "name": "Carrier " + scac, "scac": scac}, 201) for scac in ("HXAA", "HXBB")]
        self.orders = [world.unique("ORD") for _ in range(5)]
        self.shared = [world.unique("BOL") for _ in range(6)]
        self.shipments = [self.shipment() for _ in range(SHIPMENTS)]
        self.contacts = [(self.own.contact(a["id"]), a) for a in self.accounts for _ in range(2)]

    def person(self, name, audience="STAFF"):
        made = people.make(self.run.server, self.own.slug, name + "@canary.example")
        self.run.database.sql("delete from identity.role_grant where user_id = '%s'; update identity.app_user set audience = '%s' where user_id = '%s';"
                              % (made.user_id, audience, made.user_id))
        return made

    def account(self):
        owner, unit = self.dice.choice(self.people + [None]), self.dice.choice(list(self.units) + [None])
        made = self.own.post("/v1/accounts", {"name": world.unique("Account "), "code": world.unique("C"), "owner_id": owner and owner.user_id,
                                              "unit_id": unit and self.units[unit]}, 201)
        return {"id": made["account_id"], "code": made["code"], "owner": owner, "unit": unit}

    def shipment(self):
        account, carrier = self.dice.choice(self.accounts + [None]), self.dice.choice(["HXAA", "HXBB", "HXCC", None])
        bol = self.dice.choice(self.shared)
        own, day = self.dice.choice(self.orders), self.dice.randint(1, 9)
        made = self.own.post("/v1/shipments", {"customer": account and {"account_id": account["id"]}, "carrier_scac": carrier,
                                               "planned_delivery": {"to": "2026-05-0%dT12:00:00Z" % day, "zone": "UTC"},
                                               "references": [{"kind": "BOL", "number": bol}, {"kind": "CUSTOMER", "number": own}]}, 201)
        link = self.own.post("/v1/shipments/%s/links" % made["shipment_id"], {}, 201)
        self.run.secret(link["token"], "a link's token")
        return {"id": made["shipment_id"], "number": made["tracking_number"], "account": account, "carrier": carrier, "bol": bol, "link": link["link_id"],
                "own": own, "day": day}

    def callers(self):
        ada, _ = self.people
        units = lambda *names: {"accounts": {a["id"] for a in self.accounts if a["unit"] in names}}  # noqa: E731
        below = ("north", "desk", "corner")
        given = [("owner", "owner", "TENANT", dict(reach="TENANT")), ("manager", "manager", "TENANT", dict(reach="TENANT")),
                 ("finance", "finance", "TENANT", dict(reach="TENANT")),
                 ("sales", "sales", units("north"), dict(reach="UNIT", unit_id=self.units["north"])),
                 ("customer_service", "customer_service", units(*below), dict(reach="UNIT_AND_BELOW", unit_id=self.units["north"])),
                 ("dispatcher", "dispatcher", units("south"), dict(reach="UNIT", unit_id=self.units["south"])),
                 ("desk", "desk", units("desk", "corner"), dict(reach="UNIT_AND_BELOW", unit_id=self.units["desk"]))]
        callers = []
        for name, role, reached, grant in given:
            who = self.person(name)
            self.own.grant(who.user_id, role, **grant)
            callers.append((Caller(name, role, reached), who))
        self.own.grant(ada.user_id, "viewer", reach="OWN")
        callers.append((Caller("viewer", "viewer", {"accounts": {a["id"] for a in self.accounts if a["owner"] is ada}}), ada))
        partner = self.person("partner", "PARTNER")
        self.own.grant(partner.user_id, "partner", reach="PARTNER", account_id=self.partners[0]["account_id"])
        callers.append((Caller("partner", "partner", {"carrier": "HXAA", "accounts": {self.partners[0]["account_id"]}}, "PARTNER"), partner))
        customer, theirs = self.person("customer", "CUSTOMER"), self.dice.sample(self.accounts, 3)
        for account in theirs:
            self.own.grant(customer.user_id, "customer", reach="ACCOUNT", account_id=account["id"])
        callers.append((Caller("customer", "customer", {"accounts": {a["id"] for a in theirs}}), customer))
        callers.append((Caller("nobody", None, {"accounts": set()}), self.person("nobody")))
        for caller, who in callers:
            session = people.sign_in(self.run.server, who)
            caller.headers, caller.shown = session.headers, session.body["scopes"]
        return [caller for caller, _ in callers] + [
            self.system(Caller("partner's system", "partner", {"carrier": "HXAA", "accounts": {self.partners[0]["account_id"]}}, "PARTNER")),
            self.system(Caller("customer's system", "customer", {"accounts": {theirs[0]["id"]}}, "CUSTOMER"))]

    def system(self, caller):
        """A key that reaches as far as people of the same account."""
        made = self.own.post("/v1/keys", {"name": caller.name, "scopes": sorted(SCOPES[caller.role]), "account_id": min(caller.reached["accounts"]),
                                          "reach": {"CUSTOMER": "ACCOUNT"}.get(caller.audience, caller.audience)}, 201)
        self.run.secret(made["key"], "a key of the API")
        caller.headers, caller.shown = people.outsiders_key(made), made["scopes"]
        return caller


class Cells:
    """Asks as one caller and gathers what is not as the model says."""

    def __init__(self, scene, caller):
        self.scene, self.caller, self.faults, self.count = scene, caller, [], 0

    def ask(self, method, path, body=None):
        self.count += 1
        patch = {"if-match": "*", "content-type": "application/merge-patch+json"} if method == "PATCH" else {}
        return self.scene.run.ask(method, path, body, headers={**self.caller.headers(), **patch})

    def fault(self, what):
        self.faults.append(what)

    def expect(self, answer, status, what):
        if answer.status != status:
            self.fault("%s: %r, expected %d" % (what, answer, status))
        return answer.status == status and status < 300

    def one(self, scope, is_seen, method, path, nobodys, good, body=None):
        """An object behind a scope: 403 without the scope, else good when it is seen, else as nobody's."""
        answer = self.ask(method, path, body)
        if not self.caller.may(scope):
            self.expect(answer, 403, path)
        elif is_seen:
            return self.expect(answer, good, method + " " + path) and answer
        else:
            same(self, answer, self.ask(method, nobodys, body), method + " " + path)
        return None

    def pages(self, path, name):
        """All values of `name` over all pages of a list, in order; None when it is refused."""
        found, cursor = [], None
        while True:
            answer = self.ask("GET", path + ("&" if "?" in path else "?") + "limit=7" + ("&cursor=" + cursor if cursor else ""))
            if answer.status != 200:
                return answer.status
            found += [one[name] for one in answer.json["data"]]
            cursor = answer.json["next_cursor"]
            if not cursor:
                return found

    def list(self, scope, path, name, expected):
        found = self.pages(path, name)
        if not self.caller.may(scope):
            expected = 403
        if found != expected:
            self.fault("GET %s: %s, expected %s" % (path, found, expected))


def without_id(answer):
    headers = {k: v for k, v in answer.headers.items() if k not in ("request-id", "date", "traceparent") and not k.startswith("ratelimit")}
    return answer.status, headers, re.sub(rb'"request_id":\s*"[0-9a-f]{32}"', b"", answer.body)


def same(cells, unseen, nobodys, what):
    if unseen.status != 404:
        cells.fault("%s: %r, expected 404" % (what, unseen))
    elif without_id(unseen) != without_id(nobodys):
        cells.fault("%s is not answered like nobody's: %s / %s" % (what, without_id(unseen), without_id(nobodys)))


def newest_first(objects, name):
    return sorted((o[name] for o in objects), reverse=True)


def shipments(cells):
    scene, caller = cells.scene, cells.caller
    seen = [s for s in scene.shipments if caller.sees(s)]
    for s in scene.dice.sample(scene.shipments, 25):
        cells.one("orders:read", caller.sees(s), "GET", "/v1/shipments/" + s["id"], "/v1/shipments/%s" % uuid.uuid4(), 200)
        cells.one("orders:write", caller.sees(s), "PATCH", "/v1/shipments/" + s["id"], "/v1/shipments/%s" % uuid.uuid4(), 200, {"service": "NEXT DAY"})
    cells.list("orders:read", "/v1/shipments", "shipment_id", newest_first(seen, "id"))
    for account in scene.dice.sample(scene.accounts, 4):
        cells.list("orders:read", "/v1/shipments?account_id=" + account["id"], "shipment_id",
                   newest_first([s for s in seen if s["account"] is account], "id"))
    cells.list("orders:read", "/v1/shipments?status=PLANNED&customer_reference=NONE", "shipment_id", [])
    cells.list("orders:read", "/v1/shipments?status=LOST", "shipment_id", [])
    for own in scene.orders[:2]:
        cells.list("orders:read", "/v1/shipments?customer_reference=" + own, "shipment_id", newest_first([s for s in seen if s["own"] == own], "id"))
    cells.list("orders:read", "/v1/shipments?planned_from=2026-05-03&planned_to=2026-05-06", "shipment_id",
               newest_first([s for s in seen if s["day"] is not None and 3 <= s["day"] <= 6], "id"))


def tracking(cells):
    scene, caller = cells.scene, cells.caller
    for s in scene.dice.sample(scene.shipments, 12):
        cells.one("tracking:read", caller.sees(s), "GET", "/v1/tracking/" + s["number"], "/v1/tracking/" + world.unique("NONE"), 200)
    for bol in scene.shared:
        hits = newest_first([s for s in scene.shipments if s["bol"] == bol and caller.sees(s)], "id")
        answer = cells.one("tracking:read", bool(hits), "GET", "/v1/tracking/" + bol, "/v1/tracking/" + world.unique("NONE"), 200)
        if answer and (answer.json["shipment_id"], sorted((o["shipment_id"] for o in answer.json["also"]), reverse=True)) != (hits[0], hits[1:21]):
            cells.fault("%s: %s also %s, expected %s" % (bol, answer.json["shipment_id"], answer.json["also"], hits))
    asked = [s["number"] for s in scene.shipments] + scene.shared + [world.unique("NONE")]
    answer = cells.ask("POST", "/v1/tracking/query", {"numbers": asked, "events": 1})
    if not caller.may("tracking:read"):
        cells.expect(answer, 403, "the query")
    elif cells.expect(answer, 200, "the query"):
        newest = lambda number: max((s["id"] for s in scene.shipments if number in (s["number"], s["bol"]) and caller.sees(s)), default=None)  # noqa: E731
        for number, result in zip(asked, answer.json["results"]):
            if (result.get("shipment_id"), result["found"]) != (newest(number), newest(number) is not None) or (not result["found"] and set(result) != {"number", "found"}):
                cells.fault("the query: %s is %s, expected %s" % (number, result, newest(number)))


def events(cells):
    scene, caller = cells.scene, cells.caller
    # One at least that the caller sees, if any: what is filed under whose source hangs on it.
    seen = next((s for s in scene.shipments if caller.sees(s)), None)
    chosen = ([seen] if seen else []) + scene.dice.sample([s for s in scene.shipments if s is not seen], 9)
    batch = [{"shipment_id": s["id"], "source": "probe", "source_event_id": world.unique("e"), "code": "ENR", "event_time": "2026-03-10T10:00:00Z"} for s in chosen]
    batch += [{**batch[0], "shipment_id": str(uuid.uuid4()), "source_event_id": world.unique("e")}]
    batch += [{"number": s["number"], "source": "probe", "source_event_id": world.unique("e"), "code": "ENR", "event_time": "2026-03-10T10:00:00Z"} for s in chosen]
    answer = cells.ask("POST", "/v1/tracking/events", {"events": batch})
    if not caller.may("tracking:write"):
        cells.expect(answer, 403, "events")
    elif cells.expect(answer, 200, "events"):
        expected = [i for i, s in enumerate(chosen + [None] + chosen) if s is None or not caller.sees(s)]
        told = [r["index"] for r in answer.json["rejected"]]
        if told != expected or answer.json["accepted"] != len(batch) - len(expected):
            cells.fault("events: rejected %s, expected %s: %s" % (told, expected, answer.json["accepted"]))
        if len({(r["code"], r["detail"]) for r in answer.json["rejected"] if r["index"] <= len(chosen)}) > 1:
            cells.fault("an event of an unseen shipment is rejected in other words than nobody's: %s" % answer.json["rejected"])


def links(cells):
    scene, caller = cells.scene, cells.caller
    if caller.audience == "PARTNER":  # nothing of a link is theirs to see, whatever they carry
        for s in scene.dice.sample(scene.shipments, 5):
            cells.expect(cells.ask("GET", "/v1/shipments/%s/links" % s["id"]), 403, "links")
            cells.expect(cells.ask("POST", "/v1/shipments/%s/links" % s["id"], {}), 403, "making a link")
        return
    for s in scene.dice.sample([s for s in scene.shipments if s["link"]], 10):
        path, nobodys = "/v1/shipments/%s/links", str(uuid.uuid4())
        cells.one("tracking:read", caller.sees(s), "GET", path % s["id"], path % nobodys, 200)
        cells.one("tracking:read", caller.sees(s), "GET", path % s["id"] + "/" + s["link"], path % nobodys + "/" + str(uuid.uuid4()), 200)
        made = cells.one("tracking:share", caller.sees(s), "POST", path % s["id"], path % nobodys, 201, {})
        if made:
            scene.run.secret(made.json["token"], "a link's token")
            cells.expect(cells.ask("DELETE", path % s["id"] + "/" + made.json["link_id"]), 204, "ending a link")
        elif not caller.sees(s):
            cells.one("tracking:share", False, "DELETE", path % s["id"] + "/" + s["link"], path % nobodys + "/" + str(uuid.uuid4()), 204)


def making(cells):
    """Shipments are made for accounts that one reaches; the others are not there."""
    scene, caller = cells.scene, cells.caller
    nobodys = None
    for customer, is_seen in [({"account_id": str(uuid.uuid4())}, False)] + [({"account_id": a["id"]}, caller.sees_account(a)) for a in scene.dice.sample(scene.accounts, 5)]:
        answer = cells.ask("POST", "/v1/shipments", {"customer": customer})
        if not caller.may("orders:write"):
            cells.expect(answer, 403, "making a shipment")
            return
        if is_seen:
            if cells.expect(answer, 201, "making a shipment"):
                scene.shipments.append({"id": answer.json["shipment_id"], "number": answer.json["tracking_number"], "carrier": None, "bol": None,
                                        "account": next(a for a in scene.accounts if a["id"] == customer["account_id"]), "link": None, "own": None, "day": None})
        elif nobodys is None:
            nobodys = answer
            cells.expect(answer, 422, "a shipment for nobody's account")
        elif without_id(answer) != without_id(nobodys):
            cells.fault("an unseen account is not answered like nobody's: %r / %r" % (answer, nobodys))
    if caller.reached != "TENANT":
        cells.expect(cells.ask("POST", "/v1/shipments", {}), 422, "a shipment of nobody")
        cells.expect(cells.ask("POST", "/v1/shipments", {"customer": {"code": world.unique("NEW")}}), 422, "a shipment of a new code")


def accounts(cells):
    scene, caller = cells.scene, cells.caller
    all_accounts = scene.accounts + [{"id": p["account_id"]} for p in scene.partners]
    for a in all_accounts:
        cells.one("crm:read", caller.sees_account(a), "GET", "/v1/accounts/" + a["id"], "/v1/accounts/%s" % uuid.uuid4(), 200)
    cells.list("crm:read", "/v1/accounts", "account_id", newest_first([a for a in all_accounts if caller.sees_account(a)], "id"))
    seen = [contact for contact, a in scene.contacts if caller.sees_account(a)]
    cells.list("crm:read", "/v1/contacts", "contact_id", sorted(seen, reverse=True))
    for contact, account in scene.dice.sample(scene.contacts, 8):
        is_seen = caller.sees_account(account)
        path, nobodys = "/v1/contacts/" + contact, "/v1/contacts/%s" % uuid.uuid4()
        cells.one("crm:read", is_seen, "GET", path, nobodys, 200)
        cells.one("crm:read", is_seen, "GET", path + "/consents", nobodys + "/consents", 200)
        cells.one("crm:write", is_seen, "POST", path + "/consents", nobodys + "/consents", 200, {"purpose": "SURVEYS", "answer": "YES", "source": "test"})
        if not is_seen:
            cells.one("crm:write", False, "DELETE", path, nobodys, 204)
        answer = cells.ask("POST", "/v1/contacts", {"account_id": account["id"], "name": scene.run.canary(world.unique("Canary Contact "))})
        if not caller.may("crm:write"):
            cells.expect(answer, 403, "making a contact")
        elif is_seen and cells.expect(answer, 201, "making a contact"):
            cells.expect(cells.ask("DELETE", "/v1/contacts/" + answer.json["contact_id"]), 204, "deleting a contact")
        elif not is_seen:
            cells.expect(answer, 422, "a contact at an unseen account")


ASKED_ABOVE = {"orders/shipment_get", "orders/shipment_list", "orders/shipment_create", "orders/shipment_patch", "tracking/tracking_by_number", "tracking/tracking_query",
               "tracking/event_record", "tracking/link_list", "tracking/link_get", "tracking/link_create", "tracking/link_revoke", "crm/account_get", "crm/account_list",
               "crm/contact_get", "crm/contact_list", "crm/contact_create", "crm/contact_delete", "crm/consent_list", "crm/consent_note"}
# Their rows are the caller's own, or said by grants: tests/identity/test_reach_grants.py, test_people*.py.
ASKED_ELSEWHERE = {"identity/grant_list", "identity/grant_create", "identity/grant_delete"}
# tests/identity/test_outsiders.py
ASKED_ELSEWHERE |= {"identity/user_" + verb for verb in ("create", "get", "list", "invite", "disable", "enable")}
ASKED_ELSEWHERE |= {"identity/key_" + verb for verb in ("create", "get", "list", "revoke", "rotate")}
# Every endpoint is asked by somebody who reaches nothing in test_reach_nothing.py; who reaches something of these rooms is asked in
# tests/orders/test_orders.py, tests/tracking/test_levels.py and test_stream.py, tests/files/test_files.py, tests/membership/test_reach_members.py.
ROOMS_ELSEWHERE = ("files/", "insight/", "membership/", "orders/consignment_", "orders/leg_", "orders/order_", "orders/stop_", "orders/unit_",
                   "tracking/event_stream", "tracking/exception_", "tracking/proof_")
# tests/partners/test_partners_reach.py
ASKED_ELSEWHERE |= {"partners/organisation_" + verb for verb in ("list", "create", "get", "own")}
ASKED_ELSEWHERE |= {"partners/partner_" + verb for verb in ("list", "create", "get", "patch", "move")} | {"partners/rating_create", "partners/rating_list"}
# tests/crm/test_search.py, test_history.py, tests/sales/test_quotes.py
ASKED_ELSEWHERE |= {"crm/account_patch", "crm/contact_patch", "crm/search", "crm/interaction_create", "crm/interaction_get", "crm/interaction_list"}
ASKED_ELSEWHERE |= {"crm/task_" + verb for verb in ("create", "get", "list", "patch", "complete", "cancel", "reopen")}
ASKED_ELSEWHERE |= {"sales/opportunity_" + verb for verb in ("create", "get", "list", "patch", "stage")}
ASKED_ELSEWHERE |= {"sales/quote_" + verb for verb in ("create", "get", "list", "patch", "send", "accept", "reject", "convert")}
# tests/alliances/test_tenders.py
ASKED_ELSEWHERE |= {"alliances/tender_" + verb for verb in ("create", "get", "list", "offer", "withdraw", "award")}
ASKED_ELSEWHERE |= {"alliances/offer_" + verb for verb in ("get", "list", "accept", "decline", "counter")}


def files():
    report = Report()
    found = (front_matter.parse(path, path.parent.name, report) for path in sorted(__import__("pathlib").Path(hansa.ROOT, "server").glob("*/*.sql")))
    return {f.full_name(): f for f in found if f and f.method}


def everything_else(cells, table):
    """Every other endpoint: 403 without its scope, for operators' ones always, and 403 for whoever reaches less than the tenant."""
    for operation in cells.scene.run.document.operations:
        name = operation.full_name()
        file = table[name]
        if operation.is_public or name in ASKED_ABOVE | ASKED_ELSEWHERE or name.startswith(ROOMS_ELSEWHERE):
            continue
        if not (file.is_tenant_wide or file.is_operator or getattr(file, "is_own", False)):
            cells.fault("%s: no model says who may use it; add it to this test" % name)
            continue
        if getattr(file, "is_own", False):
            continue
        is_let_in = not file.is_operator and cells.caller.may(operation.scope) and cells.caller.reached == "TENANT"
        path = re.sub(r"\{[^}]*\}", str(uuid.uuid4()), operation.path)
        if is_let_in and operation.method != "GET":
            continue  # what it does is told by its own tests
        answer = cells.ask(operation.method, path, {} if operation.body_media == "application/json" else None)
        if (answer.status == 403) == is_let_in:
            cells.fault("%s: %r, expected %s" % (name, answer, "to be let in" if is_let_in else 403))


def main():
    tap, seed = hansa.Tap(), random.randrange(10 ** 6)
    hansa.note("seed %d" % seed)
    run, table, count = client.Run("reach", max_running_tenant=100), files(), 0
    with run:
        scene = Scene(run, random.Random(seed))
        callers = scene.callers()
        for caller in callers:
            seen = sum(1 for s in scene.shipments if caller.sees(s))
            tap.ok((caller.role == "owner") == ("*" in caller.shown), "%s: let in; reaches %d of %d shipments" % (caller.name, seen, len(scene.shipments)), caller.shown)
            for section in (shipments, tracking, events, links, making, accounts, lambda c: everything_else(c, table)):
                cells = Cells(scene, caller)
                section(cells)
                name = section.__name__ if section.__name__ != "<lambda>" else "everything else"
                tap.ok(not cells.faults, "%s: %s, %d cells" % (caller.name, name, cells.count), "\n".join(cells.faults[:20]))
                count += cells.count
        tap.ok(count >= 2000, "%d cells in all (Z1)" % count)
        filed = run.database.sql("select count(*) filter (where source = 'PARTNER:HXAA:probe'), count(*) filter (where source = 'probe') from tracking.event;").split("|")
        tap.ok(int(filed[0]) > 0 and int(filed[1]) > 0, "a partner's events are filed under its own source, staff's under the one they name", filed)
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
