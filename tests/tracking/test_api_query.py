#!/usr/bin/env python3
"""Where goods are, by any number: one shipment, several with the same number, 1,000 numbers in one request and their order."""
import random
import urllib.parse

import client
import hansa
import world

NUMBERS = 1000


def main():
    tap = hansa.Tap()
    run = client.Run("query", max_running_tenant=100)
    with run:
        a, b = run.world("query-a"), run.world("query-b")
        spoken = {"TRACKING": world.unique("TN "), "BOL": "Bol-%s 9" % world.unique(), "PRO": world.unique("P"), "PO": world.unique("po/"), "CUSTOMER": "客户-%s" % world.unique(),
                  "CONTAINER": "CSQU3054383", "AWB": "020-12345675"}
        unit = world.sscc()
        made = a.shipment(tracking_number=spoken["TRACKING"], references=[{"kind": k, "number": v} for k, v in spoken.items() if k != "TRACKING"],
                          handling_units=[{"sscc": unit}])
        for kind, number in {**spoken, "SSCC": unit}.items():
            for said in (number, number.lower(), number.replace("-", " ").replace(" ", ""), " %s " % number):
                answer = a.get("/v1/tracking/" + urllib.parse.quote(said, safe=""))
                tap.ok(answer.status == 200 and answer.json["shipment_id"] == made["shipment_id"] and answer.json["number"] == said.strip(),
                       "found by %s, said as %r" % (kind, said), answer)
        tap.equal(a.get("/v1/tracking/%28" + unit[:2] + "%29" + unit[2:]).status in (200, 404), True, "brackets around an application identifier break nothing")

        number = world.unique("SAME")
        same = [a.shipment(references=[{"kind": kind, "number": number}]) for kind in ("BOL", "PO", "PRO")]
        b.shipment(references=[{"kind": "BOL", "number": number}])
        got = a.get("/v1/tracking/" + number).json
        tap.equal(got["shipment_id"], same[2]["shipment_id"], "where several shipments fit, the newest answers")
        tap.equal([o["shipment_id"] for o in got["also"]], [s["shipment_id"] for s in (same[1], same[0])], "and names the others, newest first, none of another tenant")
        tap.equal([o["tracking_number"] for o in got["also"]], [s["tracking_number"] for s in (same[1], same[0])], "with their tracking numbers")
        many = world.unique("MANY")
        for _ in range(25):
            a.shipment(references=[{"kind": "PO", "number": many}])
        tap.equal(len(a.get("/v1/tracking/" + many).json["also"]), 20, "it names at most 20")

        numbers = [made["tracking_number"], unit, number, many, b.values["bol"], b.values["tracking_number"], b.values["sscc"]]
        numbers += [a.shipment(references=[{"kind": "BOL", "number": world.unique("Q")}])["references"][0]["number"] for _ in range(30)]
        numbers += [world.unique("NONE") for _ in range(40)]
        asked = [random.Random(5).choice(numbers) for _ in range(NUMBERS)]
        answer = run.ask("POST", "/v1/tracking/query", {"numbers": asked}, a.key)
        results = answer.json["results"]
        tap.equal([r["number"] for r in results], asked, "1,000 numbers are answered in their order, each as it was asked")
        alone = {}
        wrong = []
        for result in results:
            asked_for = result["number"]
            if asked_for not in alone:
                alone[asked_for] = a.get("/v1/tracking/" + urllib.parse.quote(asked_for, safe=""))
            one = alone[asked_for]
            expected = {"number": asked_for, "found": False} if one.status == 404 else {**one.json, "found": True}
            if result != expected:
                wrong.append("%s: %s, alone %s" % (asked_for, result, expected))
        tap.ok(not wrong, "each result is what the number alone gives", "\n".join(wrong[:3]))
        tap.ok(not any(r["found"] for r in results if r["number"] in b.values.values()), "another tenant's numbers are not found")
        units = lambda: int(next(line.split()[1] for line in run.server.metrics().splitlines() if line.startswith("hansa_db_units_total ")))  # noqa: E731
        before = units()
        run.ask("POST", "/v1/tracking/query", {"numbers": asked}, a.key)
        after = units()
        tap.ok(after - before < 100, "1,000 numbers are no 1,000 transactions", after - before)
        answer = run.ask("POST", "/v1/tracking/query", {"numbers": asked + ["X"]}, a.key)
        tap.ok(answer.status == 422 and client.pointers(answer) == ["/numbers"], "1,001 numbers are 422", answer)
        a.events([a.event("ENR", "2026-03-09T%02d:00:00Z" % h, number=many) for h in range(24)])
        for count, told in ((None, 20), (0, 0), (3, 3), (200, 24)):
            body = {"numbers": [many], **({} if count is None else {"events": count})}
            events = run.ask("POST", "/v1/tracking/query", body, a.key).json["results"][0]["events"]
            tap.ok(len(events) == told and [e["event_time"] for e in events] == sorted((e["event_time"] for e in events), reverse=True),
                   "events %s: the newest %d" % (count, told), len(events))
        a.events([a.event("ENR", "2026-02-%02dT%02d:%02d:00Z" % (1 + i // 24, i % 24, i % 60), number=many) for i in range(240)])
        tap.equal(len(a.get("/v1/tracking/" + many).json["events"]), 200, "a shipment alone tells the newest 200")
        for odd in ("%", "_", "' or 1=1 --", "\\", "a/b", "..", "?", "#", "&", "\u8d27", "\U0001f69a", "%%%", "A" * 64):
            answer = a.get("/v1/tracking/" + urllib.parse.quote(odd, safe=""))
            tap.ok(answer.status == 404 and client.problem_code(answer) == "tracking/not_found", "nothing is known of %r" % odd, answer)
    run.verdict(tap)
    tap.done()


main()
