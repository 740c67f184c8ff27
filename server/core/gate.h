/* A gate: how many calls of a party are at work at once, each call being of two parties.
 *
 * A loop has two gates. That before PostgreSQL counts by client address and by tenant. That of bulky calls, which take much
 * memory, counts by tenant and all together.
 *
 * A call that finds a party of its own at its limit waits in that party's line; a waiting call whose client leaves costs
 * nothing. A place is given back when the work ends, not when the client leaves (defence M3, promises F3, X10).
 * Per loop; only its thread.
 */
#ifndef HANSA_GATE_H
#define HANSA_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hansa_gate;
struct hansa_party;

/* A place at work. Heap; freed when its last holder lets go: the call, and each unit or job that works for it. */
struct hansa_ticket {
    struct hansa_gate *gate;
    struct hansa_party *parties[2]; /* NULL = not limited */
    unsigned holders;
};

/* Embedded in the call. */
struct hansa_waiter {
    struct hansa_waiter *previous, *next;
    struct hansa_party *party; /* in whose line; NULL = in none */
    char names
        [2]
        [48]; /* of its parties, the narrower first: in its line the others of the second are not held up. Empty: not limited */
    struct hansa_ticket *ticket; /* set when admitted */
    void (*admitted)(struct hansa_waiter *waiter);
};

enum hansa_gate_answer { HANSA_GATE_OPEN, HANSA_GATE_WAIT, HANSA_GATE_FULL };

/* By place of a party's name: calls at work at once, calls in line. */
struct hansa_gate_limits {
    size_t running[2], waiting[2];
};

struct hansa_gate *hansa_gate_new(struct hansa_gate_limits limits);
void hansa_gate_free(struct hansa_gate *gate);
/* Most that any one party of that place has ever had at work at once. */
size_t hansa_gate_most(const struct hansa_gate *gate, size_t place);
/* OPEN: ticket is set. WAIT: `admitted` is called later. FULL: the line is too long. */
enum hansa_gate_answer hansa_gate_enter(struct hansa_gate *gate, struct hansa_waiter *waiter);
/* The client left while waiting. Harmless otherwise. */
void hansa_gate_leave(struct hansa_waiter *waiter);
void hansa_ticket_ref(struct hansa_ticket *ticket);
/* Lets nobody in by itself: it runs in the dispose of a call, where no other call's code may run. */
void hansa_ticket_unref(struct hansa_ticket *ticket);
/* At the end of a turn of the loop, when no call is on the stack: lets in who waits where a place has become free. */
void hansa_gate_turn(struct hansa_gate *gate);

#endif
