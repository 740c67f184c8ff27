#!/usr/bin/env python3
"""One history of every touch, in the order in which things happened; what follows from it is a task; a reminder comes exactly once."""
import datetime
import threading

import client
import hansa
import people


def soon(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).isoformat()


def time_line(tap, run, a):
    account = a.post("/v1/accounts", {"name": "Talkative"}, 201)["account_id"]
    contact = a.contact(account)
    made = []
    for n, (channel, day) in enumerate((("PHONE", 3), ("VISIT", 1), ("WECHAT", 5), ("FAX", 2), ("MAIL", 4), ("EMAIL", 5), ("SMS", 5))):
        body = {"account_id": account, "channel": channel, "direction": "IN", "summary": "Touch %d" % n, "occurred_at": "2026-03-%02dT09:00:00Z" % day}
        body.update({"outcome": "SUCCESS"} if channel == "VISIT" else {}, **({"contact_id": contact} if n % 2 == 0 else {}))
        made.append(a.post("/v1/interactions", body, 201))
    wanted = [m["interaction_id"] for m in sorted(made, key=lambda m: (m["occurred_at"], m["interaction_id"]), reverse=True)]
    found, cursor = [], ""
    while cursor is not None:
        page = a.get("/v1/interactions?limit=2&account_id=%s%s" % (account, "&cursor=" + cursor if cursor else "")).json
        found, cursor = found + [d["interaction_id"] for d in page["data"]], page["next_cursor"]
    tap.equal(found, wanted, "the time line is in the order in which things happened, page by page, several in one moment too")
    of_contact = [d["interaction_id"] for d in a.get("/v1/interactions?contact_id=" + contact).json["data"]]
    tap.equal(of_contact, [i for i in wanted if i in {m["interaction_id"] for m in made[::2]}], "a contact has its own")
    before = run.database.sql("select count(*) from crm.task;"), run.database.sql("select count(*) from crm.interaction;")
    bad = run.ask("POST", "/v1/interactions", {"account_id": account, "channel": "PHONE", "direction": "IN", "summary": "x",
                                               "follow_up": {"due_at": "2026-03-12T09:00:00Z", "zone": "Europe/Nowhere"}}, a.key)
    after = run.database.sql("select count(*) from crm.task;"), run.database.sql("select count(*) from crm.interaction;")
    tap.ok(bad.status == 422 and before == after, "a follow-up that cannot be takes the touch with it", bad)
    good = a.post("/v1/interactions", {"account_id": account, "channel": "PHONE", "direction": "IN", "subject": "Rates", "summary": "Wants rates.",
                                       "follow_up": {"due_at": "2026-03-12T09:00:00+01:00", "zone": "Europe/Amsterdam"}}, 201)
    task = a.get("/v1/tasks/" + good["follow_up_task_id"]).json
    tap.equal((task["title"], task["account_id"], task["due_at"], task["is_overdue"]), ("Rates", account, "2026-03-12T09:00:00+01:00", True), "what follows is a task")
    return account


def reminders(tap, run, a, account):
    task = a.post("/v1/tasks", {"title": "Call", "account_id": account, "reminder_at": soon(1.0)}, 201)["task_id"]
    put_off = a.post("/v1/tasks", {"title": "Call later", "account_id": account, "reminder_at": soon(1.0)}, 201)["task_id"]
    done = a.post("/v1/tasks", {"title": "Done before", "account_id": account, "reminder_at": soon(1.0)}, 201)["task_id"]
    patch = {"if-match": "*", "content-type": "application/merge-patch+json"}
    tap.equal(run.ask("PATCH", "/v1/tasks/" + put_off, {"reminder_at": soon(3.5)}, a.key, patch).status, 200, "a reminder is put off")
    a.post("/v1/tasks/%s/complete" % done, None)

    def count(which):
        return int(run.database.sql("select count(*) from core.event where type = 'crm.task.reminded' and object_id = '%s';" % which))
    got = hansa.wait_for(lambda: count(task) == 1, 10)
    early = count(put_off)
    tap.ok(got and a.get("/v1/tasks/" + task).json["reminded_at"], "a reminder comes")
    tap.equal(early, 0, "one that was put off has not come with it")
    tap.ok(hansa.wait_for(lambda: count(put_off) == 1, 12), "it comes at its later time")
    # The job a second time, as after a crash between effect and end: it changes nothing.
    run.database.sql("insert into core.job (job_id, of_tenant, kind, payload, run_at) select core.uuidv7(), '%s', 'crm.task_remind', "
                     "jsonb_build_object('task_id', '%s'), now() from generate_series(1, 5);" % (a.tenant, task))
    hansa.wait_for(lambda: run.database.sql("select count(*) from core.job where kind = 'crm.task_remind';") == "0", 10)
    tap.equal((count(task), count(put_off), count(done)), (1, 1, 0), "each exactly once, and none for what was done before")


def own_tasks(tap, run, a, account):
    who = people.make(run.server, a.slug, "ida@canary.example")
    run.database.sql("delete from identity.role_grant where user_id = '%s';" % who.user_id)
    a.grant(who.user_id, "sales", reach="OWN")
    session = people.sign_in(run.server, who)
    hers = a.post("/v1/tasks", {"title": "Hers", "account_id": account, "assignee_id": who.user_id, "due_at": "2026-03-12T09:00:00Z", "zone": "UTC"}, 201)["task_id"]
    others = a.post("/v1/tasks", {"title": "Another's", "account_id": account}, 201)["task_id"]

    def listed(query):
        return [t["task_id"] for t in run.ask("GET", "/v1/tasks" + query, headers=session.headers()).json["data"]]
    tap.equal((listed(""), listed("?whose=MINE&due=OVERDUE")), ([hers], [hers]), "who reaches own accounts sees own tasks")
    tap.equal((run.ask("GET", "/v1/tasks/" + others, headers=session.headers()).status, run.ask("POST", "/v1/tasks/%s/complete" % others, None, headers=session.headers()).status),
              (404, 404), "and not those of others")
    tap.equal(run.ask("POST", "/v1/tasks/%s/complete" % hers, None, headers=session.headers()).json["state"], "DONE", "she does it")
    tap.equal(run.ask("POST", "/v1/tasks/%s/cancel" % hers, None, headers=session.headers()).status, 409, "what is done is not cancelled")
    tap.equal((listed("?state=DONE"), listed("?due=OVERDUE")), ([hers], []), "then it is done and not late")
    tap.equal(run.ask("POST", "/v1/tasks/%s/reopen" % hers, None, headers=session.headers()).json["done_at"], None, "and may be opened again")
    barrier, told = threading.Barrier(50), []

    def race():
        barrier.wait()
        told.append(a.run.ask("POST", "/v1/tasks/%s/complete" % others, None, a.key).status)
    threads = [threading.Thread(target=race) for _ in range(50)]
    [t.start() for t in threads], [t.join() for t in threads]
    events = run.database.sql("select count(*) from core.event where type = 'crm.task.done' and object_id = '%s';" % others)
    tap.equal((set(told), events), ({200}, "1"), "fifty complete one task at once: it is done once")


def main():
    tap = hansa.Tap()
    run = client.Run("history", max_running_tenant=200)
    with run:
        a = run.world("history-a", full=False)
        account = time_line(tap, run, a)
        own_tasks(tap, run, a, account)
        reminders(tap, run, a, account)
    run.verdict(tap)
    tap.done()


main()
