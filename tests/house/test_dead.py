#!/usr/bin/env python3
"""Nothing that is stored is dead (decision 0050): every column that a statement writes is read by one that is not its own document's, or
stands in columns_dead.txt under a reason or an open issue. Own document: what shows the noun (get, document, summary), what changes it
(create, patch, set) and what a person is told of himself (privacy). Being found by it (a filter or the order of a list), a key, a foreign key and a
wall are reading. The file has at most 15 reasons; the README tells how many, and for how many columns.

    tests/house/test_dead.py --show     prints the columns that no reason names, in the environment of tests/run
"""
import fnmatch
import os
import re
import sys

import columns
import hansa
import statements

LIST = os.path.join(hansa.ROOT, "tests", "house", "columns_dead.txt")
MOST = 15
SHOWS = re.compile(r"[./](api_)?\w*?_?(document|document_warned|summary|shown|get|list|own|changes_of)$")
CHANGES = re.compile(r"[./](?:api_)?(\w+?)_(patch|patched|create|filled|set|credit_set)$")
ALWAYS = {"tenant_id", "version"}  # whose it is; what If-Match is held against
TOLD = r"(\d+) of (\d+) columns that are written are read by people alone, for (\d+) reasons"


def found_by():
    """{room: words of the filters and orders of its lists}."""
    told = {}
    for name in statements.endpoints():
        if name.endswith("_list"):
            with open(os.path.join(hansa.ROOT, "server", name + ".sql"), encoding="utf-8") as file:
                body = re.sub(r"--! .*|--\? reach.*", "", file.read())
                told.setdefault(name.split("/")[0], set()).update(re.findall(r"\w+", body.partition("where")[2]))
    return told


def is_own(table, unit):
    room = table.split(".")[0]
    if ".api_person_" in unit or unit.startswith("view "):
        return True
    if not re.match(re.escape(room) + "[./]", unit):
        return False
    changes, noun = CHANGES.search(unit), table.split(".")[1].strip("_")
    return bool(SHOWS.search(unit)) or changes is not None and (noun.startswith(changes.group(1)) or changes.group(1).startswith(noun))


def dead(book):
    """[table.column] that only its own document reads, or nothing."""
    lists, found = found_by(), []
    for (table, column), _ in sorted(book.written.items()):
        if table not in book.tables or column in ALWAYS or (table, column) in book.keys or column in lists.get(table.split(".")[0], ()):
            continue
        if all(is_own(table, unit) for unit in book.read.get((table, column), ())):
            found.append(table + "." + column)
    return found


def reasons():
    """[([pattern, …], reason)] of the list."""
    with open(LIST, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    return [(line.split(": ", 1)[0].split(), line.split(": ", 1)[1]) for line in lines]


def check_mutations(tap, db):
    """That the reading bites: a column that is written only, one that its own document alone reads, one that another reads."""
    db.sql("""set role hansa_owner; alter table partners.setting add column lost text, add column shown text, add column used text;
        create function partners.lost_set(p_tenant uuid) returns void language plpgsql as $$ begin
            update partners.setting s set lost = 'x', shown = 'x', used = 'x' where s.tenant_id = p_tenant; end $$;
        create function partners.lost_document(s partners.setting) returns text language plpgsql as $$ begin return s.shown; end $$;
        create function orders.lost_used(p_tenant uuid) returns text language plpgsql as $$ declare v partners.setting; begin
            select * into v from partners.setting s where s.tenant_id = p_tenant; return v.used; end $$;""")
    book = columns.Book(db)
    found = dead(book)
    tap.equal([c for c in found if re.search(r"setting\.(lost|shown|used)$", c)], ["partners.setting.lost", "partners.setting.shown"],
              "a column that nobody reads is seen, and one that its own document alone reads; one that is used is not")
    planted = {"lost", "shown", "used"}
    return ([c for c in found if c.split(".")[-1] not in planted],
            sum(table in book.tables and not (table == "partners.setting" and column in planted) for table, column in book.written))


def main():
    tap = hansa.Tap()
    with hansa.Database() as db:
        if db.sql("select count(*) from pg_available_extensions where name = 'plpgsql_check';") == "0":
            tap.skip("nothing that is stored is dead", "postgresql-15-plpgsql-check is not installed")
            return tap.done()
        found, written = check_mutations(tap, db)
    named = reasons()
    left = [c for c in found if not any(fnmatch.fnmatchcase(c, p) for patterns, _ in named for p in patterns)]
    if "--show" in sys.argv:
        print("\n".join(left))
        print("# %d of %d columns that are written, %d reasons" % (len(found), written, len(named)))
        return None
    idle = [p for patterns, _ in named for p in patterns if not fnmatch.filter(found, p)]
    tap.equal(left, [], "every column that is written is read outside its own document, or a reason names it")
    tap.equal(idle, [], "no reason names what is not so any more")
    tap.ok(len(named) <= MOST and all(reason for _, reason in named), "at most %d reasons" % MOST, len(named))
    with open(os.path.join(hansa.ROOT, "README.md"), encoding="utf-8") as file:
        told = re.search(TOLD, file.read())
    tap.equal(told and told.groups(), (str(len(found)), str(written), str(len(named))), "the README tells how many")
    return tap.done()


if __name__ == "__main__":
    main()
