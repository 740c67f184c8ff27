#!/usr/bin/env python3
"""Dead jobs before the operator's eyes: found, let wait again, done; forgotten; and each tenant sees its own alone (J4)."""
import hansa

JOB = "insert into core.job (job_id, of_tenant, kind, key, run_at, tries, dead_at, last_error) values (core.uuidv7(), '%s', 'core.event_retention', %s, now(), 8, now(), '22012 x') returning job_id;"


def main():
    tap = hansa.Tap()
    with hansa.Database() as db, hansa.Server(db) as server:
        (first, key), (second, other) = server.tenant("acme"), server.tenant("beta")
        operator = server.operator_key()
        jobs = [db.sql(JOB % (first, "null")), db.sql(JOB % (first, "'again'")), db.sql(JOB % (second, "null"))]

        def ask(method, path, who=operator):
            return server.request(method, "/v1/operator/jobs" + path, key=who)

        page = ask("GET", "?state=DEAD&limit=2").json
        rest = ask("GET", "?state=DEAD&limit=2&cursor=" + page["next_cursor"]).json
        tap.equal([job["job_id"] for job in page["data"] + rest["data"]], jobs[::-1], "the operator sees all dead jobs, newest first, by pages")
        tap.equal([job["job_id"] for job in ask("GET", "?state=DEAD&of_tenant=" + second).json["data"]], jobs[2:], "or those of one tenant")
        tap.equal({job["job_id"] for job in server.request("GET", "/v1/jobs?state=DEAD", key=key).json["data"]}, set(jobs[:2]), "a tenant sees its own")
        tap.equal([job["job_id"] for job in server.request("GET", "/v1/jobs?state=DEAD", key=other).json["data"]], jobs[2:], "and no other's")
        tap.equal(ask("POST", "/%s/replay" % jobs[0], key).status, 403, "a tenant replays none")
        answer = ask("POST", "/%s/replay" % jobs[0])
        tap.ok(answer.status == 200 and answer.json["state"] == "WAITING" and answer.json["tries"] == 0, "a dead job waits again", answer)
        tap.ok(hansa.wait_for(lambda: ask("GET", "/" + jobs[0]).status == 404, 20), "and is done, and gone")
        db.sql("select core.api_job('%s', 'core.event_retention', '{}', now() + interval '1 hour', 'again')" % first)
        answer = ask("POST", "/%s/replay" % jobs[1])
        tap.ok(answer.status == 409 and "job_waits" in answer.json["type"], "one whose key waits already is not doubled", answer)
        tap.equal(ask("DELETE", "/" + jobs[1]).status, 204, "a dead job can be forgotten")
        tap.equal(ask("DELETE", "/" + jobs[1]).status, 404, "once")
        tap.equal(db.sql("select string_agg(endpoint, ' ' order by entry_id) from audit.entry where object_kind = 'job'"),
                  "operator/job_replay operator/job_delete", "both stand in the audit")
        tap.equal(server.stop(), 0, "the server ends cleanly")
    tap.done()


if __name__ == "__main__":
    main()
