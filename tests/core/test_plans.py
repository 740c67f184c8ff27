#!/usr/bin/env python3
"""Connections keep a plan for hours. What core.once reads must not hang on whether its table was empty when the plan was made: by the
key it is a dozen blocks, from end to end or by the index of ends hundreds."""
import json

import hansa

ROWS, BLOCKS_MOST = 20000, 60
TENANT = "00000000-0000-7000-8000-0000000000aa"
KEYS = ("insert into core.idempotency (tenant_id, actor_id, route, key, request_hash, outcome, expires_at) select '%s', '%s', 'POST /v1/orders', "
        "'k' || n, sha256('x'), 'NONE', now() + interval '1 day' from generate_series(1, %d) n;" % (TENANT, TENANT, ROWS))
ONCE = "select core.once('%s', '%s', 'POST /v1/orders', gen_random_uuid()::text, sha256('x'), 'nothing', '[]', false);" % (TENANT, TENANT)


def main():
    tap = hansa.Tap()
    with hansa.Database() as database:
        database.sql(KEYS)
        database.sql("delete from core.idempotency;")
        database.sql("vacuum (analyze) core.idempotency;")
        # one session: its plan is made now, then keys come
        told = hansa.psql(database.super_url, "\n".join((
            "prepare nothing as select '{}'::json as body;", "set plan_cache_mode = force_generic_plan;",
            "select set_config('hansa.tenant_id', '%s', false);" % TENANT, "set role hansa_app;", ONCE, "reset role;", KEYS, "set role hansa_app;", ONCE,
            "\\echo plan", "explain (analyze, buffers, format json) " + ONCE)))
        plan = json.loads(told.split("plan\n")[1])[0]["Plan"]
        blocks = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        tap.equal(database.sql("select count(*) from core.idempotency;"), str(ROWS + 3), "keys came after the table was emptied")
        tap.ok(blocks < BLOCKS_MOST, "and one of %d costs %d blocks" % (ROWS, blocks), blocks)
    tap.done()


if __name__ == "__main__":
    main()
