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


def phones(tap, a, made):
    account = made["Acme Asia Pte"]["account_id"]
    def contact(**b):
        return a.post("/v1/contacts", {"account_id": account, **b}, 201)["contact_id"]
    maria = contact(name="Maria Jansen", phone="+31 10 555 0100")
    wei = contact(name="张伟", channels=[{"channel": "PHONE", "address": "+86 138-1234-5678"}, {"channel": "WECHAT", "address": "zhangwei88"}])
    for q in ("+31 10 555 0100", "0031105550100", "010 555 0100", "(010) 555-0100", "105550100", "5550100", "+31.10.555.0100"):
        tap.equal(ids(a, q)[:1], [maria], "«%s» finds her" % q)
        tap.equal([c["contact_id"] for c in a.get("/v1/contacts?phone=" + urllib.parse.quote(q)).json["data"]], [maria], "and so does the list of contacts")
    for q in ("13812345678", "008613812345678", "138 1234 5678", "zhangwei88", "张伟"):
        tap.equal(ids(a, q)[:1], [wei], "«%s» finds him" % q)
    tap.ok(maria in ids(a, "0100") and ids(a, "+49 10 555 0100") == [], "four digits at the end find her; another country's number does not", hits(a, "+49 10 555 0100"))
    tap.equal(ids(a, "maria jansen", "ACCOUNT"), [], "by type: no account")
    tap.equal(ids(a, "maria jnasen", "CONTACT"), [maria], "by type: a contact")
    return maria, wei


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
        numbers(tap, a)
        reach(tap, run, a, b, made)
        erased(tap, run, a, maria)
        tap.equal(ids(a, str(uuid.uuid4())), [], "an id of nobody finds nothing")
    run.verdict(tap)
    tap.done()


main()
