/* Parties live in a hash table while anybody of them is at work, waits, or a place of theirs has just become free.
 *
 * Invariant: a party with a line and a free place is due; nobody overtakes its line. */
#include "gate.h"

#include "uuid.h"

#include <assert.h>
#include <h2o.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024 };

struct hansa_party {
    struct hansa_party *next;
    char name[48];
    size_t running, waiting, most_running, most_waiting;
    struct hansa_waiter *first, *last;
    struct hansa_party *next_due;
    bool is_due; /* for a look at the end of the turn */
};

struct hansa_gate {
    struct hansa_gate_limits limits;
    size_t most[2];
    struct hansa_party *buckets[BUCKETS];
    struct hansa_party *due;
};

struct hansa_gate *hansa_gate_new(struct hansa_gate_limits limits) {
    struct hansa_gate *gate = calloc(1, sizeof *gate);
    if (gate == NULL) abort();
    gate->limits = limits;
    return gate;
}

void hansa_gate_free(struct hansa_gate *gate) {
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct hansa_party *party = gate->buckets[i], *next; party != NULL; party = next) {
            next = party->next;
            free(party);
        }
    free(gate);
}

size_t hansa_gate_most(const struct hansa_gate *gate, size_t place) {
    return gate->most[place];
}

static size_t bucket_of(const char *name) {
    uint64_t hash = 1469598103934665603U; /* FNV-1a: names are addresses and uuids, checked before */
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211U;
    return hash % BUCKETS;
}

static struct hansa_party *party_get(struct hansa_gate *gate, const struct hansa_waiter *waiter, size_t which) {
    const char *name = waiter->names[which];
    if (name[0] == '\0') return NULL;
    struct hansa_party **slot = &gate->buckets[bucket_of(name)];
    for (struct hansa_party *party = *slot; party != NULL; party = party->next)
        if (strcmp(party->name, name) == 0) return party;
    struct hansa_party *party = h2o_mem_alloc(sizeof *party);
    *party = (struct hansa_party){.next = *slot,
                                  .most_running = (size_t)hansa_uuid_share(name, (int64_t)gate->limits.running[which]),
                                  .most_waiting = (size_t)hansa_uuid_share(name, (int64_t)gate->limits.waiting[which])};
    strncpy(party->name, name, sizeof party->name - 1);
    return *slot = party;
}

static void party_drop_if_idle(struct hansa_gate *gate, struct hansa_party *party) {
    if (party == NULL || party->is_due || party->running > 0 || party->first != NULL) return;
    struct hansa_party **slot = &gate->buckets[bucket_of(party->name)];
    while (*slot != party)
        slot = &(*slot)->next;
    *slot = party->next;
    free(party);
}

static void line_up(struct hansa_party *party, struct hansa_waiter *waiter) {
    waiter->party = party;
    waiter->next = NULL;
    waiter->previous = party->last;
    if (party->last != NULL)
        party->last->next = waiter;
    else
        party->first = waiter;
    party->last = waiter;
    party->waiting++;
}

static void line_leave(struct hansa_waiter *waiter) {
    struct hansa_party *party = waiter->party;
    if (waiter->previous != NULL)
        waiter->previous->next = waiter->next;
    else
        party->first = waiter->next;
    if (waiter->next != NULL)
        waiter->next->previous = waiter->previous;
    else
        party->last = waiter->previous;
    party->waiting--;
    waiter->party = NULL;
}

/* `is_called`: from the head of a line, which is not to be told that others wait. */
static enum hansa_gate_answer enter(struct hansa_gate *gate, struct hansa_waiter *waiter, bool is_called) {
    struct hansa_party *parties[2] = {party_get(gate, waiter, 0), party_get(gate, waiter, 1)};
    for (size_t i = 0; i < 2; i++) {
        if (parties[i] == NULL) continue;
        if (parties[i]->running < parties[i]->most_running && (is_called || parties[i]->first == NULL)) continue;
        bool is_full = parties[i]->waiting >= parties[i]->most_waiting;
        if (!is_full) line_up(parties[i], waiter);
        party_drop_if_idle(gate, parties[!i]);
        return is_full ? HANSA_GATE_FULL : HANSA_GATE_WAIT;
    }
    struct hansa_ticket *ticket = h2o_mem_alloc(sizeof *ticket);
    *ticket = (struct hansa_ticket){.gate = gate, .parties = {parties[0], parties[1]}, .holders = 1};
    for (size_t i = 0; i < 2; i++)
        if (parties[i] != NULL && ++parties[i]->running > gate->most[i]) gate->most[i] = parties[i]->running;
    waiter->ticket = ticket;
    return HANSA_GATE_OPEN;
}

enum hansa_gate_answer hansa_gate_enter(struct hansa_gate *gate, struct hansa_waiter *waiter) {
    return enter(gate, waiter, false);
}

void hansa_gate_leave(struct hansa_waiter *waiter) {
    if (waiter->party != NULL) line_leave(waiter);
}

void hansa_ticket_ref(struct hansa_ticket *ticket) {
    ticket->holders++;
}

/* Lets the head of a line try again; it may come to wait in the other party's line. */
static void party_next(struct hansa_gate *gate, struct hansa_party *party) {
    while (party->first != NULL && party->running < party->most_running) {
        struct hansa_waiter *waiter = party->first;
        line_leave(waiter);
        if (enter(gate, waiter, true) == HANSA_GATE_WAIT) {
            if (waiter->party == party) return;
            continue;
        }
        waiter->admitted(waiter); /* ticket NULL: the other line was too long */
    }
}

void hansa_ticket_unref(struct hansa_ticket *ticket) {
    assert(ticket->holders > 0);
    if (--ticket->holders > 0) return;
    struct hansa_gate *gate = ticket->gate;
    struct hansa_party *parties[2] = {ticket->parties[0], ticket->parties[1]};
    free(ticket);
    for (size_t i = 0; i < 2; i++) {
        struct hansa_party *party = parties[i];
        if (party == NULL) continue;
        party->running--;
        if (party->is_due) continue;
        party->is_due = true;
        party->next_due = gate->due;
        gate->due = party;
    }
}

void hansa_gate_turn(struct hansa_gate *gate) {
    while (gate->due != NULL) {
        struct hansa_party *party = gate->due;
        gate->due = party->next_due;
        party_next(gate, party); /* which it outlives, being due */
        party->is_due = false;
        party_drop_if_idle(gate, party);
    }
}
