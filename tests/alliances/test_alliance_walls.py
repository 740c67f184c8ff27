#!/usr/bin/env python3
"""The walls of the alliances' common tables, in SQL: what the application role can write with its own tenant set and any statement at all.
The lead writes the alliance, invites, suspends and expels; a member leaves and accepts; who belongs and which charter is in force follows
from what was accepted, and nobody says it by a statement (issue 8.2, decision 0046)."""
import os
import sys
import uuid

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import client  # noqa: E402
import hansa  # noqa: E402
import world_of_alliances as make  # noqa: E402

WRITTEN, REFUSED = "written", "refused"
NO_PRIVILEGE = ("permission denied", "row-level security")


class Scene:
    """An alliance in force: lead, an active member, one that is suspended, one invited; a new version of the charter waits; a stranger."""

    def __init__(self, run):
        self.run = run
        self.who = {name: run.world(name, full=False) for name in ("lead", "member", "suspended", "invited", "stranger")}
        lead = self.who["lead"]
        for one in self.who.values():
            one.org_id = one.get("/v1/organisations/own").json["org_id"]
        self.alliance = make.alliance(lead)["alliance_id"]
        self.at = "/v1/alliances/" + self.alliance
        for name in ("member", "suspended"):
            self.invite(name)
            make.accept(lead, self.who[name].key, self.alliance)
        make.ask(lead, lead.key, "POST", self.at + "/transitions", {"to": "ACTIVE"}, 200)
        make.ask(lead, lead.key, "POST", self.at + "/members/%s/transitions" % self.who["suspended"].org_id, {"to": "SUSPENDED", "reason": "A test"}, 200)
        self.invite("invited")
        make.ask(lead, lead.key, "POST", self.at + "/charters", {**make.CHARTER, "text": "Another."}, 201)

    def invite(self, name):
        make.ask(self.who["lead"], self.who["lead"].key, "POST", self.at + "/members", {"org_id": self.who[name].org_id, "roles": ["TRUNK"]}, 201)

    def filled(self, sql):
        """$A the alliance, $P its waiting charter's version; $member … a tenant."""
        for name, one in self.who.items():
            sql = sql.replace("$%s" % name, "'%s'" % one.tenant).replace("@%s" % name, "'%s'" % one.org_id)
        return sql.replace("$A", "'%s'" % self.alliance).replace("$P", "2")

    def tried(self, name, sql):
        """(WRITTEN or REFUSED, what was said): the statement in a unit of that tenant, taken back."""
        unit = "begin; set local hansa.tenant_id = '%s'; with done as (%s returning 1) select count(*) from done; rollback;"
        try:
            count = hansa.psql(self.run.database.app_url, unit % (self.who[name].tenant, self.filled(sql)))
        except RuntimeError as error:
            return (REFUSED if any(word in str(error) for word in NO_PRIVILEGE) else "failed otherwise"), str(error)
        return (WRITTEN if count != "0" else REFUSED), count + " rows"

    def rows(self):
        return self.run.database.sql("select md5(string_agg(x::text, '|')) from (select a::text x from alliances.alliance a union all select m::text from alliances.member m "
                                     "union all select c::text from alliances.charter c union all select k::text from alliances.acceptance k order by 1) y;")


ALLIANCE = "update alliances.alliance set name = 'Mine' where alliance_id = $A"
MEMBER = "update alliances.member set state = '%s' where alliance_id = $A and member_tenant = %s"
ENTER = "insert into alliances.member (alliance_id, member_tenant, org_id, roles, state) values ($A, %s, %s, '{TRUNK}', '%s')"
CHARTER = ("insert into alliances.charter (alliance_id, version, charter_id, state, body, sha256) select $A, 9, core.uuidv7(), '%s', x.b, alliances.charter_hash(x.b) "
           "from (values ('{\"text\": \"x\"}'::jsonb)) x (b)")
ACCEPT = "insert into alliances.acceptance (alliance_id, version, member_tenant, sha256) select $A, %s, %s, c.sha256 from alliances.charter c where c.alliance_id = $A and c.version = %s"
# (who, statement, expected)
CELLS = [(who, ALLIANCE, WRITTEN if who == "lead" else REFUSED) for who in ("lead", "member", "suspended", "invited", "stranger")] + [
    ("lead", "update alliances.alliance set state = 'SUSPENDED', state_reason = 'x' where alliance_id = $A", WRITTEN),
    ("member", "update alliances.alliance set state = 'DISSOLVED' where alliance_id = $A", REFUSED),
    ("member", "update alliances.alliance set version = version + 1 where alliance_id = $A", REFUSED),
    ("lead", "update alliances.alliance set charter_version = 1 where alliance_id = $A", REFUSED),
    ("lead", "update alliances.alliance set lead_tenant = $member where alliance_id = $A", REFUSED),
    ("member", "insert into alliances.alliance (alliance_id, lead_tenant, name, purpose, mode) values (core.uuidv7(), $lead, 'X', 'X', 'STANDING')", REFUSED),
    ("member", "insert into alliances.alliance (alliance_id, lead_tenant, name, purpose, mode) values (core.uuidv7(), $member, 'X', 'X', 'STANDING')", WRITTEN),
    ("lead", "delete from alliances.alliance where alliance_id = $A", REFUSED),
    # members
    ("member", MEMBER % ("EXPELLED", "$lead"), REFUSED), ("member", MEMBER % ("EXPELLED", "$invited"), REFUSED), ("member", MEMBER % ("LEFT", "$suspended"), REFUSED),
    ("member", MEMBER % ("LEFT", "$member"), WRITTEN), ("invited", MEMBER % ("LEFT", "$invited"), WRITTEN), ("suspended", MEMBER % ("LEFT", "$suspended"), WRITTEN),
    ("suspended", MEMBER % ("ACTIVE", "$suspended"), REFUSED), ("invited", MEMBER % ("ACTIVE", "$invited"), REFUSED), ("invited", MEMBER % ("ACCEPTED", "$invited"), REFUSED),
    ("member", "update alliances.member set roles = '{HUB}' where alliance_id = $A and member_tenant = $member", REFUSED),
    ("lead", MEMBER % ("EXPELLED", "$member"), WRITTEN), ("lead", MEMBER % ("SUSPENDED", "$member"), WRITTEN), ("lead", MEMBER % ("ACTIVE", "$invited"), REFUSED),
    ("lead", MEMBER % ("ACCEPTED", "$invited"), REFUSED), ("lead", MEMBER % ("LEFT", "$member"), REFUSED), ("lead", MEMBER % ("LEFT", "$lead"), REFUSED),
    ("lead", MEMBER % ("EXPELLED", "$lead"), REFUSED),
    ("lead", ENTER % ("$stranger", "@stranger", "INVITED"), WRITTEN), ("lead", ENTER % ("$stranger", "@stranger", "ACTIVE"), REFUSED),
    ("lead", ENTER % ("$stranger", "@stranger", "ACCEPTED"), REFUSED), ("member", ENTER % ("$stranger", "@stranger", "INVITED"), REFUSED),
    ("stranger", ENTER % ("$stranger", "@stranger", "ACTIVE"), REFUSED), ("stranger", ENTER % ("$stranger", "@stranger", "INVITED"), REFUSED),
    ("lead", "delete from alliances.member where alliance_id = $A", REFUSED),
    # charters
    ("lead", CHARTER % "IN_FORCE", REFUSED), ("member", CHARTER % "PROPOSED", REFUSED), ("stranger", CHARTER % "PROPOSED", REFUSED),
    ("lead", "update alliances.charter set state = 'WITHDRAWN' where alliance_id = $A and version = $P", WRITTEN),
    ("lead", "update alliances.charter set state = 'IN_FORCE' where alliance_id = $A and version = $P", REFUSED),
    ("lead", "update alliances.charter set state = 'SUPERSEDED' where alliance_id = $A and version = 1", REFUSED),
    ("member", "update alliances.charter set state = 'WITHDRAWN' where alliance_id = $A and version = $P", REFUSED),
    ("lead", "update alliances.charter set body = '{}' where alliance_id = $A and version = $P", REFUSED),
    # acceptances
    ("member", ACCEPT % ("$P", "$member", "$P"), WRITTEN), ("suspended", ACCEPT % ("$P", "$suspended", "$P"), WRITTEN), ("invited", ACCEPT % ("$P", "$invited", "$P"), WRITTEN),
    ("lead", ACCEPT % ("$P", "$member", "$P"), REFUSED), ("member", ACCEPT % ("$P", "$suspended", "$P"), REFUSED), ("member", ACCEPT % ("$P", "$member", "1"), REFUSED),
    ("stranger", "insert into alliances.acceptance (alliance_id, version, member_tenant, sha256) values ($A, $P, $stranger, sha256('x'))", REFUSED),
    ("member", "update alliances.acceptance set sha256 = sha256 where alliance_id = $A", REFUSED),
    # the directory of organisations
    ("member", "update partners.organisation set legal_name = 'Mine' where org_id = @lead", REFUSED),
    ("member", "update partners.organisation set legal_name = 'Mine' where org_id = @member", WRITTEN),
    ("member", "update partners.organisation set of_tenant = $member where org_id = @lead", REFUSED),
    ("member", "insert into partners.organisation (org_id, legal_name, of_tenant, is_listed) values (core.uuidv7(), 'X', $stranger, false)", REFUSED),
    ("member", "insert into partners.organisation (org_id, legal_name, entered_by_tenant, is_listed) values (core.uuidv7(), 'X', $stranger, false)", REFUSED),
    # what a tenant is and may: nobody's to write
    ("lead", "update identity.tenant set status = 'SUSPENDED'", REFUSED),
    ("lead", "insert into identity.built_in_role (role, name, audience, scopes) values ('x', 'X', 'STAFF', '{*}')", REFUSED),
    ("lead", "update tracking.code set name = name", REFUSED),
]
# What runs as its owner does what the facts say, whoever calls it: nothing here.
CALLS = [(who, call) for who in ("member", "suspended", "invited", "stranger") for call in
         ("charter_settle($A)", "charter_open($A)", "member_enter($A, $suspended, null)", "member_enter($A, $invited, null)", "member_enter($A, $stranger, null)")] + [
    ("lead", "charter_settle($A)"), ("lead", "charter_open($A)"), ("lead", "member_enter($A, $invited, null)"), ("lead", "member_enter($A, $stranger, null)"),
    ("stranger", "alliance_touch($A)"), ("stranger", "alliance_lock($A)")]


def main():
    tap = hansa.Tap()
    run = client.Run("walls")
    with run:
        scene = Scene(run)
        before = scene.rows()
        for who, sql, expected in CELLS:
            got, said = scene.tried(who, sql)
            tap.equal(got, expected, "%s: %s" % (who, sql[:110]), said)
        tap.equal(scene.rows(), before, "and nothing was left behind")
        for who, call in CALLS:
            hansa.psql(run.database.app_url, "set hansa.tenant_id = '%s'; select alliances.%s;" % (scene.who[who].tenant, scene.filled(call)))
            tap.equal(scene.rows(), before, "%s calls %s, and nothing follows" % (who, call))
        nobodys = hansa.psql(run.database.app_url, "select alliances.standing('%s'), alliances.leads('%s'), alliances.has_accepted('%s', 1);" % ((scene.alliance,) * 3))
        tap.equal(nobodys, "|f|f", "without a tenant nobody stands to it in any way")
        other = str(uuid.uuid4())
        seen = hansa.psql(run.database.app_url, "set hansa.tenant_id = '%s'; select (select count(*) from alliances.member) + (select count(*) from alliances.charter) "
                          "+ (select count(*) from alliances.acceptance) + (select count(*) from alliances.alliance);" % other)
        tap.equal(seen, "0", "and a stranger sees no row")
    run.verdict(tap)
    tap.done()


if __name__ == "__main__":
    main()
