#!/usr/bin/env python3
"""The demo is loaded through the API, twice, and then shown: counts, statuses, the public link as page and as JSON."""
import collections
import csv
import decimal
import os
import re
import secrets
import subprocess
import sys
import time
from datetime import date, datetime, timedelta, timezone

import hansa

DEMO = os.path.join(hansa.ROOT, "deploy", "demo")


def load(server, key_a, key_b):
    env = hansa.plain_environment(HANSA_DIRECT_URL="http://127.0.0.1:%d" % server.port, HANSA_KEY_A=key_a, HANSA_KEY_B=key_b)
    began = time.monotonic()
    done = subprocess.run([sys.executable, os.path.join(DEMO, "load")], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False, timeout=900)
    return done, time.monotonic() - began


def history():
    """The file as it was found."""
    with open(os.path.join(DEMO, "shipments.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def later(day, days):
    return str(date.fromisoformat(day) + timedelta(days=days))


def check_days(tap, db, began):
    """By how many days the history was moved: its last delivery was yesterday, in UTC; and so was B's last message."""
    newest = {name: date.fromisoformat(day) for name, day in
              (row.split("|") for row in db.sql("select t.slug, max(e.event_time at time zone 'utc')::date from tracking.event e join identity.tenant t "
                                                "on t.id = e.tenant_id group by 1").splitlines())}
    yesterdays = [began - timedelta(days=1), datetime.now(timezone.utc).date() - timedelta(days=1)]
    tap.ok(set(newest) == {"demo-a", "demo-b"} and all(day in yesterdays for day in newest.values()), "both histories end yesterday", (newest, yesterdays))
    return (newest["demo-a"] - date.fromisoformat(max(row["delivered_on"] for row in history()))).days


def counts(db):
    return db.sql("select (select count(*) from orders.shipment), (select count(*) from tracking.event), "
                  "(select count(*) from crm.account), (select count(*) from orders.handling_unit)")


def check_link(tap, server, path, key_a, days):
    page = server.request("GET", path, headers={"accept": "text/html,*/*;q=0.8"})
    text = page.body.decode()
    tap.ok(page.status == 200 and page.headers["content-type"] == "text/html; charset=utf-8", "the link shows a page", page)
    tap.ok("<h1 id=\"status\">Delivered</h1>" in text and "ASN-32782" in text, "the page says what is known")
    tap.ok("Demo" in text and "+31 10 555 0100" in text, "and whom to call")
    tap.ok(len(page.body) < 60000 and "<script" not in text, "the page is small and without scripts")
    for name, value in (("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-content-type-options", "nosniff"),
                        ("x-robots-tag", "noindex, nofollow"), ("vary", "accept, accept-language"), ("content-language", "en")):
        tap.equal(page.headers.get(name), value, "header " + name)
    tap.ok(re.match(r"default-src 'none'; style-src 'sha256-[^']+';", page.headers.get("content-security-policy", "")),
           "a strict content security policy")
    for secret in ("MYLAN", "SCMS-274360", "108-VN-T30", "shipment_id"):
        tap.ok(secret not in text, "the page does not say " + secret)
    chinese = server.request("GET", path, headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"})
    tap.ok("已送达" in chinese.body.decode() and chinese.headers["content-language"] == "zh-Hans", "the page in Chinese")
    view = server.request("GET", path, headers={"accept": "application/json"})
    tap.ok(view.status == 200 and view.json["status"] == "DELIVERED" and view.json["flags"] == ["DELAYED"], "the same as JSON", view)
    tap.equal([m["event_time"] for m in view.json["milestones"]],
              [later(day, days) + "T12:00:00+07:00" for day in ("2015-08-02", "2015-07-30", "2015-02-17")], "times on the place's clock")
    tap.equal(view.headers.get("cache-control"), "no-store", "JSON is not stored either")
    head = server.request("HEAD", path)
    tap.ok(head.status == 200 and head.body == b"", "HEAD works", head)


def check_circle(tap, server, db, key, days):
    """Orders, points and proposals of tiers against the file of the history, counted here."""
    rows = history()
    value, recent, points = collections.Counter(), collections.Counter(), collections.Counter()
    last = max(later(row["delivered_on"], days) for row in rows)
    first = "%d%s" % (int(last[:4]) - 3, last[4:] if last[5:] != "02-29" else "-02-28")
    for row in rows:
        price = decimal.Decimal(row["value_usd"])
        value[row["project"]] += price
        points[row["project"]] += int(price / 1000)
        if first < later(row["ordered_on"] or row["delivered_on"], days):
            recent[row["project"]] += price
    members = [project for project, _ in value.most_common(9)] + ["108-VN-T30"]
    by_hand = {"151-NG-T30": "GOLD", "108-VN-T30": "SILVER"}  # the numbers leave them alone
    wanted = {project: ("GOLD" if recent[project] >= 20000000 else "SILVER", str(recent[project].normalize())) for project in members
              if recent[project] >= 1000000 and project not in by_hand}
    accounts = {account["account_id"]: account["code"] for project in members for account in server.request("GET", "/v1/accounts?code=" + project, key=key).json["data"]}
    codes = {member["member_id"]: accounts[member["account_id"]] for member in server.request("GET", "/v1/members", key=key).json["data"]}
    told = lambda: {codes[c["member_id"]]: (c["to_tier"], c["facts"]["value"]) for c in server.request("GET", "/v1/tier-changes?state=PROPOSED", key=key).json["data"]}  # noqa: E731
    hansa.wait_for(lambda: told() == wanted, 120, 1)
    tap.equal(told(), wanted, "tiers are proposed by what the last three years of the history say")
    tiers = {codes[one["member_id"]]: one["tier"] for one in server.request("GET", "/v1/members", key=key).json["data"] if one["tier"]}
    tap.equal(tiers, by_hand, "two members were given theirs by hand")
    states = lambda: db.sql("select state || ' ' || count(*) from orders.order_ group by state order by 1")  # noqa: E731
    ended = ["DELIVERED %d" % len(rows), "SUBMITTED 1"]
    hansa.wait_for(lambda: states().splitlines() == ended, 180, 1)
    tap.equal(states().splitlines(), ended, "each delivery has its order, and each is delivered; one order came of a quote")
    balances = lambda: {code: server.request("GET", "/v1/members/%s/points" % member, key=key).json["balance"]["available"] for member, code in codes.items()}  # noqa: E731
    earned = {project: points[project] for project in members}
    hansa.wait_for(lambda: balances() == earned, 180, 1)
    tap.equal(balances(), earned, "points are a whole one for each thousand dollars of each order")
    graded = server.request("GET", "/v1/insight/rfm?limit=1", key=key)
    if tap.ok(graded.status == 200 and graded.json["data"], "RFM of the last year has an answer, asked for nothing in particular", graded):
        best, year = graded.json["data"][0], collections.Counter()
        for row in rows:
            if best["from"] <= later(row["ordered_on"] or row["delivered_on"], days) <= best["to"]:
                year[row["project"]] += decimal.Decimal(row["value_usd"])
        tap.equal((best["account"]["code"], decimal.Decimal(best["monetary"]["value"])), year.most_common(1)[0], "its first customer is who ordered most, counted here")


def check_crm(tap, server, key):
    """What a small firm's books hold: each list has something in each state, and nothing that has arrived is in trouble still."""
    def every(path):
        answer = server.request("GET", path + ("&" if "?" in path else "?") + "limit=200", key=key)
        return answer.json["data"] if tap.ok(answer.status == 200, path, answer) else []

    tap.equal({one["state"] for one in every("/v1/tasks")}, {"OPEN", "DONE", "CANCELLED"}, "tasks open, done and cancelled")
    tap.ok(every("/v1/tasks?due=OVERDUE") and len(every("/v1/interactions")) >= 20, "some are late, and much was said")
    tap.ok(all(one["phone"] and one["email"] for one in every("/v1/contacts")), "each contact has phone and e-mail")
    tap.equal({one["stage"] for one in every("/v1/opportunities")}, {"NEW", "QUALIFIED", "SOLUTION", "QUOTED", "WON", "LOST"}, "chances in every stage but one")
    tap.equal({one["status"] for one in every("/v1/quotes")}, {"DRAFT", "SENT", "VIEWED", "ACCEPTED", "REJECTED", "CONVERTED"}, "quotes in every state that is reached at once")
    partners = {one["organisation"]["legal_name"]: (one["state"], sorted(paper["kind"] for paper in one["credentials"])) for one in every("/v1/partners")}
    tap.equal(partners, {"Nordkai Trucking BV": ("ACTIVE", ["INSURANCE", "LICENCE"]), "Bluefin Air Cargo Ltd": ("ACTIVE", ["CERTIFICATE", "INSURANCE"]),
                         "Aurelia Feeder Lines SA": ("QUALIFIED", ["CERTIFICATE", "INSURANCE"])}, "three carriers with their papers")
    waiting = {(one["tracking_number"], one["code"], one["state"]) for state in ("OPEN", "ACKNOWLEDGED", "IN_ACTION") for one in every("/v1/exceptions?state=" + state)}
    tap.equal(waiting, {("DEMO-LIVE-2", "DLY", "IN_ACTION"), ("DEMO-LIVE-3", "CSI", "OPEN")}, "exceptions are open of shipments under way alone")
    tap.equal([server.request("GET", "/v1/tracking/DEMO-LIVE-%d" % n, key=key).json["status"] for n in (1, 2, 3)], ["IN_TRANSIT", "AT_HUB", "CUSTOMS"], "which have not arrived")


def check_missing(tap, server, path):
    token = path.rsplit("/", 1)[1]
    spoiled = token[:-1] + ("A" if token[-1] != "A" else "B")
    other = secrets.token_urlsafe(36)
    answers = [server.request("GET", "/track/" + name) for name in (spoiled, other, "x", token + "A", token[:-1], "A" * 150, "%2e%2e")]
    tap.equal({answer.status for answer in answers}, {404}, "unknown and malformed tokens are not found", answers)
    tap.equal(len({answer.body for answer in answers}), 1, "and look alike")
    tap.equal(len({tuple(sorted(k for k in answer.headers)) for answer in answers}), 1, "down to their headers")
    told = server.request("GET", "/track/" + other, headers={"accept": "application/json"})
    tap.ok(told.status == 404 and told.json["type"].endswith("tracking/link_not_found"), "as a problem for programs", told)
    tap.ok("content-security-policy" in answers[0].headers and "We cannot find" in answers[0].body.decode(), "as a page for people")
    chinese = server.request("GET", "/track/" + other, headers={"accept-language": "zh"})
    tap.ok("未找到该货物" in chinese.body.decode(), "in Chinese too")


def check_end_of_link(tap, server, key, path):
    shipment = server.request("GET", "/v1/tracking/ASN-32782", key=key).json["shipment_id"]
    links = "/v1/shipments/%s/links" % shipment
    live = [link for link in server.request("GET", links, key=key).json["data"] if link["state"] == "LIVE"]
    tap.ok(live and live[0]["hint"] and "token" not in live[0], "links are listed without their tokens", live)
    for link in live:
        server.request("DELETE", links + "/" + link["link_id"], key=key)
    tap.equal(server.request("GET", path).status, 404, "a revoked link shows nothing")
    tap.equal(server.request("POST", links, {}, key=server.key("demo-b")).status, 404, "no link to another tenant's shipment")


def main():
    tap = hansa.Tap()
    with hansa.Database() as db, hansa.Server(db, public_url="https://demo.example:8443/") as server:
        _, key_a = server.tenant("demo-a")
        _, key_b = server.tenant("demo-b")
        began = datetime.now(timezone.utc).date()
        done, seconds = load(server, key_a, key_b)
        hansa.note("%.0f s with the sanitizers' build\n%s" % (seconds, done.stderr))
        if not tap.ok(done.returncode == 0, "the demo loads", done.stderr):
            tap.done()
        link = done.stdout.strip().splitlines()[-1]
        tap.ok(re.fullmatch(r"HANSA_TRACK_URL_A=https://demo\.example:8443/track/[\w-]{48}", link), "the last line is the link")
        loaded = counts(db)
        shipments, events, accounts, units = (int(count) for count in loaded.split("|"))
        tap.ok(shipments == 7030 + 33 + 3 and events > 11283 + 300 and accounts >= 142 and units >= 6348, "everything is there", loaded)

        done, seconds = load(server, key_a, key_b)
        tap.equal(done.returncode, 0, "loading again is harmless", done.stderr)
        tap.equal(counts(db), loaded, "and adds nothing")

        days = check_days(tap, db, began)
        check_crm(tap, server, key_a)
        check_circle(tap, server, db, key_a, days)
        path = link.split("8443", 1)[1]
        check_link(tap, server, path, key_a, days)
        check_missing(tap, server, path)
        tracked = server.request("GET", "/v1/tracking/BOL-260510", key=key_b)
        tap.ok(tracked.status == 200 and tracked.json["status"] == "PICKED_UP", "B's messages are tracked", tracked)
        tap.equal(server.request("GET", "/v1/tracking/BOL-260510", key=key_a).status, 404, "and unknown to A")
        check_end_of_link(tap, server, key_a, path)
        token = path.rsplit("/", 1)[1]
        tap.ok(token not in server.log_text() and token[21:] not in server.log_text(), "no token stands in the log")
        tap.ok(key_a not in server.log_text(), "no key stands in the log")
    tap.done()


if __name__ == "__main__":
    main()
