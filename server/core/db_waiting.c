/* The waiting lane: who waits for a lock waits here, one unit a connection, and holds nobody else up.
 *
 * A unit comes here when its first try, on a connection that all share, met a lock for db_first_lock_ms. That try was rolled
 * back whole, so that another one is the first in effect. What it stumbled over is remembered as a *known lock*: this
 * statement of this tenant. While it is known, the tenant's other units with that statement come here without a first try;
 * otherwise eight clients that write to one locked row would cost everybody eight first tries. A statement of which several
 * tenants know a lock is taken for one whose table is locked, for everybody. A known lock ends when a unit gets through here
 * and none is left, or some time after the last one did not.
 *
 * A tenant has at most a quarter of the connections and half of the line (promise F3: half of the connections), and a unit
 * 2 s from its coming, in the line and at the lock together (promise F4). Connections are opened when they are needed,
 * prepare what they come to run, and are closed when nobody has needed them for a while: they cost nothing on a good day. */
#include "db_lane.h"

#include <hansa/config.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATIENCE_MS = 2000,
    KNOWN_MS = 5000, /* how long a lock is remembered after the last unit failed at it */
    KNOWN_MAX = 256,
    TENANTS_FOR_ALL = 3, /* so many know a lock of one statement: it is everybody's */
    IDLE_MS = 60000
};

/* Lifetime: while units wait for it, and KNOWN_MS longer. */
struct hansa_known_lock {
    struct hansa_db *db;
    struct hansa_known_lock *next;
    const struct hansa_statement *subject;
    char tenant[37];
    size_t waiting;
    uint64_t until;
};

static struct hansa_db_lane *lane_of(struct hansa_db *db) {
    return &db->lanes[LANE_WAITING];
}

/* --- known locks --- */

static struct hansa_known_lock *known_find(struct hansa_db *db, const struct hansa_unit *unit, size_t *ret_tenants) {
    struct hansa_known_lock *own = NULL;
    *ret_tenants = 0;
    for (struct hansa_known_lock *known = db->known_locks; known != NULL; known = known->next) {
        if (known->subject != unit->subject) continue;
        (*ret_tenants)++;
        if (strcmp(known->tenant, unit->tenant) == 0) own = known;
    }
    return own;
}

static void known_join(struct hansa_db *db, struct hansa_unit *unit) {
    size_t tenants;
    struct hansa_known_lock *known = known_find(db, unit, &tenants);
    if (known == NULL && db->known_count < KNOWN_MAX) {
        known = h2o_mem_alloc(sizeof *known);
        *known = (struct hansa_known_lock){.db = db, .next = db->known_locks, .subject = unit->subject};
        memcpy(known->tenant, unit->tenant, sizeof known->tenant);
        db->known_locks = known;
        db->known_count++;
    }
    unit->known = known;
    if (known != NULL) known->waiting++;
}

/* Forgets those that nobody waits for: all, or only the one, or those that are over. */
static void known_forget(struct hansa_db *db, const struct hansa_known_lock *only, uint64_t now) {
    for (struct hansa_known_lock **at = &db->known_locks; *at != NULL;) {
        struct hansa_known_lock *known = *at;
        bool is_over = only != NULL ? known == only : known->waiting == 0 && now >= known->until;
        if (!is_over) {
            at = &known->next;
            continue;
        }
        *at = known->next;
        db->known_count--;
        free(known);
    }
}

void hansa_waiting_left(struct hansa_unit *unit) {
    struct hansa_known_lock *known = unit->known;
    unit->known = NULL;
    if (known == NULL || --known->waiting > 0) return;
    known->until = h2o_now(known->db->loop) + KNOWN_MS;
    if (unit->outcome == HANSA_UNIT_DONE) known_forget(known->db, known, 0);
}

/* --- coming --- */

static void refuse(struct hansa_db_lane *lane, struct hansa_unit *unit) {
    hansa_db_settle(lane, unit, HANSA_UNIT_BUSY, NULL);
}

static void add(struct hansa_db *db, struct hansa_unit *unit) {
    struct hansa_db_lane *lane = lane_of(db);
    size_t most = (size_t)hansa_config()->db_queue_max, own = 0;
    for (const struct hansa_unit *other = lane->head; other != NULL; other = other->next)
        own += strcmp(other->tenant, unit->tenant) == 0;
    unit->waits_since = h2o_now(db->loop);
    unit->next = NULL;
    if (db->is_closing || lane->queued >= most || own * 2 >= most) {
        refuse(lane, unit);
        return;
    }
    db->gauges.moved++;
    known_join(db, unit);
    if (lane->tail != NULL)
        lane->tail->next = unit;
    else
        lane->head = unit;
    lane->tail = unit;
    lane->queued++;
    hansa_db_pump_soon(db);
}

/* What of other tenants was behind it on the connection, or before it and not yet told, has waited with it. */
static size_t held_up(const struct connection *connection, const struct hansa_unit *unit) {
    size_t count = 0;
    for (size_t b = 0; b < connection->batch_count; b++) {
        const struct batch *batch = &connection->batches[(connection->batch_first + b) % BATCHES_MAX];
        for (size_t i = 0; i < batch->unit_count; i++)
            count += batch->states[i] != UNIT_SETTLED && strcmp(batch->units[i]->tenant, unit->tenant) != 0;
    }
    return count;
}

void hansa_waiting_move(struct connection *connection, struct hansa_unit *unit) {
    struct hansa_db *db = connection->lane->db;
    db->gauges.lock_waits++;
    db->gauges.held_up += held_up(connection, unit);
    if (unit->owner == NULL)
        hansa_unit_free(unit);
    else
        add(db, unit);
}

bool hansa_waiting_takes(struct hansa_db *db, struct hansa_unit *unit) {
    size_t tenants;
    if (db->known_locks == NULL) return false;
    if (known_find(db, unit, &tenants) == NULL && tenants < TENANTS_FOR_ALL) return false;
    db->gauges.moved_known++;
    add(db, unit);
    return true;
}

/* --- going on --- */

/* A unit that is told already is freed; its connection only waits for the end of its batch. */
static bool is_at_work_for(const struct connection *connection, const char *tenant) {
    if (connection->batch_count == 0) return false;
    const struct batch *batch = &connection->batches[connection->batch_first];
    return batch->unit_count > 0 && batch->states[0] != UNIT_SETTLED && strcmp(batch->units[0]->tenant, tenant) == 0;
}

static bool has_connection_left(const struct hansa_db_lane *lane, const struct hansa_unit *unit) {
    size_t at_work = 0, most = lane->connection_count / 4;
    for (size_t i = 0; i < lane->connection_count; i++)
        at_work += is_at_work_for(&lane->connections[i], unit->tenant);
    return at_work < (most < 1 ? 1 : most);
}

static struct hansa_unit **find(struct hansa_db_lane *lane) {
    for (struct hansa_unit **at = &lane->head; *at != NULL; at = &(*at)->next)
        if ((*at)->owner == NULL || has_connection_left(lane, *at)) return at;
    return NULL;
}

static struct hansa_unit *unlink_unit(struct hansa_db_lane *lane, struct hansa_unit **at) {
    struct hansa_unit *unit = *at, *last = NULL;
    *at = unit->next;
    unit->next = NULL;
    lane->queued--;
    for (struct hansa_unit *other = lane->head; other != NULL; other = other->next)
        last = other;
    lane->tail = last;
    return unit;
}

struct hansa_unit *hansa_waiting_take(struct hansa_db_lane *lane) {
    for (struct hansa_unit **at; (at = find(lane)) != NULL;) {
        struct hansa_unit *unit = unlink_unit(lane, at);
        if (unit->owner != NULL) return unit;
        unit->outcome = HANSA_UNIT_LATE;
        hansa_unit_free(unit);
    }
    return NULL;
}

uint64_t hansa_waiting_patience(const struct hansa_unit *unit, uint64_t now) {
    uint64_t end = unit->waits_since + PATIENCE_MS;
    return end > now ? end - now : 0;
}

void hansa_waiting_pump(struct hansa_db_lane *lane) {
    struct connection *closed = NULL;
    if (find(lane) == NULL) return;
    for (size_t i = 0; i < lane->connection_count; i++) {
        struct connection *connection = &lane->connections[i];
        if (connection->state == CONNECTION_CONNECTING || connection->state == CONNECTION_PREPARING) return;
        if (connection->state == CONNECTION_CLOSED) closed = connection;
    }
    if (closed != NULL) hansa_connection_open(closed);
}

void hansa_waiting_tick(struct hansa_db_lane *lane, uint64_t now) {
    known_forget(lane->db, NULL, now);
    for (size_t i = 0; i < lane->connection_count; i++) {
        struct connection *connection = &lane->connections[i];
        bool is_idle = connection->state == CONNECTION_READY && connection->batch_count == 0;
        if (!is_idle || now - connection->since < IDLE_MS) continue;
        hansa_connection_lose(connection, NULL);
        connection->state = CONNECTION_CLOSED;
    }
}

void hansa_waiting_end(struct hansa_db *db) {
    known_forget(db, NULL, UINT64_MAX);
}
