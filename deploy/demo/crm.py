"""The CRM half of the demo of tenant A: prospects, contacts, what was said and is to be done, chances and quotes, carriers with their papers,
shipments under way, and exceptions of which those end whose shipments have arrived. Used by `load`.

People, firms and words are invented; days are counted from `today`, the day of the first load, and nothing is drawn by chance. Every POST has a
key of its own, so that a load which was cut off goes on; what is made last tells that all is there.
"""
import csv
import json
import os
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

HERE = os.path.dirname(os.path.abspath(__file__))
ZONE = "Europe/Amsterdam"  # where the firm sits
PHONE = "+31 10 555 0100"  # of the firm, on its public tracking pages
PROSPECTS = [("P-KLINIK", "Nordklinik Inköp AB", "SE", "HEALTH"), ("P-LABOR", "Laborwerk Technik GmbH", "DE", "LABORATORY"),
             ("P-COFFEE", "Torrefação do Cais Lda", "PT", "FOOD")]
# code, name, country, SCAC, network role, modes, lane, insurance (days from today until it ends, sum), licence, state to be led to
CARRIERS = [
    ("NB-TRUCK", "Nordkai Trucking BV", "NL", "NKTQ", "DOWNSTREAM", ["ROAD"], ("NL", "DE"), (210, "250000.00"), ("LICENCE", "Community licence for road haulage", 900), ["QUALIFIED", "ACTIVE"]),
    ("BF-AIR", "Bluefin Air Cargo Ltd", "GB", "BFAQ", "UPSTREAM", ["AIR"], ("GB", "NG"), (95, "1000000.00"), ("CERTIFICATE", "Known consignor", 400), ["QUALIFIED", "ACTIVE"]),
    ("AU-FEEDER", "Aurelia Feeder Lines SA", "PL", "AUFQ", "PEER", ["SEA"], ("PL", "NL"), (-5, "500000.00"), ("CERTIFICATE", "ISO 9001", 300), ["QUALIFIED"]),
]
# account, name, value in USD, probability, days until it closes, stages, reason of a loss
CHANCES = [
    ("P-COFFEE", "Groupage from Lisbon", "9000.00", 20, 60, [], None),
    ("P-LABOR", "Round trip to three sites in Poland", "84000.00", 40, 45, ["QUALIFIED"], None),
    ("116-ZA-T30", "Lane to the new store", "310000.00", 50, 80, ["QUALIFIED", "SOLUTION"], None),
    ("P-KLINIK", "Hamburg to Stockholm, cool", "120000.00", 60, 30, ["QUALIFIED", "SOLUTION"], None),
    ("151-NG-T30", "Higher volume by air", "640000.00", 75, 20, ["QUALIFIED", "SOLUTION"], None),
    ("108-VN-T30", "Sea freight to Ho Chi Minh City", "150000.00", 90, 5, ["QUALIFIED", "SOLUTION"], None),
    ("113-ZW-T30", "Road from Beira", "95000.00", 30, -10, ["QUALIFIED", "LOST"], "Stays with the present carrier until the end of the year"),
]
# account, title, price, transit days, what becomes of it
QUOTES = [
    ("P-LABOR", "Three sites in Poland, monthly", [("By road, one driver", "4600.00", 3)], []),
    ("P-KLINIK", "Hamburg to Stockholm, eight pallets", [("Cool by road", "3150.00", 2), ("Cool by road and ferry", "2780.00", 3)], ["send"]),
    ("151-NG-T30", "Lagos by air, half a year fixed", [("Air, direct", "21400.00", 2), ("Air, by way of Addis Ababa", "18950.00", 4)], ["send", "look"]),
    ("106-HT-T30", "Port-au-Prince by sea, weekly", [("Sea, by way of Kingston", "5200.00", 21)], ["send", "accept"]),
    ("108-VN-T30", "Ho Chi Minh City by sea", [("Sea, direct", "7350.00", 26)], ["send", "accept", "convert"]),
    ("113-ZW-T30", "Harare by road from Beira", [("Road", "6900.00", 4)], ["send", "reject"]),
]
HELD = "DEMO-LIVE-3"  # by customs; that opens no exception by itself, so somebody did
# number, account, destination, how far trouble is looked after, events as (code, days ago, city, country)
UNDER_WAY = [
    ("DEMO-LIVE-1", "114-UG-T30", ("Kampala", "UG", "Africa/Kampala"), None, [("BKD", 9, None, None), ("PUP", 6, "Rotterdam", "NL"), ("DEP", 4, "Rotterdam", "NL")]),
    ("DEMO-LIVE-2", "110-ZM-T30", ("Lusaka", "ZM", "Africa/Lusaka"), ["ACKNOWLEDGED", "IN_ACTION"],
     [("BKD", 16, None, None), ("PUP", 12, "Hamburg", "DE"), ("ARH", 4, "Durban", "ZA"), ("DLY", 2, "Durban", "ZA")]),
    (HELD, "108-VN-T30", ("Ho Chi Minh City", "VN", "Asia/Ho_Chi_Minh"), [],
     [("BKD", 7, None, None), ("PUP", 5, "London", "GB"), ("ARH", 3, "Ho Chi Minh City", "VN"), ("CSI", 2, "Ho Chi Minh City", "VN")]),
]
LAST = "Look through the open exceptions"  # title of the task that is made last


def rows_of(name):
    with open(os.path.join(HERE, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Books:
    """What is made, with the ids that later things need."""

    def __init__(self, api, accounts, today):
        self.api, self.accounts, self.today, self.contacts = api, dict(accounts), today, {}

    def day(self, days):
        return str(self.today + timedelta(days=int(days)))

    def at(self, days, hour):
        """That hour of the firm's clock, so many days from today, in RFC 3339."""
        return datetime.fromisoformat("%sT%02d:00:00" % (self.day(days), int(hour))).replace(tzinfo=ZoneInfo(ZONE)).isoformat()

    def make(self, path, key, **members):
        body = {name: value for name, value in members.items() if value not in (None, "")}
        return self.api.post(path, body, key="demo/crm/" + key)[1] if body else self.bare(path, key)[1]

    def bare(self, path, key, fine=(200, 201)):
        """Asks where a request has no body; (status, JSON)."""
        return self.api.ask("POST", path, b"", fine=fine, key="demo/crm/" + key)

    def account(self, code, **members):
        """The account with that code, made where it is not there."""
        found = self.api.ask("GET", "/v1/accounts?code=" + code)[1]["data"]
        self.accounts[code] = (found[0] if found else self.make("/v1/accounts", "account/" + code, code=code, **members))["account_id"]
        return self.accounts[code]


def firms(books):
    books.api.ask("PATCH", "/v1/organisations/own", json.dumps({"phone": PHONE}).encode(), "application/merge-patch+json")
    for code, name, country, industry in PROSPECTS:
        books.account(code, kind="PROSPECT", name=name, country=country, industry=industry)
    for code, name, country, scac, role, modes, (start, end), (days, amount), (kind, title, until), states in CARRIERS:
        account = books.account(code, kind="PARTNER", name=name, country=country, scac=scac)
        found = books.api.ask("GET", "/v1/organisations?scac=" + scac)[1]["data"]
        org = found[0] if found else books.make("/v1/organisations", "org/" + code, legal_name=name, country=country, scac=scac)
        papers = [{"kind": "INSURANCE", "name": "Carrier's liability", "number": "HL-" + scac, "valid_from": books.day(days - 365), "valid_to": books.day(days),
                   "amount": amount, "currency": "EUR"}, {"kind": kind, "name": title, "valid_to": books.day(until)}]
        books.make("/v1/partners", "partner/" + code, account_id=account, org_id=org["org_id"], network_role=role, modes=modes,
                   lanes=[{"from": {"country": start}, "to": {"country": end}}], credentials=papers)
        for state in states:
            books.make("/v1/partners/%s/transitions" % account, "partner/%s/%s" % (code, state), to=state)


def people(books):
    for number, row in enumerate(rows_of("contacts.csv")):
        mobile = [{"channel": "SMS", "address": row["mobile"], "label": "mobile"}] if row["mobile"] else None
        made = books.make("/v1/contacts", "contact/%d" % number, account_id=books.accounts[row["project"]], name=row["name"], title=row["title"], email=row["email"],
                          phone=row["phone"], channels=mobile, preferred_channel=row["preferred"])
        books.contacts.setdefault(row["project"], made["contact_id"])


def talks(books):
    """What was said, and what was promised; promises that lie a week back and more were kept."""
    for number, row in enumerate(rows_of("talks.csv")):
        promise = {"title": row["follow_up"], "due_at": books.at(row["due_in"], 17), "zone": ZONE} if row["follow_up"] else None
        made = books.make("/v1/interactions", "talk/%d" % number, account_id=books.accounts[row["project"]], contact_id=books.contacts[row["project"]], channel=row["channel"],
                          direction=row["direction"], outcome=row["outcome"], subject=row["subject"], summary=row["summary"],
                          occurred_at=books.at(-int(row["days_ago"]), row["hour"]), zone=ZONE, follow_up=promise)
        if promise and int(row["due_in"]) < -10:
            books.make("/v1/tasks/%s/complete" % made["follow_up_task_id"], "talk/%d/kept" % number)


def tasks(books):
    for number, row in enumerate(rows_of("tasks.csv")):
        made = books.make("/v1/tasks", "task/%d" % number, title=row["title"], note=row["note"], account_id=books.accounts.get(row["project"]),
                          contact_id=books.contacts.get(row["project"]), due_at=books.at(row["due_in"], 12), zone=ZONE)
        if row["state"] != "OPEN":
            books.make("/v1/tasks/%s/%s" % (made["task_id"], {"DONE": "complete", "CANCELLED": "cancel"}[row["state"]]), "task/%d/end" % number)


def chances(books):
    """Opportunities by account."""
    made = {}
    for code, name, amount, probability, days, stages, reason in CHANCES:
        made[code] = books.make("/v1/opportunities", "chance/" + code, account_id=books.accounts[code], contact_id=books.contacts[code], name=name,
                                value={"amount": amount, "currency": "USD"}, probability=probability, close_date=books.day(days))["opportunity_id"]
        for stage in stages:
            books.make("/v1/opportunities/%s/stage" % made[code], "chance/%s/%s" % (code, stage), stage=stage, reason=reason if stage == "LOST" else None)
    return made


def quotes(books, opportunities):
    for code, title, options, steps in QUOTES:
        is_lost = "reject" in steps
        quote = books.make("/v1/quotes", "quote/" + code, account_id=books.accounts[code], contact_id=books.contacts[code], title=title, currency="USD", zone=ZONE,
                           opportunity_id=None if is_lost else opportunities.get(code), valid_until=books.at(30, 17), terms="Payment within 30 days.",
                           need={"cargo": [{"description": title, "quantity": "8", "unit": "PLT", "weight_kg": "3200"}]},
                           options=[{"name": name, "route": name, "price": price, "transit_days": days} for name, price, days in options])
        path, status, sent = "/v1/quotes/%s/" % quote["quote_id"], None, None
        for step in steps:
            body = {"accept": {"option_no": 1}, "reject": {"reason": "Stays with the present carrier"}}.get(step, {})
            if step == "send":  # told once and not stored, so a load that goes on is refused here
                status, sent = books.bare(path + step, "quote/%s/send" % code, fine=(200, 409))
            elif step == "look" and status == 200:
                books.api.ask("GET", "/v1/quote-links/" + sent["token"])
            elif step != "look":
                books.make(path + step, "quote/%s/%s" % (code, step), **body)


def arrived(books, each, apis):
    """Ends the exceptions of shipments that are delivered: what was late has come."""
    alive = set()
    for number, *_ in UNDER_WAY:
        status, answer = books.api.ask("GET", "/v1/tracking/" + number, fine=(200, 404))
        alive |= {answer["shipment_id"]} if status == 200 else set()
    todo = []
    for state, steps in (("OPEN", ("ACKNOWLEDGED", "IN_ACTION", "RESOLVED")), ("ACKNOWLEDGED", ("IN_ACTION", "RESOLVED")), ("IN_ACTION", ("RESOLVED",))):
        cursor = ""
        while cursor is not None:
            page = books.api.ask("GET", "/v1/exceptions?state=%s&limit=200%s" % (state, cursor))[1]
            todo += [(one["exception_id"], steps) for one in page["data"] if one["shipment_id"] not in alive]
            cursor = page["next_cursor"] and "&cursor=" + page["next_cursor"]

    def end(index, one):
        for state in one[1]:
            body = {"state": state, "resolution": "Delivered since" if state == "RESOLVED" else None}
            apis[index].post("/v1/exceptions/%s/state" % one[0], {name: value for name, value in body.items() if value})

    each(len(apis), end, todo, "exceptions that ended with the delivery")


def under_way(books):
    """Three shipments that have not arrived: one as planned, one late and looked after, one held by customs."""
    for number, code, (city, country, zone), trouble, events in UNDER_WAY:
        books.api.post("/v1/shipments", {
            "tracking_number": number, "customer": {"account_id": books.accounts[code]}, "destination": {"city": city, "country": country, "zone": zone},
            "handling_units": [{"type": "PX", "weight_kg": "640", "description": "Laboratory supplies"}],
            "planned_delivery": {"to": books.at(2, 12), "zone": zone}}, fine=(200, 201, 409), key="demo/crm/live/" + number)
        told = [{"number": number, "source": "demo", "source_event_id": "%s/%s" % (number, event), "code": event, "event_time": books.at(-days, 9), "zone": ZONE,
                 **({"place": {"city": place, "country": land}} if place else {})} for event, days, place, land in events]
        books.api.post("/v1/tracking/events", {"events": told})
        shipment = books.api.ask("GET", "/v1/tracking/" + number)[1]["shipment_id"]
        if number == HELD:
            books.make("/v1/exceptions", "live/held", shipment_id=shipment, code="CSI", severity="HIGH", note="Customs ask for the certificate of origin; the shipper sends it.")
        for one in books.api.ask("GET", "/v1/exceptions?shipment_id=" + shipment)[1]["data"]:
            for state in trouble or []:
                books.make("/v1/exceptions/%s/state" % one["exception_id"], "live/%s/%s" % (number, state), state=state)


def fill(apis, accounts, today, each):
    """Makes all of it with the first of the connections. `each` is load's at_once; accounts are ids by code."""
    books = Books(apis[0], accounts, today)
    if any(one["title"] == LAST for one in books.api.ask("GET", "/v1/tasks?limit=200")[1]["data"]):
        return
    firms(books)
    people(books)
    talks(books)
    tasks(books)
    quotes(books, chances(books))
    arrived(books, each, apis)
    under_way(books)
    books.make("/v1/tasks", "last", title=LAST, due_at=books.at(0, 18), zone=ZONE)
