/* One connection: open, prepare every statement, carry batches, and open again when it breaks.
 *
 * libh2o watches a dup of libpq's descriptor, so that each side may close its own. libpq may change its descriptor while
 * connecting (several hosts), hence `polled_fd`. Back-off doubles to 5 s with jitter, so that a restarted PostgreSQL is
 * not met by everybody at once. */
#include "db_lane.h"

#include "log.h"

#include <hansa/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_readable(h2o_socket_t *socket, const char *error);

static void socket_drop(struct connection *connection) {
    if (connection->socket != NULL) h2o_socket_close(connection->socket);
    connection->socket = NULL;
    connection->polled_fd = -1;
    connection->is_writing = false;
}

static bool socket_follow(struct connection *connection) {
    int fd = PQsocket(connection->pg);
    if (connection->socket != NULL && connection->polled_fd == fd) return true;
    socket_drop(connection);
    int own = fd < 0 ? -1 : dup(fd);
    if (own < 0) return false;
    connection->socket = h2o_evloop_socket_create(connection->lane->db->loop, own, H2O_SOCKET_FLAG_DONT_READ);
    connection->socket->data = connection;
    connection->polled_fd = fd;
    return true;
}

static void unit_abandon(struct hansa_db_lane *lane, struct hansa_unit *unit) {
    lane->sent--;
    hansa_db_settle(lane, unit, HANSA_UNIT_LOST, NULL);
}

void hansa_connection_lose(struct connection *connection, const char *why) {
    struct hansa_db_lane *lane = connection->lane;
    if (why != NULL) {
        lane->db->gauges.connect_failures += connection->state != CONNECTION_READY;
        const char *said = connection->pg != NULL ? PQerrorMessage(connection->pg) : "";
        hansa_log_event(HANSA_LOG_WARNING, "database connection lost", why, said);
    }
    socket_drop(connection);
    PQfinish(connection->pg);
    connection->pg = NULL;
    free(connection->prepared.entries);
    memset(&connection->prepared, 0, sizeof connection->prepared);
    connection->state = CONNECTION_WAITING;
    connection->needs_rollback = false;
    uint64_t wait = connection->backoff_ms < BACKOFF_FIRST_MS ? BACKOFF_FIRST_MS : connection->backoff_ms;
    connection->backoff_ms = wait * 2 > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : wait * 2;
    connection->retry_at = h2o_now(lane->db->loop) + wait / 2 + (uint64_t)random() % wait;
    /* last: settling runs the owners' code */
    size_t count = connection->batch_count, first = connection->batch_first;
    struct hansa_unit *unflushed = connection->unflushed;
    connection->batch_count = 0;
    connection->unflushed = NULL;
    while (unflushed != NULL) {
        struct hansa_unit *unit = unflushed;
        unflushed = unit->next;
        unit_abandon(lane, unit);
    }
    for (size_t b = 0; b < count; b++) {
        struct batch *batch = &connection->batches[(first + b) % BATCHES_MAX];
        for (size_t i = 0; i < batch->unit_count; i++)
            if (batch->states[i] != UNIT_SETTLED) unit_abandon(lane, batch->units[i]);
        batch->unit_count = 0;
    }
}

static void on_writable(h2o_socket_t *socket, const char *error) {
    struct connection *connection = socket->data;
    connection->is_writing = false;
    if (error != NULL)
        hansa_connection_lose(connection, error);
    else
        hansa_connection_flush(connection);
}

void hansa_connection_flush(struct connection *connection) {
    int left = PQflush(connection->pg);
    if (left < 0) {
        hansa_connection_lose(connection, "cannot send");
    } else if (left > 0 && !connection->is_writing) {
        connection->is_writing = true;
        h2o_socket_notify_write(connection->socket, on_writable);
    }
}

void hansa_connection_pump(struct connection *connection) {
    bool has_sent = false;
    size_t most = connection->lane->which == LANE_WAITING ? 1 : BATCHES_MAX;
    while (connection->state == CONNECTION_READY && connection->batch_count < most &&
           (connection->lane->head != NULL || connection->needs_rollback || connection->unflushed != NULL)) {
        enum batch_sent sent = hansa_batch_send(connection);
        if (sent == BATCH_BROKEN) {
            hansa_connection_lose(connection, "cannot queue");
            return;
        }
        if (sent == BATCH_EMPTY) break;
        has_sent = true;
    }
    if (has_sent) hansa_connection_flush(connection);
}

/* --- making a connection --- */

static const struct {
    const char *name, *sql;
} frame_statements[] = {
    {"hansa_begin", "BEGIN"},
    {"hansa_begin_read", "BEGIN READ ONLY"},
    {"hansa_commit", "COMMIT"},
    {"hansa_rollback", "ROLLBACK"},
    {"hansa_async", "SET LOCAL synchronous_commit = off"},
    {"hansa_mark", "select pg_logical_emit_message(true, 'hansa', '')"},
};

static bool prepare_all(struct connection *connection) {
    PGconn *pg = connection->pg;
    if (PQsetnonblocking(pg, 1) != 0 || PQenterPipelineMode(pg) != 1) return false;
    for (size_t i = 0; i < sizeof frame_statements / sizeof frame_statements[0]; i++)
        if (PQsendPrepare(pg, frame_statements[i].name, frame_statements[i].sql, 0, NULL) != 1) return false;
    if (connection->lane->which == LANE_WAITING) return PQpipelineSync(pg) == 1;
    for (size_t e = 0; e < hansa_endpoint_count; e++) {
        const struct hansa_endpoint *endpoint = &hansa_endpoints[e];
        if ((int)endpoint->lane != connection->lane->which && endpoint->lane != HANSA_LANE_ANY) continue;
        for (size_t s = 0; s < endpoint->statement_count; s++) {
            const struct hansa_statement *statement = &endpoint->statements[s];
            if (PQsendPrepare(pg, statement->name, statement->sql, statement->bind_count, statement->types) != 1)
                return false;
        }
    }
    /* what is prepared may wait for a lock as long as the role says; what runs here may not */
    char sql[64];
    snprintf(sql, sizeof sql, "SET lock_timeout = %lld", (long long)hansa_config()->db_first_lock_ms);
    return PQsendQueryParams(pg, sql, 0, NULL, NULL, NULL, NULL, 0) == 1 && PQpipelineSync(pg) == 1;
}

/* True when the Sync that ends the preparing is back. */
static bool prepare_receive(struct connection *connection, bool *ret_failed) {
    *ret_failed = false;
    while (!PQisBusy(connection->pg)) {
        PGresult *result = PQgetResult(connection->pg);
        if (result == NULL) {
            if (PQstatus(connection->pg) == CONNECTION_BAD) *ret_failed = true;
            if (*ret_failed) return false;
            continue;
        }
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_FATAL_ERROR) {
            hansa_log_event(HANSA_LOG_ERROR, "cannot prepare a statement",
                            PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY),
                            PQresultErrorField(result, PG_DIAG_SQLSTATE));
            *ret_failed = true;
        }
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC) return true;
        if (*ret_failed) return false;
    }
    return false;
}

static void on_connected(struct connection *connection) {
    connection->state = CONNECTION_PREPARING;
    if (!socket_follow(connection) || !prepare_all(connection)) {
        hansa_connection_lose(connection, "cannot prepare");
        return;
    }
    h2o_socket_read_start(connection->socket, on_readable);
    hansa_connection_flush(connection);
}

static void on_ready(struct connection *connection) {
    connection->state = CONNECTION_READY;
    connection->backoff_ms = 0;
    connection->lane->db->gauges.connects++;
    hansa_connection_pump(connection);
}

static void connect_step(struct connection *connection);

static void on_connecting(h2o_socket_t *socket, const char *error) {
    struct connection *connection = socket->data;
    connection->is_writing = false;
    if (error != NULL)
        hansa_connection_lose(connection, error);
    else
        connect_step(connection);
}

static void connect_step(struct connection *connection) {
    PostgresPollingStatusType next = PQconnectPoll(connection->pg);
    if (next == PGRES_POLLING_OK) {
        on_connected(connection);
    } else if (next == PGRES_POLLING_FAILED || !socket_follow(connection)) {
        hansa_connection_lose(connection, "cannot connect");
    } else if (next == PGRES_POLLING_WRITING) {
        h2o_socket_read_stop(connection->socket);
        if (!connection->is_writing) {
            connection->is_writing = true;
            h2o_socket_notify_write(connection->socket, on_connecting);
        }
    } else {
        h2o_socket_read_start(connection->socket, on_connecting);
    }
}

/* libpq prints notices to stderr by itself; they belong into the log, as one line like all else. */
static void on_notice(void *unused, const PGresult *result) {
    (void)unused;
    hansa_log_event(HANSA_LOG_WARNING, "notice of the database", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY),
                    PQresultErrorField(result, PG_DIAG_SQLSTATE));
}

void hansa_connection_open(struct connection *connection) {
    struct hansa_db_lane *lane = connection->lane;
    char options[256];
    snprintf(
        options, sizeof options,
        "-c plan_cache_mode=force_generic_plan -c client_min_messages=error -c statement_timeout=%llu -c TimeZone=UTC "
        "-c DateStyle=ISO -c jit=off",
        (unsigned long long)lane->statement_timeout_ms);
    const char *const names[] = {"dbname", "options", "application_name", "connect_timeout", "client_encoding", NULL};
    static const char *const application[LANES] = {"hansa fast", "hansa slow", "hansa waiting"};
    const char *const values[] = {lane->db->conninfo, options, application[lane->which], "5", "UTF8", NULL};
    connection->since = h2o_now(lane->db->loop);
    connection->state = CONNECTION_CONNECTING;
    connection->pg = PQconnectStartParams(names, values, 1);
    if (connection->pg == NULL || PQstatus(connection->pg) == CONNECTION_BAD || !socket_follow(connection)) {
        hansa_connection_lose(connection, "cannot connect");
        return;
    }
    PQsetNoticeReceiver(connection->pg, on_notice, NULL);
    connection->is_writing = true;
    h2o_socket_notify_write(connection->socket, on_connecting);
}

static void on_readable(h2o_socket_t *socket, const char *error) {
    struct connection *connection = socket->data;
    if (error != NULL || PQconsumeInput(connection->pg) != 1) {
        hansa_connection_lose(connection, error != NULL ? error : "cannot receive");
        return;
    }
    if (connection->state == CONNECTION_PREPARING) {
        bool has_failed;
        bool is_over = prepare_receive(connection, &has_failed);
        if (has_failed)
            hansa_connection_lose(connection, "cannot prepare");
        else if (is_over)
            on_ready(connection);
        return;
    }
    if (!hansa_batch_receive(connection)) {
        hansa_connection_lose(connection, "broken");
        return;
    }
    if (connection->state == CONNECTION_READY) hansa_connection_pump(connection);
}
