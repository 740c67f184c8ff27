"""What room alliances adds to a world: an alliance that the tenant leads, with a spare tenant as member; many to be used up, some of
them led by the spare tenant, who invites this one. Needs what room partners made."""
from world import unique

PLACE = 50
MANY = 60
CHARTER = {"text": "We carry for one another.", "roles": [{"role": "REQUESTING"}, {"role": "TRUNK", "duties": "Hauls by night."}],
           "split": {"kind": "PERCENT", "shares": [{"role": "TRUNK", "value": "100"}]}}


def ask(world, key, method, path, body, expected):
    answer = world.run.ask(method, path, body, key)
    if answer.status != expected:
        raise RuntimeError("%s: %r" % (path, answer))
    return answer.json


def alliance(world, key=None, **more):
    """Proposes one; gives its document."""
    body = {"name": unique("Alliance "), "purpose": "Groupage overnight.", "mode": "STANDING", "own_roles": ["REQUESTING"], "charter": CHARTER, **more}
    return ask(world, key or world.key, "POST", "/v1/alliances", body, 201)


def invited(world, key, org_id, **more):
    """An alliance of this key, to which an organisation is invited; gives its id."""
    made = alliance(world, key, **more)["alliance_id"]
    ask(world, key, "POST", "/v1/alliances/%s/members" % made, {"org_id": org_id, "roles": ["TRUNK"]}, 201)
    return made


def newest(world, key, alliance_id):
    """The newest version of a charter."""
    return ask(world, key, "GET", "/v1/alliances/%s/charters?limit=1" % alliance_id, None, 200)["data"][0]


def accept(world, key, alliance_id, charter=None):
    charter = charter or newest(world, key, alliance_id)
    path = "/v1/alliances/%s/charters/%s/acceptances" % (alliance_id, charter["charter_id"])
    return ask(world, key, "POST", path, {"sha256": charter["sha256"]}, 200)


def fill(world):
    values, spare = world.values, world.values["spare_key"]
    values["alliance_id"] = invited(world, world.key, values["org_id"])
    accept(world, spare, values["alliance_id"])
    ask(world, world.key, "POST", "/v1/alliances/%s/transitions" % values["alliance_id"], {"to": "ACTIVE"}, 200)
    charter = newest(world, world.key, values["alliance_id"])
    values.update(charter_id=charter["charter_id"], charter_sha=charter["sha256"])
    values.fresh["fresh_alliance_id"] = [alliance(world)["alliance_id"] for _ in range(2 * MANY)]
    values.fresh["fresh_inviting_id"] = [invited(world, world.key, values["org_id"]) for _ in range(MANY)]
    values.fresh["fresh_invitation_id"] = [invited(world, spare, values["own_org_id"]) for _ in range(MANY)]
    # three lists that are used up together
    theirs = [invited(world, spare, values["own_org_id"]) for _ in range(MANY)]
    charters = [newest(world, world.key, one) for one in theirs]
    values.fresh["fresh_called_id"] = theirs
    values.fresh["fresh_charter_id"] = [one["charter_id"] for one in charters]
    values.fresh["fresh_charter_sha"] = [one["sha256"] for one in charters]
