/* A loop: one thread with its own event loop, h2o contexts, database lanes, gate and caches. Threads share nothing but
 * const tables, configuration and counters; they talk by messages that carry copies.
 *
 * Lifetime: from hansa_loop_new to the end of its thread. Only its own thread may touch it, except where said.
 */
#ifndef HANSA_LOOP_H
#define HANSA_LOOP_H

#include "connection.h"
#include "db.h"
#include "door.h"
#include "gate.h"
#include "metrics.h"
#include "principal.h"

#include <h2o.h>
#include <stdatomic.h>

enum hansa_leg { HANSA_LEG_EDGE, HANSA_LEG_UPLOADS, HANSA_LEG_LOOPBACK, HANSA_LEG_COUNT };

/* One way in. Each has its own h2o configuration, because HTTP/2 by prior knowledge is a setting of the whole context. */
struct hansa_way {
    h2o_globalconf_t conf;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
    h2o_socket_t *listener;
    enum hansa_leg leg;
    bool is_open;
};

struct hansa_jobs;

struct hansa_loop {
    h2o_loop_t *loop;
    struct hansa_way ways[HANSA_LEG_COUNT];
    struct hansa_db *db;
    struct hansa_gate *gate, *bulky;
    struct hansa_principals *principals;
    struct hansa_metrics *metrics;
    const struct hansa_door *door;
    struct hansa_channel *channels; /* event streams (stream_channel.c), by tenant and endpoint */
    struct hansa_connection_list connections;
    h2o_timeout_t soon, tick;
    h2o_timeout_entry_t tick_entry;
    h2o_multithread_queue_t *queue;
    h2o_multithread_receiver_t jobs; /* results of worker threads */
    size_t calls;                    /* alive */
    uint64_t ticks, drain_started_at;
    bool is_draining;
    struct hansa_jobs *work; /* NULL, or the loop does queued work and answers nobody but /metrics */
    pthread_t thread;
    atomic_bool is_database_ready; /* read by others */
};

/* Listening descriptors, by leg, are made by the caller; -1 = none. The loop dups them. `does_jobs`: it is a worker
 * (core/job.h). */
struct hansa_loop *hansa_loop_new(const struct hansa_door *door, const int fds[HANSA_LEG_COUNT], bool does_jobs);
/* Runs until drained after hansa_drain_begin. */
void hansa_loop_run(struct hansa_loop *loop);
/* Closes what is open; for the end of the process. */
void hansa_loop_end(struct hansa_loop *loop);

/* Any thread, also from a signal handler: every loop stops accepting and ends when its calls have ended. */
void hansa_drain_begin(void);
bool hansa_is_draining(void);
/* Every loop that answers can reach its database. Any thread. */
bool hansa_loops_are_ready(void);

#endif
