"""The code lists of the database are those of server/codec/*.def: the same rows, no more and no fewer."""
import os
import re

import hansa


def rows(name, macro):
    """Arguments of each line HANSA_…(…) of a .def file, texts without quotes, NONE as None."""
    with open(os.path.join(hansa.ROOT, "server", "codec", name), encoding="utf-8") as file:
        text = file.read()
    for line in re.findall(r"^%s\((.*)\)\s*$" % macro, text, re.M):
        words = [word.strip().strip('"') for word in re.findall(r'\s*"[^"]*"|[^,]+', line)]
        yield [None if word == "NONE" else word for word in words]


def main():
    tap = hansa.Tap()
    with hansa.Database() as db:
        statuses = sorted("%s|%s|%s" % (r[0], r[1], "t" if r[2] == "1" else "f") for r in rows("shipment_status.def", "HANSA_SHIPMENT_STATUS"))
        stored = sorted(db.sql("select status, number, is_terminal from tracking.status;").splitlines())
        tap.ok(len(statuses) >= 14, "shipment_status.def was read")
        tap.equal(stored, statuses, "tracking.status holds the statuses of shipment_status.def")

        codes = sorted("%s|%s|%s|%s" % (r[0], r[1], r[3] or "", r[-1] or "") for r in rows("event_codes.def", "HANSA_EVENT_CODE"))
        stored = sorted(db.sql("select code, name, status, flag from tracking.code;").splitlines())
        tap.ok(len(codes) >= 31, "event_codes.def was read")
        tap.equal(stored, codes, "tracking.code holds the events of event_codes.def")

        with open(os.path.join(hansa.ROOT, "server", "codec", "currencies.def"), encoding="utf-8") as file:
            lists = re.findall(r"HANSA_CURRENCIES\((\d),((?:\s*\"[A-Z ]+\")+)\)", file.read())
        places = sorted("%s|%s" % (currency, digits) for digits, words in lists for currency in re.findall(r"[A-Z]{3}", words))
        stored = db.sql("select c || '|' || core.currency_places(c) from unnest(string_to_array('%s', ',')) c order by 1;" % ",".join(p[:3] for p in places)).splitlines()
        tap.ok(len(places) >= 150 and len({p[:3] for p in places}) == len(places), "currencies.def was read, each currency once")
        tap.equal(stored, places, "core.currency_places has the decimals of currencies.def")

        with open(os.path.join(hansa.ROOT, "server", "orders", "shipment_list.sql"), encoding="utf-8") as file:
            listed = re.search(r"query: status choice\(([A-Z_|]+)\)", file.read())[1].split("|")
        tap.equal(sorted(listed), sorted(line.split("|")[0] for line in statuses), "the list filters by every status")
    tap.done()


if __name__ == "__main__":
    main()
