"""Who writes and who reads which column, as PostgreSQL itself says: it is asked to print the parse tree of every statement — of the endpoint
files, of each statement within a function (plpgsql_check has it prepared) and of the views. A tree says of each table which columns are
selected, inserted and updated. What it cannot say is which members of a row a function looks at: those are found in its text.

    book = columns.Book(db)
    book.written, book.read      # {(schema.table, column): {unit, …}}; a unit is room/endpoint or schema.function
"""
import pathlib
import re
import subprocess

import hansa
import statements

OURS = "n.nspname !~ '^(pg_|information_schema|lint|public)'"
COLUMNS = """select c.oid || ' ' || n.nspname || '.' || c.relname || ' ' || c.relkind::text || ' ' || a.attnum || ' ' || a.attname from pg_class c
    join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind in ('r', 'p', 'v') and """ + OURS + ";"
FUNCTIONS = """ from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
    where l.lanname in ('plpgsql', 'sql') and p.prokind = 'f' and p.prorettype <> 'trigger'::regtype and """ + OURS + " order by 1;"
SOURCES = r"""select n.nspname || '.' || p.proname || '|' || pg_get_function_result(p.oid) || '|' || lower(regexp_replace(
    pg_get_function_arguments(p.oid) || ' ; ' || regexp_replace(p.prosrc, '--[^\n]*', '', 'g'), '\s+', ' ', 'g'))""" + FUNCTIONS
VIEWS = "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'v' and " + OURS + " order by 1;"
# Columns of constraints and of walls: an index, a foreign key or a policy reads them.
KEYS = """select n.nspname || '.' || c.relname || ' ' || a.attname from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey) where i.indisunique and """ + OURS + """
    union select n.nspname || '.' || c.relname || ' ' || a.attname from pg_constraint k join pg_class c on c.oid = k.conrelid
    join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum = any (k.conkey) where k.contype = 'f' and """ + OURS + """
    union select n.nspname || '.' || c.relname || ' ' || a.attname from pg_depend d join pg_class c on c.oid = d.refobjid
    join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
    where d.classid = 'pg_policy'::regclass and d.refclassid = 'pg_class'::regclass and """ + OURS + ";"
ENTRY = re.compile(r":relid (\d+) [^{}]{0,400}?:selectedCols \(b([ \d]*)\) :insertedCols \(b([ \d]*)\) :updatedCols \(b([ \d]*)\)")
SYSTEM = 7  # attribute numbers are printed from the lowest system column on
MARK = "== unit "


class Book:
    """Reads a migrated database; takes about a minute."""

    def __init__(self, db):
        self.db, self.tables, self.views, self.written, self.read, self.rows, self.names = db, {}, {}, {}, {}, {}, {}
        for line in db.sql(COLUMNS).splitlines():
            oid, name, kind, number, column = line.split()
            self.names[oid] = name
            (self.views if kind == "v" else self.tables).setdefault(name, {})[int(number)] = column
        self.keys = {tuple(line.split()) for line in db.sql(KEYS).splitlines()}
        db.sql("create schema if not exists lint; create extension if not exists plpgsql_check schema lint;")
        for unit, text in self.trees():
            self.enter(unit, text)
        self.core()
        self.through_views()
        self.row_members()

    def jobs(self):
        """(unit, SQL that makes PostgreSQL parse it)."""
        for line in self.db.sql("select p.oid::regprocedure || '|' || n.nspname || '.' || p.proname || '|' || l.lanname" + FUNCTIONS).splitlines():
            signature, name, language = line.split("|")
            yield name, ("select count(*) from lint.plpgsql_check_function_tb('%s', fatal_errors := false, other_warnings := false);" if language == "plpgsql"
                         else "select pg_get_functiondef('%s'::regprocedure) \\gexec") % signature
        for view in self.db.sql(VIEWS).splitlines():
            yield "view " + view, "select 'prepare v as ' || rtrim(pg_get_viewdef('%s'::regclass), ';') \\gexec\ndeallocate v;" % view
        for name, endpoint in statements.endpoints().items():
            for variant in endpoint.variants:
                yield name, statements.prepare(endpoint, variant) + "\ndeallocate s;"

    def trees(self):
        lines = ["set log_min_messages = panic; set client_min_messages = log; set debug_print_parse = on;"]
        for unit, sql in self.jobs():
            lines.append("\\warn %s%s\n%s" % (MARK, unit, sql))
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t"], input="\n".join(lines).encode(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              env=hansa.url_environment(self.db.super_url), check=True)
        for part in done.stderr.decode(errors="replace").split(MARK)[1:]:
            unit, _, text = part.partition("\n")
            yield unit, re.sub(r"\s+", " ", text)

    def note(self, book, table, column, unit):
        book.setdefault((table, column), set()).add(unit)

    def enter(self, unit, text):
        for oid, selected, inserted, updated in ENTRY.findall(text):
            name = self.names.get(oid)
            if name is None:
                continue
            own = self.tables.get(name) or self.views[name]
            taken = {int(n) - SYSTEM for n in selected.split()}
            if 0 in taken or set(own) <= taken:
                self.rows.setdefault(unit, set()).add(name)
                if "/" not in unit:
                    taken = set()  # a row in a variable: its members are looked for in the text
                else:
                    taken = set(own)
            for number in taken & set(own):
                self.note(self.read, name, own[number], unit)
            for number in {int(n) - SYSTEM for n in (inserted + " " + updated).split()} & set(own):
                self.note(self.written, name, own[number], unit)

    def core(self):
        """Statements of the core, whose parameters are its own affair, are read as text."""
        for path in pathlib.Path(hansa.ROOT, "server", "core").glob("*.sql"):
            words = set(re.findall(r"[\w.]+", path.read_text(encoding="utf-8").lower()))
            bare = {w.split(".")[-1] for w in words}
            for table, own in self.tables.items():
                for column in set(own.values()) & bare if table in words else ():
                    self.note(self.read, table, column, "core/" + path.stem)

    def through_views(self):
        """Who reads a column of a view reads that of the same name below, else those that the view shows under no name of theirs."""
        for (name, column), units in list(self.read.items()):
            if name in self.views:
                made = [key for key, by in self.read.items() if "view " + name in by]
                for key in [key for key in made if key[1] == column] or [key for key in made if key[1] not in self.views[name].values()]:
                    self.read[key] |= units
                del self.read[(name, column)]

    def row_members(self):
        """Members of rows that a function takes, declares, selects whole or gets from a function that gives rows."""
        sources = [line.split("|", 2) for line in self.db.sql(SOURCES).splitlines()]
        givers = {}
        for unit, result, _ in sources:
            givers.setdefault(result.split()[-1], set()).add(unit)
        for unit, _, source in sources:
            for table, own in self.tables.items():
                held = set(re.findall(r"\b(\w+) (?:constant )?%s(?:\[\])?(?![\w.])" % re.escape(table), source))
                if table in self.rows.get(unit, ()):
                    held |= set(re.findall(r"\b(?:from|join|update|into) %s(?: as)? (\w+)" % re.escape(table), source))
                for giver in givers.get(table, ()):
                    held |= set(re.findall(r"\b%s\([^()]*\)(?: as)? (\w+)" % re.escape(giver), source))
                for variable in held - {"from", "join", "update", "into", "as"}:
                    for column in set(re.findall(r"\b%s\.(\w+)\b(?! *:=)" % re.escape(variable), source)) & set(own.values()):
                        self.note(self.read, table, column, unit)
