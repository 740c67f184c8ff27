"""Checks example texts against their format, as the C side does with values of requests (server/core/schema_format.c).

Only what can be told from the text alone: form, calendar and check digits. What needs a list of hundreds of codes (countries,
currencies) is checked by form.
"""
import datetime
import re

FORMS = {
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "date": r"\d{4}-\d\d-\d\d",
    "date-time": r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)",
    "iana-zone": r"[A-Za-z][\w+-]*(/[A-Za-z][\w+-]*)*",
    "decimal": r"-?(0|[1-9]\d*)(\.\d+)?",
    "country": r"[A-Z]{2}",
    "currency": r"[A-Z]{3}",
    "unlocode": r"[A-Z]{2}[A-Z2-9]{3}",
    "money": r"-?(0|[1-9]\d*)(\.\d+)?",
    "phone": r"[^@]*\d[^@]*\d[^@]*\d[^@]*",
    "told-time": r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)?",
    "gln": r"\d{13}",
    "scac": r"[A-Z]{2,4}",
    "sscc": r"\d{18}",
    "container": r"[A-Z]{3}[UJZ]\d{7}",
    "reference-number": r"\S(.{0,62}\S)?",
    "slug": r"[a-z][a-z0-9-]{1,39}",
    "code": r"[A-Z][A-Z0-9_]{0,63}",
    "uri-reference": r"[\w.~:/?#\[\]@!$&'()*+,;=%-]*",
}


def fits(name, text):
    """Is the text one that a value of this format may be?"""
    if name in FORMS and not re.fullmatch(FORMS[name], text, re.ASCII if name != "reference-number" else 0):
        return False
    check = {"date": is_day, "date-time": is_day, "sscc": is_gs1, "gln": is_gs1, "container": is_container, "decimal": is_short,
             "money": is_short}.get(name)
    return check is None or check(text)


def is_day(text):
    try:
        datetime.date.fromisoformat(text[:10])
        if text[10:]:
            # A leap second is the minute's last moment here; what comes after the second is checked by form.
            datetime.time.fromisoformat(text[11:17] + text[17:19].replace("60", "59"))
        return True
    except ValueError:
        return False


def is_gs1(text):
    """GS1: from the right the digits weigh 1 and 3 in turn, the check digit 1."""
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(text))) % 10 == 0


def is_container(text):
    """ISO 6346: letters count from 10 without multiples of 11, each place twice the one before, modulo 11."""
    values = {letter: number for letter, number in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11))}
    total = sum((values[sign] if sign in values else int(sign)) * 2 ** place for place, sign in enumerate(text[:10]))
    return total % 11 % 10 == int(text[10])


def is_short(text):
    return sum(sign.isdigit() for sign in text) <= 18 + text.lstrip("-").startswith("0.")
