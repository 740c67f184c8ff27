/* The way to PostgreSQL: units of work in lanes of few pipelined connections.
 *
 * Nobody's wait for a lock is anybody else's (decision 0040): on the connections that all share a unit waits for a lock for
 * db_first_lock_ms; then it is rolled back and tried again in the waiting lane, on a connection of its own.
 *
 * A unit is one statement of one tenant in its own transaction (house: BEGIN [READ ONLY] · SET LOCAL hansa.tenant_id ·
 * the statement · COMMIT). What arrives while a connection is busy waits in its lane and leaves as one batch under one
 * Sync. Its outcome is told only when its own COMMIT has come back.
 *
 * One struct hansa_db a loop thread; only that thread may touch it or its units. Lifetime: the thread.
 */
#ifndef HANSA_DB_H
#define HANSA_DB_H

#include <h2o.h>
#include <hansa/endpoint.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

struct hansa_db;

enum { HANSA_UNIT_LEADS_MAX = 2 };

enum hansa_unit_outcome {
    HANSA_UNIT_DONE,    /* committed; result holds the rows */
    HANSA_UNIT_REFUSED, /* PostgreSQL raised; result holds the error; nothing was written */
    HANSA_UNIT_BUSY,    /* the lane's queue is full; nothing was sent */
    HANSA_UNIT_LATE,    /* the deadline passed before it was sent; nothing was written */
    HANSA_UNIT_LOCKED,  /* stood behind others that wait for a lock until its patience was over; nothing was written */
    HANSA_UNIT_DOWN,    /* no connection; nothing was sent */
    HANSA_UNIT_LOST     /* the connection broke after it was sent: a write may or may not have happened */
};

/* A statement that stands before the unit's own, in the same transaction; its rows are dropped. Belongs to whoever made the
 * unit, and lives until `done`. */
struct hansa_unit_lead {
    const struct hansa_statement *statement;
    const char *values[8];
};

/* Lifetime: from hansa_unit_new until `done` has returned; then the lane frees it. Values must live until `done` or
 * hansa_unit_forget. */
struct hansa_unit {
    uint32_t magic;
    enum hansa_lane lane;
    bool is_read_only;
    bool is_alone;   /* shares its transaction with no neighbour: it is a rerun */
    uint8_t sends;   /* how often it was sent */
    char tenant[37]; /* uuid text, checked; empty = a statement over common tables only */
    const struct hansa_statement *statement;
    const struct hansa_statement
        *subject;           /* whose locks it takes: `statement`, unless that one runs another by its name */
    const char *values[64]; /* text form, NULL = SQL null */
    const struct hansa_unit_lead *leads; /* at most HANSA_UNIT_LEADS_MAX */
    size_t lead_count;
    uint64_t deadline_at; /* ms, clock of the loop */
    uint64_t sent_at, done_at;
    enum hansa_unit_outcome outcome;
    PGresult *result; /* owned by the unit; `done` may take it by setting this to NULL */
    void *owner;      /* NULL = nobody waits any more */
    void (*done)(struct hansa_unit *unit);
    void (*on_free)(void *ticket); /* work has ended, whether or not anybody waited */
    void *ticket;
    struct hansa_unit *next;
    struct hansa_known_lock *known; /* in the waiting lane: why it is there */
    uint64_t waits_since;           /* when it came to the waiting lane; 0 = it did not */
};

struct hansa_db_gauges {
    uint64_t units, batches, reruns, refused, lost, late, busy, connects, connect_failures;
    uint64_t queued, connections_ready, connections;
    /* locks: first tries that met one; units of other tenants behind those; units that went to the waiting lane, and of
     * those without a first try; units there now; and those whose patience ended there */
    uint64_t lock_waits, held_up, moved, moved_known, waiting, locked;
};

/* Opens the lanes' connections in the background and keeps them open; the waiting lane's when they are needed. */
struct hansa_db *hansa_db_new(h2o_loop_t *loop, const char *conninfo, size_t fast_connections, size_t slow_connections);
/* Closes everything; units still inside end with HANSA_UNIT_LOST or _DOWN. */
void hansa_db_free(struct hansa_db *db);

struct hansa_unit *hansa_unit_new(const struct hansa_statement *statement, enum hansa_lane lane, bool is_read_only);
/* Takes the unit over; `done` is called later, never from inside this function. */
void hansa_db_submit(struct hansa_db *db, struct hansa_unit *unit);
/* The owner has gone: `done` will not be called, values may vanish. Not yet sent → never sent (defence M2). */
void hansa_unit_forget(struct hansa_unit *unit);

/* Every 100 ms: deadlines, reconnects, connections that do not answer. */
void hansa_db_tick(struct hansa_db *db);
/* All lanes have a connection on which every statement is prepared. */
bool hansa_db_is_ready(const struct hansa_db *db);
/* Units inside, waiting or sent. */
size_t hansa_db_load(const struct hansa_db *db);
struct hansa_db_gauges hansa_db_gauges(const struct hansa_db *db);

#endif
