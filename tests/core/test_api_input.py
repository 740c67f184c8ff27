#!/usr/bin/env python3
"""Input as people write it (decision 0044): blanks, normal form, byte order marks, integers and times in every dress that their
standards allow, money by its currency, numbers that prove themselves, phones and numbers pasted from anywhere. What is refused
names the member and says what would be right."""
import json
import urllib.parse
import uuid

import client
import hansa
import world

BLANKS = ("   ", "\u00a0", "\u3000", "\u200b", "\t", "\n", "\u2060", "\ufeff", "\u200d\u200c", "\u2800", "\u3164", "\u00ad")
PASTED = {"no-break": "\u00a0", "thin": "\u2009", "narrow": "\u202f", "ideographic": "\u3000", "zero width": "\u200b", "joiner": "\u2060", "byte order mark": "\ufeff",
          "direction": "\u200e", "embedding": "\u202a", "en dash": "\u2013", "em dash": "\u2014", "minus": "\u2212", "no-break hyphen": "\u2011", "soft hyphen": "\u00ad",
          "full-width hyphen": "\uff0d", "comma": ",", "full-width comma": "\uff0c", "tab": "\t", "line feed": "\r\n"}


def quoted(text):
    return urllib.parse.quote(text, safe="")


class Scene:
    def __init__(self, tap, own):
        self.tap, self.own, self.run = tap, own, own.run
        self.account = own.post("/v1/accounts", {"name": "Input"}, 201)["account_id"]

    def post(self, path, body):
        return self.run.ask("POST", path, body, self.own.key, {"idempotency-key": uuid.uuid4().hex})

    def raw(self, path, text):
        return self.run.ask("POST", path, text.encode(), self.own.key, {"idempotency-key": uuid.uuid4().hex, "content-type": "application/json"})

    def refused(self, answer, pointer, what, word=""):
        errors = (answer.json or {}).get("errors") or [{}]
        self.tap.ok(answer.status == 422 and errors[0].get("pointer") == pointer and word in errors[0].get("detail", ""), "%s is 422 at %s" % (what, pointer), answer)


def texts(s):
    for blank in BLANKS:
        for path, body, pointer in (("/v1/accounts", {"name": blank}, "/name"), ("/v1/contacts", {"account_id": s.account, "name": blank}, "/name"),
                                    ("/v1/tasks", {"title": blank}, "/title"), ("/v1/units", {"name": blank}, "/name"),
                                    ("/v1/accounts", {"name": "x", "tags": [blank]}, "/tags/0")):
            s.refused(s.post(path, body), pointer, "%s %s" % (path, ascii(body)[-30:]))
    for written in ("  Name  ", "\tName\n", "\u3000Name", "Name\u200b", "\ufeffName", "Na\ufeffme"):
        answer = s.post("/v1/accounts", {"name": written})
        s.tap.ok(answer.status == 201 and answer.json["name"] == "Name", "%s is kept as Name" % ascii(written), answer)
    s.tap.equal(s.post("/v1/accounts", {"name": " " * 200 + "n" * 200}).status, 201, "length is judged when the blanks are off")
    name = "Chamb\u00e9ry " + world.unique()
    spread = name.replace("\u00e9", "e\u0301")
    made = s.raw("/v1/accounts", json.dumps({"name": spread}, ensure_ascii=False))
    s.tap.ok(made.status == 201 and made.json["name"] == name, "decomposed letters are put together", made)
    s.tap.equal(s.post("/v1/accounts", {"name": spread}).json["name"], name, "written with escapes, too")
    s.tap.ok(made.json["account_id"] in [h["id"] for h in s.own.get("/v1/search?q=" + quoted(spread)).json["data"]], "and a search for them finds")
    s.refused(s.post("/v1/accounts", {"name": "e" + "\u0301" * 31}), "/name", "a tower of accents")
    s.tap.equal(s.raw("/v1/accounts", '\ufeff{"name":"from a file"}').status, 201, "a byte order mark before the document is dropped")
    for path, body in (("/v1/accounts", {"name": "x", "code": "\ufeff" + world.unique("C")}), ("/v1/accounts", {"name": "x", "tags": ["\ufefft"]}),
                       ("/v1/contacts", {"account_id": s.account, "name": "x", "title": "x\ufeff"}), ("/v1/opportunities", {"account_id": s.account, "name": "x\ufeffy"})):
        answer = s.post(path, body)
        s.tap.ok(answer.status == 201 and "\ufeff" not in answer.body.decode(), "U+FEFF is dropped: %s" % ascii(body)[-40:], answer)
    picture = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082")
    file = s.run.ask("POST", "/v1/files?name=" + quoted("Re\u0301ce\u0301pisse\u0301.png"), picture, s.own.key, {"content-type": "image/png"})
    s.tap.ok(file.status == 201 and file.json["name"] == "R\u00e9c\u00e9piss\u00e9.png", "a file's name is put together", file)


def values(s):
    number = s.own.shipment()["tracking_number"]
    for text, is_taken in (("1.0", True), ("1e0", True), ("2E1", True), ("-0.0", True), ("201.0", False), ("1.5", False), ("1e400", False)):
        answer = s.raw("/v1/tracking/query", '{"numbers":["%s"],"events":%s}' % (number, text))
        s.tap.equal(answer.status, 200 if is_taken else 422, "%s is %s integer" % (text, "an" if is_taken else "no fitting"))
    for told, kept in (("2026-11-20t08:00:00z", "2026-11-20T08:00:00Z"), ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
                       ("2017-01-01t00:59:60+01:00", "2016-12-31T23:59:59Z"), ("2016-12-31T10:00:60Z", None), ("10000-01-01T00:00:00Z", None)):
        answer = s.own.events([s.own.event("DEP", told, number=number)])
        got = [e["event_time"] for e in s.own.get("/v1/tracking/" + number).json["events"]]
        s.tap.ok(kept in got if kept else answer["accepted"] == 0 and answer["rejected"][0]["field"] == "/events/0/event_time", "an event at %s" % told, (answer, got))
    s.tap.equal(s.post("/v1/accounts", {"name": "K", "country": "XK"}).status, 201, "XK is a country")
    s.refused(s.post("/v1/accounts", {"name": "K", "country": "ZZ"}), "/country", "ZZ")
    s.tap.equal(s.post("/v1/shipments", {"destination": {"city": "Prishtina", "country": "XK", "unlocode": "XKPRN"}}).status, 201, "and has places")
    s.refused(s.post("/v1/shipments", {"origin": {"unlocode": "ZZZZZ"}}), "/origin/unlocode", "a place in no country")


def money(s):
    quote = {"account_id": s.account, "title": "t", "valid_until": "2199-01-01T00:00:00Z", "zone": "UTC"}
    option = {"name": "o", "route": "r", "transit_days": 3}

    def limit(amount, currency):
        return s.run.ask("PUT", "/v1/accounts/%s/credit" % s.account, {"grade": "B", "limit": amount, "currency": currency, "hold": "GOOD"}, s.own.key, {"if-match": "*"})
    for amount, currency, is_taken in (("1500.50", "JPY", False), ("1500", "JPY", True), ("10.123", "EUR", False), ("10.12", "EUR", True), ("10.1234", "KWD", False), ("10.123", "KWD", True)):
        for what, answer, pointer in (
                ("price", s.post("/v1/orders", {"account_id": s.account, "price": {"amount": amount, "currency": currency}, "draft": True}), "/price/amount"),
                ("cod", s.post("/v1/orders", {"account_id": s.account, "cod": {"amount": amount, "currency": currency}, "draft": True}), "/cod/amount"),
                ("credit limit", limit(amount, currency), "/limit"),
                ("opportunity", s.post("/v1/opportunities", {"account_id": s.account, "name": "o", "value": {"amount": amount, "currency": currency}}), "/value/amount"),
                ("quote", s.post("/v1/quotes", {**quote, "currency": currency, "options": [{**option, "price": amount}]}), "/options/0/price")):
            if is_taken:
                s.tap.ok(answer.status in (200, 201) and ('"%s"' % amount).encode() in answer.body, "%s of %s %s is taken and told back so" % (what, amount, currency), answer)
            else:
                s.refused(answer, pointer, "%s of %s %s" % (what, amount, currency), "decimals")
    made = s.post("/v1/quotes", {**quote, "currency": "EUR", "options": [{**option, "price": "10.50"}]}).json["quote_id"]

    def patch(body):
        return s.run.ask("PATCH", "/v1/quotes/" + made, body, s.own.key, {"if-match": "*", "content-type": "application/merge-patch+json"})
    s.refused(patch({"currency": "JPY"}), "/currency", "yen for options in cents", "decimals")
    s.refused(patch({"options": [{**option, "price": "10.505"}]}), "/options/0/price", "mills, without a currency in the patch", "decimals")
    s.tap.equal(patch({"currency": "JPY", "options": [{**option, "price": "1050"}]}).status, 200, "yen with options told anew")


def identifiers(s):
    for kind, number, word in (("CONTAINER", "CSQU3054389", "check digit 3"), ("CONTAINER", "garbage", "ISO 6346"), ("AWB", "020-12345676", "check digit 5"), ("AWB", "1", "11 digits"),
                               ("S10", "RB123456784GB", "check digit 5"), ("S10", "RB123456785XX", "UPU S10")):
        s.refused(s.post("/v1/shipments", {"references": [{"kind": "BOL", "number": "x"}, {"kind": kind, "number": number}]}), "/references/1/number", "%s %s" % (kind, number), word)
    for kind, number in (("CONTAINER", "csqu 305438-3"), ("AWB", "020-1234 5675"), ("S10", "RB 123 456 785 GB"), ("BOL", "CSQU3054389")):
        made = s.post("/v1/shipments", {"references": [{"kind": kind, "number": number}]})
        s.tap.ok(made.status == 201 and made.json["references"][0]["number"] == number, "%s %s is kept as written" % (kind, number), made)
    s.refused(s.post("/v1/shipments", {"handling_units": [{"sscc": "106141412345678901"}]}), "/handling_units/0/sscc", "an SSCC", "check digit 8")
    shipment = s.own.shipment()["shipment_id"]
    s.refused(s.post("/v1/shipments/%s/consignments" % shipment, {"kind": "AWB", "number": "020-12345676"}), "/number", "a consignment's air waybill", "check digit 5")
    answer = s.post("/v1/organisations", {"legal_name": "G", "country": "NL", "gln": "4006381333932"})
    s.tap.ok(answer.status in (403, 422) and (answer.status == 403 or "check digit 1" in answer.json["errors"][0]["detail"]), "a GLN", answer)


def pasted(s):
    digits = "4%08d" % (uuid.uuid4().int % 10 ** 8)
    spoken = "-".join((digits[:3], digits[3:6], digits[6:]))
    shipment = s.own.shipment(tracking_number=spoken)["shipment_id"]
    wide = "".join(chr(0xFEE0 + ord(c)) for c in digits)
    for name, said in [(n, spoken.replace("-", sign)) for n, sign in PASTED.items()] + [("full-width", wide), ("Arabic digits", "".join(chr(0x660 + int(c)) for c in digits)),
                                                                                       ("around", "\t " + digits + "\u00a0")]:
        found = s.own.get("/v1/tracking/" + quoted(said))
        asked = s.post("/v1/tracking/query", {"numbers": [said]}).json["results"][0]
        told = s.own.events([s.own.event("ARH", "2026-03-09T10:00:00Z", number=said)])
        hits = s.own.get("/v1/search?q=" + quoted(said))
        s.tap.ok(found.status == 200 and asked["found"] and told["accepted"] == 1 and shipment in [h["id"] for h in hits.json.get("data", [])],
                 "a number pasted with %s is found, asked in bulk, told an event and searched" % name, (found.status, asked, told, hits.status))
        kept = s.post("/v1/shipments", {"references": [{"kind": "BOL", "number": "B" + said}]})
        s.tap.ok(kept.status == 201 and s.own.get("/v1/tracking/" + quoted("B" + digits)).status == 200, "and so is one that was kept so", kept)


def lists(s):
    """A column pasted from a table has empty lines and headings: they are not found, and sink nothing."""
    number = s.own.shipment()["tracking_number"]
    asked = ["", "  ", number, "Tracking no. of the consignment, as told by the consignor, if any" * 2, "\u200b", " " + number + "\u00a0"]
    answer = s.post("/v1/tracking/query", {"numbers": asked})
    s.tap.equal([r["found"] for r in answer.json.get("results", [])], [False, False, True, False, False, True], "what can be no number is not found, the others are")
    s.refused(s.post("/v1/tracking/query", {"numbers": [number, 5]}), "/numbers/1", "a number that is no text")


def main():
    tap = hansa.Tap()
    run = client.Run("input", max_running_tenant=100)
    with run:
        scene = Scene(tap, world.World(run, "input-a", full=False))
        texts(scene)
        values(scene)
        money(scene)
        identifiers(scene)
        pasted(scene)
        lists(scene)
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
