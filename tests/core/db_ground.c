#include "db_ground.h"

#include <criterion/criterion.h>
#include <hansa/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const uint32_t int_type[] = {23};
static const uint8_t one_bind[] = {HANSA_BIND_PARAM};
#define STATEMENT(name, text)                                                                                          \
    { name, text, 1, one_bind, int_type }
const struct hansa_statement statements[] = {
    STATEMENT("t/tenant", "select coalesce(current_setting('hansa.tenant_id', true), '') || ':' || $1"),
    STATEMENT("t/insert", "insert into walled (tenant_id, n) values (nullif(current_setting('hansa.tenant_id', true), "
                          "'')::uuid, $1) returning n"),
    STATEMENT("t/divide", "select 100 / $1"),
    STATEMENT("t/sleep", "select pg_sleep($1 / 1000.0)"),
    STATEMENT("t/die", "select pg_terminate_backend(pg_backend_pid()), $1"),
    STATEMENT("t/touch", "update walled set n = n where n = $1 returning n"),
    STATEMENT("t/by_name", "select * from by_name($1)"),
    STATEMENT("t/rows", "select string_agg(n::text, ',' order by n) from walled where n < $1"),
};
const struct hansa_endpoint hansa_endpoints[] = {{.room = "t",
                                                  .name = "t",
                                                  .statements = statements,
                                                  .statement_count = sizeof statements / sizeof statements[0],
                                                  .lane = HANSA_LANE_FAST}};
const size_t hansa_endpoint_count = 1;

struct asked asked[ASKED_MAX];
size_t asked_count, told_count;
struct hansa_test_database database;
h2o_loop_t *loop;
struct hansa_db *db;

static void told(struct hansa_unit *unit) {
    struct asked *ask = unit->owner;
    cr_assert(!ask->is_told, "an outcome is told once");
    ask->is_told = true;
    ask->outcome = unit->outcome;
    told_count++;
    if (unit->outcome == HANSA_UNIT_DONE) snprintf(ask->text, sizeof ask->text, "%s", PQgetvalue(unit->result, 0, 0));
    if (unit->outcome == HANSA_UNIT_REFUSED)
        snprintf(ask->state, sizeof ask->state, "%s", PQresultErrorField(unit->result, PG_DIAG_SQLSTATE));
}

struct hansa_unit *submit_for(int which, const char *tenant, int value, bool is_read_only, uint64_t deadline_ms) {
    struct asked *ask = &asked[asked_count++];
    cr_assert_lt(asked_count, ASKED_MAX);
    struct hansa_unit *unit = hansa_unit_new(&statements[which], HANSA_LANE_FAST, is_read_only);
    snprintf(ask->value, sizeof ask->value, "%d", value);
    snprintf(unit->tenant, sizeof unit->tenant, "%s", tenant);
    unit->values[0] = ask->value;
    unit->owner = ask;
    unit->done = told;
    unit->deadline_at = h2o_now(loop) + deadline_ms;
    hansa_db_submit(db, unit);
    return unit;
}

struct asked *submit(int which, const char *tenant, int value) {
    submit_for(which, tenant, value, which == TENANT || which == ROWS || which == SLEEP, 5000);
    return &asked[asked_count - 1];
}

void turn(int times) {
    for (int i = 0; i < times; i++) {
        h2o_evloop_run(loop, 10);
        hansa_db_tick(db);
        usleep(1000);
    }
}

void wait_told(size_t count) {
    for (time_t end = time(NULL) + 20; told_count < count && time(NULL) < end;)
        turn(1);
    cr_assert_eq(told_count, count, "%zu of %zu outcomes told", told_count, count);
}

void wait_ready(void) {
    for (time_t end = time(NULL) + 20; !hansa_db_is_ready(db) && time(NULL) < end;)
        turn(1);
    cr_assert(hansa_db_is_ready(db));
}

static void set_up(void) {
    char *argv[] = {(char *)(uintptr_t) "test", NULL};
    database = hansa_test_database_make();
    setenv("HANSA_LOG_FILE", "/dev/null", 1);
    cr_assert(hansa_config_read(1, argv, NULL));
    free(hansa_test_sql(
        database.owner,
        "create table walled (tenant_id uuid not null, n int not null, "
        "constraint walled_n unique (tenant_id, n) deferrable initially deferred);"
        "alter table walled enable row level security; alter table walled force row level security;"
        "create policy wall on walled using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);"
        "grant usage on schema public to hansa_app; grant select, insert, update on walled to hansa_app;"
        "create function by_name(p_n int) returns int language plpgsql as $$ declare v int; begin "
        "execute format('execute \"t/touch\"(%s)', p_n) into v; return v; end $$;"
        "grant execute on function by_name(int) to hansa_app"));
    loop = h2o_evloop_create();
    h2o_evloop_run(loop, 0); /* sets its clock */
    db = hansa_db_new(loop, database.app, (size_t)hansa_config()->db_fast_connections,
                      (size_t)hansa_config()->db_slow_connections);
    wait_ready();
}

static void tear_down(void) {
    hansa_db_free(db);
    hansa_test_database_drop(&database);
}

TestSuite(db, .init = set_up, .fini = tear_down, .timeout = 120);

size_t count_rows(const char *where) {
    char sql[256];
    snprintf(sql, sizeof sql, "select count(*) from walled where %s", where);
    /* the owner is walled too: count as superuser of the test cluster */
    char *value = hansa_test_sql_in(database.admin, database.name, sql);
    size_t count = strtoul(value, NULL, 10);
    free(value);
    return count;
}
