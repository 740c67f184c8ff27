#!/usr/bin/env python3
"""Search finds what somebody remembers: names with a typing mistake, cut off, with or without accents; Chinese of two signs and more;
phone numbers in any spelling; numbers of shipments and orders. It finds what is there now, for who reaches it, and forgets who is erased."""
import urllib.parse
import uuid

import client
import hansa
import people
import world


def hits(world_of, q, type=None, session=None):
    path = "/v1/search?" + urllib.parse.urlencode({"q": q, **({"type": type} if type else {})})
    answer = world_of.run.ask("GET", path, headers=session.headers()) if session else world_of.get(path)
    assert answer.status == 200, answer
    return answer.json["data"]


def ids(*given, **more):
    return [h["id"] for h in hits(*given, **more)]


NAMES = ["Rotterdam Cold Storage BV", "Rottweil Precision GmbH", "Müller & Söhne Spedition", "Acme Europe BV", "Acme Asia Pte", "上海远洋贸易有限公司", "海尔", "北京海淀科技",
         "Kovářství Novák s.r.o.", "DHV-Tankers 2000"]


def words(tap, a):
    made = {name: a.post("/v1/accounts", {"name": name, "code": world.unique("K")}, 201) for name in NAMES}
    one = lambda name: made[name]["account_id"]  # noqa: E731
    for q, name in (("Rotterdam Cold Storage", NAMES[0]), ("rotterdam", NAMES[0]), ("roterdam", NAMES[0]), ("Rotterdma cold", NAMES[0]), ("storge roterdam", NAMES[0]),
                    ("rotterd", NAMES[0]), ("cold sto", NAMES[0]), ("muller", NAMES[2]), ("MÜLLER", NAMES[2]), ("muler spedition", NAMES[2]), ("novak", NAMES[8]),
                    ("kovarstvi", NAMES[8]), ("acme europe", NAMES[3]), ("acme eurpoe", NAMES[3]), ("上海远洋", NAMES[5]), ("远洋", NAMES[5]), ("远洋贸易", NAMES[5]), ("海尔", NAMES[6]),
                    ("海淀", NAMES[7]), ("上海远阳贸易", NAMES[5]), ("dhv tankers", NAMES[9]), ("ｒｏｔｔｅｒｄａｍ", NAMES[0])):
        found = ids(a, q)
        tap.ok(found[:1] == [one(name)], "«%s» finds %s first" % (q, name), hits(a, q)[:3])
    tap.equal(set(ids(a, "acme")), {one(NAMES[3]), one(NAMES[4])}, "«acme» finds both, and nothing else")
    tap.ok(one(NAMES[5]) not in ids(a, "海尔")[:1], "a name of two signs is not drowned by one that shares a sign")
    for q in ("zzzz", "xylophone", "鑫鑫", "%", "_", "'; drop table", "\\"):
        tap.equal(ids(a, q), [], "«%s» finds nothing" % q)
    tap.equal(ids(a, made[NAMES[3]]["code"])[:1], [one(NAMES[3])], "a code is found")
    scores = [h["score"] for h in hits(a, "acme europe")]
    tap.ok(scores == sorted(scores, reverse=True) and 0 < scores[-1] <= scores[0] <= 1, "the best comes first, scores are from 0 to 1", scores)
    a.run.ask("PATCH", "/v1/accounts/" + one(NAMES[3]), {"name": "Zenith Holding"}, a.key, {"if-match": "*", "content-type": "application/merge-patch+json"})
    tap.ok(one(NAMES[3]) not in ids(a, "europe") and ids(a, "zenith") == [one(NAMES[3])], "another name is found, the old one no more")
    return made


# as people write them, and some of the ways in which they are asked for; %s are seven digits
PHONES = [("(555) %s", ["555%s", "+1 555 %s"]), ("(0711) %s", ["0711%s", "+49711%s", "0049 711 %s"]), ("+1-555-%s ext. 543", ["+1555%s", "555 %s", "(555) %s x543"]),
          ("+44 20 %s x12", ["+4420%s", "020 %s"]), ("+49\u00a0711\u00a0%s", ["+49711%s"]), ("+49 711\u2013%s", ["0711%s"]), ("+49 (0711) %s", ["+49711%s", "0711 %s"]),
          ("+49 (0)711 %s", ["+49711%s"]), ("0049 (0) 711 %s", ["+49711%s"]), ("+49 0711 %s", ["+49711%s"]), ("+44 (0)20 %s", ["+4420%s"]), ("+39 06 %s", ["+3906%s", "06 %s"]),
          ("8 (495) %s", ["+7495%s"]), ("\u202a+49 711 %s", ["+49711%s"]), ("+86 10 %s\u8f6c801", ["+8610%s"]), ("[0711] %s", ["0711%s"]), ("tel: 0711 %s", ["+49711%s"])]


def phones(tap, a, made):
    account = made["Acme Asia Pte"]["account_id"]
    def contact(**b):
        return a.post("/v1/contacts", {"account_id": account, **b}, 201)["contact_id"]
    maria = contact(name="Maria Jansen", phone="+31 10 555 0100")
    wei = contact(name="张伟", channels=[{"channel": "PHONE", "address": "+86 138-1234-5678"}, {"channel": "WECHAT", "address": "zhangwei88"}])
    for q in ("+31 10 555 0100", "0031105550100", "010 555 0100", "(010) 555-0100", "105550100", "5550100", "+31.10.555.0100"):
        tap.equal(ids(a, q)[:1], [maria], "«%s» finds her" % q)
        tap.equal([c["contact_id"] for c in a.get("/v1/contacts?phone=" + urllib.parse.quote(q)).json["data"]], [maria], "and so does the list of contacts")
    for number, (written, asked) in enumerate(PHONES):
        line = "%07d" % (3456781 + number)
        made = contact(name="Line", phone=written % line)
        for q in asked:
            tap.ok(made in ids(a, q % line) and [made] == [c["contact_id"] for c in a.get("/v1/contacts?phone=" + urllib.parse.quote(q % line, safe="")).json["data"]],
                   "«%s» is found by «%s»" % (written % line, q % line))
        tap.equal(a.get("/v1/contacts/" + made).json["phone"], " ".join((written % line).replace("\u202a", "").split()), "and is shown as it was written")
    for bad in ("call me", "12", "+", "hans1978@example.com", "1" * 61):
        answer = a.run.ask("POST", "/v1/contacts", {"account_id": account, "name": "x", "phone": bad}, a.key)
        tap.ok(answer.status == 422 and client.pointers(answer) == ["/phone"], "«%s» is no phone number" % bad[:30], answer)
        answer = a.run.ask("POST", "/v1/contacts", {"account_id": account, "name": "x", "channels": [{"channel": "SMS", "address": bad}]}, a.key)
        tap.ok(answer.status == 422 and client.pointers(answer) == ["/channels"], "nor one to send messages to", answer)
    tap.equal(a.post("/v1/accounts", {"name": "Phone", "phone": "(0711) 12 34-56 ext. 7"}, 201)["phone"], "(0711) 12 34-56 ext. 7", "an account's phone is kept as written")
    for q in ("13812345678", "008613812345678", "138 1234 5678", "zhangwei88", "张伟"):
        tap.equal(ids(a, q)[:1], [wei], "«%s» finds him" % q)
    tap.ok(maria in ids(a, "0100") and ids(a, "+49 10 555 0100") == [], "four digits at the end find her; another country's number does not", hits(a, "+49 10 555 0100"))
    tap.equal(ids(a, "maria jansen", "ACCOUNT"), [], "by type: no account")
    tap.equal(ids(a, "maria jnasen", "CONTACT"), [maria], "by type: a contact")
    return maria, wei


def spellings(tap, a):
    end = world.unique("Z")
    made = {name: a.post("/v1/accounts", {"name": "%s %s" % (name, end)}, 201)["account_id"] for name in ("Gro\u00dfm\u00fcller Stra\u00dfe \u0152uvre", "Goethe Baecker", "\u00c5ngstr\u00f6m \u0141\u00f3d\u017a \u00d8rsted")}
    german, plain, north = made.values()
    for asked, wanted in (("grossmueller", german), ("grossmuller", german), ("GROSSM\u00dcLLER", german), ("strasse", german), ("stra\u00dfe", german), ("oeuvre", german), ("\u0153uvre", german),
                          ("g\u00f6the", plain), ("gothe", plain), ("b\u00e4cker", plain), ("backer", plain), ("angstrom", north), ("aangstroem", north), ("lodz", north), ("oersted", north),
                          ("\u00f8rsted", north)):
        tap.equal(ids(a, "%s %s" % (asked, end))[:1], [wanted], "\u00ab%s\u00bb is found however its letters are spelled" % asked)


def numbers(tap, a):
    bol = world.unique("BOL-77 ")
    made = a.shipment(customer={"code": world.unique("NEW"), "name": "Brandnew Shoes"}, references=[{"kind": "BOL", "number": bol}])
    for q in (bol, bol.replace("-", "").replace(" ", "").lower(), made["tracking_number"]):
        tap.equal(ids(a, q)[:1], [made["shipment_id"]], "«%s» finds the shipment" % q)
    tap.equal(ids(a, "brandnew shoes", "ACCOUNT"), [made["customer"]["account_id"]], "a customer that came with a shipment is found")
    order = a.run.ask("POST", "/v1/orders", {"account_id": made["customer"]["account_id"], "references": [{"kind": "PO", "number": "PO " + bol}]}, a.key,
                      {"idempotency-key": uuid.uuid4().hex}).json
    tap.equal([(h["type"], h["id"]) for h in hits(a, "po" + bol, "ORDER")], [("ORDER", order["order_id"])], "an order's number finds the order")
    tap.equal(ids(a, order["order_number"])[:1], [order["order_id"]], "and so does our own")
    customer = {"account_id": made["customer"]["account_id"], "name": "Brandnew Shoes"}
    for type, whole, id, status in (("SHIPMENT", made["tracking_number"], made["shipment_id"], "PLANNED"), ("ORDER", order["order_number"], order["order_id"], order["state"])):
        for q in (whole, whole[:-1], whole[:8].lower()):
            hit = [h for h in hits(a, q, type) if h["id"] == id]
            tap.ok(hit and (hit[0]["status"], hit[0]["customer"]) == (status, customer), "«%s» of %s finds it, with status and customer" % (q, type), hit)
        tap.equal(ids(a, whole[:2], type), [], "two signs of a number find nothing")
    near = a.shipment(tracking_number=made["tracking_number"] + "7")["shipment_id"]
    tap.equal(ids(a, made["tracking_number"], "SHIPMENT"), [made["shipment_id"], near], "the whole number comes before one that only begins so")


def reach(tap, run, a, b, made):
    tap.equal(ids(b, "rotterdam") + ids(b, "海尔") + ids(b, "5550100"), [], "another tenant finds nothing of it")
    own, other = made["海尔"]["account_id"], made["Acme Asia Pte"]["account_id"]
    who = people.make(run.server, a.slug, "ken@canary.example")
    run.database.sql("delete from identity.role_grant where user_id = '%s';" % who.user_id)
    a.grant(who.user_id, "sales", reach="OWN")
    a.run.ask("PUT", "/v1/accounts/%s/assignment" % own, {"owner_id": who.user_id, "unit_id": None}, a.key, {"if-match": "*"})
    session = people.sign_in(run.server, who)
    tap.equal((ids(a, "海尔", session=session), ids(a, "acme", session=session), ids(a, "maria jansen", session=session)), ([own], [], []),
              "who reaches own accounts finds those alone")
    tap.ok(other in ids(a, "acme"), "the rest is there, for others")


def erased(tap, run, a, maria):
    done = run.ask("POST", "/v1/privacy/erasures", {"subject": {"contact_id": maria}}, a.key)
    if done.status not in (200, 201):
        tap.ok(False, "she is erased", done)
        return
    tap.equal(ids(a, "maria jansen") + ids(a, "5550100"), [], "who is erased is found no more")
    left = run.database.sql("select (select count(*) from crm.search_word where word in ('maria', 'jansen', '#5550100')) + "
                            "(select count(*) from crm.search_variant where word in ('maria', 'jansen')) + (select count(*) from crm.search_use where object_id = '%s');" % maria)
    tap.equal(left, "0", "and no word of her is left in the index")


def main():
    tap = hansa.Tap()
    run = client.Run("search", max_running_tenant=100)
    with run:
        a, b = run.world("search-a", full=False), run.world("search-b", full=False)
        made = words(tap, a)
        maria, _ = phones(tap, a, made)
        spellings(tap, a)
        numbers(tap, a)
        reach(tap, run, a, b, made)
        erased(tap, run, a, maria)
        tap.equal(ids(a, str(uuid.uuid4())), [], "an id of nobody finds nothing")
    run.verdict(tap)
    tap.done()


main()
