"""A client that holds every answer against what is promised of all answers, so that each test proves it by the way.

    with client.Run("slug") as run:                    # a database, a server, its document
        a = run.world("acme")                          # a tenant with a key and one of everything (world.py)
        answer = run.ask("GET", "/v1/shipments", key=a.key)
    run.verdict(tap)                                   # a handful of points about all answers and the whole log

Checked of each answer: request id; headers (promise X9); a problem's form, and that the document lists its type for this
operation and status (standards.md 5.1); nothing told of the inside (promise T9); a good answer's schema with closed objects
(promise Z3), and nothing in it that is not for the audience of who asked (docs/audiences.md). Checked of the log afterwards: JSON with known keys, one line for each request, no planted secret (O1, K1, P5).
Connections are kept alive, one a thread.
"""
import collections
import contextlib
import http.client
import re
import threading
import time
import urllib.parse

import hansa
import people
import published

INSIDE = re.compile(r"SQLSTATE|ERROR:|DETAIL:|CONTEXT:|HINT:|pg_|libpq|psycopg|relation \"|constraint \"|PL/pgSQL|prepared statement|"
                    r"\b[\w/-]+\.(c|h|sql|py|def|so)\b|/(server|migrations|tests|tmp|usr|root|home)/", re.I)
LOG_KEYS = {"time", "level", "message", "request_id", "trace_id", "span_id", "parent_id", "room", "endpoint", "method", "path", "status", "error", "duration_us",
            "db_ms", "bytes_in", "bytes_out", "tenant", "actor", "source", "http"}
NOTE_KEYS = {"time", "level", "message", "detail", "more", "request_id", "endpoint", "sqlstate", "constraint", "sql", "room", "kind", "job", "error", "ms", "pid", "parent", "restarts",
             "signal", "thread", "address", "backtrace", "lived_ms", "again_in_ms"}
FAULTS_TOLD = 25


class Faults:
    """Faults of one kind, each told once with how often it came."""

    def __init__(self):
        self.lock, self.counts = threading.Lock(), collections.Counter()

    def add(self, text):
        with self.lock:
            self.counts[text] += 1

    def __str__(self):
        told = ["%s%s" % (text, " (%d times)" % n if n > 1 else "") for text, n in self.counts.most_common(FAULTS_TOLD)]
        return "\n".join(told + (["… and %d more" % (len(self.counts) - FAULTS_TOLD)] if len(self.counts) > FAULTS_TOLD else []))


class Run:
    """One server over one cloned database. `may` names error codes that this run provokes though they are ours: 5xx. `idp`:
    a provider (provider.py) at which the people of its worlds may sign in. `rooms`: its worlds have one of everything of every room,
    which takes some seconds each. `database`: one that is there already, and stays."""

    KINDS = ("schema", "problem", "header", "inside", "server")

    def __init__(self, slug="t", may=(), idp=None, rooms=False, database=None, **settings):
        self.has_rooms = rooms
        if "core/deadline" not in may:  # who does not provoke it is not judged by it: a sanitized server on a busy machine takes its time
            settings.setdefault("call_deadline_ms", 15000)
        self.database, self.settings, self.may, self.idp = database or hansa.Database(), settings, set(may), idp
        self.of_own = contextlib.nullcontext() if database else self.database
        self.document = published.Document()
        self.faults = {kind: Faults() for kind in self.KINDS}
        self.asked = {}    # request id -> (method, operation's name or None, status)
        self.secrets = {}  # text that must not stand in the log -> what it is
        self.lock, self.local = threading.Lock(), threading.local()
        self.names, self.slug, self.log = [], slug, ""

    def __enter__(self):
        self.of_own.__enter__()
        self.server = hansa.Server(self.database, **self.settings)
        self.server.__enter__()
        self.names = catalogue_names(self.database, self.document.text)
        return self

    def __exit__(self, *error):
        try:
            if error[0] is None:
                self.server.stop()
                self.log = self.server.log_text()
            self.server.__exit__(*error)
        finally:
            self.of_own.__exit__(*error)

    def world(self, slug, full=True):
        import world
        return world.World(self, slug, full)

    def secret(self, text, what):
        """Notes a text that may never be logged."""
        with self.lock:
            self.secrets[text] = what
        return text

    def canary(self, text, what="text of a body"):
        return self.secret(text, what)

    def connection(self):
        kept = getattr(self.local, "connection", None)
        if kept is None:
            kept = self.local.connection = self.server.connect()
        return kept

    def ask(self, method, path, body=None, key=None, headers=None, is_retried=True):
        """One request on this thread's connection; the answer is checked."""
        for last in (not is_retried, True):
            try:
                answer = hansa.ask(self.connection(), method, path, body, key, headers)
                break
            except (OSError, http.client.HTTPException):
                self.leave()
                if last:
                    raise
        if answer.headers.get("connection", "").lower() == "close":
            self.leave()
        self.check(method, path, answer, key, headers)
        return answer

    def leave(self):
        kept, self.local.connection = getattr(self.local, "connection", None), None
        if kept:
            kept.close()

    # --- what is promised of every answer ---

    def check(self, method, path, answer, key=None, headers=None):
        operation = self.document.find(method, path)
        where = "%s %s %d" % (method, operation.path if operation else path.split("?")[0][:60], answer.status)
        self.check_headers(where, operation, answer)
        request_id = answer.headers.get("request-id", "")
        with self.lock:
            if request_id in self.asked:
                self.faults["header"].add(where + ": a request id that came before")
            self.asked[request_id] = (method, operation.name if operation else None, answer.status)
        if method == "HEAD" or answer.status in (204, 304):
            if answer.body:
                self.faults["header"].add(where + ": has a body")
        elif answer.status >= 400:
            self.check_problem(where, operation, answer, request_id)
        else:
            audience = "PUBLIC" if operation and operation.is_public else people.audience_of(key, headers)
            self.check_good(where, operation, answer, "fields=" in path, audience)

    def check_headers(self, where, operation, answer):
        headers, add = answer.headers, self.faults["header"].add
        if not re.fullmatch("[0-9a-f]{32}", headers.get("request-id", "")):
            add(where + ": no request-id")
        if headers.get("x-content-type-options") != "nosniff":
            add(where + ": no nosniff")
        if "server" in headers or "x-powered-by" in headers:
            add(where + ": tells its server: %r" % headers.get("server"))
        cache = headers.get("cache-control", "")
        is_open = operation is not None and operation.is_public
        if not cache or "public" in cache or not (is_open or "no-store" in cache or "private" in cache):
            add(where + ": cache-control %r" % cache)
        if answer.body:
            media = headers.get("content-type", "")
            if not media:
                add(where + ": no content-type")
            if media.startswith("text/") and "charset=utf-8" not in media.lower():
                add(where + ": content-type without charset: %r" % media)
        if answer.status == 401 and not headers.get("www-authenticate", "").startswith("Bearer"):
            add(where + ": no www-authenticate")
        if answer.status == 405 and not headers.get("allow"):
            add(where + ": no allow")
        if answer.status in (429, 503) and not headers.get("retry-after", "").isdigit():
            add(where + ": no retry-after")

    def check_problem(self, where, operation, answer, request_id):
        add = self.faults["problem"].add
        text = answer.body.decode("utf-8", "replace")
        if answer.headers.get("content-type", "").startswith("text/html"):
            if not operation or "text/html" not in operation.replies:
                add(where + ": answers HTML")
            self.check_inside(where, text)
            return
        if answer.headers.get("content-type") != "application/problem+json":
            add(where + ": content-type %r" % answer.headers.get("content-type"))
        try:
            problem = published.read_json(text)
        except ValueError as error:
            add("%s: %s: %r" % (where, error, text[:100]))
            return
        for fault in self.document.faults(self.document.problem, problem):
            self.faults["schema"].add("%s: %s" % (where, fault))
        if problem.get("status") != answer.status or not problem.get("title") or problem.get("request_id") != request_id:
            add(where + ": status, title or request_id is wrong: " + text[:200])
        code = problem.get("type", "")[len("/problems/"):]
        known = operation.codes(answer.status) if operation else None
        if known is None:
            known = self.document.codes
            if operation and answer.status != 405:
                add("%s: the document does not know this status of the operation" % where)
            where = "any %d" % answer.status
        if not problem.get("type", "").startswith("/problems/") or code not in known:
            add("%s: the document does not list type %r here" % (where, problem.get("type")))
        if answer.status >= 500 and code not in self.may:
            self.faults["server"].add("%s: %s" % (where, code))
        self.check_inside(where, text)

    def check_inside(self, where, text):
        """Promise T9: nothing of the inside in an answer that tells an error."""
        told = INSIDE.search(text)
        if told:
            self.faults["inside"].add("%s: tells %r" % (where, told.group(0)))
        for name in self.names:
            if name in text and re.search(r"(?<![\w.])" + re.escape(name) + r"(?!\w)", text):
                self.faults["inside"].add("%s: tells %s" % (where, name))

    def check_good(self, where, operation, answer, is_part, audience):
        if operation is None:
            self.faults["schema"].add(where + ": the document has no such operation")
            return
        media = answer.headers.get("content-type", "").split(";")[0]
        if answer.status != operation.ok:
            self.faults["schema"].add("%s: the document says %d" % (where, operation.ok))
        if not operation.replies:
            return  # the document says nothing of the body (metrics, the document itself)
        if media not in operation.replies:
            self.faults["schema"].add("%s: the document does not list %s" % (where, media))
        elif media == "application/json":
            try:
                value = published.read_json(answer.body)
            except ValueError as error:
                self.faults["schema"].add("%s: %s" % (where, error))
                return
            for fault in self.document.faults(operation.replies[media]["schema"], value, audience=audience)[:5]:
                if is_part and fault.endswith("is missing"):
                    continue
                self.faults["schema"].add("%s: %s" % (where, re.sub(r"/\d+", "/#", fault)))

    # --- the verdict, after the server has ended ---

    def verdict(self, tap):
        for kind, name in (("schema", "each good answer fits its published schema, each problem its own (Z3)"),
                           ("problem", "each error is a problem of a type that the document lists for it (standards 5.1)"),
                           ("header", "headers of each answer: request id, nosniff, cache-control, content type, no server (X9)"),
                           ("inside", "no answer tells of the inside: no catalogue name, no SQL, no file (T9)"),
                           ("server", "no answer is a fault of ours")):
            tap.ok(not self.faults[kind].counts, name, self.faults[kind])
        log = self.log_faults()
        tap.ok(not log["form"].counts, "each log line is JSON with known keys", log["form"])
        tap.ok(not log["missing"].counts, "each of %d requests has its one log line (O1)" % len(self.asked), log["missing"])
        tap.ok(not log["secret"].counts, "the log holds no key, no token, no text of a body (K1, P5)", log["secret"])
        tap.ok(not log["failed"].counts, "no statement failed in a way that errors.def does not know", log["failed"])

    def log_faults(self):
        found = {kind: Faults() for kind in ("form", "missing", "secret", "failed")}
        seen = collections.Counter()
        for line in self.log.splitlines():
            try:
                entry = published.read_json(line)
            except ValueError:
                found["form"].add("no JSON: " + line[:200])
                continue
            self.log_line(entry, found, seen)
        for request_id, asked in self.asked.items():
            if seen[request_id] != 1:
                found["missing"].add("%s: %d lines" % (asked, seen[request_id]))
        for secret, what in self.secrets.items():
            if secret in self.log or urllib.parse.quote(secret) in self.log:
                found["secret"].add(what)
        return found

    def log_line(self, entry, found, seen):
        is_request = entry.get("message") in ("request", "cancelled")
        unknown = set(entry) - (LOG_KEYS if is_request else NOTE_KEYS)
        if unknown or not {"time", "level", "message"} <= set(entry):
            found["form"].add("%s: unknown or missing keys %s" % (entry.get("message"), sorted(unknown)))
        if entry.get("message") == "statement failed":
            found["failed"].add("%s %s %s %s" % (entry.get("endpoint"), entry.get("sqlstate"), entry.get("constraint"), entry.get("sql")))
        if not is_request or entry.get("request_id") not in self.asked:
            return
        seen[entry["request_id"]] += 1
        method, name, status = self.asked[entry["request_id"]]
        if entry.get("method") != method or entry.get("status") != status or (name and status != 405 and entry.get("endpoint", name) != name):
            found["form"].add("a line does not tell its request: %s" % ((method, name, status),))


def catalogue_names(database, published_text):
    """Names of tables, columns, constraints, indexes and functions that are no words of the published API."""
    rows = database.sql("""
        select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in (select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')
        union select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind in ('i', 'v')
        union select a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
         where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and a.attnum > 0 and a.attname ~ '_'
        union select k.conname from pg_constraint k join pg_namespace n on n.oid = k.connamespace
         where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
        union select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and p.proname ~ '_'
        union select rolname from pg_roles where rolname !~ '^pg_' and rolname <> 'postgres'""").split("\n")
    told = set(re.findall(r"\w+", published_text)) | set(re.findall(r"(?<!\w)(?=(\w+\.\w+))", published_text))  # once: a search for each of a thousand names in megabytes takes minutes
    return sorted(name for name in rows if len(name) > 5 and name not in told
                  and name not in ("tenant_id", "created_at"))


class Snapshot:
    """All rows of all our tables, as one line of text a table: to prove that nothing was written. Columns that reading may
    note (last use of a key, views of a link) do not count, entries of refusals and of exports, the seals that a timer cuts, the queue itself, nor counts of failed sign-ins, nor sign-ins that begin, nor PostgreSQL's own tables."""

    NOTED = {"identity.api_key": ["last_used_at"], "identity.session": ["last_seen_at"], "tracking.link": ["last_viewed_at", "view_count"]}
    PART = {"audit.entry": "where outcome = 'CHANGED' and actor_kind <> 'SYSTEM'", "insight.snapshot": "where cause <> 'NIGHTLY'",
            "core.event": "where type <> 'insight.snapshot.made'"}

    def __init__(self, database):
        self.database = database
        tables = database.sql("select n.nspname || '.' || quote_ident(c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                              " where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> "
                              "'information_schema' and n.nspname || '.' || c.relname not in ('core.zone', 'core.migration', 'core.job', 'core.schedule', 'core.rate_use', 'core.rate_server', 'core.idempotency', 'operator.usage_hour', 'operator.kept', 'identity.login_failure', 'identity.login_source', 'identity.idp_login', 'audit.seal', 'audit.head', 'audit.origin') order by 1").split("\n")
        self.contents = {
            table: "select '%s ' || count(*) || ' ' || coalesce(md5(string_agg(r, '' order by r)), '') from (select md5((to_jsonb(t) - array[%s]::text[])"
                   "::text) as r from %s t %s) x" % (table, ", ".join("'%s'" % c for c in self.NOTED.get(table, [])), table, self.PART.get(table, ""))
            for table in tables}
        # Where rows stand and who wrote them: cheap to ask, and alike only when nothing was written to the table.
        self.stands = " union all ".join("select '%s ' || count(*) || ' ' || coalesce(sum(hashint8extended(xmin::text::bigint << 32 | xmax::text::bigint, hashtid(ctid))::"
                                         "numeric), 0) from %s" % (table, table) for table in tables)
        self.stood, self.held = {}, {}
        self.before = self.take()

    def take(self):
        # what is queued and due belongs to the change that queued it
        due = "select count(*) from core.job j join identity.tenant t on t.id = j.of_tenant and t.status = 'ACTIVE' where j.dead_at is null and j.run_at <= now();"
        hansa.wait_for(lambda: self.database.sql(due) == "0", 5)
        stands = dict(line.split(" ", 1) for line in self.database.sql(self.stands).split("\n"))
        moved = [table for table, stand in stands.items() if self.stood.get(table) != stand]
        if moved:
            self.held.update(line.split(" ", 1) for line in self.database.sql(" union all ".join(self.contents[t] for t in moved)).split("\n"))
        self.stood = stands
        return dict(self.held)

    def changes(self, is_kept=False):
        """Tables that differ from the last look; [] = nothing was written. is_kept: the next look compares with this one."""
        now = self.take()
        changed = ["%s %s" % (table, held) for table, held in now.items() if held != self.before[table]]
        if is_kept:
            self.before = now
        return changed


def eventually(condition, seconds):
    """(value, seconds that it took)."""
    begun = time.monotonic()
    value = hansa.wait_for(condition, seconds, 0.02)
    return value, time.monotonic() - begun


def problem_code(answer):
    """room/name of a problem, or None."""
    try:
        return published.read_json(answer.body).get("type", "")[len("/problems/"):]
    except (ValueError, AttributeError):
        return None


def pointers(answer):
    try:
        return [e.get("pointer", e.get("parameter")) for e in published.read_json(answer.body).get("errors", [])]
    except (ValueError, AttributeError):
        return []
