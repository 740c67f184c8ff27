"""Keys in the database: who is known, and who no longer is."""
import hashlib

import hansa
import scenario
import statements
from scenario import A, B

C = "01a00000-0000-7000-8000-00000000000c"


def main():
    tap = hansa.Tap()
    with hansa.Database() as db:
        runs = scenario.tenants(db)
        right = hashlib.sha256(b"alpha").digest()

        def known(tenant=A, ref="abcd1234", secret=right):
            return runs[tenant].body("identity/key_check", key_ref=ref, secret_hash=secret)

        tap.equal((known()["actor_id"], known()["scopes"], known()["tenant_status"]), (scenario.KEY[A], ["orders:read", "orders:write"], "ACTIVE"), "a live key is known")
        tap.ok(known(ref="abcd1235") is None and known(secret=b"x" * 32) is None and known(tenant=B) is None, "wrong reference, secret or tenant is not")
        runs[A]("identity/key_used", actor_id=scenario.KEY[A])
        first = db.sql("select last_used_at from identity.api_key where tenant_id = '%s';" % A)
        tap.ok(first and runs[A]("identity/key_used", actor_id=scenario.KEY[A]) is None, "use is noted, at most once a minute")
        for change, back, what in (("expires_at = now()", "expires_at = null", "expired"), ("revoked_at = now()", "revoked_at = null", "revoked")):
            db.sql("update identity.api_key set %s where tenant_id = '%s';" % (change, A))
            tap.ok(known() is None, "an %s key is not known" % what)
            db.sql("update identity.api_key set %s where tenant_id = '%s';" % (back, A))
        db.sql("update identity.tenant set status = 'SUSPENDED' where slug = 'alpha';")
        tap.ok(known() is None, "nor is the key of a suspended tenant")

        owner = statements.Runner(db.owner_url, C, None)
        made = owner.body("identity/tenant_create", slug="gamma", name="Gamma", zone="Asia/Shanghai", locale="zh-CN")
        tap.equal([t["slug"] for t in owner.body("identity/tenant_list")], ["alpha", "beta", "gamma"], "the owner makes and lists tenants")
        for change in ({"slug": "gamma"}, {"slug": "Big Slug"}, {"zone": "No/Where"}, {"name": "a\nb"}):
            try:
                owner("identity/tenant_create", **{"slug": "delta", "name": "Delta", **change})
                tap.ok(False, "%s is refused" % change)
            except statements.Refused as refusal:
                tap.ok(refusal.code.startswith("23"), "%s is refused" % change, refusal)
        owner = statements.Runner(db.owner_url, made["id"], None)
        key = owner.body("identity/key_admin_create", key_ref="ZZZZ9999", name="tms", prefix="hansa_live_…", secret_hash=b"k" * 32, scopes="orders:read,tracking:read", is_test="false")
        tap.equal(key["scopes"], ["orders:read", "tracking:read"], "and keys")
        tap.equal([k["key_ref"] for k in owner.body("identity/key_admin_list")], ["ZZZZ9999"], "of one tenant at a time")
        reader = statements.Runner(db.app_url, made["id"], None)
        seen = reader.body("identity/key_check", key_ref="ZZZZ9999", secret_hash=b"k" * 32)
        tap.ok(seen and seen["zone"] == "Asia/Shanghai", "the new key is known at once", seen)
        owner("identity/key_admin_revoke", key_ref="ZZZZ9999")
        tap.ok(reader.body("identity/key_check", key_ref="ZZZZ9999", secret_hash=b"k" * 32) is None, "and no more when it is revoked")
        for sql in ("insert into identity.tenant (id, slug, name) values (core.uuidv7(), 'omega', 'Omega')", "update identity.api_key set revoked_at = null",
                    "select secret_hash from identity.api_key"):
            try:
                got = hansa.psql(db.app_url, sql + ";")
                tap.ok(got == "", "the application cannot: " + sql, got)
            except RuntimeError as failure:
                tap.ok("permission denied" in str(failure), "the application may not: " + sql, failure)
    tap.done()


if __name__ == "__main__":
    main()
