#!/usr/bin/env python3
"""The laws of docs/rooms.md, read from the tree itself."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "support"))
import hansa  # noqa: E402

SERVER = os.path.join(hansa.ROOT, "server")
NOT_ROOMS = {"core", "codec", "compiler"}
# Files whose own business is talking to PostgreSQL about sessions, snapshots, whole databases and migrations.
SQL_IN_C = {"core/db_connection.c", "core/db_batch.c", "core/migrate.c", "core/once.c", "backup/snapshot.c", "backup/target.c"}
FORBIDDEN_NAMES = {"util", "utils", "common", "misc", "helper", "helpers", "manager"}
C_LINES_MAX = 500
PLATE_LINES_MAX = 30


def files(*endings):
    for folder, inside, names in os.walk(SERVER):
        inside[:] = [name for name in inside if name not in ("node_modules", "__pycache__")]
        for name in sorted(names):
            if name.endswith(endings):
                path = os.path.join(folder, name)
                yield os.path.relpath(path, SERVER), open(path, encoding="utf-8").read()


def rooms():
    return sorted(name for name in os.listdir(SERVER)
                  if os.path.isdir(os.path.join(SERVER, name)) and name not in NOT_ROOMS and name != "__pycache__")


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", " ", text, flags=re.S)


def core_names_no_room(tap):
    # A room whose name is a plain word too is told by what only it can be: a symbol of C, a path.
    plain = {"files", "backup"}
    names = re.compile(r"\b(?:hansa_)?(%s)(?:_|\b)(?![a-z]*\.h)|\bhansa_(?:%s)_|\"(?:%s)/" % (
        "|".join(room for room in rooms() if room not in plain), "|".join(plain), "|".join(plain)))
    found = ["%s: %s" % (path, match.group(0)) for path, text in files(".c", ".h", ".def")
             if path.startswith("core/") for match in names.finditer(without_comments(text))]
    tap.equal(found, [], "the core names no business room")


def rooms_include_only_their_own(tap):
    found = []
    for path, text in files(".c", ".h"):
        room = path.split(os.sep)[0]
        if room not in rooms():
            continue
        for header in re.findall(r'#include ["<]([a-z_/.]+)[">]', text):
            first = header.split("/")[0] if "/" in header else room
            if first in rooms() and first != room:
                found.append("%s includes %s" % (path, header))
    tap.equal(found, [], "business rooms do not include each other's headers")


def codec_is_pure(tap):
    found = [path for path, text in files(".c", ".h") if path.startswith("codec/")
             and re.search(r"#include <(libpq-fe|h2o|fcntl|sys/socket)|\b(fopen|open|socket)\(", without_comments(text))]
    tap.equal(found, [], "the codec does no input or output")


def sql_meets_at_doors(tap):
    """In SQL a room touches another's schema through v_ and api_ only; foreign keys stand in numbered migrations."""
    found = []
    folders = [os.path.join(hansa.ROOT, "migrations", "rooms"), SERVER]
    for top in folders:
        for room in rooms():
            place = os.path.join(top, room)
            for name in sorted(os.listdir(place)) if os.path.isdir(place) else []:
                if not name.endswith(".sql"):
                    continue
                text = open(os.path.join(place, name), encoding="utf-8").read()
                text = re.sub(r"--[^\n]*|'(?:[^']|'')*'", " ", text)
                for other, thing in re.findall(r"\b(%s)\.([a-z_]+)\b" % "|".join(rooms()), text):
                    if other != room and not thing.startswith(("v_", "api_")):
                        found.append("%s/%s: %s.%s" % (room, name, other, thing))
    tap.equal(sorted(set(found)), [], "in SQL rooms meet through v_ views and api_ functions")


def no_sql_in_c(tap):
    pattern = re.compile(r'"\s*(select|insert into|update|delete from|create|alter)\s+[a-z(]', re.I)
    found = [path for path, text in files(".c", ".h") if path not in SQL_IN_C and pattern.search(without_comments(text))]
    tap.equal(found, [], "SQL stands in no C string")


def names_and_sizes(tap):
    found = [path for path, _ in files("") if FORBIDDEN_NAMES & set(re.split(r"[/_.]", path.lower()))]
    tap.equal(found, [], "nothing is called util, common, misc, helpers or manager")
    found = ["%s (%d)" % (path, text.count("\n")) for path, text in files(".c", ".h") if text.count("\n") > C_LINES_MAX]
    tap.equal(found, [], "no C file is longer than %d lines" % C_LINES_MAX)


def plates(tap):
    for room in rooms() + ["core", "codec"]:
        path = os.path.join(SERVER, room, "ROOM.md")
        lines = open(path, encoding="utf-8").read().count("\n") if os.path.exists(path) else 0
        tap.ok(0 < lines <= PLATE_LINES_MAX, "room %s has a plate of at most %d lines" % (room, PLATE_LINES_MAX), "%d lines" % lines)
    missing = [room for room in rooms() if "| %s |" % room not in open(os.path.join(hansa.ROOT, "docs", "rooms.md"), encoding="utf-8").read()]
    tap.equal(missing, [], "docs/rooms.md shows every room")


def secrets_are_compared_in_constant_time(tap):
    found = [path for path, text in files(".c")
             if re.search(r"\b(memcmp|strcmp)\([^;]*(digest|secret|hmac|token_hash)", re.sub(r'"[^"]*"', "", without_comments(text)))]
    tap.equal(found, [], "digests and secrets are compared by CRYPTO_memcmp (promise K3)")
    found = [path for path, text in files(".c") if re.search(r"\brand\(\)|\bsrand\(", without_comments(text))]
    tap.equal(found, [], "random bytes that matter come from RAND_bytes (promise K3)")


def main():
    tap = hansa.Tap()
    for law in (core_names_no_room, rooms_include_only_their_own, codec_is_pure, sql_meets_at_doors, no_sql_in_c, names_and_sizes,
                plates, secrets_are_compared_in_constant_time):
        law(tap)
    tap.done()


main()
