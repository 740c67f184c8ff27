#!/usr/bin/env python3
"""Events below the shipment: legs, stops, consignments, units in a tree ("part" until every unit has it), exceptions that open by
themselves once, proofs of delivery; and that shipments which nobody watches write nothing for others."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import client  # noqa: E402
import hansa  # noqa: E402
import world  # noqa: E402

EXCEPTION = {"OPEN": {"ACKNOWLEDGED"}, "ACKNOWLEDGED": {"IN_ACTION"}, "IN_ACTION": {"RESOLVED", "ACCEPTED"}, "RESOLVED": set(), "ACCEPTED": set()}


def tell(own, shipment, code, when="2026-03-10T10:00:00Z", **more):
    return own.events([{"shipment_id": shipment, "source": "t", "source_event_id": world.unique("e"), "code": code, "event_time": when, **more}])


def levels(tap, run, own):
    shipment = own.shipment(handling_units=[{"sscc": world.sscc()} for _ in range(3)])["shipment_id"]
    base = "/v1/shipments/" + shipment
    stops = [own.post(base + "/stops", {"type": t, "place": {"city": t}}, 201)["stop_id"] for t in ("PICKUP", "HUB", "DELIVERY")]
    legs = [own.post(base + "/legs", {"mode": "ROAD", "from_stop_id": a, "to_stop_id": b, "carrier_scac": "HXAA"}, 201)["leg_id"] for a, b in zip(stops, stops[1:])]
    tell(own, shipment, "PUP", "2026-03-10T08:00:00Z", leg_id=legs[0])
    tell(own, shipment, "DEP", "2026-03-10T08:30:00Z", leg_id=legs[0])
    tell(own, shipment, "DLV", "2026-03-10T12:00:00Z", leg_id=legs[0])
    tell(own, shipment, "ARH", "2026-03-10T11:00:00Z", leg_id=legs[0])
    leg = own.get(base + "/legs/" + legs[0]).json
    tap.equal([leg["state"], leg["loaded_at"], leg["actual_departure"], leg["actual_arrival"], leg["unloaded_at"]],
              ["DELIVERED", "2026-03-10T08:00:00Z", "2026-03-10T08:30:00Z", "2026-03-10T11:00:00Z", "2026-03-10T12:00:00Z"], "events bring a leg forward, in any order, and give its times")
    tap.equal(own.get(base).json["status"], "AT_HUB", "the first of two legs delivers to the next, not the shipment")
    found = [own.get(base + "/stops/" + s).json for s in stops]
    tap.equal([found[0]["departed_at"], found[1]["arrived_at"]], ["2026-03-10T08:30:00Z", "2026-03-10T11:00:00Z"], "a leg's times are its stops' times")
    tell(own, shipment, "ARH", "2026-03-10T10:55:00Z", stop_id=stops[1])
    tap.equal(own.get(base + "/stops/" + stops[1]).json["arrived_at"], "2026-03-10T10:55:00Z", "an event that names the stop says when")
    shown = own.get(base + "?expand=events").json["events"]
    tap.ok([e.get("leg_id") for e in shown if e["code"] == "DEP"] == [legs[0]] and all("consignment_id" not in e for e in shown), "events show what they name")
    other = own.shipment()["shipment_id"]
    for name, value in (("leg_id", legs[0]), ("stop_id", stops[0]), ("consignment_id", legs[0])):
        answer = tell(own, other, "DEP", **{name: value})
        tap.ok(answer["accepted"] == 0 and answer["rejected"][0]["code"] == "tracking/level_not_found" and answer["rejected"][0]["field"].endswith(name),
               "a %s of another shipment is rejected" % name, answer)


def stops(tap, run, own):
    """An event at a stop moves the only leg it can mean; where it can mean two, none."""
    shipment = own.shipment()["shipment_id"]
    base = "/v1/shipments/" + shipment
    at = [own.post(base + "/stops", {"type": t, "place": {"city": t}}, 201)["stop_id"] for t in ("PICKUP", "HUB", "DELIVERY")]
    legs = [own.post(base + "/legs", {"mode": "ROAD", "from_stop_id": a, "to_stop_id": b, "carrier_scac": "HXAA"}, 201)["leg_id"] for a, b in zip(at, at[1:])]

    def states():
        return [own.get(base + "/legs/" + leg).json["state"] for leg in legs], own.get(base).json["status"]
    for code, stop, wanted in (("PUP", 0, (["LOADED", "PLANNED"], "PICKED_UP")), ("DEP", 0, (["DEPARTED", "PLANNED"], "IN_TRANSIT")), ("DLV", 1, (["DELIVERED", "PLANNED"], "IN_TRANSIT")),
                               ("PUP", 1, (["DELIVERED", "LOADED"], "IN_TRANSIT")), ("DLV", 2, (["DELIVERED", "DELIVERED"], "DELIVERED"))):
        tell(own, shipment, code, "2026-03-1%dT08:00:00Z" % stop, stop_id=at[stop])
        tap.equal(states(), wanted, "%s at stop %d moves its leg, and the shipment only as that leg does" % (code, stop))
    other = own.post(base + "/legs", {"mode": "ROAD", "from_stop_id": at[0], "to_stop_id": at[2], "carrier_scac": "HXAA"}, 201)["leg_id"]
    tell(own, shipment, "LDD", "2026-03-10T08:00:00Z", stop_id=at[0])
    tap.equal(own.get(base + "/legs/" + other).json["state"], "PLANNED", "where two legs begin it moves neither")
    bare = own.shipment()["shipment_id"]
    at = [own.post("/v1/shipments/%s/stops" % bare, {"type": t, "place": {"city": t}}, 201)["stop_id"] for t in ("PICKUP", "DELIVERY", "DELIVERY")]
    told = [tell(own, bare, code, "2026-03-1%dT08:00:00Z" % n, stop_id=at[n])["unmoved"] for n, code in enumerate(("PUP", "DLV", "DLV"))]
    tap.equal([[(u["index"], u["status"]) for u in each] for each in told], [[], [(0, "PICKED_UP")], []],
              "without legs a delivery at a stop on the way moves nothing, and who told it is told so; the last one delivers")
    tap.equal(own.get("/v1/shipments/" + bare).json["status"], "DELIVERED", "at the last stop")


def parts(tap, run, own):
    sscc = [world.sscc() for _ in range(3)]
    shipment = own.shipment(handling_units=[{"sscc": s, "weight_kg": "10"} for s in sscc])["shipment_id"]
    base = "/v1/shipments/" + shipment
    paper = own.post(base + "/consignments", {"kind": "CMR", "number": "CMR 1", "carrier_scac": "HXAA", "handling_units": sscc[:2]}, 201)["consignment_id"]
    whole = own.post(base + "/consignments", {"kind": "PRO", "number": "PRO 1", "carrier_scac": "HXBB"}, 201)["consignment_id"]

    def seen():
        found = own.get(base).json
        return found["status"], found["part"] and (found["part"]["status"], found["part"]["units"], found["part"]["of"])
    tell(own, shipment, "PUP", "2026-03-10T08:00:00Z", consignment_id=whole)
    tap.equal(seen(), ("PICKED_UP", None), "a consignment without units is the whole shipment")
    tell(own, shipment, "ARH", "2026-03-10T09:00:00Z", consignment_id=paper)
    tap.equal(seen(), ("PICKED_UP", ("AT_HUB", 2, 3)), "one with two units of three is a part")
    tell(own, shipment, "ARH", "2026-03-10T09:30:00Z", sscc=sscc[2])
    tap.equal(seen(), ("AT_HUB", None), "until every unit has it")
    units = own.get(base + "/handling-units").json["handling_units"]
    split = own.post(base + "/handling-units/%s/split" % units[2]["handling_unit_id"], {"handling_units": [{"sscc": world.sscc(), "weight_kg": "5"}, {"weight_kg": "5"}]})
    tap.equal(seen(), ("AT_HUB", None), "what happened to the whole has happened to its parts")
    inner = next(u for u in split["handling_units"] if u["parent_id"] == units[2]["handling_unit_id"] and u["sscc"])
    tell(own, shipment, "OFD", "2026-03-10T10:00:00Z", sscc=inner["sscc"])
    tap.equal(seen(), ("AT_HUB", ("OUT_FOR_DELIVERY", 1, 4)), "from then on each part goes by itself")
    own.post(base + "/handling-units/%s/nest" % inner["handling_unit_id"], {"parent_id": units[0]["handling_unit_id"]})
    tap.equal(seen(), ("AT_HUB", ("OUT_FOR_DELIVERY", 1, 3)), "nesting counts the leaves anew")
    answer = run.ask("POST", base + "/handling-units/%s/nest" % units[0]["handling_unit_id"], {"parent_id": inner["handling_unit_id"]}, own.key)
    tap.ok(answer.status == 422 and answer.json["type"].endswith("parent_not_found"), "no unit stands in what stands in it", answer)
    tap.equal(run.ask("GET", "/v1/tracking/CMR1", key=own.key).json["shipment_id"], shipment, "the paper's number finds the shipment")


def exceptions(tap, run, own):
    shipment = own.shipment()["shipment_id"]
    for code in ("DLY", "DLY", "DMG", "DEP", "ATT"):
        tell(own, shipment, code, **({"reason": "CAR-AA"} if code == "DMG" else {}))
    found = own.get("/v1/exceptions?shipment_id=" + shipment).json["data"]
    tap.equal(sorted((x["code"], x["severity"], x["party_at_fault"]) for x in found), [("ATT", "LOW", None), ("DLY", "MEDIUM", None), ("DMG", "HIGH", "CARRIER")],
              "trouble opens an exception, once a kind, with the family of its reason")
    late = next(x["exception_id"] for x in found if x["code"] == "DLY")
    for state in ("ACKNOWLEDGED", "IN_ACTION", "RESOLVED"):
        own.post("/v1/exceptions/%s/state" % late, {"state": state, "resolution": "Came"})
    tell(own, shipment, "DLY")
    tap.equal(len(own.get("/v1/exceptions?state=OPEN&code=DLY&shipment_id=" + shipment).json["data"]), 1, "after it was settled the next one opens anew")
    faults, one = [], own.post("/v1/exceptions", {"shipment_id": shipment, "code": "OTH"}, 201)["exception_id"]
    for state in EXCEPTION:
        for to in ("ACKNOWLEDGED", "IN_ACTION", "RESOLVED", "ACCEPTED"):
            run.database.sql("update tracking.exception set state = '%s', closed_at = %s where exception_id = '%s';" % (
                state, "now()" if state in ("RESOLVED", "ACCEPTED") else "null", one))
            answer = run.ask("POST", "/v1/exceptions/%s/state" % one, {"state": to, "resolution": "R"}, own.key)
            if answer.status != (200 if to in EXCEPTION[state] else 409):
                faults.append("%s to %s: %r" % (state, to, answer))
    tap.equal(faults, [], "every step of an exception is admitted or 409, as the domain tells")


def proofs(tap, run, own):
    shipment = own.shipment()["shipment_id"]
    base = "/v1/shipments/%s" % shipment
    run.database.sql("insert into files.file (tenant_id, file_id, sha256, media_type, size_bytes, name) select '%s', core.uuidv7(), sha256(n::text::bytea), "
                     "'image/png', 1, 'photo ' || n from generate_series(1, 3) n;" % own.tenant)
    ids = run.database.sql("select file_id from files.file order by name;").split()
    made = own.post(base + "/proof-of-delivery", {"signer": "M. Jansen", "condition": "DAMAGED", "pieces_ok": 22, "pieces_damaged": 2, "signature_file_id": ids[0],
                                                   "photo_file_ids": ids[1:], "delivered_at": "2026-03-12T16:42:00-06:00"}, 201)
    tap.equal([made["photo_file_ids"], made["signature_file_id"], made["delivered_at"]], [ids[1:], ids[0], "2026-03-12T22:42:00Z"], "a proof keeps its files in order")
    tap.equal(own.get(base + "/proof-of-delivery").json["data"], [made], "and is read back as it was answered")
    events = own.get(base + "?expand=events").json["events"]
    tap.equal([(e["code"], e["event_id"]) for e in events], [("POD", made["event_id"])], "it is told as an event POD")
    tap.equal(own.get(base).json["status"], "PLANNED", "which proves and does not deliver")
    tap.equal([(x["code"], x["event_id"], x["severity"]) for x in own.get("/v1/exceptions?shipment_id=" + shipment).json["data"]], [("DMG", made["event_id"], "HIGH")],
              "a damaged one opens the exception that the event would")
    for body, codes in (({"condition": "GOOD", "pieces_ok": 3}, []), ({"condition": "SHORT", "pieces_ok": 3, "pieces_short": 1}, ["LST"]),
                        ({"condition": "REFUSED_IN_PART", "pieces_ok": 3, "pieces_damaged": 1, "pieces_short": 2}, ["DMG", "LST", "RFS"])):
        other = own.shipment()["shipment_id"]
        for _ in range(2):
            own.post("/v1/shipments/%s/proof-of-delivery" % other, body, 201)
        tap.equal(sorted(x["code"] for x in own.get("/v1/exceptions?shipment_id=" + other).json["data"]), codes, "%s: once each, whatever is told twice" % body["condition"])
    theirs = run.world("strangers", full=False)
    answer = theirs.run.ask("POST", "/v1/shipments/%s/proof-of-delivery" % theirs.shipment()["shipment_id"], {"condition": "GOOD", "pieces_ok": 1, "photo_file_ids": [ids[0]]}, theirs.key)
    tap.ok(answer.status == 422 and answer.json["type"].endswith("file_unknown"), "another tenant's file is not there", answer)


def quiet(tap, run, own):
    shipment = own.shipment()["shipment_id"]
    tell(own, shipment, "PUP")
    count = "select count(*) from core.event where object_id = '%s' and type = 'tracking.shipment.told';" % shipment
    tap.equal(run.database.sql(count), "0", "who is not watched is not told of")
    run.database.sql("update tracking.shipment_status set is_watched = true where shipment_id = '%s';" % shipment)
    event = {"shipment_id": shipment, "source": "t", "source_event_id": world.unique("e"), "code": "DEP", "event_time": "2026-03-10T11:00:00Z"}
    own.events([event, {**event, "source_event_id": world.unique("e"), "code": "ARH"}])
    own.events([event])
    tap.equal(run.database.sql(count), "1", "who is watched is told of once a recording, and not for duplicates")
    tap.equal(run.database.sql("select jsonb_array_length(data -> 'event_ids') || ' ' || (data ->> 'status') from core.event where object_id = '%s' and type = 'tracking.shipment.told';"
                               % shipment), "2 AT_HUB", "with the ids of the events and the status")


def main():
    tap = hansa.Tap()
    run = client.Run("levels")
    with run:
        own = run.world("levels", full=False)
        for part in (levels, stops, parts, exceptions, proofs, quiet):
            part(tap, run, own)
    run.verdict(tap)
    tap.done()


main()
