#!/usr/bin/env python3
"""Alliances: the lives of alliances and members against tables of their own, charters against a hash made in Python, who sees what, and
fifty acceptances at once (promises T1, T4; issue 4.4; decision 0034)."""
import hashlib
import json
import os
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import client  # noqa: E402
import hansa  # noqa: E402
import world  # noqa: E402
import world_of_alliances as make  # noqa: E402

ALLIANCE_STEPS = {("PROPOSED", "DISSOLVED"), ("INVITING", "ACTIVE"), ("INVITING", "DISSOLVED"), ("ACTIVE", "SUSPENDED"), ("ACTIVE", "WINDING_UP"),
                  ("SUSPENDED", "ACTIVE"), ("SUSPENDED", "WINDING_UP"), ("WINDING_UP", "DISSOLVED")}
SELF_STEPS = {(state, "LEFT") for state in ("INVITED", "ACCEPTED", "ACTIVE", "SUSPENDED")}
LEAD_STEPS = {("ACTIVE", "SUSPENDED"), ("SUSPENDED", "ACTIVE")} | {(state, "EXPELLED") for state in ("INVITED", "ACCEPTED", "ACTIVE", "SUSPENDED")}
MEMBERS = 10


def canonical(value):
    """What jsonb writes for this value (decision 0034): written from the words of the decision, not from the code."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: (len(k.encode()), k.encode()))
        return "{%s}" % ", ".join("%s: %s" % (canonical(k), canonical(value[k])) for k in keys)
    if isinstance(value, list):
        return "[%s]" % ", ".join(map(canonical, value))
    return json.dumps(value, ensure_ascii=False)


def sha(value):
    return hashlib.sha256(canonical(value).encode()).hexdigest()


class Scene:
    def __init__(self, tap, run):
        self.tap, self.run = tap, run
        self.lead, self.stranger = run.world("lead", full=False), run.world("stranger", full=False)
        self.members = [run.world("member-%d" % i, full=False) for i in range(MEMBERS)]
        for one in [self.lead, self.stranger] + self.members:
            one.org_id = one.get("/v1/organisations/own").json["org_id"]
        self.member = self.members[0]

    def post(self, who, path, body):
        return self.run.ask("POST", path, body, who.key)

    def must(self, who, path, body, expected=200):
        return make.ask(self.lead, who.key, "POST", path, body, expected)

    def invite(self, alliance, who, expected=201):
        return self.must(self.lead, "/v1/alliances/%s/members" % alliance, {"org_id": who.org_id, "roles": ["TRUNK"]}, expected)

    def move(self, alliance, to, who=None, of=None):
        path = "/v1/alliances/%s/transitions" % alliance if of is None else "/v1/alliances/%s/members/%s/transitions" % (alliance, of.org_id)
        return self.post(who or self.lead, path, {"to": to, "reason": "A test"})

    def accept(self, who, alliance):
        return make.accept(self.lead, who.key, alliance)

    def state(self, alliance, who=None):
        return self.run.ask("GET", "/v1/alliances/" + alliance, key=(who or self.lead).key).json

    def alliance_in(self, state):
        """A new alliance in this state; its second member is ACTIVE from ACTIVE on."""
        made = make.alliance(self.lead)["alliance_id"]
        for step in {"PROPOSED": "", "INVITING": "i", "ACTIVE": "ia", "SUSPENDED": "ias", "WINDING_UP": "iaw", "DISSOLVED": "iawd"}[state]:
            if step == "i":
                self.invite(made, self.member)
                self.accept(self.member, made)
            else:
                answer = self.move(made, {"a": "ACTIVE", "s": "SUSPENDED", "w": "WINDING_UP", "d": "DISSOLVED"}[step])
                assert answer.status == 200, answer
        return made

    def member_in(self, state):
        """A new alliance in which self.member has this state."""
        made = make.alliance(self.lead)["alliance_id"]
        self.invite(made, self.member)
        if state != "INVITED":
            self.accept(self.member, made)
        if state in ("ACTIVE", "SUSPENDED"):
            assert self.move(made, "ACTIVE").status == 200
        if state in ("SUSPENDED", "EXPELLED"):
            assert self.move(made, state, of=self.member).status == 200
        if state == "LEFT":
            assert self.move(made, "LEFT", self.member, self.member).status == 200
        return made


def lives(scene):
    faults = []
    for state in ("PROPOSED", "INVITING", "ACTIVE", "SUSPENDED", "WINDING_UP", "DISSOLVED"):
        for to in ("ACTIVE", "SUSPENDED", "WINDING_UP", "DISSOLVED"):
            made = scene.alliance_in(state)
            answer = scene.move(made, to)
            expected = 200 if (state, to) in ALLIANCE_STEPS else 409
            after = scene.state(made)["state"]
            if answer.status != expected or after != (to if expected == 200 else state):
                faults.append("%s > %s: %r, then %s" % (state, to, answer, after))
    scene.tap.ok(not faults, "an alliance takes the steps of its table and no other (24 cells)", "\n".join(faults))
    faults = []
    for state in ("INVITED", "ACCEPTED", "ACTIVE", "SUSPENDED", "LEFT", "EXPELLED"):
        for to in ("ACTIVE", "SUSPENDED", "LEFT", "EXPELLED"):
            for who, steps in ((scene.member, SELF_STEPS), (scene.lead, LEAD_STEPS)):
                made = scene.member_in(state)
                answer = scene.move(made, to, who, scene.member)
                expected = 200 if (state, to) in steps else 409
                after = scene.state(made, scene.member)["own"]["state"]
                if answer.status != expected or after != (to if expected == 200 else state):
                    faults.append("%s > %s by %s: %r, then %s" % (state, to, who.slug, answer, after))
    scene.tap.ok(not faults, "a member takes the steps of its table and no other (48 cells)", "\n".join(faults))


def charters(scene):
    tap = scene.tap
    odd = "Zwölf Straßen \u4e0a\u6d77 \"quoted\" \\ back\tand\nline \U0001f69a"
    charter = {"text": odd, "roles": [{"role": "TRUNK", "duties": "Nachts «fahren»"}, {"role": "REQUESTING"}],
               "share_rules": [{"document": "STATUS", "role": "TRUNK", "fields": ["/a~1b/ä", ""], "valid_to": None}],
               "split": {"kind": "FIXED", "currency": "EUR", "total": "10.50", "shares": [{"role": "TRUNK", "value": "10.5"}]}}
    made = make.alliance(scene.lead, charter=charter)["alliance_id"]
    first = make.newest(scene.lead, scene.lead.key, made)
    tap.equal(first["sha256"], sha(first["charter"]), "the hash is the one that Python makes of what the API answers")
    tap.ok(first["charter"]["text"] == odd and first["charter"]["alliance_id"] == made and first["charter"]["version"] == 1
           and "valid_to" not in first["charter"]["share_rules"][0], "the text is what was proposed, with alliance and version, without nulls", first)
    usual = make.newest(scene.lead, scene.lead.key, make.alliance(scene.lead)["alliance_id"])
    rules = {(r["document"], r["role"]): r["fields"] for r in usual["charter"]["share_rules"]}
    tap.ok(usual["sha256"] == sha(usual["charter"]) and rules[("STATUS", "REQUESTING")] == [""] and ("STATUS", "OBSERVER") not in rules
           and not any("margin" in f or "sell" in f or "credit" in f for fields in rules.values() for f in fields), "usual rules stand in the hashed text", rules)
    made = scene.alliance_in("ACTIVE")
    scene.invite(made, scene.members[1])
    scene.accept(scene.members[1], made)
    tap.equal(scene.state(made, scene.members[1])["own"]["state"], "ACTIVE", "who accepts the charter in force is active at once")
    second = scene.must(scene.lead, "/v1/alliances/%s/charters" % made, {**make.CHARTER, "text": "Anew."}, 201)
    tap.ok(second["version"] == 2 and second["state"] == "PROPOSED" and scene.state(made)["charter_version"] == 1, "the old version stays in force meanwhile", second)
    old = next(c for c in make.ask(scene.lead, scene.lead.key, "GET", "/v1/alliances/%s/charters" % made, None, 200)["data"] if c["version"] == 1)
    wrong = scene.post(scene.member, "/v1/alliances/%s/charters/%s/acceptances" % (made, second["charter_id"]), {"sha256": old["sha256"]})
    tap.ok(wrong.status == 422 and client.problem_code(wrong) == "alliances/charter_differs", "the hash of the old text accepts nothing", wrong)
    one = scene.accept(scene.member, made)
    tap.equal((one["state"], scene.state(made)["charter_version"]), ("PROPOSED", 1), "one of two is not enough")
    told = {a["org_id"]: a for a in one["acceptances"]}
    tap.ok(told[scene.member.org_id]["actor_id"] and told[scene.member.org_id]["sha256"] == second["sha256"] and told[scene.lead.org_id]["actor_id"] is None,
           "who accepted, when and under which hash; the person or key only to the member itself", told)
    tap.equal(scene.accept(scene.members[1], made)["state"], "IN_FORCE", "the last acceptance puts it into force")
    tap.equal([c["state"] for c in make.ask(scene.lead, scene.lead.key, "GET", "/v1/alliances/%s/charters" % made, None, 200)["data"]],
              ["IN_FORCE", "SUPERSEDED"], "and supersedes the old")
    scene.must(scene.lead, "/v1/alliances/%s/charters" % made, {**make.CHARTER, "text": "A third."}, 201)
    scene.accept(scene.member, made)
    scene.move(made, "LEFT", scene.members[1], scene.members[1])
    tap.equal(scene.state(made)["charter_version"], 3, "who leaves no longer stands in the way")
    scene.move(made, "SUSPENDED", of=scene.member)
    scene.must(scene.lead, "/v1/alliances/%s/charters" % made, {**make.CHARTER, "text": "A fourth."}, 201)
    tap.equal(scene.state(made)["charter_version"], 4, "nor does who is suspended")
    back = scene.move(made, "ACTIVE", of=scene.member)
    tap.ok(back.status == 409 and client.problem_code(back) == "alliances/charter_not_accepted", "who comes back must have accepted the charter in force", back)
    scene.accept(scene.member, made)
    tap.equal(scene.move(made, "ACTIVE", of=scene.member).status, 200, "and then comes back")
    stored = scene.run.database.sql("select count(*) from alliances.charter where encode(sha256, 'hex') <> encode(sha256(convert_to(body::text, 'UTF8')), 'hex');")
    tap.equal(stored, "0", "no row holds another hash")
    try:
        scene.run.database.sql("update alliances.charter set body = body || '{\"text\": \"forged\"}' where version = 1;")
        forged = True
    except RuntimeError:
        forged = False
    tap.ok(not forged, "a text cannot be changed under its hash, not even by the owner")


def without_id(answer):
    value = dict(answer.json)
    value.pop("request_id", None)
    return answer.status, value


def eyes(scene):
    """A stranger learns nothing; a guest sees head, own membership and charter."""
    tap, run = scene.tap, scene.run
    made = scene.alliance_in("ACTIVE")
    charter = make.newest(scene.lead, scene.lead.key, made)
    base, nobody = "/v1/alliances/" + made, "/v1/alliances/" + str(uuid.uuid4())
    asked = [("GET", "", None), ("PATCH", "", {"name": "Mine"}), ("POST", "/transitions", {"to": "DISSOLVED", "reason": "No"}), ("GET", "/members", None),
             ("POST", "/members", {"org_id": scene.stranger.org_id, "roles": ["HUB"]}), ("POST", "/members/%s/transitions" % scene.member.org_id, {"to": "LEFT"}),
             ("GET", "/charters", None), ("POST", "/charters", make.CHARTER), ("GET", "/charters/" + charter["charter_id"], None),
             ("POST", "/charters/%s/acceptances" % charter["charter_id"], {"sha256": charter["sha256"]})]
    faults, snapshot = [], client.Snapshot(run.database)
    for method, rest, body in asked:
        headers = {"content-type": "application/merge-patch+json", "if-match": "*"} if method == "PATCH" else {}
        one, other = (run.ask(method, path + rest, body, scene.stranger.key, headers) for path in (base, nobody))
        if one.status != 404 or without_id(one) != without_id(other):
            faults.append("%s %s: %r / %r" % (method, rest, one, other))
    tap.ok(not faults and not snapshot.changes(), "a stranger gets nobody's 404 at all %d doors, and writes nothing" % len(asked), "\n".join(faults))
    tap.equal(run.ask("GET", "/v1/alliances", key=scene.stranger.key).json["data"], [], "and lists none")

    def rows(who):
        return [int(hansa.psql(run.database.app_url, "set hansa.tenant_id = '%s'; select count(*) from alliances.%s where alliance_id = '%s';"
                               % (who.tenant, table, made)).splitlines()[-1]) for table in ("alliance", "member", "charter", "acceptance")]
    tap.equal((rows(scene.stranger), rows(scene.lead)), ([0, 0, 0, 0], [1, 2, 1, 2]), "the policies hide its rows from a stranger's session altogether")
    guest = scene.members[2]
    scene.invite(made, guest)
    found = run.ask("GET", "/v1/alliances?member_state=INVITED", key=guest.key).json["data"]
    tap.ok([a["alliance_id"] for a in found if a["alliance_id"] == made] == [made] and found[0]["lead"]["org_id"] == scene.lead.org_id, "who is invited finds it", found)
    seen = [run.ask("GET", base + rest, key=guest.key) for rest in ("", "/members", "/charters")]
    tap.ok(all(a.status == 200 for a in seen) and [m["organisation"]["org_id"] for m in seen[1].json["data"]] == [guest.org_id]
           and seen[2].json["data"][0]["sha256"] == charter["sha256"] and not any(scene.member.org_id in a.body.decode() for a in seen),
           "a guest sees head, own membership and charter, and no other member", [a.body for a in seen])
    tap.equal(rows(guest), [1, 1, 1, 0], "so do the policies")
    other = scene.post(guest, "/v1/alliances/%s/members/%s/transitions" % (made, scene.member.org_id), {"to": "LEFT"})
    none = scene.post(guest, "/v1/alliances/%s/members/%s/transitions" % (made, uuid.uuid4()), {"to": "LEFT"})
    tap.ok(other.status == 404 and without_id(other) == without_id(none), "a guest cannot find out by touching either", (other, none))
    scene.accept(guest, made)
    tap.equal(len(run.ask("GET", base + "/members", key=guest.key).json["data"]), 3, "a member sees the members")
    scene.move(made, "LEFT", guest, guest)
    scene.must(scene.lead, base + "/charters", {**make.CHARTER, "text": "After you left."}, 201)
    tap.equal([c["version"] for c in run.ask("GET", base + "/charters", key=guest.key).json["data"]], [1], "who left reads what it had accepted, and nothing since")
    tap.equal(len(run.ask("GET", base + "/members", key=guest.key).json["data"]), 1, "and itself alone")


def at_once(scene):
    """Fifty acceptances of ten members, with the lead's changes between them."""
    tap, made = scene.tap, make.alliance(scene.lead)["alliance_id"]
    for one in scene.members:
        scene.invite(made, one)
        scene.accept(one, made)
    assert scene.move(made, "ACTIVE").status == 200
    new = scene.must(scene.lead, "/v1/alliances/%s/charters" % made, {**make.CHARTER, "text": "All at once."}, 201)
    path = "/v1/alliances/%s/charters/%s/acceptances" % (made, new["charter_id"])
    version = scene.run.ask("GET", "/v1/alliances/" + made, key=scene.lead.key).headers["etag"]

    def act(i):
        if i % 10 == 9:
            return scene.run.ask("PATCH", "/v1/alliances/" + made, {"name": "Name %d" % i}, scene.lead.key,
                                 {"content-type": "application/merge-patch+json", "if-match": version})
        return scene.post(scene.members[i % MEMBERS], path, {"sha256": new["sha256"]})
    order = range(50)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(act, order))
    patches = [a.status for i, a in zip(order, answers) if i % 10 == 9]
    tap.ok(patches.count(200) <= 1 and set(patches) <= {200, 412}, "of changes with one tag at most one is made: no lost update", patches)
    tap.ok(all(a.status == 200 for i, a in zip(order, answers) if i % 10 != 9), "each acceptance is answered", [a for a in answers if a.status not in (200, 412)][:3])
    make.accept(scene.lead, scene.members[9].key, made, new)
    count = scene.run.database.sql("select count(*), count(distinct member_tenant) from alliances.acceptance where alliance_id = '%s' and version = 2;" % made)
    tap.equal(count, "11|11", "each member accepted once, however often it asked")
    force = scene.run.database.sql("select string_agg(version || state, ' ' order by version) from alliances.charter where alliance_id = '%s';" % made)
    tap.equal((force, scene.state(made)["charter_version"]), ("1SUPERSEDED 2IN_FORCE", 2), "and the last one put it into force, once")
    noted = scene.run.database.sql("select count(*) from core.event where type = 'alliances.charter.accepted' and object_id = '%s' and data ->> 'version' = '2';" % made)
    tap.equal(noted, "11", "an event for each acceptance, in the books of who accepted")
    with ThreadPoolExecutor(20) as pool:
        moved = [a.status for a in pool.map(lambda _: scene.move(made, "SUSPENDED"), range(20))]
    tap.equal((moved.count(200), moved.count(409)), (1, 19), "of twenty equal steps at once one is taken")


def main():
    tap = hansa.Tap()
    run = client.Run("alliances", max_running_tenant=200, max_running_source=200, max_waiting=400)
    with run:
        scene = Scene(tap, run)
        for section in (charters, eyes, at_once, lives):
            section(scene)
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
