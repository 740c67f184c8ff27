/* Nobody's wait for a lock is anybody else's (decision 0040), against a real PostgreSQL; judged by what was told while a lock
 * was held and by the lanes' own counters, never by the clock. */
#include "db_ground.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Another session that holds a row of the tenant until it is closed. */
static PGconn *hold(const char *tenant, const char *sql) {
    char text[256];
    PGconn *other = PQconnectdb(database.owner);
    snprintf(text, sizeof text, "begin; set local hansa.tenant_id = '%s'; %s", tenant, sql);
    PGresult *result = PQexec(other, text);
    cr_assert(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK, "%s",
              PQerrorMessage(other));
    PQclear(result);
    return other;
}

static PGconn *hold_row_of_a(void) {
    submit(INSERT, TENANT_A, 1);
    wait_told(1);
    return hold(TENANT_A, "update walled set n = n where n = 1");
}

static void wait_waiting(size_t count) {
    for (time_t end = time(NULL) + 20; hansa_db_gauges(db).waiting != count && time(NULL) < end;)
        turn(1);
    cr_assert_eq(hansa_db_gauges(db).waiting, count, "%zu wait for a lock", (size_t)hansa_db_gauges(db).waiting);
}

Test(db, who_waits_for_a_lock_waits_alone) {
    enum { WAITING = 8, OTHERS = 30 };
    PGconn *other = hold_row_of_a();
    size_t waiting = asked_count;
    for (size_t i = 0; i < WAITING; i++)
        submit(TOUCH, TENANT_A, 1);
    wait_waiting(WAITING);
    struct hansa_db_gauges before = hansa_db_gauges(db);
    cr_assert_leq(before.lock_waits, 4, "one try for each place that was on its way, not one each: %zu",
                  (size_t)before.lock_waits);
    for (int i = 0; i < OTHERS; i++) {
        submit(INSERT, TENANT_B, i);
        submit(ROWS, i % 2 == 0 ? TENANT_A : TENANT_B, 100);
        submit(INSERT, TENANT_A, 100 + i);
        submit(TOUCH, TENANT_B, i);
    }
    wait_told(1 + (size_t)4 * OTHERS);
    for (size_t i = waiting + WAITING; i < asked_count; i++)
        cr_assert_eq(asked[i].outcome, HANSA_UNIT_DONE, "all others are answered while the lock is held");
    for (size_t i = 0; i < 20; i++)
        submit(TOUCH, TENANT_A, 1);
    wait_waiting(WAITING + 20);
    struct hansa_db_gauges after = hansa_db_gauges(db);
    cr_assert_eq(after.held_up, before.held_up, "nobody stood behind a lock");
    cr_assert_eq(after.lock_waits, before.lock_waits, "a known lock is not tried again");
    PQfinish(other);
    wait_told(asked_count);
    for (size_t i = 0; i < asked_count; i++)
        cr_assert_eq(asked[i].outcome, HANSA_UNIT_DONE, "unit %zu is done when the lock is gone: %d", i,
                     asked[i].outcome);
    submit(TOUCH, TENANT_A, 1);
    wait_told(asked_count);
    cr_assert_eq(hansa_db_gauges(db).moved, after.moved, "and the lock is forgotten");
}

Test(db, a_lock_that_stays_is_told_and_leaves_nothing) {
    PGconn *other = hold_row_of_a();
    for (int i = 0; i < 6; i++)
        submit(TOUCH, TENANT_A, 1);
    wait_told(7);
    size_t at_lock = 0;
    for (size_t i = 1; i < 7; i++) {
        cr_assert(asked[i].outcome == HANSA_UNIT_LOCKED ||
                  (asked[i].outcome == HANSA_UNIT_REFUSED && strcmp(asked[i].state, "55P03") == 0));
        at_lock += asked[i].outcome == HANSA_UNIT_REFUSED;
    }
    cr_assert_leq(at_lock, 2, "of eight connections a tenant has two");
    cr_assert_eq(hansa_db_gauges(db).locked, 6);
    PQfinish(other);
}

Test(db, a_lock_met_at_commit_moves_its_own_unit) {
    PGconn *other = hold(TENANT_A, "insert into walled values ('" TENANT_A "', 7)");
    for (int n = 6; n < 9; n++)
        submit(INSERT, TENANT_A, n);
    wait_told(2);
    cr_assert_not(asked[1].is_told, "the deferred constraint waits for the other session");
    wait_waiting(1);
    PQfinish(other); /* rolls back */
    wait_told(3);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(asked[i].outcome, HANSA_UNIT_DONE);
    cr_assert_eq(count_rows("n between 6 and 8"), 3, "each once");
}

/* As job_end stands before a job's statement, and as core.once runs the endpoint's statement. */
Test(db, what_stands_before_and_what_runs_by_name_goes_along) {
    PGconn *other = hold_row_of_a();
    struct hansa_unit *led = submit_for(INSERT, TENANT_A, 2, false, 5000);
    asked[1].lead = (struct hansa_unit_lead){.statement = &statements[TOUCH], .values = {"1"}};
    led->leads = &asked[1].lead;
    led->lead_count = 1;
    struct hansa_unit *named = submit_for(BY_NAME, TENANT_A, 1, false, 5000);
    named->subject = &statements[TOUCH];
    wait_waiting(2);
    PQfinish(other);
    wait_told(3);
    cr_assert_eq(asked[1].outcome, HANSA_UNIT_DONE);
    cr_assert_eq(asked[2].outcome, HANSA_UNIT_DONE);
    cr_assert_str_eq(asked[2].text, "1");
    cr_assert_eq(count_rows("n = 2"), 1);
}

Test(db, who_leaves_while_waiting_is_forgotten) {
    PGconn *other = hold_row_of_a();
    struct hansa_unit *units[4];
    for (size_t i = 0; i < 4; i++)
        units[i] = submit_for(TOUCH, TENANT_A, 1, false, 5000);
    wait_waiting(4);
    for (size_t i = 0; i < 4; i++)
        hansa_unit_forget(units[i]);
    PQfinish(other);
    wait_waiting(0);
    cr_assert_eq(told_count, 1);
    submit(TOUCH, TENANT_A, 1);
    wait_told(2);
}

Test(db, a_locked_table_keeps_nobody_from_others) {
    enum { TENANTS = 12 };
    submit(INSERT, TENANT_A, 1);
    wait_told(1);
    PGconn *other = hold(TENANT_A, "lock table walled in access exclusive mode");
    for (int i = 0; i < TENANTS; i++) {
        char tenant[48];
        snprintf(tenant, sizeof tenant, "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4b%02d", i);
        submit(ROWS, tenant, 10);
    }
    wait_waiting(TENANTS);
    struct hansa_db_gauges before = hansa_db_gauges(db);
    submit(ROWS, TENANT_A, 10); /* three tenants met it: now it is everybody's */
    for (int i = 0; i < 40; i++)
        submit(TENANT, i % 2 == 0 ? TENANT_A : TENANT_B, i);
    wait_told(41);
    cr_assert_eq(hansa_db_gauges(db).lock_waits, before.lock_waits);
    cr_assert_eq(hansa_db_gauges(db).held_up, before.held_up);
    PQfinish(other);
    wait_told(asked_count);
    for (size_t i = 0; i < asked_count; i++)
        cr_assert_eq(asked[i].outcome, HANSA_UNIT_DONE);
}
