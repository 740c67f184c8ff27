#!/usr/bin/env python3
"""Tenders from end to end: asked, answered, awarded once, withdrawn, expired; in the books of the owner and of those who are asked."""
from concurrent.futures import ThreadPoolExecutor

import allied
import client
import hansa
import people
import world


def state_of(lead, tender):
    return lead.get("/v1/tenders/" + tender["tender_id"]).json


def until(world_, tender, state, seconds=10):
    """The offer once it is in this state, or None."""
    def look():
        found = allied.offer_of(world_, tender["tender_id"])
        return found if found and found["state"] == state else None
    return hansa.wait_for(look, seconds)


def leg_state(run, leg):
    return run.database.sql("select state from orders.leg where leg_id = '%s';" % leg)


def person(run, world_, account, name):
    """Somebody of a partner, signed in: headers of the session."""
    email = name + "@canary.example"
    made = people.make(run.server, world_.slug, email)
    run.database.sql("delete from identity.role_grant where user_id = '%s'; update identity.app_user set audience = 'PARTNER' where user_id = '%s';"
                     % (made.user_id, made.user_id))
    world_.grant(made.user_id, "partner", reach="PARTNER", account_id=account)
    return people.sign_in(run.server, made)


def first_acceptance(tap, run, fleet, a, b, c):
    outside = allied.partner(a, "HXPP", "Outside Trucking")
    session = person(run, a, outside, "pia")
    leg = fleet.leg()[0]
    tender = fleet.tender(leg, partners=[outside], notes="Tail lift needed", price_max={"amount": "450.00", "currency": "EUR"})
    tap.ok(tender["state"] == "OFFERED" and len(tender["bids"]) == 3 and leg_state(run, leg) == "TENDERED", "a leg is offered to two members and a partner outside", tender)
    theirs, others = (allied.arrived(w, tender["tender_id"]) for w in (b, c))
    if not tap.ok(theirs and others and theirs["state"] == "OFFERED", "it lies in the members' own books", (theirs, others)):
        return
    told = b.get("/v1/offers/" + theirs["offer_id"]).json
    tap.equal(told["told"], {"tender_id": tender["tender_id"], "expires_at": tender["expires_at"], "award_rule": "FIRST_ACCEPTANCE", "notes": "Tail lift needed",
                             "price": {"amount": "400.00", "currency": "EUR"}, "cargo": {"units": 0}, "leg": {"seq": 1, "mode": "ROAD"},
                             "from": {"place": {"city": "Stop 0", "country": "NL", "zone": "Europe/Amsterdam"}},
                             "to": {"place": {"city": "Stop 1", "country": "NL", "zone": "Europe/Amsterdam"}}}, "with what the charter lets a carrier have")
    tap.equal(told["from_member"]["org_id"], fleet.org(a), "and by whom it is offered")
    headers = session.headers()
    seen = run.ask("GET", "/v1/offers", headers=headers).json["data"]
    tap.ok([o["tender_id"] for o in seen] == [tender["tender_id"]] and seen[0]["partner_id"] == outside, "the partner's people see it in the owner's house", seen)
    declined = run.ask("POST", "/v1/offers/%s/decline" % others["offer_id"], {"reason": "no truck free"}, c.key)
    tap.equal(declined.json["state"], "DECLINED", "one member declines")
    countered = run.ask("POST", "/v1/offers/%s/counter" % seen[0]["offer_id"], {"price": {"amount": "430", "currency": "EUR"}}, headers=headers)
    tap.ok(countered.status == 200 and countered.json["state"] == "COUNTERED", "the partner counters", countered)
    heard = hansa.wait_for(lambda: (lambda t: t if any(x["state"] == "DECLINED" for x in t["bids"]) else None)(state_of(a, tender)), 10)
    tap.ok(heard and {x["state"]: (x["reason"], x["price"]) for x in heard["bids"]} == {
        "OFFERED": (None, None), "DECLINED": ("no truck free", None), "COUNTERED": (None, {"amount": "430", "currency": "EUR"})}, "the owner hears both", heard)
    accepted = run.ask("POST", "/v1/offers/%s/accept" % theirs["offer_id"], {"notes": "Truck at noon"}, b.key)
    tap.ok(accepted.status == 200 and accepted.json["state"] in ("ACCEPTED", "AWARDED"), "the other member accepts", accepted)
    won = until(b, tender, "AWARDED")
    after = state_of(a, tender)
    tap.ok(won and after["state"] == "AWARDED" and leg_state(run, leg) == "ACCEPTED", "and has the leg", (won, after))
    tap.equal(sorted(x["state"] for x in after["bids"]), ["AWARDED", "DECLINED", "LOST"], "the bids say how it went")
    gone = run.ask("GET", "/v1/offers/" + seen[0]["offer_id"], headers=headers).json
    tap.ok(gone["state"] == "GONE" and "Canary" not in str(gone), "who was not chosen learns that it is gone", gone)
    tap.equal(run.ask("POST", "/v1/offers/%s/accept" % seen[0]["offer_id"], {}, headers=headers).status, 409, "and can accept no more")
    own = b.get("/v1/shipments/" + won["shipment_id"]).json
    document = run.database.sql("select document_id from exchange.document where tenant_id = '%s' and kind = 'AWARD';" % b.tenant)
    tap.ok(own["origin"]["city"] == "Stop 0" and own["references"] == [{"kind": "OTHER", "number": document}] and own["tracking_number"].startswith("HX"),
           "the winner has a shipment of its own, with the document as reference", own)
    tap.equal([run.ask("GET", path, key=b.key).status for path in ("/v1/tenders/" + tender["tender_id"], "/v1/shipments/" + tender["shipment_id"])], [404, 404],
              "and sees neither tender nor shipment of the owner")
    tap.equal([run.ask("GET", path, headers=headers).status for path in ("/v1/tenders/" + tender["tender_id"], "/v1/tenders", "/v1/offers/" + theirs["offer_id"])],
              [403, 403, 404], "nor do the partner's people")


def manual(tap, run, fleet, a, b, c):
    one, two = allied.partner(a, "HXQQ", "One"), allied.partner(a, "HXRR", "Two")
    first, second = person(run, a, one, "olga"), person(run, a, two, "theo")
    leg = fleet.leg()[0]
    tender = fleet.tender(leg, members=[fleet.org(b)], partners=[one, two], award_rule="MANUAL", price_wanted=None, price_max={"amount": "400.00", "currency": "EUR"})
    theirs = allied.arrived(b, tender["tender_id"])
    seen = [run.ask("GET", "/v1/offers", headers=s.headers()).json["data"] for s in (first, second)]
    tap.ok([len(s) for s in seen] == [1, 1] and seen[0][0]["offer_id"] != seen[1][0]["offer_id"] and
           run.ask("GET", "/v1/offers/" + seen[1][0]["offer_id"], headers=first.headers()).status == 404, "each partner's people see their own offer only", seen)
    answer = run.ask("POST", "/v1/offers/%s/accept" % theirs["offer_id"], {}, b.key)
    tap.ok(answer.status == 409 and client.problem_code(answer) == "alliances/offer_priceless" and answer.json["steps"] == ["counter", "decline"], "without a price there is nothing to accept", answer)
    run.ask("POST", "/v1/offers/%s/counter" % theirs["offer_id"], {"price": {"amount": "390.50", "currency": "EUR"}}, b.key)
    mine = run.ask("POST", "/v1/offers/%s/counter" % seen[0][0]["offer_id"], {"price": {"amount": "410", "currency": "EUR"}}, a.key)
    tap.equal(mine.json["state"], "COUNTERED", "staff answer for a partner who phoned")
    bids = hansa.wait_for(lambda: (lambda t: t["bids"] if sum(x["state"] == "COUNTERED" for x in t["bids"]) == 2 else None)(state_of(a, tender)), 10)
    tap.equal({x["price"]["amount"]: x["warnings"] for x in bids if x["price"]}, {"390.50": [], "410": ["Asks 410 EUR; the most that you would pay is 400.00 EUR."]},
              "a bid above the most that the owner would pay says so")
    open_ = next(x for x in bids if x["state"] == "OFFERED")
    refused = run.ask("POST", "/v1/tenders/%s/award" % tender["tender_id"], {"bid_id": open_["bid_id"]}, a.key)
    tap.ok(refused.status == 409 and client.problem_code(refused) == "alliances/tender_bid_state" and refused.json["steps"] == ["withdraw", "award"], "who has not answered cannot be awarded", refused)
    chosen = next(x for x in bids if x["member"])
    done = run.ask("POST", "/v1/tenders/%s/award" % tender["tender_id"], {"bid_id": chosen["bid_id"]}, a.key)
    tap.ok(done.status == 200 and done.json["awarded_bid_id"] == chosen["bid_id"], "the owner chooses", done)
    won = until(b, tender, "AWARDED")
    tap.equal(won and won["price"], {"amount": "390.50", "currency": "EUR"}, "at the price that was countered")
    tap.equal(run.database.sql("select cost_amount || ' ' || cost_currency || ' ' || state from orders.leg where leg_id = '%s';" % leg), "390.50 EUR ACCEPTED",
              "which is what the leg costs")
    again = run.ask("POST", "/v1/tenders/%s/award" % tender["tender_id"], {"bid_id": chosen["bid_id"]}, a.key)
    tap.ok(again.status == 409 and client.problem_code(again) == "alliances/tender_state" and again.json["steps"] == [], "and once is enough", again)


def endings(tap, run, fleet, a, b, c):
    leg = fleet.leg()[0]
    tender = fleet.tender(leg, is_draft=True)
    tap.ok(tender["state"] == "DRAFT" and leg_state(run, leg) == "PLANNED" and not hansa.wait_for(lambda: allied.offer_of(b, tender["tender_id"]), 1), "a draft is kept back", tender)
    taken = run.ask("POST", "/v1/tenders", {"leg_id": leg, "alliance_id": fleet.alliance_id, "members": fleet.orgs(), "expires_at": "2099-01-01T00:00:00Z"}, a.key)
    tap.ok(taken.status == 409 and client.problem_code(taken) == "alliances/tender_leg_taken", "a leg has one tender at a time", taken)
    tap.equal(run.ask("POST", "/v1/tenders/%s/offer" % tender["tender_id"], key=a.key).json["state"], "OFFERED", "the draft is offered")
    theirs = allied.arrived(b, tender["tender_id"])
    done = run.ask("POST", "/v1/tenders/%s/withdraw" % tender["tender_id"], {"reason": "customer cancelled"}, a.key)
    tap.ok(done.json["state"] == "WITHDRAWN" and leg_state(run, leg) == "PLANNED", "and withdrawn: the leg is free again", done)
    tap.ok(until(b, tender, "WITHDRAWN") and "customer" not in str(b.get("/v1/offers/" + theirs["offer_id"]).json), "those who were asked learn that, and not why")
    late = run.ask("POST", "/v1/offers/%s/accept" % theirs["offer_id"], {}, b.key)
    tap.ok(late.status == 409 and client.problem_code(late) == "alliances/offer_closed" and late.json["steps"] == [], "what is withdrawn cannot be accepted", late)
    tender = fleet.tender(leg, minutes=0.06)
    tap.ok(allied.arrived(b, tender["tender_id"]) and until(b, tender, "EXPIRED", 15), "a tender expires by itself")
    tap.ok(state_of(a, tender)["state"] == "EXPIRED" and leg_state(run, leg) == "PLANNED", "and its leg is free again")
    tender = fleet.tender(leg)
    theirs = allied.arrived(b, tender["tender_id"])
    with ThreadPoolExecutor(2) as pool:
        answers = [f.result() for f in (pool.submit(run.ask, "POST", "/v1/offers/%s/accept" % theirs["offer_id"], {}, b.key),
                                        pool.submit(run.ask, "POST", "/v1/tenders/%s/withdraw" % tender["tender_id"], {}, a.key))]
    hansa.wait_for(lambda: allied.offer_of(b, tender["tender_id"])["state"] in ("AWARDED", "WITHDRAWN"), 10)
    both = state_of(a, tender)["state"], allied.offer_of(b, tender["tender_id"])["state"], leg_state(run, leg)
    tap.ok(both in (("AWARDED", "AWARDED", "ACCEPTED"), ("WITHDRAWN", "WITHDRAWN", "PLANNED")), "accepted and withdrawn in one moment: one of both, everywhere", (both, answers))


def refusals(tap, run, fleet, a, b, c):
    leg, stranger = fleet.leg()[0], run.world("stranger", full=False)
    body = {"leg_id": leg, "alliance_id": fleet.alliance_id, "members": fleet.orgs(), "expires_at": "2099-01-01T00:00:00Z"}
    for what, change, code in (("nobody", {"members": []}, "tender_to_nobody"), ("a stranger", {"members": [fleet.org(stranger)]}, "tender_member_unknown"),
                               ("itself", {"members": [fleet.org(a)]}, "tender_member_unknown"), ("no alliance", {"alliance_id": None}, "tender_alliance_unknown"),
                               ("another's leg", {"leg_id": allied.legs(run, b, allied.shipment(b))[0]}, "tender_leg_unknown"),
                               ("no partner", {"partners": [fleet.org(b)]}, "tender_partner_unknown"), ("yesterday", {"expires_at": "2020-01-01T00:00:00Z"}, "tender_expiry_past"),
                               ("two currencies", {"price_wanted": {"amount": "1", "currency": "EUR"}, "price_max": {"amount": "2", "currency": "USD"}}, "tender_prices_differ")):
        answer = run.ask("POST", "/v1/tenders", {**body, **change}, a.key)
        tap.ok(answer.status == 422 and client.problem_code(answer) == "alliances/" + code, "a tender to %s is refused" % what, answer)
    tap.equal(run.ask("POST", "/v1/tenders", {**body, "leg_id": allied.legs(run, stranger, allied.shipment(stranger))[0]}, stranger.key).status, 422, "a stranger asks nobody of an alliance")
    fleet.charter([rule for rule in allied.RULES if rule["document"] != "TENDER"])
    answer = run.ask("POST", "/v1/tenders", body, a.key)
    tap.ok(answer.status == 422 and client.problem_code(answer) == "alliances/tender_not_shared" and leg_state(run, leg) == "PLANNED", "what no rule shares is not offered", answer)
    fleet.charter(allied.RULES)


def fifty_at_once(tap, run, fleet, a, members):
    """Members in their own houses and partners in the owner's, all in one moment."""
    partners = [allied.partner(a, None, "Crowd %d" % i) for i in range(50 - len(members))]
    leg = fleet.leg()[0]
    tender = fleet.tender(leg, partners=partners)
    offers = [(w.key, allied.arrived(w, tender["tender_id"])["offer_id"]) for w in members]
    offers += [(a.key, b["bid_id"]) for b in tender["bids"] if b["partner_id"]]
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda o: run.ask("POST", "/v1/offers/%s/accept" % o[1], {}, o[0]), offers))
    tap.ok(len(offers) == 50 and all(x.status in (200, 409) for x in answers), "fifty accept in one moment: each is heard or finds it closed", [repr(x) for x in answers if x.status not in (200, 409)])
    allied.settled(run)
    after = state_of(a, tender)
    tap.equal(sorted({x["state"] for x in after["bids"]}), ["AWARDED", "LOST"], "nobody is left in between")
    awarded = [x for x in after["bids"] if x["state"] == "AWARDED"]
    tap.ok(len(awarded) == 1 and after["awarded_bid_id"] == awarded[0]["bid_id"], "one is awarded", awarded)
    states = [allied.offer_of(w, tender["tender_id"])["state"] for w in members] + run.database.sql(
        "select state from alliances.offer where tenant_id = '%s' and tender_id = '%s';" % (a.tenant, tender["tender_id"])).splitlines()
    tap.equal({s: states.count(s) for s in states}, {"AWARDED": 1, "GONE": 49}, "and every other of the fifty finds it gone")
    tap.equal(leg_state(run, leg), "ACCEPTED", "one leg is given")
    made = run.database.sql("select count(*) from exchange.document where subject_id = '%s' and kind = 'AWARD' and direction = 'IN';" % tender["tender_id"])
    tap.equal(made, "1" if awarded[0]["member"] else "0", "one award went out, if it was a member")
    tap.equal(run.database.sql("select count(*) from exchange.share where share_id = '%s' and side = 'CARRIER';" % tender["tender_id"]), made, "and made one shipment")
    tap.equal(allied.faults(run.database), [], "the books of all agree")


def main():
    tap = hansa.Tap()
    run = client.Run("tenders", max_running_tenant=100)
    with run:
        a = run.world("owner", full=False)
        members = [run.world("member-%d" % i, full=False) for i in range(8)]
        b, c = members[:2]
        fleet = allied.Fleet(run, a, {w: "DELIVERY" for w in (b, c)})
        for section in (first_acceptance, manual, endings, refusals):
            section(tap, run, fleet, a, b, c)
        crowd = allied.Fleet(run, a, {w: "DELIVERY" for w in members})
        for _ in range(2):
            fifty_at_once(tap, run, crowd, a, members)
        tap.equal(allied.faults(run.database), [], "nothing is lost or doubled in the end")
    run.verdict(tap)
    tap.done()


main()
