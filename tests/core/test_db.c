/* What the pipelined unit promises, against a real PostgreSQL: one outcome each, none crossed, none lost by a neighbour. */
#include "db_ground.h"

#include <criterion/criterion.h>
#include <hansa/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(db, commit_can_fail_after_its_rows_arrived) {
    struct asked *first = submit(INSERT, TENANT_A, 1);
    wait_told(1);
    struct asked *again = submit(INSERT, TENANT_A, 1);
    wait_told(2);
    cr_assert_eq(first->outcome, HANSA_UNIT_DONE);
    cr_assert_eq(again->outcome, HANSA_UNIT_REFUSED, "the deferred constraint speaks at COMMIT");
    cr_assert_str_eq(again->state, "23505");
    cr_assert_eq(count_rows("n = 1"), 1);
}

Test(db, a_failing_unit_hurts_no_neighbour_at_any_place) {
    enum { UNITS = 20 };
    for (size_t bad = 0; bad < UNITS; bad++) {
        size_t from = asked_count;
        for (size_t i = 0; i < UNITS; i++)
            submit(i == bad ? DIVIDE : INSERT, i % 3 == 0 ? TENANT_B : TENANT_A, i == bad ? 0 : (int)(bad * UNITS + i));
        wait_told(asked_count);
        for (size_t i = 0; i < UNITS; i++)
            cr_assert_eq(asked[from + i].outcome, i == bad ? HANSA_UNIT_REFUSED : HANSA_UNIT_DONE, "bad %zu, unit %zu",
                         bad, i);
    }
    cr_assert_eq(count_rows("true"), UNITS * (UNITS - 1), "each was committed, and once");
}

Test(db, units_of_one_tenant_share_a_commit_and_not_a_fate) {
    for (int i = 0; i < 60; i++)
        submit(INSERT, TENANT_A, i % 30); /* every number twice: half must be refused */
    wait_told(60);
    size_t done = 0, refused = 0;
    for (size_t i = 0; i < 60; i++) {
        done += asked[i].outcome == HANSA_UNIT_DONE;
        refused += asked[i].outcome == HANSA_UNIT_REFUSED;
    }
    cr_assert_eq(done, 30);
    cr_assert_eq(refused, 30);
    cr_assert_eq(count_rows("true"), 30);
}

Test(db, a_failing_last_write_keeps_no_earlier_one_from_being_told) {
    for (int round = 0; round < 20; round++) {
        size_t from = asked_count;
        for (int i = 0; i < 6; i++)
            submit(i == 5 ? DIVIDE : INSERT, i % 2 == 0 ? TENANT_A : TENANT_B, i == 5 ? 0 : round * 10 + i);
        wait_told(asked_count);
        for (size_t i = 0; i < 6; i++)
            cr_assert_eq(asked[from + i].outcome, i == 5 ? HANSA_UNIT_REFUSED : HANSA_UNIT_DONE);
    }
    cr_assert_eq(count_rows("true"), 100, "each once");
}

Test(db, a_write_that_changed_nothing_is_told_too) {
    submit(INSERT, TENANT_A, 1);
    wait_told(1);
    for (int i = 0; i < 10; i++)
        submit_for(ROWS, i % 2 == 0 ? TENANT_A : TENANT_B, 100, false, 5000);
    wait_told(11);
    for (size_t i = 1; i < 11; i++)
        cr_assert_eq(asked[i].outcome, HANSA_UNIT_DONE);
}

Test(db, tenants_never_cross_and_settings_are_gone) {
    for (int i = 0; i < 150; i++)
        submit(TENANT, i % 3 == 0 ? "" : i % 3 == 1 ? TENANT_A : TENANT_B, i);
    wait_told(150);
    for (int i = 0; i < 150; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "%s:%d", i % 3 == 0 ? "" : i % 3 == 1 ? TENANT_A : TENANT_B, i);
        cr_assert_str_eq(asked[i].text, expected);
    }
}

Test(db, a_unit_without_tenant_sees_and_writes_nothing) {
    submit(INSERT, TENANT_A, 5);
    wait_told(1);
    struct asked *rows = submit(ROWS, "", 100), *write = submit(INSERT, "", 6);
    wait_told(3);
    cr_assert_eq(rows->outcome, HANSA_UNIT_DONE);
    cr_assert_str_eq(rows->text, "");
    cr_assert_eq(write->outcome, HANSA_UNIT_REFUSED);
}

Test(db, a_write_in_a_reading_unit_is_refused) {
    submit_for(INSERT, TENANT_A, 1, true, 5000);
    wait_told(1);
    cr_assert_str_eq(asked[0].state, "25006");
    cr_assert_eq(count_rows("true"), 0);
}

Test(db, after_an_error_the_session_is_idle) {
    for (int i = 0; i < 8; i++)
        submit(DIVIDE, TENANT_A, 0);
    wait_told(8);
    turn(20);
    char sql[256];
    snprintf(sql, sizeof sql,
             "select count(*) from pg_stat_activity where datname = '%s' and application_name like 'hansa%%' and state "
             "<> 'idle'",
             database.name);
    char *busy = hansa_test_sql(database.admin, sql);
    cr_assert_str_eq(busy, "0");
    free(busy);
}

Test(db, a_killed_backend_loses_its_units_and_no_others) {
    for (int i = 0; i < 40; i++)
        submit(i == 20 ? DIE : INSERT, TENANT_A, i);
    wait_told(40);
    size_t done = 0;
    for (size_t i = 0; i < 40; i++) {
        cr_assert(asked[i].outcome == HANSA_UNIT_DONE || asked[i].outcome == HANSA_UNIT_LOST ||
                  asked[i].outcome == HANSA_UNIT_DOWN || asked[i].outcome == HANSA_UNIT_REFUSED);
        if (asked[i].outcome != HANSA_UNIT_DONE) continue;
        char where[32];
        snprintf(where, sizeof where, "n = %zu", i);
        cr_assert_eq(count_rows(where), 1, "what was acknowledged is there");
        done++;
    }
    cr_assert_lt(done, 40);
    wait_ready();
    struct asked *after = submit(INSERT, TENANT_A, 1000);
    wait_told(41);
    cr_assert_eq(after->outcome, HANSA_UNIT_DONE);
}

Test(db, nobody_waits_nothing_is_sent) {
    struct hansa_unit *unit = submit_for(INSERT, TENANT_A, 1, false, 5000);
    hansa_unit_forget(unit);
    submit(INSERT, TENANT_A, 2);
    wait_told(1);
    cr_assert_eq(count_rows("n = 1"), 0);
}

Test(db, the_deadline_cancels_in_postgresql) {
    submit_for(SLEEP, TENANT_A, 3000, true, 400);
    wait_told(1);
    cr_assert(asked[0].outcome == HANSA_UNIT_REFUSED || asked[0].outcome == HANSA_UNIT_LATE);
    if (asked[0].outcome == HANSA_UNIT_REFUSED) cr_assert_str_eq(asked[0].state, "57014");
    struct asked *after = submit(TENANT, TENANT_A, 1);
    wait_told(2);
    cr_assert_eq(after->outcome, HANSA_UNIT_DONE);
}

Test(db, a_full_queue_refuses) {
    enum { MOST = 64 };
    char *argv[] = {(char *)(uintptr_t) "test", (char *)(uintptr_t) "--db-queue-max=64", NULL};
    cr_assert(hansa_config_read(2, argv, NULL));
    for (size_t i = 0; i < MOST + 10; i++)
        submit(TENANT, TENANT_A, 1); /* one turn: none has left when the last arrives */
    wait_told(MOST + 10);
    for (size_t i = 0; i < MOST + 10; i++)
        cr_assert_eq(asked[i].outcome, i < MOST ? HANSA_UNIT_DONE : HANSA_UNIT_BUSY);
}

Test(db, without_connection_units_end_at_once) {
    struct hansa_db *real = db;
    db = hansa_db_new(loop, "host=/nowhere dbname=none", 1, 1);
    submit(TENANT, TENANT_A, 1);
    wait_told(1);
    cr_assert_eq(asked[0].outcome, HANSA_UNIT_DOWN);
    cr_assert_not(hansa_db_is_ready(db));
    hansa_db_free(db);
    db = real;
}
