"""One of everything of room crm."""
PLACE = 10


def fill(world):
    account = world.values["account_id"]

    def task(**more):
        return world.post("/v1/tasks", {"title": world.run.canary("Canary task %s" % world.slug, "a task's title"), "account_id": account, **more}, 201)["task_id"]
    phone = "+31 10 555 %04d" % (sum(world.slug.encode()) % 10000)
    world.values["phone"] = phone
    world.values["parent_account_id"] = world.post("/v1/accounts", {"name": "Holding of " + world.slug, "phone": phone, "tags": ["key"]}, 201)["account_id"]
    world.values.update(task_id=task(due_at="2026-03-12T09:00:00+01:00", zone="Europe/Amsterdam"), done_task_id=task(), cancelled_task_id=task(), closed_task_id=task())
    world.post("/v1/tasks/%s/complete" % world.values["closed_task_id"], None)
    world.values["interaction_id"] = world.post("/v1/interactions", {
        "account_id": account, "channel": "PHONE", "direction": "IN", "summary": world.run.canary("Canary talk of " + world.slug, "what was said")},
        201)["interaction_id"]
    world.post("/v1/contacts", {"account_id": account, "name": "Channel " + world.slug, "channels": [{"channel": "WECHAT", "address": "c_" + world.slug}]}, 201)
