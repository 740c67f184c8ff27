/* Inside of db: a lane and its connections. Only db*.c include this. */
#ifndef HANSA_DB_LANE_H
#define HANSA_DB_LANE_H

#include "db.h"

enum {
    UNIT_MAGIC = 0x554e4954,
    BATCH_UNITS_MAX = 32,
    BATCHES_MAX = 2, /* Syncs outstanding a connection: one at work, one on its way */
    /* BEGIN, SET tenant, SET commit, SET timeout, leads, statement, COMMIT; ROLLBACK, a mark, or BEGIN, mark, COMMIT */
    BATCH_COMMANDS_MAX = BATCH_UNITS_MAX * (6 + HANSA_UNIT_LEADS_MAX) + 4,
    SENDS_SHARED_MAX = 2, /* aborted that often by a neighbour: from then on a batch of its own */
    SENDS_MAX = 8,
    ANSWER_GRACE_MS = 2000, /* past the deadline: then the connection counts as dead */
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LAST_MS = 2000,
    CONNECT_MAX_MS = 5000,
    LANE_WAITING = 2, /* beside enum hansa_lane: nobody submits to it */
    LANES = 3
};

enum command_kind {
    COMMAND_ROLLBACK,
    COMMAND_BEGIN,
    COMMAND_SET,
    COMMAND_PREPARE, /* in the waiting lane, whose connections prepare what they come to run */
    COMMAND_LEAD,    /* a statement of the unit whose rows nobody wants */
    COMMAND_STATEMENT,
    COMMAND_MARK,         /* a WAL record, so that the COMMIT behind it flushes whatever this session has seen */
    COMMAND_COMMIT,       /* of a reading transaction: final */
    COMMAND_COMMIT_ASYNC, /* of a writing one: done, and not yet on disk */
    COMMAND_COMMIT_FLUSH  /* of the last writing one, or of a mark alone: all before it are on disk too */
};

struct command {
    enum command_kind kind;
    uint8_t unit; /* index into batch.units; COMMIT: the last of its transaction; NO_UNIT: of a mark alone */
    const struct hansa_statement *prepares;
};

enum { NO_UNIT = 255 };

enum unit_state { UNIT_SENT, UNIT_ANSWERED, UNIT_COMMITTED, UNIT_FAILED, UNIT_SETTLED };

/* What leaves under one Sync. Lifetime: from sending until its Sync is back. */
struct batch {
    struct hansa_unit *units[BATCH_UNITS_MAX];
    enum unit_state states[BATCH_UNITS_MAX];
    uint8_t first_of[BATCH_UNITS_MAX]; /* index of the first unit in the same transaction */
    size_t unit_count;
    struct command commands[BATCH_COMMANDS_MAX];
    size_t command_count, command_at;
};

enum connection_state {
    CONNECTION_CLOSED, /* of the waiting lane: nobody needs it */
    CONNECTION_WAITING,
    CONNECTION_CONNECTING,
    CONNECTION_PREPARING,
    CONNECTION_READY
};

struct connection {
    struct hansa_db_lane *lane;
    PGconn *pg;
    h2o_socket_t *socket; /* on a dup of libpq's descriptor */
    int polled_fd;
    enum connection_state state;
    struct batch batches[BATCHES_MAX];
    size_t batch_first, batch_count;
    struct hansa_unit *unflushed; /* committed, told when a flush behind them is back; `next` links them */
    bool needs_rollback, is_writing;
    uint64_t retry_at, since;
    uint64_t backoff_ms;
    H2O_VECTOR(const struct hansa_statement *) prepared; /* of the waiting lane */
};

struct hansa_db_lane {
    struct hansa_db *db;
    int which; /* enum hansa_lane, or LANE_WAITING */
    struct connection *connections;
    size_t connection_count;
    struct hansa_unit *head, *tail;
    size_t queued, sent;
    uint64_t statement_timeout_ms;
};

struct hansa_db {
    h2o_loop_t *loop;
    char *conninfo;
    struct hansa_db_lane lanes[LANES];
    struct hansa_known_lock *known_locks;
    size_t known_count;
    h2o_timeout_t soon; /* zero: outcomes and sending happen outside of the caller's stack */
    h2o_timeout_entry_t pump;
    struct hansa_unit *refused; /* settled without PostgreSQL; told by the pump */
    struct hansa_db_gauges gauges;
    bool is_closing;
};

/* db.c */
void hansa_db_settle(struct hansa_db_lane *lane, struct hansa_unit *unit, enum hansa_unit_outcome outcome,
                     PGresult *result);
void hansa_db_requeue(struct hansa_db_lane *lane, struct hansa_unit *unit);
struct hansa_unit *hansa_db_take(struct hansa_db_lane *lane);
void hansa_db_pump_soon(struct hansa_db *db);
void hansa_unit_free(struct hansa_unit *unit);

/* db_waiting.c */
/* A first try met a lock. Takes the unit over. */
void hansa_waiting_move(struct connection *connection, struct hansa_unit *unit);
/* True = it was taken over, since others of its tenant wait for what it would wait for; no first try is made. */
bool hansa_waiting_takes(struct hansa_db *db, struct hansa_unit *unit);
/* The oldest unit whose tenant has a connection left; NULL = none. */
struct hansa_unit *hansa_waiting_take(struct hansa_db_lane *lane);
/* Opens one connection more if a unit could use it. */
void hansa_waiting_pump(struct hansa_db_lane *lane);
/* Milliseconds that the unit may still wait for locks. */
uint64_t hansa_waiting_patience(const struct hansa_unit *unit, uint64_t now);
/* A unit leaves; called by whoever frees it. */
void hansa_waiting_left(struct hansa_unit *unit);
void hansa_waiting_tick(struct hansa_db_lane *lane, uint64_t now);
void hansa_waiting_end(struct hansa_db *db);

/* db_connection.c */
void hansa_connection_open(struct connection *connection);
void hansa_connection_lose(struct connection *connection, const char *why);
void hansa_connection_pump(struct connection *connection);
void hansa_connection_flush(struct connection *connection);

/* db_batch.c */
enum batch_sent { BATCH_SENT, BATCH_EMPTY, BATCH_BROKEN };
enum batch_sent hansa_batch_send(struct connection *connection);
/* Reads what has arrived; false = the connection is to be given up. */
bool hansa_batch_receive(struct connection *connection);

#endif
