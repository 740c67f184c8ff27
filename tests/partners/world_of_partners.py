"""What room partners adds to a world: an organisation that is another tenant, one that is none, and a relation to it."""
import itertools
import secrets

from world import unique

PLACE = 40
MANY = 90
_gln = itertools.count(secrets.randbelow(10 ** 9))


def gln():
    """A location number that nobody had."""
    body = "54%010d" % (next(_gln) % 10 ** 10)
    return body + str(-sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body)) % 10)


def organisation(world, **more):
    return world.post("/v1/organisations", {"legal_name": unique("Firm "), "country": "NL", "registration_no": unique("KVK"), **more}, 201)["org_id"]


def account(world, kind="PARTNER"):
    return world.post("/v1/accounts", {"kind": kind, "name": unique("Carrier ")}, 201)["account_id"]


def partner(world, **more):
    """A relation, as CANDIDATE; gives its id."""
    return world.post("/v1/partners", {"account_id": account(world), "org_id": organisation(world), "network_role": "DOWNSTREAM", **more}, 201)["partner_id"]


def fill(world):
    values = world.values
    own = world.run.ask("GET", "/v1/organisations/own", key=world.key).json
    spare = world.run.secret(world.run.server.key(world.slug + "-spare", "all"), "a key of a spare tenant")
    values.update(own_org_id=own["org_id"], spare_key=spare, org_id=world.run.ask("GET", "/v1/organisations/own", key=spare).json["org_id"])
    values["entered_org_id"] = organisation(world)
    lane = {"from": {"country": "NL", "unlocode": "NLRTM"}, "to": {"country": "DE", "postcode": "47"}, "modes": ["ROAD"]}
    values["partner_id"] = partner(world, modes=["ROAD"], lanes=[lane], notes="Asks for two days' notice.")
    world.post("/v1/partners/%s/ratings" % values["partner_id"], {"score": 4, "reasons": [{"criterion": "PRICE", "text": "Fair."}]}, 201)
    values.fresh["fresh_org_id"] = [organisation(world) for _ in range(MANY)]
    values.fresh["fresh_partner_account_id"] = [account(world) for _ in range(MANY // 2)]
    values.fresh["fresh_partner_id"] = [partner(world) for _ in range(MANY // 2)]
