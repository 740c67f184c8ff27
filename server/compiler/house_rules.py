"""What must hold inside one endpoint and among all of them. Each breach is a build error with its line."""

import re

import parameter


def check_endpoint(found, rooms, errors, report):
    """Rules of a single endpoint."""
    def fail(key, text):
        report.add(found.file, found.line(key), text)

    check_shape(found, fail)
    check_conventions(found, fail)
    check_steps(found, fail)
    if found.scope and found.scope.split(":")[0] not in rooms:
        fail("who", f"scope {found.scope} names no room")
    for _, code, line in [e for e in (found.none, found.null, *found.errors) if e]:
        if code not in errors:
            report.add(found.file, line, f"no errors.def has {code}")
    for status, code, line in [e for e in (found.none, found.null, *found.errors) if e]:
        if code in errors and errors[code].status != status:
            report.add(found.file, line, f"{code} has status {errors[code].status}, not {status}")
    check_parameters(found, report)


def check_shape(found, fail):
    if not found.is_job:
        for key in ("tries", "every", "hands", "then"):
            if key in found.lines:
                fail(key, f"{key}: belongs to a job")
    elif "value" in found.lines or "access" in found.lines:
        fail("value" if "value" in found.lines else "access", "a job takes :tenant, :job_id, :payload and :context, and says no access:")
    if found.method is None:
        for key in ("query", "path", "body", "reply", "ok", "none", "null", "error", "list", "steps"):
            if key in found.lines:
                fail(key, f"an internal statement has no {key}:")
    elif "who" not in found.lines:
        fail("who", "who: is missing; say public if everybody may")
    if not found.about:
        fail("about", "about: is missing")
    if found.method in ("GET", "DELETE") and found.body_media:
        fail("body", f"a {found.method} takes no body")
    if found.body_max and not found.body_media:
        fail("bytes", "bytes: is about a body, and there is none")
    if found.is_stream and (found.method != "GET" or not found.scope or not found.reply_file or found.steps != ["stream"] or found.is_list):
        fail("stream", "a stream is a GET behind a scope, with a reply file for the data of its events, and has no steps: and no list:")
    if "stream" in found.steps and not found.is_stream:
        fail("steps", "step stream belongs to stream: yes")
    if found.is_stream and not {"since", "until"} <= {p.name for p in found.params if p.place == "value"}:
        fail("stream", "the statement of a stream tells what happened between value: since and value: until")
    has_reply = found.reply_file or found.reply_media
    if has_reply and found.ok_status == 204:
        fail("reply", "204 has no reply")
    if found.method and not has_reply and found.ok_status != 204 and "reply" in found.steps:
        fail("reply", "reply: is missing; without one, ok: is 204")
    if found.is_list and (found.method != "GET" or not found.reply_file):
        fail("list", "a list is a GET with a reply file")


def check_conventions(found, fail):
    """Idempotency, entity tags, patches, fields and expand (standards.md 5.2, 5.4, 5.7)."""
    if "idempotency" in found.lines and not (found.method == "POST" and found.scope):
        fail("idempotency", "idempotency: belongs to a POST behind a scope")
    if found.idempotency == "accepted" and found.own_steps() and "idempotency" not in found.lines:
        fail("steps", "steps may tell secrets or keep keys of their own: say idempotency: accepted, own, none-stored or required")
    if found.idempotency in ("accepted", "required", "secret") and "unit" not in found.steps:
        fail("idempotency", "what is kept under a key is the answer of step unit, and there is none")
    if found.etag != "none" and not (found.method in ("PUT", "PATCH", "DELETE") and found.scope):
        fail("etag", "etag: belongs to a PUT, PATCH or DELETE behind a scope")
    if found.body_media == "application/merge-patch+json" and found.method != "PATCH":
        fail("body", "a merge patch is the body of a PATCH")
    if any(p.place == "expand" for p in found.params) and not (found.takes_fields() and not found.is_list):
        fail("expand", "expand: belongs to a GET of one thing behind a scope, with a reply file and step reply")


def check_steps(found, fail):
    has_sql = not found.sql.is_empty()
    if not has_sql and (found.method is None or "unit" in found.steps):
        fail("steps", "there is no SQL for step unit to send")
    if has_sql and "unit" not in found.steps and not found.is_stream:
        fail("steps", "the SQL is never sent: no step unit")
    if "reply" in found.steps and "unit" not in found.steps[: found.steps.index("reply")]:
        fail("steps", "step reply comes after unit")
    if not has_sql and (found.none or found.null or found.is_list):
        fail("none", "none:, null: and list: need SQL")


def check_parameters(found, report):
    """Path, declared parameters, placeholders and clauses must tell the same story."""
    def fail(line, text):
        report.add(found.file, line, text)

    in_path = re.findall(r"\{(\w+)\}", found.path or "")
    declared = {p.name: p for p in found.params}
    for name in in_path:
        if name not in declared or declared[name].place != "path":
            fail(1, f"path parameter {name} has no path: line")
    used = {name for variant in found.variants for name in variant.names}
    is_stepped = bool(found.own_steps()) or found.method is None or found.is_stream
    for param in found.params:
        if param.place == "path" and param.name not in in_path:
            fail(param.line, f"{param.name} is not in the path")
        if param.place == "value" and not is_stepped:
            fail(param.line, f"value {param.name} is set by no step")
        is_seen = param.name in used or param.name in found.sql.optional
        if param.place == "expand" and param.name not in found.sql.optional:
            fail(param.line, f"no --? clause is for {param.name}")
        elif param.place == "expand" and param.name in used:
            fail(param.line, f"{param.name} has no value that a statement could use")
        elif not is_seen and (param.place == "value" or not is_stepped):
            fail(param.line, f"parameter {param.name} is used nowhere")
    check_placeholders(found, declared, used, fail)
    check_clauses(found, declared, fail)


def check_placeholders(found, declared, used, fail):
    known = set(parameter.BUILT_IN_OIDS) | set(declared)
    if found.method:
        known -= set(parameter.OF_WORK) - set(declared)
    elif set(parameter.OF_WORK) & set(declared):
        fail(found.line("value"), ":job_id and :payload are given by the house; leave the value: line out")
    for name in sorted(used - known):
        fail(found.sql.line_of(name), f"unknown placeholder :{name}")
    for name in ("limit", "after"):
        if (name in used) != found.is_list:
            fail(found.sql.line_of(name), f":{name} belongs to lists, and a list needs it")
    is_stepped = bool(found.own_steps())
    if "body" in used and not (found.body_file or is_stepped or found.method is None):
        fail(found.sql.line_of("body"), ":body without a body: line")
    if found.body_media and "body" not in used and not is_stepped:
        fail(found.line("body"), "the body is used nowhere")
    if found.body_media and not found.body_file and not is_stepped:
        fail(found.line("body"), "a body that is not JSON needs a step that reads it")
    if ("if_match" in used or "if_match" in found.sql.optional) != (found.etag != "none") and found.method:
        fail(found.sql.lines[0][0], ":if_match and etag: belong together")
    if found.scope is None and found.method and "actor" in used:
        fail(found.sql.line_of("actor"), ":actor on a public endpoint")
    says_reach = "reach" in found.sql.optional or "reach" in used
    is_told = found.is_tenant_wide or found.is_operator or found.is_own
    if is_told and says_reach:
        fail(found.line("reach"), "reach: tenant, operator or own and :reach exclude one another")
    if (found.is_operator or found.is_own) and not found.scope:
        fail(found.line("reach"), "reach: operator and reach: own need a scope")
    if found.method and found.scope and found.variants and not says_reach and not is_told:
        fail(found.sql.lines[0][0], "say how far a caller reaches: use :reach, or reach: tenant")
    if found.method and found.scope is None and {"reach", "context"} & used:
        fail(found.sql.lines[0][0], ":reach and :context need a caller")
    if found.method and found.scope and found.variants and not found.is_read_only and "context" not in used:
        fail(found.sql.lines[0][0], "a change is put on record: use :context, as audit.api_note does")
    if found.scope and found.variants:
        for variant in found.variants:
            if "tenant" not in variant.names:
                fail(found.sql.lines[0][0], "a statement behind a scope must say tenant_id = :tenant")


def check_clauses(found, declared, fail):
    for name in found.sql.optional:
        param = declared.get(name)
        is_optional = param and param.place in ("query", "value", "expand") and not param.is_required and param.fallback is None
        if not is_optional and not (name == "after" and found.is_list) and name not in ("reach", "if_match"):
            fail(found.sql.line_of_clause(name), f"{name} is no optional parameter, so it cannot have a --? clause")


WORK_BINDS = {"tenant", "job_id", "payload", "context", "request_id", "actor"}


def check_jobs(endpoints, report):
    """What a job says of itself and of the statements that it hands on to."""
    by_name = {e.full_name(): e for e in endpoints}
    for job in (e for e in endpoints if e.is_job):
        def fail(key, text, job=job):
            report.add(job.file, job.line(key), text)

        check_work(job, lambda text, fail=fail: fail("about", text))
        for key in ("hands", "then"):
            name = getattr(job, key)
            other = by_name.get(name)
            if not name:
                continue
            if other is None or other.method or other.is_job:
                fail(key, f"{key}: no internal statement {name}")
                continue
            check_work(other, lambda text, key=key, fail=fail: fail(key, f"{other.full_name()}: {text}"))
            if key == "then" and other.lane not in (job.lane, "any"):
                fail(key, f"{name} runs in the job's transaction, so it needs the lane {job.lane} or any")


def check_work(statement, fail):
    """A worker gives tenant, job_id, payload and who is at work; and it has no parameters to choose clauses by."""
    used = {name for variant in statement.variants for name in variant.names}
    if len(statement.variants) != 1:
        fail("a worker runs one statement, without optional clauses")
    if used - WORK_BINDS:
        fail(f"a worker has no :{sorted(used - WORK_BINDS)[0]}")


def check_routes(endpoints, report):
    """Two endpoints may not answer the same requests, and one path has one set of parameter names."""
    seen, names = {}, {}
    for found in endpoints:
        if not found.method:
            continue
        shape = re.sub(r"\{\w+\}", "{}", found.path)
        twin = seen.setdefault((found.method, shape), found)
        if twin is not found:
            report.add(found.file, 1, f"{found.method} {found.path} is already answered by {twin.full_name()}")
        first = names.setdefault(shape, found)
        if first.path != found.path:
            report.add(found.file, 1, f"path parameters have other names in {first.full_name()}: {first.path}")
