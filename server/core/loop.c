/* Start-up order of a loop: event loop, ways in, lanes, caches, tick. End: stop accepting, let calls end, close. */
#include "loop.h"

#include "intake.h"
#include "job.h"
#include "listen.h"
#include "log.h"
#include "rate.h"
#include "stream.h"
#include "timer.h"
#include "usage.h"
#include "witness.h"
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <hansa/config.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TICK_MS = 100,
    WATCH_TICKS = 10,
    NOTE_USE_TICKS = 300,
    CLOSE_IDLE_TICKS = 2,
    PUBLISH_TICKS = 50, /* 5 s */
    LOOPS_MAX = 80,     /* `loops` and `job_workers` */
    ACCEPTS_A_TURN = 64
};

static struct hansa_loop *loops[LOOPS_MAX];
static atomic_size_t loop_count;
static atomic_bool is_draining, is_published;

/* --- ways in --- */

static void on_accept(h2o_socket_t *listener, const char *error) {
    struct hansa_way *way = listener->data;
    struct hansa_loop *loop = way->context.storage.entries[0].data;
    if (error != NULL) return;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        h2o_socket_t *socket = h2o_evloop_socket_accept(listener);
        if (socket == NULL) return;
        if (loop->connections.count >= (size_t)hansa_config()->max_connections) {
            h2o_socket_close(socket);
            continue;
        }
        hansa_client_new(loop, socket, way->leg != HANSA_LEG_LOOPBACK, way->leg == HANSA_LEG_UPLOADS);
        h2o_accept(&way->accept, socket);
    }
}

/* The largest body that any endpoint takes. */
static size_t largest_body(void) {
    size_t most = (size_t)hansa_config()->max_body_bytes;
    for (size_t i = 0; i < hansa_endpoint_count; i++)
        if (hansa_endpoints[i].body_max > most) most = hansa_endpoints[i].body_max;
    return most;
}

static void way_open(struct hansa_loop *loop, enum hansa_leg leg, int fd) {
    struct hansa_way *way = &loop->ways[leg];
    const struct hansa_config *config = hansa_config();
    if (fd < 0) return;
    way->leg = leg;
    way->is_open = true;
    h2o_config_init(&way->conf);
    way->conf.server_name = h2o_iovec_init(H2O_STRLIT(""));
    /* what the edge passes over the usual way has no large body; the endpoint's own limit is held in intake.c */
    way->conf.max_request_entity_size = leg == HANSA_LEG_EDGE ? (size_t)config->max_body_bytes : largest_body();
    way->conf.http1.upgrade_to_http2 = leg == HANSA_LEG_EDGE       ? config->edge_http2
                                       : leg == HANSA_LEG_LOOPBACK ? config->unsafe_http2
                                                                   : false;
    way->conf.http2.graceful_shutdown_timeout = 10000;
    h2o_hostconf_t *host = h2o_config_register_host(&way->conf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    hansa_intake_register(host, loop);
    h2o_context_init(&way->context, loop->loop, &way->conf);
    h2o_vector_reserve(NULL, &way->context.storage, 1);
    way->context.storage.size = 1;
    way->context.storage.entries[0] = (h2o_context_storage_item_t){NULL, loop};
    way->accept = (h2o_accept_ctx_t){
        .ctx = &way->context, .hosts = way->conf.hosts, .expect_proxy_line = leg != HANSA_LEG_LOOPBACK};
    way->listener = h2o_evloop_socket_create(loop->loop, dup(fd), H2O_SOCKET_FLAG_DONT_READ);
    way->listener->data = way;
    h2o_socket_read_start(way->listener, on_accept);
}

static void ways_stop(struct hansa_loop *loop) {
    for (size_t i = 0; i < HANSA_LEG_COUNT; i++) {
        struct hansa_way *way = &loop->ways[i];
        if (way->listener == NULL) continue;
        on_accept(way->listener, NULL); /* whoever is in the backlog was accepted by the kernel already */
        h2o_socket_read_stop(way->listener);
        h2o_socket_close(way->listener);
        way->listener = NULL;
        h2o_context_request_shutdown(&way->context);
    }
}

/* --- the tick --- */

static bool databases_are_ready(void) {
    size_t count = atomic_load(&loop_count);
    for (size_t i = 0; i < count; i++) {
        bool answers = loops[i]->ways[HANSA_LEG_EDGE].is_open || loops[i]->ways[HANSA_LEG_LOOPBACK].is_open;
        if (answers && !atomic_load(&loops[i]->is_database_ready)) return false;
    }
    return count > 0;
}

/* A server that takes over from another does so when it can answer, or when it would not be able to soon. */
static void publish(const struct hansa_loop *loop) {
    if (loop != loops[0] || atomic_load(&is_published) || (!databases_are_ready() && loop->ticks < PUBLISH_TICKS))
        return;
    hansa_listen_publish();
    atomic_store(&is_published, true);
}

static void on_tick(h2o_timeout_entry_t *entry) {
    struct hansa_loop *loop = H2O_STRUCT_FROM_MEMBER(struct hansa_loop, tick_entry, entry);
    loop->ticks++;
    hansa_db_tick(loop->db);
    atomic_store(&loop->is_database_ready, hansa_db_is_ready(loop->db));
    publish(loop);
    hansa_metrics_sample(loop->metrics, loop);
    if (loop->ticks % WATCH_TICKS == 0) hansa_clients_watch(loop);
    if (loop->ticks % NOTE_USE_TICKS == 0) hansa_principals_note_use(loop->principals);
    if (loop->work != NULL) {
        hansa_jobs_tick(loop->work);
    } else {
        hansa_timers_tick(loop);
        hansa_witness_tick(loop);
        hansa_rate_tick(loop);
        hansa_usage_tick(loop);
        hansa_streams_tick(loop);
    }
    if (loop->is_draining && loop->ticks % CLOSE_IDLE_TICKS == 0) hansa_clients_doom_idle(loop);
    hansa_log_flush();
    h2o_timeout_link(loop->loop, &loop->tick, &loop->tick_entry);
}

/* --- life --- */

static void gates_new(struct hansa_loop *loop) {
    const struct hansa_config *config = hansa_config();
    size_t waiting = (size_t)config->max_waiting, bulky = (size_t)config->max_bulky_waiting;
    loop->gate = hansa_gate_new(
        (struct hansa_gate_limits){.running = {(size_t)config->max_running_source, (size_t)config->max_running_tenant},
                                   .waiting = {waiting, waiting}});
    loop->bulky = hansa_gate_new((struct hansa_gate_limits){
        .running = {(size_t)config->max_bulky_tenant, (size_t)config->max_bulky}, .waiting = {bulky, 4 * bulky}});
}

struct hansa_loop *hansa_loop_new(const struct hansa_door *door, const int fds[HANSA_LEG_COUNT], bool does_jobs) {
    const struct hansa_config *config = hansa_config();
    struct hansa_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) abort();
    loop->loop = h2o_evloop_create();
    h2o_evloop_run(loop->loop, 0); /* sets its clock, which is 0 until then */
    loop->door = door;
    hansa_clients_init(&loop->connections);
    h2o_timeout_init(loop->loop, &loop->soon, 0);
    h2o_timeout_init(loop->loop, &loop->tick, TICK_MS);
    loop->metrics = hansa_metrics_new();
    gates_new(loop);
    loop->db = hansa_db_new(loop->loop, config->database_url, does_jobs ? 1 : (size_t)config->db_fast_connections,
                            does_jobs ? 1 : (size_t)config->db_slow_connections);
    if (does_jobs) loop->work = hansa_jobs_new(loop);
    loop->principals = hansa_principals_new(loop->db, loop->loop, door);
    for (size_t leg = 0; leg < HANSA_LEG_COUNT; leg++)
        way_open(loop, (enum hansa_leg)leg, fds[leg]);
    loop->queue = h2o_multithread_create_queue(loop->loop);
    h2o_multithread_register_receiver(loop->queue, &loop->jobs, hansa_work_receive);
    loop->tick_entry.cb = on_tick;
    h2o_timeout_link(loop->loop, &loop->tick, &loop->tick_entry);
    loops[atomic_load(&loop_count)] = loop;
    atomic_fetch_add(&loop_count, 1);
    return loop;
}

/* Calls get drain_ms to end; connections that are left when no call is get a moment to take their last bytes. */
static bool is_drained(struct hansa_loop *loop) {
    uint64_t waited = h2o_now(loop->loop) - loop->drain_started_at;
    bool is_idle = loop->work == NULL || hansa_jobs_are_done(loop->work);
    if (is_idle && loop->calls == 0 && loop->connections.count == 0 && hansa_db_load(loop->db) == 0) return true;
    return waited >= (uint64_t)hansa_config()->drain_ms;
}

/* One turn: what there is to do, then what may be done only when no call is on the stack, since it frees calls and runs those
 * of others: doomed connections go, and who waits at the gate is let in. */
static void turn(struct hansa_loop *loop, int32_t most_ms) {
    h2o_evloop_run(loop->loop, most_ms);
    hansa_clients_reap(loop);
    hansa_gate_turn(loop->bulky);
    hansa_gate_turn(loop->gate);
}

void hansa_loop_run(struct hansa_loop *loop) {
    for (;;) {
        turn(loop, TICK_MS);
        if (!loop->is_draining && atomic_load(&is_draining)) {
            loop->is_draining = true;
            loop->drain_started_at = h2o_now(loop->loop);
            ways_stop(loop);
        }
        if (loop->is_draining && is_drained(loop)) break;
    }
    if (loop->calls > 0) hansa_log_event(HANSA_LOG_WARNING, "drain time is over with calls unfinished", NULL, NULL);
    hansa_log_flush();
}

void hansa_loop_end(struct hansa_loop *loop) {
    /* connections first: their calls let go of units and tickets */
    hansa_clients_doom_all(loop);
    for (int i = 0; i < 20 && loop->connections.count > 0; i++)
        turn(loop, 10);
    hansa_principals_note_use(loop->principals);
    hansa_usage_flush(loop);
    for (int i = 0; i < 20 && hansa_db_load(loop->db) > 0 && hansa_db_is_ready(loop->db); i++)
        turn(loop, 10);
    hansa_db_free(loop->db);
    if (loop->work != NULL) hansa_jobs_free(loop->work);
    hansa_principals_free(loop->principals);
    if (loop->connections.count == 0) {
        hansa_gate_free(loop->gate);
        hansa_gate_free(loop->bulky);
    }
    /* libh2o 2.2.5 asserts when a context is disposed while its shutdown timer is linked: contexts, timers and the loop
     * itself stay for the end of the process, reachable from loops[] */
    hansa_log_flush();
}

void hansa_drain_begin(void) {
    atomic_store(&is_draining, true);
}

bool hansa_is_draining(void) {
    return atomic_load(&is_draining);
}

bool hansa_loops_are_ready(void) {
    return databases_are_ready() && atomic_load(&is_published) && !hansa_is_draining();
}
