/* The gate: never more at work than allowed, nobody forgotten, nobody's place lost when the client leaves. */
#include "core/gate.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { WAITERS = 12 };
static struct hansa_waiter waiters[WAITERS];
static size_t admitted_count;
static struct hansa_gate *gate;

static void admitted(struct hansa_waiter *waiter) {
    (void)waiter;
    admitted_count++;
}

static void set_up(void) {
    gate = hansa_gate_new((struct hansa_gate_limits){.running = {2, 3}, .waiting = {5, 5}});
}

static void tear_down(void) {
    hansa_gate_free(gate);
}

static enum hansa_gate_answer enter(size_t i, const char *source, const char *tenant) {
    snprintf(waiters[i].names[0], sizeof waiters[i].names[0], "%s", source);
    snprintf(waiters[i].names[1], sizeof waiters[i].names[1], "%s", tenant);
    waiters[i].admitted = admitted;
    return hansa_gate_enter(gate, &waiters[i]);
}

/* Gives places back, then ends the turn. */
static void unref(size_t i) {
    hansa_ticket_unref(waiters[i].ticket);
    hansa_gate_turn(gate);
}

TestSuite(gate, .init = set_up, .fini = tear_down);

Test(gate, limits_a_source_then_admits_in_turn) {
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(enter(i, "192.0.2.1", ""), HANSA_GATE_OPEN);
    for (size_t i = 2; i < 7; i++)
        cr_assert_eq(enter(i, "192.0.2.1", ""), HANSA_GATE_WAIT);
    cr_assert_eq(enter(7, "192.0.2.1", ""), HANSA_GATE_FULL);
    cr_assert_eq(enter(8, "192.0.2.2", ""), HANSA_GATE_OPEN, "another source has its own places");
    hansa_gate_leave(&waiters[2]);
    unref(0);
    cr_assert_eq(admitted_count, 1);
    cr_assert_null(waiters[2].ticket, "who left is not admitted");
    cr_assert_not_null(waiters[3].ticket);
    size_t order[] = {1, 3, 4, 5, 6, 8};
    for (size_t i = 0; i < 6; i++)
        unref(order[i]);
    cr_assert_eq(admitted_count, 4);
}

Test(gate, the_place_is_given_back_when_the_last_holder_lets_go) {
    cr_assert_eq(enter(0, "192.0.2.1", ""), HANSA_GATE_OPEN);
    cr_assert_eq(enter(1, "192.0.2.1", ""), HANSA_GATE_OPEN);
    cr_assert_eq(enter(2, "192.0.2.1", ""), HANSA_GATE_WAIT);
    hansa_ticket_ref(waiters[0].ticket); /* a unit at work */
    unref(0);                            /* its client has gone */
    cr_assert_eq(admitted_count, 0, "the work goes on, the place is taken");
    unref(0);
    cr_assert_eq(admitted_count, 1);
    unref(1);
    unref(2);
}

Test(gate, tenant_and_source_both_count) {
    for (size_t i = 0; i < 3; i++) {
        char source[16];
        snprintf(source, sizeof source, "192.0.2.%zu", i);
        cr_assert_eq(enter(i, source, "tenant"), HANSA_GATE_OPEN);
    }
    cr_assert_eq(enter(3, "192.0.2.9", "tenant"), HANSA_GATE_WAIT);
    cr_assert_eq(enter(4, "192.0.2.9", "other"), HANSA_GATE_OPEN);
    cr_assert_eq(enter(5, "192.0.2.9", "other"), HANSA_GATE_OPEN);
    unref(0); /* the tenant has room now, the source not: it changes lines */
    cr_assert_eq(admitted_count, 0);
    unref(4);
    cr_assert_eq(admitted_count, 1);
    cr_assert_not_null(waiters[3].ticket);
    for (size_t i = 1; i < 4; i++)
        unref(i);
    unref(5);
}

/* A place is given back in the dispose of a call: there nobody else's code may run. */
Test(gate, nobody_is_let_in_before_the_turn_and_nobody_overtakes) {
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(enter(i, "192.0.2.1", ""), HANSA_GATE_OPEN);
    cr_assert_eq(enter(2, "192.0.2.1", ""), HANSA_GATE_WAIT);
    hansa_ticket_unref(waiters[0].ticket);
    cr_assert_eq(admitted_count, 0);
    cr_assert_eq(enter(3, "192.0.2.1", ""), HANSA_GATE_WAIT, "there is a place, but somebody waits for it");
    hansa_gate_turn(gate);
    cr_assert_eq(admitted_count, 1);
    cr_assert_not_null(waiters[2].ticket);
    cr_assert_null(waiters[3].ticket);
    hansa_ticket_unref(waiters[1].ticket);
    hansa_gate_leave(&waiters[3]);
    unref(2); /* the party goes: nobody is at work, nobody waits */
    cr_assert_eq(enter(4, "192.0.2.1", ""), HANSA_GATE_OPEN);
    unref(4);
}

/* Who is let in may be through at once, and who moves to the other line may be the last of his own. */
Test(gate, a_party_outlives_the_look_at_it) {
    cr_assert_eq(enter(0, "192.0.2.1", "tenant"), HANSA_GATE_OPEN);
    cr_assert_eq(enter(1, "192.0.2.2", "tenant"), HANSA_GATE_OPEN);
    cr_assert_eq(enter(2, "192.0.2.3", "tenant"), HANSA_GATE_OPEN);
    cr_assert_eq(enter(3, "192.0.2.9", "tenant"), HANSA_GATE_WAIT);
    cr_assert_eq(enter(4, "192.0.2.9", ""), HANSA_GATE_OPEN);
    cr_assert_eq(enter(5, "192.0.2.9", ""), HANSA_GATE_OPEN);
    for (size_t i = 0; i < 3; i++)
        hansa_ticket_unref(waiters[i].ticket);
    hansa_gate_turn(gate);
    cr_assert_eq(admitted_count, 0, "it waits for its source now");
    unref(4);
    cr_assert_eq(admitted_count, 1);
    unref(3);
    unref(5);
}

/* Tenth of 3 and of 5, rounded up; an address that happens to have the digit in that place has all of its limit. */
Test(gate, a_twin_has_a_tenth) {
    static const char tenant[] = "01a00000-0000-7000-8000-00000000000a",
                      twin[] = "01a00000-0000-8000-8000-00000000000a";
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(enter(i, "", tenant), HANSA_GATE_OPEN);
    cr_assert_eq(enter(3, "", twin), HANSA_GATE_OPEN);
    cr_assert_eq(enter(4, "", twin), HANSA_GATE_WAIT);
    cr_assert_eq(enter(5, "", twin), HANSA_GATE_FULL);
    for (size_t i = 6; i < 8; i++)
        cr_assert_eq(enter(i, "2001:db8:1111:8111:1111:1111:1111:11", ""), HANSA_GATE_OPEN);
    unref(3);
    cr_assert_not_null(waiters[4].ticket);
    size_t left[] = {0, 1, 2, 4, 6, 7};
    for (size_t i = 0; i < 6; i++)
        unref(left[i]);
}
