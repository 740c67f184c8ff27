#!/usr/bin/env python3
"""Turns the "SCMS Delivery History" list into the shipments of demo tenant A.

    turn.py SOURCE.csv > shipments.csv

The source has one row per order line; one advance shipment note or delivery note (ASN/DN) is one shipment. Every column
that is carried over holds the same value on all lines of a note, except the scheduled date (10 notes; the last one counts)
and the manufacturing site (several makers in one delivery: none is named). Nothing is added to what the source says but
the country in which a manufacturing site lies, where its name tells (table below).
"""
import csv
import re
import sys
from datetime import datetime
from decimal import Decimal

COLUMNS = ["note", "order", "project", "country", "incoterm", "mode", "ordered_on", "scheduled_on", "delivered_on",
           "recorded_on", "goods", "lines", "weight_kg", "value_usd", "vendor", "site", "site_country"]

# Part of a site's name -> ISO 3166-1 country. First hit counts; sites without a hit stay without a country.
SITES = [
    ("Puerto Rico", "PR"), ("South Africa", "ZA"), ("Switzerland", "CH"), ("Australia", "AU"), ("Canada", "CA"),
    ("Mississauga", "CA"), ("China", "CN"), ("Cyprus", "CY"), ("Thailand", "TH"), ("Norway", "NO"), ("Korea", "KR"),
    ("Poland", "PL"), ("Germany", "DE"), ("France", "FR"), ("Japan", "JP"), ("Wiesbaden", "DE"), ("Evansville", "US"),
    ("Port Elizabeth", "ZA"), ("Midrand", "ZA"), ("Anagni", "IT"), ("Latina", "IT"), ("Koropi", "GR"),
    ("Oranienburg", "DE"), ("Haarlem", "NL"), ("Basel", "CH"), ("Madrid", "ES"), ("Barnard Castle", "GB"),
    ("Crawley", "GB"), ("Aranda", "ES"), ("Nashik", "IN"), ("Hyderabad", "IN"), ("Jadcherla", "IN"),
    ("Patalganga", "IN"), ("Daman", "IN"), ("Dadra", "IN"), ("Mahar.", "IN"), ("Wadhwan", "IN"), ("India", "IN"),
    ("INDIA", "IN"), ("USA", "US"),
]
SITE_ENDINGS = {"IN": "IN", "US": "US", "UK": "GB", "CY": "CY", "DE": "DE", "IT": "IT", "GR": "GR", "NL": "NL"}


def site_country(site):
    for part, country in SITES:
        if part in site:
            return country
    last = re.split(r"[ ,(]+", site.rstrip(")"))[-1]
    return SITE_ENDINGS.get(last, "")


def day(text):
    """ISO date of '2-Jun-06' or '8/27/14'; empty for 'N/A - From RDC', 'Date Not Captured' and the like."""
    for form in ("%d-%b-%y", "%m/%d/%y"):
        try:
            return datetime.strptime(text, form).date().isoformat()
        except ValueError:
            pass
    return ""


def mended(text):
    """The copy holds one name whose UTF-8 was read as Latin-1 and written again."""
    try:
        text = text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        pass
    return " ".join(text.split())


def weight(lines):
    """Sum over the lines, or empty when a line's weight stands with another note or was not captured."""
    ids = {line["ID"] for line in lines}
    total = 0
    for line in lines:
        text = line["Weight (Kilograms)"]
        if text.isdigit():
            total += int(text)
            continue
        elsewhere = re.search(r"ID#:(\d+)", text)
        if not elsewhere or elsewhere.group(1) not in ids:
            return ""
    return str(total) if total else ""


def value(lines):
    """What the lines were charged at together, in US dollars with two decimals; the source has it for every line."""
    return "%.2f" % sum(Decimal(line["Line Item Value"]) for line in lines)


def shipment(note, lines):
    first = lines[0]
    sites = {mended(line["Manufacturing Site"]) for line in lines} - {"Not Applicable"}
    site = sites.pop() if len(sites) == 1 else ""
    return {
        "note": note,
        "order": first["PO / SO #"],
        "project": first["Project Code"],
        "country": mended(first["Country"]),
        "incoterm": "" if first["Vendor INCO Term"].startswith("N/A") else first["Vendor INCO Term"],
        "mode": "" if first["Shipment Mode"] == "N/A" else first["Shipment Mode"],
        "ordered_on": day(first["PO Sent to Vendor Date"]),
        "scheduled_on": max(day(line["Scheduled Delivery Date"]) for line in lines),
        "delivered_on": day(first["Delivered to Client Date"]),
        "recorded_on": day(first["Delivery Recorded Date"]),
        "goods": " ".join(sorted({line["Product Group"] for line in lines})),
        "lines": str(len(lines)),
        "weight_kg": weight(lines),
        "value_usd": value(lines),
        "vendor": mended(first["Vendor"]),
        "site": site,
        "site_country": site_country(site),
    }


def main():
    notes = {}
    with open(sys.argv[1], encoding="utf-8", newline="") as source:
        for line in csv.DictReader(source):
            notes.setdefault(line["ASN/DN #"], []).append(line)
    rows = [shipment(note, lines) for note, lines in notes.items()]
    rows = [row for row in rows if row["scheduled_on"] and row["delivered_on"]]
    rows.sort(key=lambda row: (row["delivered_on"], row["note"]))
    sys.stdout.reconfigure(encoding="utf-8", newline="")
    out = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    out.writeheader()
    out.writerows(rows)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: turn.py SOURCE.csv > shipments.csv")
    main()
