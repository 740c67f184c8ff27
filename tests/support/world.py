"""One tenant with one of everything, made through the API; and the strangers to compare it with.

    a, b, nobody = run.world("a"), run.world("b"), world.strangers()
    a.values["shipment_id"]      every path parameter of the published API by its name; a new one is taught here
"""
import glob
import importlib.util
import itertools
import json
import os
import secrets
import string
import uuid
import zlib

import people

# people.PASSWORD, hashed as cheaply as is still argon2id
PHC = "$argon2id$v=19$m=19456,t=2,p=1$d29ybGQtb2YtdGVzdHMtMQ$duJofHOTxMt9/I/939Tm5dW41CtnbVkCIdypvRlWJxY"
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_unique = itertools.count(1)


def unique(prefix="U"):
    return "%s%d%06d" % (prefix, os.getpid() % 10000, next(_unique))


def sscc():
    """A new SSCC: 17 digits and the GS1 check digit."""
    body = "1" + "%016d" % (secrets.randbelow(10 ** 16))
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(body))
    return body + str(-total % 10)


def base62(number, length):
    text = ""
    for _ in range(length):
        number, digit = divmod(number, 62)
        text = BASE62[digit] + text
    return text


def forge_key(tenant=None, reference=None, secret=None, prefix="hansa_live_"):
    """A key with a right check sum that nobody made."""
    text = "%s%s_%s_%s" % (prefix, base62(uuid.UUID(tenant or str(uuid.uuid4())).int, 22),
                           reference or "".join(secrets.choice(BASE62) for _ in range(8)),
                           secret or "".join(secrets.choice(BASE62) for _ in range(32)))
    return text + base62(zlib.crc32(text.encode()), 6)


def edi_214(sender="QQTS", control=1, sets=None, ends="~\n", elements="*", components=":"):
    """A file of 214 messages. Each set: (carrier reference, shipment id, [(status, date, time, zone, city, state)])."""
    def segment(*fields):
        return elements.join(fields) + ends
    isa = segment("ISA", "00", " " * 10, "00", " " * 10, "02", sender.ljust(15), "ZZ", "HOUSE".ljust(15), "260301", "1200", "U", "00401",
                  "%09d" % control, "0", "P", components)
    text, group = isa + segment("GS", "QM", sender, "HOUSE", "20260301", "1200", str(control), "X", "004010"), sets or []
    for number, (pro, load, events) in enumerate(group, 1):
        lines = [("ST", "214", "%04d" % number), ("B10", pro, load, sender), ("L11", load, "BM")]
        for place, (status, date, time, zone, city, state) in enumerate(events, 1):
            lines += [("LX", str(place)), ("AT7", status, "NS", "", "", date, time, zone), ("MS1", city, state, "US")]
        lines.append(("SE", str(len(lines) + 1), "%04d" % number))
        text += "".join(segment(*line) for line in lines)
    return text + segment("GE", str(len(group)), str(control)) + segment("IEA", "1", "%09d" % control)


EDI = {"content-type": "application/edi-x12"}
_rooms = []


def rooms():
    """tests/<room>/world_of_<room>.py of every room that has one, by their PLACE: fill(world) makes one of everything of the room."""
    if not _rooms:
        for path in glob.glob(os.path.join(os.environ["HANSA_ROOT"], "tests", "*", "world_of_*.py")):
            spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            _rooms.append(module)
        _rooms.sort(key=lambda module: module.PLACE)
    return _rooms


class Values(dict):
    """What path parameters and case files may name. A name fresh_… is something of its own at each look, made beforehand and good
    for being used up once: a deletion can be tried again and again."""

    def __init__(self, *given, fresh=None):
        super().__init__(*given)
        self.fresh = fresh if fresh is not None else {}

    def __missing__(self, name):
        if not self.fresh.get(name):
            raise KeyError(name)
        return self.fresh[name].pop()

    def beside(self, more):
        """The same with further values."""
        return Values({**self, **more}, fresh=self.fresh)


FRESH = 40


class World:
    """A tenant. `values` are what path parameters and case files may name."""

    def __init__(self, run, slug, full=True):
        self.run, self.slug = run, slug
        self.tenant, self.key = run.server.tenant(slug)
        run.secret(self.key, "a key of " + slug)
        run.secret(self.key[43:-6], "the secret of a key of " + slug)
        self.values = Values({"tenant_id": self.tenant})
        if full:
            self.values["suspended_tenant_id"] = run.server.admin("tenant", "create", slug + "-asleep", "--name", "Asleep").stdout.strip()
            run.server.admin("tenant", "suspend", slug + "-asleep")
            self.values["spare_tenant_id"] = run.server.admin("tenant", "create", slug + "-spare", "--name", "Spare").stdout.strip()
        if full:
            self.fill()

    def fill(self):
        name = self.run.canary("Canary %s Consignee" % self.slug, "a party's name")
        values = self.values
        values.update(bol=unique("BOL"), pro=unique("PRO"), sscc=sscc(), customer_code=unique("CUST"), source=unique("src"),
                      source_event_id=unique("E"))
        made = self.post("/v1/shipments", {
            "customer": {"code": values["customer_code"], "name": "Customer of " + self.slug}, "carrier_scac": "QQTS",
            "references": [{"kind": "BOL", "number": values["bol"]}, {"kind": "PRO", "number": values["pro"]}],
            "parties": [{"role": "CONSIGNEE", "name": name, "address": {"address_lines": [self.run.canary("7 Canary Lane " + self.slug)],
                                                                        "city": "Chicago", "country": "US"}}],
            "origin": {"city": "Rotterdam", "country": "NL", "unlocode": "NLRTM", "zone": "Europe/Amsterdam"},
            "destination": {"city": "Chicago", "country": "US", "zone": "America/Chicago"},
            "planned_delivery": {"from": "2026-03-12T08:00:00-05:00", "to": "2026-03-12T17:00:00-05:00"},
            "handling_units": [{"sscc": values["sscc"], "type": "PALLET", "weight_kg": "412.5"}]}, 201)
        values.update(shipment_id=made["shipment_id"], tracking_number=made["tracking_number"], number=made["tracking_number"],
                      account_id=made["customer"]["account_id"])
        self.events([self.event("PUP", "2026-03-09T10:00:00Z", source=values["source"], source_event_id=values["source_event_id"])])
        link = self.post("/v1/shipments/%s/links" % values["shipment_id"], {}, 201)
        self.run.secret(link["token"], "a link's token")
        values.update(link_id=link["link_id"], token=link["token"])
        if any(o.name == "edi_message_create" for o in self.run.document.operations):
            text = edi_214(control=next(_unique), sets=[(unique("EP"), unique("EL"), [("AF", "20260301", "0900", "CT", "JOLIET", "IL")])])
            answer = self.run.ask("POST", "/v1/edi/messages", text.encode(), self.key, EDI)
            values["message_id"] = answer.json["message_id"]
        self.people()
        self.own_people()
        self.providers()
        for room in rooms() if self.run.has_rooms else []:
            room.fill(self)
        values["entry_id"] = self.get("/v1/audit?limit=1").json["data"][0]["entry_id"]

    def people(self):
        """Units, roles, people, grants, keys and contacts."""
        values, many = self.values, range(FRESH)
        values["unit_id"] = self.post("/v1/units", {"name": unique("Unit ")}, 201)["unit_id"]
        values.fresh["fresh_unit_id"] = [self.post("/v1/units", {"name": unique("Spare ")}, 201)["unit_id"] for _ in many]
        values["role"] = self.role("orders:read")
        values.fresh["fresh_role"] = [self.role("orders:read") for _ in many]
        values["user_id"] = self.person()
        values["grant_id"] = self.grant(values["user_id"], "viewer", unit_id=values["unit_id"], reach="UNIT")
        roles = ("manager", "sales", "customer_service", "dispatcher", "finance", "viewer")
        values["fresh_grant_user"] = self.person()
        values["disabled_user_id"] = self.person()
        self.post("/v1/users/%s/disable" % values["disabled_user_id"], None)
        spare = [self.post("/v1/units", {"name": unique("Desk ")}, 201)["unit_id"] for _ in range(-(-FRESH // len(roles)))]
        values.fresh["fresh_grant_id"] = [self.grant(values["fresh_grant_user"], role, unit_id=unit, reach="UNIT") for unit in spare for role in roles]
        made = self.post("/v1/keys", {"name": "spare", "scopes": ["orders:read"]}, 201)
        self.run.secret(made["key"], "a key of the API")
        values["key_id"] = made["key_id"]
        values["spare_key_id"] = self.post("/v1/keys", {"name": "to be revoked", "scopes": ["orders:read"]}, 201)["key_id"]
        values["contact_id"] = self.contact()
        values.fresh["fresh_contact_id"] = [self.contact() for _ in many]

    def own_people(self):
        """People who are signed in, and links that wait for them: minted in the tables, as hashing each password would take long."""
        values = self.values
        values.update(tenant_slug=self.slug, password=people.PASSWORD, own_email=unique("own").lower() + "@canary.example", spare_user_id=self.person())
        self.sessions = {"": self.signed_in(values["own_email"], 1 + FRESH)}
        values["session_id"] = self.sessions[""][0].session_id
        values.fresh["fresh_session_id"] = [one.session_id for one in self.sessions[""][1:]]
        for name in ("session_delete", "session_totp_begin", "session_totp_confirm", "session_totp_delete", "session_password"):
            self.sessions[name] = self.signed_in(unique(name).lower() + "@canary.example", 4)
        self.run.database.sql("update identity.app_user set totp_confirmed_at = now() where user_id = '%s';" % self.sessions["session_totp_delete"][0].user_id)
        begun = self.run.ask("POST", "/v1/session/totp", {"password": people.PASSWORD}, self.own("session_totp_confirm"))
        self.run.secret(begun.json["secret"], "the secret of a second factor")
        values["totp_secret"] = begun.json["secret"]
        for kind, name in (("INVITATION", "fresh_invitation"), ("PASSWORD_RESET", "fresh_reset"), ("EMAIL_CHANGE", "fresh_email_change")):
            values.fresh[name] = [self.link(kind) for _ in range(FRESH // 2)]

    def providers(self):
        """An identity provider that answers, if the run has one, and some to be taken away."""
        issuer = self.run.idp.issuer if self.run.idp else "https://login.example.com"
        secret = self.run.secret(unique("a-secret-of-a-provider-"), "the secret of a provider")

        def made(slug):
            return self.post("/v1/idps", {"slug": slug, "name": "Made for a test", "issuer": issuer, "client_id": "hansa", "client_secret": secret}, 201)
        self.values.update(idp_id=made("staff")["idp_id"], idp_slug="staff", idp_issuer=issuer)
        self.values.fresh["fresh_idp_id"] = [made(unique("i-").lower())["idp_id"] for _ in range(FRESH)]

    def minted_token(self):
        return self.run.secret(base62(uuid.UUID(self.tenant).int, 22) + "_" + "".join(secrets.choice(BASE62) for _ in range(43)), "a token")

    def user_row(self, email, status="ACTIVE"):
        """Makes a person in the table; gives the id."""
        return self.run.database.sql(
            "insert into identity.app_user (tenant_id, user_id, email, name, status, password_phc, password_set_at, activated_at) values "
            "('%s', core.uuidv7(), '%s', 'Canary Minted', '%s', '%s', now(), now()) returning user_id;" % (self.tenant, email, status, PHC))

    def signed_in(self, email, count, user=None):
        """A new person, or one that is there, and `count` sessions of theirs. A grant ends them: give it first."""
        user, made = user or self.user_row(email), []
        for _ in range(count):
            token = self.minted_token()
            session_id = self.run.database.sql(
                "insert into identity.session (tenant_id, session_id, user_id, secret_hash, idle_seconds, expires_at, address) values ('%s', core.uuidv7(), "
                "'%s', sha256('%s'), 1800, now() + interval '12 hours', '192.0.2.7') returning session_id;" % (self.tenant, user, token))
            made.append(people.minted(self.run.server, token, session_id, user))
        return made

    def link(self, kind):
        """A link of a new person that is good once; gives its token."""
        token, email = self.minted_token(), unique("link").lower() + "@canary.example"
        user = self.user_row(email, "INVITED" if kind == "INVITATION" else "ACTIVE")
        self.run.database.sql("insert into identity.user_link (tenant_id, link_id, user_id, kind, token_hash, email, expires_at) values ('%s', core.uuidv7(), "
                              "'%s', '%s', sha256('%s'), '%s', now() + interval '1 day');" % (self.tenant, user, kind, token, "new-" + email))
        return token

    def own(self, name):
        """What a request about a person's own affairs is sent with: headers of a session, another one for each sign-out."""
        kept = self.sessions.get(name, self.sessions[""])

        def headers():
            return (kept.pop() if name == "session_delete" and len(kept) > 1 else kept[0]).headers()
        return headers

    def role(self, *scopes):
        return self.post("/v1/roles", {"role": unique("role_").lower(), "name": "Made for a test", "scopes": list(scopes)}, 201)["role"]

    def person(self, audience="STAFF"):
        """Invites somebody; gives the id."""
        address = self.run.canary(unique("someone").lower() + "@canary.example", "a person's address")
        return self.post("/v1/users", {"email": address, "name": self.run.canary(unique("Canary Person "), "a person's name"), "audience": audience},
                         201)["user_id"]

    def grant(self, user_id, role, **more):
        return self.post("/v1/users/%s/grants" % user_id, {"role": role, "reach": "TENANT", **more}, 201)["grant_id"]

    def contact(self, account_id=None):
        name = self.run.canary(unique("Canary Contact "), "a contact's name")
        return self.post("/v1/contacts", {"account_id": account_id or self.values["account_id"], "name": name}, 201)["contact_id"]

    def post(self, path, body, expected=200):
        answer = self.run.ask("POST", path, body, self.key)
        if answer.status != expected:
            raise RuntimeError("%s: %r" % (path, answer))
        return answer.json

    def get(self, path, headers=None):
        return self.run.ask("GET", path, key=self.key, headers=headers)

    def event(self, code, when, **more):
        return {"number": self.values.get("tracking_number"), "source": "test", "source_event_id": unique("ev"), "code": code,
                "event_time": when, **more}

    def events(self, events):
        return self.post("/v1/tracking/events", {"events": events})

    def shipment(self, **body):
        """Makes a shipment; gives the answer."""
        return self.post("/v1/shipments", body, 201)

    def key_with(self, scopes, *more):
        return self.run.secret(self.run.server.key(self.slug, scopes, *more), "a key with " + scopes)

    def __repr__(self):
        return json.dumps(self.values)


def strangers(like):
    """Values of the same form that belong to nobody."""
    values = Values(fresh={name: [str(uuid.uuid4()) for _ in range(FRESH)] if name.endswith("_id") else [unique("none").lower() for _ in range(FRESH)]
                           for name in like.fresh})
    for name, value in like.items():
        if name.endswith("_id") and len(value) == 36:
            values[name] = str(uuid.uuid4())
        elif name == "sscc":
            values[name] = sscc()
        elif name == "role":
            values[name] = unique("none").lower()
        elif name.endswith("_user"):
            values[name] = str(uuid.uuid4())
        elif name == "token":
            values[name] = "".join(secrets.choice(BASE62) for _ in value)
        else:
            values[name] = unique("NONE")
    return values
