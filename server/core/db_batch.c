/* A batch: what leaves under one Sync, and how its results are read.
 *
 *   ROLLBACK · { BEGIN [READ ONLY] · SET LOCAL hansa.tenant_id · statement … · COMMIT } … · Sync
 *
 * Neighbours of one tenant and one mode share a transaction (group commit). Of the writing transactions in a batch only the
 * last waits for the disk: those before it commit with synchronous_commit off, and their outcome is told when the last one's
 * COMMIT is back, since WAL is flushed in order. That last one also writes a mark, so that it flushes even if its units
 * changed nothing: what they saw of others (a duplicate, say) is then on disk too. When the last one fails, the committed
 * ones before it wait on the connection for the next flush; a mark alone is sent if no write follows. When anything in a transaction fails, its
 * other units, and all that stands behind up to the Sync, were not executed: they are sent again, each alone. A unit that
 * fails while it is alone is the one that PostgreSQL refused. The leading ROLLBACK ends what a failed batch before left
 * open; it also goes out by itself when nothing follows.
 *
 * On a connection that all share a statement waits for a lock for a moment only; then its unit goes to the waiting lane
 * (db_waiting.c), where a batch is one unit that may wait, and what it runs is prepared in front of it. */
#include "db_lane.h"

#include "log.h"

#include <assert.h>
#include <hansa/config.h>
#include <stdio.h>
#include <string.h>

static bool command_add(struct batch *batch, enum command_kind kind, size_t unit) {
    assert(batch->command_count < BATCH_COMMANDS_MAX);
    batch->commands[batch->command_count++] = (struct command){.kind = kind, .unit = (uint8_t)unit};
    return true;
}

static bool is_waiting_lane(const struct connection *connection) {
    return connection->lane->which == LANE_WAITING;
}

static bool frame_send(struct connection *connection, struct batch *batch, enum command_kind kind, size_t unit,
                       const char *name) {
    return PQsendQueryPrepared(connection->pg, name, 0, NULL, NULL, NULL, 0) == 1 && command_add(batch, kind, unit);
}

static bool set_send(struct connection *connection, struct batch *batch, size_t unit, const char *sql) {
    return PQsendQueryParams(connection->pg, sql, 0, NULL, NULL, NULL, NULL, 0) == 1 &&
           command_add(batch, COMMAND_SET, unit);
}

/* The session's timeout is the lane's whole deadline; only a unit that has waited long needs a shorter one of its own. */
static bool timeout_send(struct connection *connection, struct batch *batch, size_t index) {
    const struct hansa_unit *unit = batch->units[index];
    uint64_t now = h2o_now(connection->lane->db->loop), whole = connection->lane->statement_timeout_ms;
    uint64_t left = unit->deadline_at > now ? unit->deadline_at - now : 1;
    char sql[64];
    if (is_waiting_lane(connection)) {
        uint64_t patience = hansa_waiting_patience(unit, now);
        snprintf(sql, sizeof sql, "SET LOCAL lock_timeout = %llu", (unsigned long long)(patience < 1 ? 1 : patience));
        if (!set_send(connection, batch, index, sql)) return false;
    }
    if (left * 10 >= whole * 9) return true;
    snprintf(sql, sizeof sql, "SET LOCAL statement_timeout = %llu", (unsigned long long)left);
    return set_send(connection, batch, index, sql);
}

static bool shares_transaction(const struct hansa_unit *one, const struct hansa_unit *other) {
    return !one->is_alone && !other->is_alone && one->is_read_only == other->is_read_only &&
           strcmp(one->tenant, other->tenant) == 0;
}

/* Where the last writing transaction of the batch ends; unit_count when it only reads. */
static size_t last_write(const struct batch *batch) {
    for (size_t i = batch->unit_count; i-- > 0;)
        if (!batch->units[i]->is_read_only) return i;
    return batch->unit_count;
}

static bool commit_send(struct connection *connection, struct batch *batch, size_t index) {
    bool is_last_write = index == last_write(batch);
    enum command_kind kind = batch->units[index]->is_read_only ? COMMAND_COMMIT
                             : is_last_write                   ? COMMAND_COMMIT_FLUSH
                                                               : COMMAND_COMMIT_ASYNC;
    if (is_last_write && !frame_send(connection, batch, COMMAND_MARK, index, "hansa_mark")) return false;
    return frame_send(connection, batch, kind, index, "hansa_commit");
}

/* Flushes what is committed and not yet on disk when no write of the batch does. */
static bool mark_send(struct connection *connection, struct batch *batch) {
    return frame_send(connection, batch, COMMAND_BEGIN, NO_UNIT, "hansa_begin") &&
           frame_send(connection, batch, COMMAND_MARK, NO_UNIT, "hansa_mark") &&
           frame_send(connection, batch, COMMAND_COMMIT_FLUSH, NO_UNIT, "hansa_commit");
}

static bool prepare_send(struct connection *connection, struct batch *batch, size_t index,
                         const struct hansa_statement *statement) {
    for (size_t i = 0; i < connection->prepared.size; i++)
        if (connection->prepared.entries[i] == statement) return true;
    for (size_t i = 0; i < batch->command_count; i++)
        if (batch->commands[i].prepares == statement) return true;
    if (PQsendPrepare(connection->pg, statement->name, statement->sql, statement->bind_count, statement->types) != 1)
        return false;
    command_add(batch, COMMAND_PREPARE, index);
    batch->commands[batch->command_count - 1].prepares = statement;
    return true;
}

/* Inside the transaction, so that what its parsing waits for is bounded like the rest. */
static bool prepares_send(struct connection *connection, struct batch *batch, size_t index) {
    const struct hansa_unit *unit = batch->units[index];
    for (size_t i = 0; i < unit->lead_count; i++)
        if (!prepare_send(connection, batch, index, unit->leads[i].statement)) return false;
    return prepare_send(connection, batch, index, unit->statement) &&
           prepare_send(connection, batch, index, unit->subject);
}

static void prepared(struct connection *connection, const struct command *command) {
    h2o_vector_reserve(NULL, &connection->prepared, connection->prepared.size + 1);
    connection->prepared.entries[connection->prepared.size++] = command->prepares;
}

static bool leads_send(struct connection *connection, struct batch *batch, size_t index) {
    const struct hansa_unit *unit = batch->units[index];
    assert(unit->lead_count <= HANSA_UNIT_LEADS_MAX);
    for (size_t i = 0; i < unit->lead_count; i++) {
        const struct hansa_unit_lead *lead = &unit->leads[i];
        if (PQsendQueryPrepared(connection->pg, lead->statement->name, lead->statement->bind_count, lead->values, NULL,
                                NULL, 0) != 1 ||
            !command_add(batch, COMMAND_LEAD, index))
            return false;
    }
    return true;
}

static bool unit_send(struct connection *connection, struct batch *batch, size_t index) {
    struct hansa_unit *unit = batch->units[index];
    bool begins = index == 0 || !shares_transaction(batch->units[index - 1], unit);
    batch->first_of[index] = begins ? (uint8_t)index : batch->first_of[index - 1];
    batch->states[index] = UNIT_SENT;
    if (begins) {
        if (!frame_send(connection, batch, COMMAND_BEGIN, index,
                        unit->is_read_only ? "hansa_begin_read" : "hansa_begin"))
            return false;
        if (unit->tenant[0] != '\0') {
            /* the tenant is a checked uuid text: nothing to escape. Citus hands on SET LOCAL, not set_config() */
            char sql[96];
            snprintf(sql, sizeof sql, "SET LOCAL hansa.tenant_id = '%s'", unit->tenant);
            if (!set_send(connection, batch, index, sql)) return false;
        }
        /* the transaction of the last write ends at last_write(); one that ends before it does not wait for the disk */
        size_t end = index;
        while (end + 1 < batch->unit_count && shares_transaction(batch->units[end], batch->units[end + 1]))
            end++;
        if (!unit->is_read_only && end != last_write(batch) &&
            !frame_send(connection, batch, COMMAND_SET, index, "hansa_async"))
            return false;
    }
    if (!timeout_send(connection, batch, index)) return false;
    if (is_waiting_lane(connection) && !prepares_send(connection, batch, index)) return false;
    if (!leads_send(connection, batch, index)) return false;
    if (PQsendQueryPrepared(connection->pg, unit->statement->name, unit->statement->bind_count, unit->values, NULL,
                            NULL, 0) != 1)
        return false;
    command_add(batch, COMMAND_STATEMENT, index);
    bool ends = index + 1 == batch->unit_count || !shares_transaction(unit, batch->units[index + 1]);
    return !ends || commit_send(connection, batch, index);
}

static void batch_fill(struct connection *connection, struct batch *batch) {
    struct hansa_db_lane *lane = connection->lane;
    bool waits = is_waiting_lane(connection);
    uint64_t now = h2o_now(lane->db->loop);
    while (batch->unit_count < (waits ? 1 : (size_t)hansa_config()->db_batch_max)) {
        struct hansa_unit *unit = waits ? hansa_waiting_take(lane) : hansa_db_take(lane);
        if (unit == NULL) break;
        if (!waits && hansa_waiting_takes(lane->db, unit)) continue;
        if (now >= unit->deadline_at) {
            hansa_db_settle(lane, unit, HANSA_UNIT_LATE, NULL);
            continue;
        }
        if (!waits && unit->sends >= SENDS_SHARED_MAX && batch->unit_count > 0) {
            hansa_db_requeue(lane, unit);
            break;
        }
        unit->sends++;
        unit->sent_at = now;
        lane->sent++;
        batch->units[batch->unit_count++] = unit;
        if (unit->sends > SENDS_SHARED_MAX) break;
    }
}

enum batch_sent hansa_batch_send(struct connection *connection) {
    struct batch *batch = &connection->batches[(connection->batch_first + connection->batch_count) % BATCHES_MAX];
    batch->unit_count = batch->command_count = batch->command_at = 0;
    batch_fill(connection, batch);
    if (batch->unit_count == 0 && !connection->needs_rollback && connection->unflushed == NULL) return BATCH_EMPTY;
    connection->batch_count++;
    connection->needs_rollback = false;
    connection->lane->db->gauges.batches++;
    for (size_t i = 0; i < batch->unit_count; i++)
        batch->states[i] = UNIT_SENT;
    if (!frame_send(connection, batch, COMMAND_ROLLBACK, 0, "hansa_rollback")) return BATCH_BROKEN;
    for (size_t i = 0; i < batch->unit_count; i++)
        if (!unit_send(connection, batch, i)) return BATCH_BROKEN;
    bool needs_mark = connection->unflushed != NULL && last_write(batch) == batch->unit_count;
    if (needs_mark && !mark_send(connection, batch)) return BATCH_BROKEN;
    return PQpipelineSync(connection->pg) == 1 ? BATCH_SENT : BATCH_BROKEN;
}

/* --- results --- */

static void settle(struct connection *connection, struct batch *batch, size_t index, enum hansa_unit_outcome outcome,
                   PGresult *result) {
    batch->states[index] = UNIT_SETTLED;
    connection->lane->sent--;
    hansa_db_settle(connection->lane, batch->units[index], outcome, result);
}

static void settle_done(struct connection *connection, struct batch *batch, size_t index) {
    PGresult *result = batch->units[index]->result;
    batch->units[index]->result = NULL;
    settle(connection, batch, index, HANSA_UNIT_DONE, result);
}

/* A flush is back: what was committed before it, in earlier batches and in this one, is on disk. */
static void flushed(struct connection *connection, struct batch *batch, size_t before) {
    while (connection->unflushed != NULL) {
        struct hansa_unit *unit = connection->unflushed;
        PGresult *result = unit->result;
        connection->unflushed = unit->next;
        unit->result = NULL;
        connection->lane->sent--;
        hansa_db_settle(connection->lane, unit, HANSA_UNIT_DONE, result);
    }
    for (size_t i = 0; i < before; i++)
        if (batch->states[i] == UNIT_COMMITTED) settle_done(connection, batch, i);
}

static void committed(struct connection *connection, struct batch *batch, const struct command *command) {
    if (command->unit == NO_UNIT) {
        flushed(connection, batch, batch->unit_count);
        return;
    }
    size_t first = batch->first_of[command->unit], last = command->unit;
    enum command_kind kind = command->kind;
    if (kind == COMMAND_COMMIT_FLUSH) flushed(connection, batch, first);
    for (size_t i = first; i <= last; i++) {
        assert(batch->states[i] == UNIT_ANSWERED);
        if (kind == COMMAND_COMMIT_ASYNC)
            batch->states[i] = UNIT_COMMITTED;
        else
            settle_done(connection, batch, i);
    }
}

static bool stands_alone(const struct batch *batch, size_t index) {
    bool follows = index > 0 && batch->first_of[index] == batch->first_of[index - 1] && batch->first_of[index] != index;
    bool leads = index + 1 < batch->unit_count && batch->first_of[index + 1] == batch->first_of[index];
    return !follows && !leads;
}

/* An error at any command of a transaction. Takes `result`. */
static void failed(struct connection *connection, struct batch *batch, const struct command *command,
                   PGresult *result) {
    /* who waited too long did so by itself: a rerun would only make its caller wait again. At a COMMIT it may have been any */
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    size_t index = command->unit;
    bool is_own = stands_alone(batch, index) || command->kind < COMMAND_MARK;
    bool is_lock = is_own && state != NULL && strcmp(state, "55P03") == 0;
    bool is_timeout = state != NULL && strcmp(state, "57014") == 0;
    if (is_lock && !is_waiting_lane(connection)) {
        batch->states[index] = UNIT_SETTLED;
        connection->lane->sent--;
        PQclear(result);
        PQclear(batch->units[index]->result);
        batch->units[index]->result = NULL;
        hansa_waiting_move(connection, batch->units[index]);
    } else if (is_lock || is_timeout || stands_alone(batch, index)) {
        settle(connection, batch, index, HANSA_UNIT_REFUSED, result);
    } else {
        batch->states[index] = UNIT_FAILED;
        PQclear(result);
    }
}

/* Takes `result`. */
static void on_result(struct connection *connection, struct batch *batch, PGresult *result) {
    if (batch->command_at >= batch->command_count) {
        PQclear(result);
        return;
    }
    const struct command *command = &batch->commands[batch->command_at];
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_ABORTED || (command->kind == COMMAND_ROLLBACK && status == PGRES_COMMAND_OK)) {
        PQclear(result);
    } else if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE || status == PGRES_NONFATAL_ERROR) {
        if (command->unit < batch->unit_count && batch->states[command->unit] != UNIT_SETTLED)
            failed(connection, batch, command, result);
        else
            PQclear(result);
    } else if (command->kind == COMMAND_STATEMENT) {
        struct hansa_unit *unit = batch->units[command->unit];
        PQclear(unit->result);
        unit->result = result;
        batch->states[command->unit] = UNIT_ANSWERED;
    } else if (command->kind == COMMAND_PREPARE) {
        prepared(connection, command);
        PQclear(result);
    } else if (command->kind >= COMMAND_COMMIT) {
        bool is_committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
        PQclear(result);
        if (is_committed) committed(connection, batch, command);
    } else {
        PQclear(result);
    }
}

/* Keeps the order in which they committed. */
static void keep_unflushed(struct connection *connection, struct hansa_unit *unit) {
    struct hansa_unit **end = &connection->unflushed;
    while (*end != NULL)
        end = &(*end)->next;
    unit->next = NULL;
    *end = unit;
}

/* The Sync is back: what is committed waits for a flush; whatever else is not settled is sent again, alone. */
static void on_sync(struct connection *connection) {
    struct hansa_db_lane *lane = connection->lane;
    struct batch *batch = &connection->batches[connection->batch_first];
    connection->batch_first = (connection->batch_first + 1) % BATCHES_MAX;
    connection->batch_count--;
    if (is_waiting_lane(connection)) {
        connection->since = h2o_now(lane->db->loop); /* idle from here on, unless */
        hansa_db_pump_soon(lane->db);
    }
    bool has_failed = PQtransactionStatus(connection->pg) == PQTRANS_INERROR;
    for (size_t i = 0; i < batch->unit_count; i++)
        if (batch->states[i] == UNIT_COMMITTED) keep_unflushed(connection, batch->units[i]);
    for (size_t i = batch->unit_count; i-- > 0;) {
        struct hansa_unit *unit = batch->units[i];
        if (batch->states[i] == UNIT_SETTLED || batch->states[i] == UNIT_COMMITTED) continue;
        has_failed = true;
        batch->states[i] = UNIT_SETTLED;
        lane->sent--;
        lane->db->gauges.reruns++;
        unit->is_alone = true;
        PQclear(unit->result);
        unit->result = NULL;
        if (unit->sends >= SENDS_MAX)
            hansa_db_settle(lane, unit, HANSA_UNIT_BUSY, NULL);
        else
            hansa_db_requeue(lane, unit);
    }
    batch->unit_count = 0;
    if (has_failed || connection->batch_count == 0) connection->needs_rollback = has_failed;
}

bool hansa_batch_receive(struct connection *connection) {
    while (connection->state == CONNECTION_READY && !PQisBusy(connection->pg)) {
        PGresult *result = PQgetResult(connection->pg);
        if (result == NULL) {
            if (PQstatus(connection->pg) == CONNECTION_BAD) return false;
            if (connection->batch_count == 0) break;
            struct batch *batch = &connection->batches[connection->batch_first];
            if (++batch->command_at > batch->command_count) return false; /* more ends than commands: out of step */
            continue;
        }
        if (PQstatus(connection->pg) == CONNECTION_BAD) {
            PQclear(result);
            return false;
        }
        if (connection->batch_count == 0) { /* nothing is asked: a notice of the server's end */
            PQclear(result);
            return false;
        }
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            on_sync(connection);
            /* nothing outstanding: the session must be outside a transaction, or in a failed one that ROLLBACK will end */
            if (connection->batch_count == 0 && !connection->needs_rollback &&
                PQtransactionStatus(connection->pg) != PQTRANS_IDLE)
                return false;
        } else {
            on_result(connection, &connection->batches[connection->batch_first], result);
        }
    }
    return true;
}
