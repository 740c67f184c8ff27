#!/usr/bin/env python3
"""Writes the X12 214 interchanges of demo tenant B into edi/ beside this file.

    write_214.py [DIRECTORY]

Everything in them is invented (carriers, SCACs, shippers, numbers) but the places, which are real. The same text comes
out on every run: the tests run it again and compare. A carrier reports a shipment in one to three interchanges, as it
moves. The separators differ from carrier to carrier, as they do between real translators.
"""
import os
import sys
from datetime import datetime, timedelta

# Invented carriers: SCAC, sender id qualifier, element separator, component separator, segment terminator, line end.
# 0x1C is the IS4 control character that some translators still use.
CARRIERS = [
    ("QZLT", "02", "*", ">", "~", ""),
    ("VXRD", "02", "*", ":", "~", "\n"),
    ("JKQF", "ZZ", "|", ">", "~", "\r\n"),
    ("WQTX", "02", "^", ":", "'", ""),
    ("ZZMX", "ZZ", "*", "<", "\n", ""),
    ("XQNL", "12", "*", ":", "\x1c", ""),
]
RECEIVER = "HANSAB"

# City, state, country, X12 time code.
PLACES = {
    "LRD": ("LAREDO", "TX", "US", "CT"), "NLD": ("NUEVO LAREDO", "TM", "MX", "CT"),
    "MTY": ("MONTERREY", "NL", "MX", "CT"), "DFW": ("DALLAS", "TX", "US", "CT"),
    "CHI": ("CHICAGO", "IL", "US", "CT"), "SLP": ("SAN LUIS POTOSI", "SL", "MX", "CT"),
    "QRO": ("QUERETARO", "QT", "MX", "CT"), "SAT": ("SAN ANTONIO", "TX", "US", "CT"),
    "MEM": ("MEMPHIS", "TN", "US", "CT"), "ATL": ("ATLANTA", "GA", "US", "ET"),
    "CMH": ("COLUMBUS", "OH", "US", "ET"), "DTW": ("DETROIT", "MI", "US", "ET"),
    "LAX": ("LOS ANGELES", "CA", "US", "PT"), "TIJ": ("TIJUANA", "BC", "MX", "PT"),
    "SAN": ("SAN DIEGO", "CA", "US", "PT"), "PHX": ("PHOENIX", "AZ", "US", "MS"),
    "ELP": ("EL PASO", "TX", "US", "MT"), "JUA": ("CIUDAD JUAREZ", "CH", "MX", "MT"),
    "DEN": ("DENVER", "CO", "US", "MT"), "SEA": ("SEATTLE", "WA", "US", "PT"),
}
LANES = [
    ("MTY", "NLD", "LRD", "SAT", "DFW"), ("SLP", "NLD", "LRD", "MEM", "CHI"), ("QRO", "NLD", "LRD", "DFW", "CMH"),
    ("JUA", "JUA", "ELP", "PHX", "LAX"), ("TIJ", "TIJ", "SAN", "PHX", "DEN"), ("CHI", None, "CMH", None, "DTW"),
    ("DFW", None, "MEM", None, "ATL"), ("LAX", None, "PHX", None, "ELP"), ("SEA", None, "DEN", None, "CHI"),
    ("MTY", "NLD", "LRD", "MEM", "DTW"),
]
SHIPPERS = ["SIERRA GRANDE STAMPING", "PUENTE GLASS WORKS", "BLUE MESA FOODS", "CIELO MOTOR PARTS", "LONE OAK PAPER"]
CONSIGNEES = ["LAKESIDE ASSEMBLY", "PRAIRIE HOME GOODS", "RED BANK GROCERS", "HARBOR TOOL SUPPLY", "NINE MILE RETAIL DC"]
# Endings that a shipment may have; most go well.
STORIES = ["plain", "appointment", "delay", "plain", "refusal", "moving", "attempt", "appointment", "border", "split"]
FIRST_DAY = datetime(2026, 1, 5, 6, 0)


class Dice:
    """Numbers that look thrown but are the same everywhere (a linear congruence, modulus 2^31)."""

    def __init__(self, seed):
        self.state = seed * 2654435761 % 2 ** 31
        self.throw(2)

    def throw(self, sides):
        self.state = (self.state * 1103515245 + 12345) % 2 ** 31
        return (self.state >> 12) % sides


def sscc(serial):
    """SSCC of 18 digits with its GS1 check digit, under a made-up company prefix."""
    body = "0" + "9521000" + "%09d" % serial
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(body))
    return body + str(-total % 10)


def moment(status, reason, place, time):
    city, state, country, code = PLACES[place]
    return [["AT7", status, reason, "", "", time.strftime("%Y%m%d"), time.strftime("%H%M"), code],
            ["MS1", city, state, country]]


def appointment(kind, place, time):
    city, state, country, code = PLACES[place]
    return [["AT7", "", "", kind, "NA", time.strftime("%Y%m%d"), time.strftime("%H%M"), code],
            ["MS1", city, state, country]]


class Shipment:
    def __init__(self, number, day=None):
        self.dice = Dice(7000 + 31 * number)
        self.carrier = CARRIERS[number % len(CARRIERS)]
        self.lane = LANES[(number * 3 + number // 10) % len(LANES)]
        self.story = STORIES[number % len(STORIES)]
        self.pro = "%s%07d" % (self.carrier[0][:2], 4100000 + 137 * number)
        self.bol = "BOL-%06d" % (260000 + 17 * number)
        self.order = "PO-B%05d" % (51000 + 9 * number)
        self.shipper = SHIPPERS[self.dice.throw(len(SHIPPERS))]
        self.consignee = CONSIGNEES[self.dice.throw(len(CONSIGNEES))]
        self.pounds = 900 + 50 * self.dice.throw(800)
        self.pallets = 1 + self.pounds // 2100
        self.unit = sscc(number + 1)
        self.start = FIRST_DAY + timedelta(days=2 * number if day is None else day, minutes=15 * self.dice.throw(20))

    def parties(self):
        first, last = PLACES[self.lane[0]], PLACES[self.lane[-1]]
        return [["N1", "SH", self.shipper], ["N4", first[0], first[1], "", first[2]],
                ["N1", "CN", self.consignee], ["N4", last[0], last[1], "", last[2]]]

    def references(self):
        return [["L11", self.bol, "BM"], ["L11", self.order, "PO"]]

    def load(self):
        return [["MS2", self.carrier[0], "TR%04d" % (1000 + self.dice.throw(9000)), "TL"],
                ["MAN", "GM", "00" + self.unit],
                ["AT8", "G", "L", str(self.pounds), str(self.pallets)]]

    def chapters(self):
        """What happens, as one list of stops for each interchange: pickup, the way, the end."""
        home, crossing, entry, hub, door = self.lane
        hours = lambda count: self.start + timedelta(hours=count)
        pickup = [moment("XB", "NS", home, self.start - timedelta(hours=20)),
                  moment("X3", "NS", home, self.start)]
        loaded = moment("CP", "NS", home, hours(1))
        pickup.append(loaded + self.load())
        pickup.append(moment("AF", "NS", home, hours(1.25)))
        way = []
        if crossing:
            held = "PR" if self.story == "border" else "K1"
            way.append(moment(held, "BD" if held == "PR" else "NS", crossing, hours(9)))
        way.append(moment("X4", "NS", entry, hours(15)))
        way.append(moment("P1", "NS", entry, hours(18)))
        if hub:
            way.append(moment("X6", "NS", hub, hours(27)))
        if self.story == "delay":
            way.append(moment("SD", ["AI", "AO", "BE"][self.dice.throw(3)], hub or entry, hours(28)))
        way.append(moment("AG", "NS", door, hours(44 if self.story == "delay" else 38)))
        return [pickup, way, self.ending(home, door, hours)]

    def ending(self, home, door, hours):
        if self.story == "moving":
            return []
        end = []
        late = 8 if self.story == "delay" else 0
        if self.story in ("appointment", "refusal"):
            end.append(appointment("AB", door, hours(40)))
        end.append(moment("AJ", "NS", door, hours(36 + late)))
        end.append(moment("X1", "NS", door, hours(38 + late)))
        if self.story == "refusal":
            return end + [moment("A7", "AG", door, hours(39)), moment("A3", "NS", home, hours(75))]
        if self.story == "attempt":
            end.append(moment("AH", "B1", door, hours(38.5)))
            late = 24
        if self.story == "split":
            end.append(moment("PA", "NS", door, hours(38.5)))
            late = 30
        end.append(moment("D1", "NS", door, hours(39 + late)))
        if self.story != "split":
            end.append(moment("CD", "NS", door, hours(39.5 + late)))
        return end


def transaction_set(shipment, stops, control):
    body = [["ST", "214", control], ["B10", shipment.pro, shipment.bol, shipment.carrier[0]]]
    body += shipment.references() + shipment.parties()
    for at, stop in enumerate(stops, 1):
        body += [["LX", str(at)]] + stop
    return body + [["SE", str(len(body) + 1), control]]


def interchange(carrier, number, sets, time):
    scac, qualifier, element, component, terminator, line_end = carrier
    sender = {"02": scac, "ZZ": scac + "EDI", "12": "5550100%s" % (100 + number % 6)}[qualifier]
    head = ["ISA", "00", " " * 10, "00", " " * 10, qualifier, sender.ljust(15), "ZZ", RECEIVER.ljust(15),
            time.strftime("%y%m%d"), time.strftime("%H%M"), "U", "00401", "%09d" % number, "0", "P", component]
    segments = [head, ["GS", "QM", sender, RECEIVER, time.strftime("%Y%m%d"), time.strftime("%H%M"), str(number), "X",
                       "004010"]]
    for at, (shipment, stops) in enumerate(sets, 1):
        segments += transaction_set(shipment, stops, "%04d" % at)
    segments += [["GE", str(len(sets)), str(number)], ["IEA", "1", "%09d" % number]]
    return "".join(element.join(segment) + terminator + line_end for segment in segments)


def last_time(stops):
    return max(datetime.strptime(segment[5] + segment[6], "%Y%m%d%H%M") for stop in stops for segment in stop
               if segment[0] == "AT7")


def interchanges():
    """(file name, text) of every interchange, in the order in which the carriers would have sent them."""
    reports = []
    for number in range(28):
        shipment = Shipment(number)
        chapters = [stops for stops in shipment.chapters() if stops]
        if number % 4 == 3:  # reports once, when all is over
            chapters = [sum(chapters, [])]
        elif number % 4 == 1:  # reports the pickup and the way together
            chapters = [chapters[0] + chapters[1]] + chapters[2:]
        reports += [(last_time(stops), shipment, stops) for stops in chapters]
    reports.sort(key=lambda report: (report[0], report[1].pro))
    files = [(time, shipment.carrier, [(shipment, stops)]) for time, shipment, stops in reports]
    # One carrier's evening file: several shipments that it picked up, as several sets of one group.
    evening = [Shipment(number, day=57) for number in range(30, 60, 6)]
    files.append((max(last_time(one.chapters()[0]) for one in evening), CARRIERS[0],
                  [(one, one.chapters()[0]) for one in evening]))
    for at, (time, carrier, sets) in enumerate(files, 1):
        name = "%02d-%s-%s.edi" % (at, carrier[0].lower(), sets[0][0].story if len(sets) == 1 else "evening")
        yield name, interchange(carrier, 300 + at, sets, time + timedelta(minutes=20))


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "edi")
    os.makedirs(folder, exist_ok=True)
    for name, text in interchanges():
        with open(os.path.join(folder, name), "w", encoding="ascii", newline="") as out:
            out.write(text)


if __name__ == "__main__":
    main()
