/* Lanes: queues of units and the connections that carry them.
 *
 * Invariants: a unit is in exactly one place: a lane's queue, a batch, or the refused list. It leaves by settle() only,
 * which tells its owner and frees it. Sending and telling never happen on the stack of hansa_db_submit. */
#include "db_lane.h"

#include "log.h"

#include <assert.h>
#include <hansa/config.h>
#include <stdlib.h>
#include <string.h>

struct hansa_unit *hansa_unit_new(const struct hansa_statement *statement, enum hansa_lane lane, bool is_read_only) {
    struct hansa_unit *unit = h2o_mem_alloc(sizeof *unit);
    memset(unit, 0, sizeof *unit);
    unit->magic = UNIT_MAGIC;
    unit->statement = unit->subject = statement;
    unit->lane = lane;
    unit->is_read_only = is_read_only;
    return unit;
}

void hansa_unit_free(struct hansa_unit *unit) {
    assert(unit->magic == UNIT_MAGIC);
    unit->magic = 0;
    hansa_waiting_left(unit);
    PQclear(unit->result);
    if (unit->on_free != NULL) unit->on_free(unit->ticket);
    free(unit);
}

void hansa_unit_forget(struct hansa_unit *unit) {
    assert(unit->magic == UNIT_MAGIC);
    unit->owner = NULL;
}

/* Its patience ended in the line, or at the lock. */
static bool is_locked(enum hansa_unit_outcome outcome, const PGresult *result) {
    const char *state = outcome == HANSA_UNIT_REFUSED ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    return outcome == HANSA_UNIT_LOCKED || (state != NULL && strcmp(state, "55P03") == 0);
}

void hansa_db_settle(struct hansa_db_lane *lane, struct hansa_unit *unit, enum hansa_unit_outcome outcome,
                     PGresult *result) {
    struct hansa_db_gauges *gauges = &lane->db->gauges;
    PQclear(unit->result);
    unit->result = result;
    unit->outcome = outcome;
    unit->done_at = h2o_now(lane->db->loop);
    gauges->units++;
    gauges->refused += outcome == HANSA_UNIT_REFUSED;
    gauges->lost += outcome == HANSA_UNIT_LOST;
    gauges->late += outcome == HANSA_UNIT_LATE;
    gauges->busy += outcome == HANSA_UNIT_BUSY;
    gauges->locked += is_locked(outcome, result);
    if (unit->owner != NULL) unit->done(unit);
    hansa_unit_free(unit);
}

/* Takes the oldest unit that somebody still waits for; drops the dead ones on the way. */
struct hansa_unit *hansa_db_take(struct hansa_db_lane *lane) {
    while (lane->head != NULL) {
        struct hansa_unit *unit = lane->head;
        lane->head = unit->next;
        if (lane->head == NULL) lane->tail = NULL;
        lane->queued--;
        unit->next = NULL;
        if (unit->owner != NULL) return unit;
        hansa_unit_free(unit);
    }
    return NULL;
}

void hansa_db_requeue(struct hansa_db_lane *lane, struct hansa_unit *unit) {
    unit->next = lane->head;
    lane->head = unit;
    if (lane->tail == NULL) lane->tail = unit;
    lane->queued++;
}

static bool lane_has_connection(const struct hansa_db_lane *lane) {
    for (size_t i = 0; i < lane->connection_count; i++)
        if (lane->connections[i].state == CONNECTION_READY) return true;
    return false;
}

/* Units may wait: a connection is ready, or the very first one is still being made (a server that has just taken over). */
static bool lane_takes(const struct hansa_db_lane *lane) {
    const struct hansa_db_gauges *gauges = &lane->db->gauges;
    if (lane->which == LANE_WAITING) return true; /* its connections come with the units */
    return lane_has_connection(lane) || (gauges->connects < 2 && gauges->connect_failures == 0);
}

static void pump(h2o_timeout_entry_t *entry) {
    struct hansa_db *db = H2O_STRUCT_FROM_MEMBER(struct hansa_db, pump, entry);
    while (db->refused != NULL) {
        struct hansa_unit *unit = db->refused;
        db->refused = unit->next;
        hansa_db_settle(&db->lanes[unit->lane], unit, unit->outcome, NULL);
    }
    for (size_t l = 0; l < LANES; l++) {
        struct hansa_db_lane *lane = &db->lanes[l];
        for (size_t i = 0; i < lane->connection_count && lane->head != NULL; i++)
            if (lane->connections[i].state == CONNECTION_READY) hansa_connection_pump(&lane->connections[i]);
    }
    hansa_waiting_pump(&db->lanes[LANE_WAITING]);
}

void hansa_db_pump_soon(struct hansa_db *db) {
    if (!h2o_timeout_is_linked(&db->pump)) h2o_timeout_link(db->loop, &db->soon, &db->pump);
}

static void refuse(struct hansa_db *db, struct hansa_unit *unit, enum hansa_unit_outcome outcome) {
    unit->outcome = outcome;
    unit->next = db->refused;
    db->refused = unit;
    hansa_db_pump_soon(db);
}

void hansa_db_submit(struct hansa_db *db, struct hansa_unit *unit) {
    assert(unit->magic == UNIT_MAGIC && unit->owner != NULL);
    struct hansa_db_lane *lane = &db->lanes[unit->lane];
    if (db->is_closing || !lane_takes(lane)) {
        refuse(db, unit, HANSA_UNIT_DOWN);
    } else if (lane->queued >= (size_t)hansa_config()->db_queue_max) {
        refuse(db, unit, HANSA_UNIT_BUSY);
    } else {
        if (lane->tail != NULL)
            lane->tail->next = unit;
        else
            lane->head = unit;
        lane->tail = unit;
        lane->queued++;
        hansa_db_pump_soon(db);
    }
}

/* Ends waiting units whose time is over, or all of them when no connection is left. */
static void lane_expire(struct hansa_db_lane *lane, uint64_t now) {
    bool is_up = lane_takes(lane);
    struct hansa_unit *kept = NULL, **kept_end = &kept, *tail = NULL, *unit = lane->head;
    lane->head = lane->tail = NULL;
    lane->queued = 0;
    size_t kept_count = 0;
    while (unit != NULL) {
        struct hansa_unit *next = unit->next;
        unit->next = NULL;
        if (unit->owner == NULL) {
            hansa_unit_free(unit);
        } else if (!is_up || now >= unit->deadline_at) {
            refuse(lane->db, unit, is_up ? HANSA_UNIT_LATE : HANSA_UNIT_DOWN);
        } else if (lane->which == LANE_WAITING && hansa_waiting_patience(unit, now) == 0) {
            refuse(lane->db, unit, HANSA_UNIT_LOCKED);
        } else {
            *kept_end = unit;
            kept_end = &unit->next;
            tail = unit;
            kept_count++;
        }
        unit = next;
    }
    lane->head = kept;
    lane->tail = tail;
    lane->queued = kept_count;
}

/* A connection whose oldest unit is well past its deadline does not answer: PostgreSQL was stopped or the net is gone. */
static void connection_check(struct connection *connection, uint64_t now) {
    switch (connection->state) {
    case CONNECTION_CLOSED:
        break;
    case CONNECTION_WAITING:
        if (now >= connection->retry_at) hansa_connection_open(connection);
        break;
    case CONNECTION_CONNECTING:
    case CONNECTION_PREPARING:
        if (now - connection->since > CONNECT_MAX_MS) hansa_connection_lose(connection, "no answer while connecting");
        break;
    case CONNECTION_READY:
        if (connection->batch_count > 0) {
            const struct batch *batch = &connection->batches[connection->batch_first];
            for (size_t i = 0; i < batch->unit_count; i++) {
                if (batch->states[i] == UNIT_SETTLED || now < batch->units[i]->deadline_at + ANSWER_GRACE_MS) continue;
                hansa_connection_lose(connection, "no answer within the deadline");
                break;
            }
        }
        break;
    }
}

void hansa_db_tick(struct hansa_db *db) {
    uint64_t now = h2o_now(db->loop);
    for (size_t l = 0; l < LANES; l++) {
        struct hansa_db_lane *lane = &db->lanes[l];
        for (size_t i = 0; i < lane->connection_count; i++)
            connection_check(&lane->connections[i], now);
        lane_expire(lane, now);
    }
    hansa_waiting_tick(&db->lanes[LANE_WAITING], now);
    hansa_db_pump_soon(db);
}

static void lane_init(struct hansa_db_lane *lane, struct hansa_db *db, int which, size_t count, uint64_t timeout_ms) {
    *lane =
        (struct hansa_db_lane){.db = db, .which = which, .connection_count = count, .statement_timeout_ms = timeout_ms};
    lane->connections = h2o_mem_alloc(count * sizeof *lane->connections);
    memset(lane->connections, 0, count * sizeof *lane->connections);
    for (size_t i = 0; i < count; i++) {
        lane->connections[i].lane = lane;
        if (which != LANE_WAITING) hansa_connection_open(&lane->connections[i]);
    }
}

struct hansa_db *hansa_db_new(h2o_loop_t *loop, const char *conninfo, size_t fast_connections,
                              size_t slow_connections) {
    const struct hansa_config *config = hansa_config();
    struct hansa_db *db = h2o_mem_alloc(sizeof *db);
    memset(db, 0, sizeof *db);
    db->loop = loop;
    db->conninfo = h2o_strdup(NULL, conninfo, SIZE_MAX).base;
    db->pump.cb = pump;
    h2o_timeout_init(loop, &db->soon, 0);
    lane_init(&db->lanes[HANSA_LANE_FAST], db, HANSA_LANE_FAST, fast_connections, (uint64_t)config->call_deadline_ms);
    lane_init(&db->lanes[HANSA_LANE_SLOW], db, HANSA_LANE_SLOW, slow_connections, (uint64_t)config->slow_deadline_ms);
    lane_init(&db->lanes[LANE_WAITING], db, LANE_WAITING, (size_t)config->db_waiting_connections,
              (uint64_t)config->slow_deadline_ms);
    return db;
}

void hansa_db_free(struct hansa_db *db) {
    db->is_closing = true;
    for (size_t l = 0; l < LANES; l++) {
        struct hansa_db_lane *lane = &db->lanes[l];
        for (size_t i = 0; i < lane->connection_count; i++)
            hansa_connection_lose(&lane->connections[i], NULL);
        for (struct hansa_unit *unit; (unit = hansa_db_take(lane)) != NULL;)
            hansa_db_settle(lane, unit, HANSA_UNIT_DOWN, NULL);
        free(lane->connections);
    }
    pump(&db->pump);
    hansa_waiting_end(db);
    if (h2o_timeout_is_linked(&db->pump)) h2o_timeout_unlink(&db->pump);
    h2o_timeout_dispose(db->loop, &db->soon);
    free(db->conninfo);
    free(db);
}

bool hansa_db_is_ready(const struct hansa_db *db) {
    return lane_has_connection(&db->lanes[HANSA_LANE_FAST]) && lane_has_connection(&db->lanes[HANSA_LANE_SLOW]);
}

size_t hansa_db_load(const struct hansa_db *db) {
    size_t load = 0;
    for (size_t l = 0; l < LANES; l++)
        load += db->lanes[l].queued + db->lanes[l].sent;
    return load;
}

struct hansa_db_gauges hansa_db_gauges(const struct hansa_db *db) {
    struct hansa_db_gauges gauges = db->gauges;
    for (size_t l = 0; l < LANES; l++) {
        gauges.queued += db->lanes[l].queued;
        for (size_t i = 0; i < db->lanes[l].connection_count; i++) {
            gauges.connections += db->lanes[l].connections[i].state != CONNECTION_CLOSED;
            gauges.connections_ready += db->lanes[l].connections[i].state == CONNECTION_READY;
        }
    }
    gauges.waiting = db->lanes[LANE_WAITING].queued + db->lanes[LANE_WAITING].sent;
    return gauges;
}
