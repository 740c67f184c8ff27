#!/usr/bin/env python3
"""A public link from its making to its end (promise T12): made with a key, read without one, as a page in two languages or as
JSON; it shows milestones and masked places and nothing else; unknown, ended and foreign links get one and the same answer."""
import base64
import datetime
import re
import secrets

import client
import hansa

SECRETS = ("Canary", "7 Canary Lane", "412.5", "Customer of", "CONSIGNEE", "QQTS")


def page(run, token, **headers):
    return run.ask("GET", "/track/" + token, headers={k.replace("_", "-"): v for k, v in headers.items()})


def made(run, own, body=None):
    answer = run.ask("POST", "/v1/shipments/%s/links" % own.values["shipment_id"], body or {}, own.key)
    link = answer.json
    run.secret(link["token"], "a link's token")
    run.secret(link["token"][-28:], "the secret end of a link's token")
    return answer, link


def check_phone(tap, run, a, token):
    """The firm's phone, as its staff set it: in both languages, escaped, and gone when it is taken away."""
    def seen():
        return (page(run, token, accept="application/json").json["firm_phone"], "Phone:" in page(run, token, accept="text/html").body.decode(),
                "\u7535\u8bdd\uff1a" in page(run, token, accept="text/html", accept_language="zh").body.decode())

    def say(phone):
        return run.ask("PATCH", "/v1/organisations/own", {"phone": phone}, a.key, {"if-match": "*"}).status

    tap.equal(seen(), (None, False, False), "a firm that gave no phone has no line for it")
    number = "+31 (0)10 555\u20110100 <b>&"
    tap.equal((say(number), seen()), (200, (number, True, True)), "its phone is told, in both languages")
    for language in ("en", "zh"):
        text = page(run, token, accept="text/html", accept_language=language).body.decode()
        tap.ok("<bdi>+31 (0)10 555\u20110100 &lt;b&gt;&amp;</bdi>" in text, "as it was written, and escaped", text[-900:])
    tap.equal((say(None), seen()), (200, (None, False, False)), "and not when it was taken away")


def shown(tap, run, a, token):
    values = a.values
    html = page(run, token, accept="text/html,application/xhtml+xml", accept_language="en-GB,en;q=0.9")
    text = html.body.decode()
    tap.ok(html.status == 200 and html.headers["content-type"] == "text/html; charset=utf-8", "a browser gets a page", html)
    tap.ok(len(html.body) < 60000, "under 60 kB", len(html.body))
    tap.ok(values["tracking_number"] in text and 'lang="en"' in text and html.headers.get("content-language") == "en", "in English, with the tracking number")
    tap.ok("no-store" in html.headers.get("cache-control", ""), "no-store (X9)", html.headers)
    tap.ok(html.headers.get("referrer-policy") == "no-referrer" and "noindex" in html.headers.get("x-robots-tag", ""), "no referrer, no index", html.headers)
    policy = html.headers.get("content-security-policy", "")
    tap.ok("default-src 'none'" in policy and "unsafe-inline" not in policy and "unsafe-eval" not in policy, "a strict content security policy", policy)
    tap.ok("<script" not in text.lower() and not re.search(r"(src|href)=[\"']https?:", text), "no script, nothing from elsewhere")
    chinese = page(run, token, accept="text/html", accept_language="zh-CN,zh;q=0.9,en;q=0.5")
    tap.ok('lang="zh' in chinese.body.decode() and re.search("[\u4e00-\u9fff]{2}", chinese.body.decode()), "in Chinese when Chinese is asked first")
    tap.ok('lang="en"' in page(run, token, accept_language="fr-FR").body.decode(), "in English for everybody else")
    plain = page(run, token, accept="application/json")
    view = plain.json
    tap.ok(plain.headers["content-type"] == "application/json" and view["tracking_number"] == values["tracking_number"] and view["status"] == "PICKED_UP",
           "JSON when Accept asks for it", plain)
    tap.equal((view["origin"], view["destination"]), ({"city": "Rotterdam", "country": "NL"}, {"city": "Chicago", "country": "US"}), "places are masked to city and country")
    tap.equal([m["code"] for m in view["milestones"]], ["PUP"], "milestones are told")
    for secret in SECRETS + tuple(values[n] for n in ("bol", "pro", "sscc", "shipment_id", "account_id", "customer_code", "link_id", "source", "tenant_id")):
        tap.ok(secret not in text and secret not in plain.body.decode() and secret not in chinese.body.decode(), "neither tells %r" % secret[:12])
    a.events([a.event("ENR", "2026-03-09T12:00:00Z"), a.event("OFD", "2026-03-10T08:00:00Z", place={"name": "Canary Depot", "city": "Joliet", "country": "US", "latitude": 41.5,
                                                                                                   "longitude": -88.1})])
    view = page(run, token, accept="application/json")
    tap.ok(view.json["status"] == "OUT_FOR_DELIVERY" and [m["code"] for m in view.json["milestones"]] == ["OFD", "PUP"], "positions are no milestones", view)
    tap.equal(view.json["told"], ["IN_TRANSIT", "OUT_FOR_DELIVERY", "PICKED_UP"], "it says which statuses an event has told")
    tap.equal(view.json["firm"], run.database.sql("select name from identity.tenant where id = '%s'" % values["tenant_id"]), "and which firm looks after it")
    check_phone(tap, run, a, token)
    plan = run.ask("GET", "/v1/shipments/" + values["shipment_id"], key=a.key).json["planned_delivery"]
    a.events([a.event("EST", "2026-03-10T09:00:00Z", eta="2031-03-10T08:00:00Z")])
    late = page(run, token, accept="application/json").json
    end = plan and datetime.datetime.fromisoformat(plan["to"].replace("Z", "+00:00"))
    due = datetime.datetime(2031, 3, 10, 8, tzinfo=datetime.timezone.utc)
    tap.ok(end and late["planned_delivery"] and late["delayed_by_minutes"] == int((due - end).total_seconds() // 60), "the planned day, and how late it will be", (plan, late))
    tap.ok("Canary" not in view.body.decode() and "41.5" not in view.body.decode(), "and no name of a place, no coordinates")


def ended(tap, run, a, b):
    links = "/v1/shipments/%s/links" % a.values["shipment_id"]
    _, link = made(run, a, {"expires_in_days": 3})
    nothing = page(run, "A" * 48, accept="application/json")
    tap.equal(nothing.status, 404, "a token of nobody is 404")

    def is_like_nothing(answer, what):
        strip = lambda one: re.sub(rb'"request_id":\s*"[^"]*"', b"", one.body)  # noqa: E731
        tap.ok(answer.status == 404 and strip(answer) == strip(nothing), what + " is 404 like a token of nobody", answer)
    token = link["token"]
    tap.equal(page(run, token, accept="application/json").status, 200, "a new link opens")
    answer = run.ask("DELETE", "%s/%s" % (links, link["link_id"]), key=b.key)
    tap.equal((answer.status, page(run, token, accept="application/json").status), (404, 200), "another tenant cannot end it")
    answer = run.ask("DELETE", "%s/%s" % (links, link["link_id"]), key=a.key)
    tap.equal((answer.status, answer.body), (204, b""), "ending it is 204")
    is_like_nothing(page(run, token, accept="application/json"), "a link that was ended")
    tap.equal(run.ask("DELETE", "%s/%s" % (links, link["link_id"]), key=a.key).status, 204, "ending it again changes nothing")
    _, old = made(run, a)
    run.database.sql("update tracking.link set expires_at = now() - interval '1 second' where link_id = '%s'" % old["link_id"])
    is_like_nothing(page(run, old["token"], accept="application/json"), "a link whose time is over")
    states = {l["link_id"]: l["state"] for l in a.get(links).json["data"]}
    tap.equal((states[link["link_id"]], states[old["link_id"]], states[a.values["link_id"]]), ("REVOKED", "EXPIRED", "LIVE"), "the list tells what became of each")
    raw = base64.urlsafe_b64decode(token)
    foreign = base64.urlsafe_b64encode(base64.urlsafe_b64decode(b.values["token"])[:16] + base64.urlsafe_b64decode(a.values["token"])[16:]).decode()
    run.secret(foreign, "a token that was put together")
    for what, other in (("the secret with another tenant before it", foreign), ("one sign changed", token[:-1] + ("A" if token[-1] != "A" else "B")),
                        ("cut off", token[:-1]), ("with something behind", token + "A"), ("padded", token + "=="), ("in the other alphabet", "+" * 48),
                        ("the tenant alone", base64.urlsafe_b64encode(raw[:16] + b"\0" * (len(raw) - 16)).decode()), ("200 signs", "A" * 200)):
        is_like_nothing(page(run, other, accept="application/json"), "a token: " + what)
    tap.ok(all(page(run, secrets.token_urlsafe(36), accept="application/json").status == 404 for _ in range(200)), "200 random tokens are all 404")
    missing = page(run, "A" * 48, accept="text/html", accept_language="zh")
    tap.ok(missing.status == 404 and missing.headers["content-type"].startswith("text/html") and 'lang="zh' in missing.body.decode(), "a browser gets a page that says so")


def main():
    tap = hansa.Tap()
    run = client.Run("links", public_url="https://track.example.test/")
    with run:
        a, b = run.world("links-a"), run.world("links-b")
        answer, link = made(run, a, {"expires_in_days": 7})
        tap.equal(answer.headers.get("cache-control"), "no-store", "the answer that tells the token is no-store")
        tap.equal(link["url"], "https://track.example.test/track/" + link["token"], "the address is the edge's")
        tap.ok(len(base64.urlsafe_b64decode(link["token"])) >= 16 + 16, "128 bits and more of secret")
        days = run.database.sql("select round(extract(epoch from expires_at - created_at) / 86400) from tracking.link where link_id = '%s'" % link["link_id"])
        tap.equal(days, "7", "it ends when it was told to")
        kept = run.database.sql("select to_jsonb(l)::text from tracking.link l where link_id = '%s'" % link["link_id"])
        tap.ok(link["token"] not in kept and link["token"][-20:] not in kept, "the token is not stored")
        shown(tap, run, a, link["token"])
        ended(tap, run, a, b)
        for _ in range(5):
            made(run, a)
        path, seen = "/v1/shipments/%s/links?limit=3" % a.values["shipment_id"], []
        while path:
            answer = run.ask("GET", path, key=a.key)
            seen += [one["link_id"] for one in answer.json["data"]]
            found = re.match("<([^>]*)>", answer.headers.get("link", ""))
            path = found.group(1) if found else None
        tap.ok(len(set(seen)) == len(seen) == int(run.database.sql("select count(*) from tracking.link where shipment_id = '%s'" % a.values["shipment_id"])),
               "the list pages through all links, none twice", len(seen))
        tap.ok(all("token" not in one and "url" not in one for one in a.get("/v1/shipments/%s/links" % a.values["shipment_id"]).json["data"]), "the list tells no token")
        views, _ = client.eventually(lambda: int(run.database.sql("select sum(view_count) from tracking.link")) > 0, 5)
        tap.ok(views, "looks are counted, off the answer's path")
        # the page of a shipment with hostile text
        evil = a.shipment(tracking_number="<img/src=x>&\"'", destination={"city": "<script>alert(1)</script>", "country": "US"})
        token = a.post("/v1/shipments/%s/links" % evil["shipment_id"], {}, 201)["token"]
        run.secret(token, "a link's token")
        text = page(run, token, accept="text/html").body.decode()
        tap.ok("<script>alert" not in text and "<img/src" not in text and "&lt;script&gt;alert(1)" in text, "text from outside is escaped on the page", text[:0])
    run.verdict(tap)
    tap.done()


main()
