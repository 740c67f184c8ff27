/* Prometheus text format 0.0.4 (standards.md 5.13). Histogram bounds suit an answer between 0.2 ms and 10 s. */
#include "metrics.h"

#include "job.h"
#include "loop.h"
#include "parent.h"
#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 6, BOUNDS = 12, METRICS_LOOPS_MAX = 80 };

static const double bounds[BOUNDS] = {0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5, 10};

struct counts {
    _Atomic uint64_t statuses[CLASSES]; /* by first digit */
    _Atomic uint64_t buckets[BOUNDS + 1];
    _Atomic uint64_t sum_us;
};

/* One list for text, kind and source of every single-valued metric. */
#define SINGLE_METRICS(X)                                                                                              \
    X(calls, "hansa_calls", "gauge", "Calls alive", loop->calls)                                                       \
    X(streams, "hansa_streams", "gauge", "Event streams open", hansa_streams_count(loop))                              \
    X(connections, "hansa_client_connections", "gauge", "Client connections", loop->connections.count)                 \
    X(bulky, "hansa_bulky_calls_most", "gauge", "Most calls at once of those that take much memory",                   \
      hansa_gate_most(loop->bulky, 1))                                                                                 \
    X(bulky_tenant, "hansa_bulky_calls_tenant_most", "gauge", "The same of one tenant",                                \
      hansa_gate_most(loop->bulky, 0))                                                                                 \
    X(db_ready, "hansa_db_connections_ready", "gauge", "Database connections ready", db.connections_ready)             \
    X(db_connections, "hansa_db_connections", "gauge", "Database connections wanted", db.connections)                  \
    X(db_queued, "hansa_db_units_queued", "gauge", "Units waiting for a connection", db.queued)                        \
    X(db_units, "hansa_db_units_total", "counter", "Units settled", db.units)                                          \
    X(db_batches, "hansa_db_batches_total", "counter", "Batches sent", db.batches)                                     \
    X(db_reruns, "hansa_db_reruns_total", "counter", "Units sent again after a neighbour failed", db.reruns)           \
    X(db_refused, "hansa_db_refused_total", "counter", "Units that PostgreSQL refused", db.refused)                    \
    X(db_lost, "hansa_db_lost_total", "counter", "Units lost with their connection", db.lost)                          \
    X(db_late, "hansa_db_late_total", "counter", "Units whose deadline passed before they were sent", db.late)         \
    X(db_busy, "hansa_db_busy_total", "counter", "Units refused by a full queue", db.busy)                             \
    X(db_lock_waits, "hansa_db_lock_waits_total", "counter",                                                           \
      "Statements that met a lock on a connection that others share", db.lock_waits)                                   \
    X(db_held_up, "hansa_db_held_up_total", "counter", "Units of other tenants that were held up by such a one",       \
      db.held_up)                                                                                                      \
    X(db_moved, "hansa_db_waiting_total", "counter", "Units that went to the waiting lane", db.moved)                  \
    X(db_moved_known, "hansa_db_waiting_known_total", "counter",                                                       \
      "Units that went to the waiting lane without a first try", db.moved_known)                                       \
    X(db_waiting, "hansa_db_waiting", "gauge", "Units in the waiting lane", db.waiting)                                \
    X(db_locked, "hansa_db_locked_total", "counter", "Units that waited for a lock in vain", db.locked)                \
    X(db_connects, "hansa_db_connects_total", "counter", "Database connections made", db.connects)                     \
    X(db_failures, "hansa_db_connect_failures_total", "counter", "Database connections that could not be made",        \
      db.connect_failures)

struct hansa_metrics {
    struct counts *endpoints; /* hansa_endpoint_count + 1 */
    _Atomic uint64_t cancelled, closed[HANSA_DOOM_COUNT];
#define MEMBER(name, text, kind, help, from) _Atomic uint64_t name;
    SINGLE_METRICS(MEMBER)
#undef MEMBER
};

static struct hansa_metrics *all[METRICS_LOOPS_MAX];
static atomic_size_t all_count;

struct hansa_metrics *hansa_metrics_new(void) {
    struct hansa_metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics != NULL) metrics->endpoints = calloc(hansa_endpoint_count + 1, sizeof *metrics->endpoints);
    if (metrics == NULL || metrics->endpoints == NULL || atomic_load(&all_count) >= METRICS_LOOPS_MAX) abort();
    all[atomic_load(&all_count)] = metrics;
    atomic_fetch_add(&all_count, 1);
    return metrics;
}

static void add(_Atomic uint64_t *counter, uint64_t n) {
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

void hansa_metrics_request(struct hansa_metrics *metrics, size_t endpoint, int status, uint64_t duration_us) {
    struct counts *counts = &metrics->endpoints[endpoint];
    size_t bucket = 0;
    while (bucket < BOUNDS && (double)duration_us > bounds[bucket] * 1e6)
        bucket++;
    add(&counts->statuses[status / 100 < CLASSES ? status / 100 : 0], 1);
    add(&counts->buckets[bucket], 1);
    add(&counts->sum_us, duration_us);
}

void hansa_metrics_cancelled(struct hansa_metrics *metrics) {
    add(&metrics->cancelled, 1);
}

void hansa_metrics_client_closed(struct hansa_metrics *metrics, enum hansa_doom why) {
    add(&metrics->closed[why], 1);
}

void hansa_metrics_sample(struct hansa_metrics *metrics, const struct hansa_loop *loop) {
    struct hansa_db_gauges db = hansa_db_gauges(loop->db);
#define SAMPLE(name, text, kind, help, from) atomic_store_explicit(&metrics->name, from, memory_order_relaxed);
    SINGLE_METRICS(SAMPLE)
#undef SAMPLE
}

#define SUM(member)                                                                                                    \
    ({                                                                                                                 \
        uint64_t sum_ = 0;                                                                                             \
        for (size_t l_ = 0; l_ < atomic_load(&all_count); l_++)                                                        \
            sum_ += atomic_load_explicit(&all[l_]->member, memory_order_relaxed);                                      \
        sum_;                                                                                                          \
    })

static void print_single(FILE *out, const char *name, const char *kind, const char *help, uint64_t value) {
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, kind, name, (unsigned long long)value);
}

static void labels(FILE *out, size_t endpoint) {
    bool is_none = endpoint == hansa_endpoint_count;
    fprintf(out, "room=\"%s\",endpoint=\"%s\"", is_none ? "core" : hansa_endpoints[endpoint].room,
            is_none ? "none" : hansa_endpoints[endpoint].name);
}

static void print_requests(FILE *out) {
    fputs("# HELP hansa_requests_total Requests answered\n# TYPE hansa_requests_total counter\n", out);
    for (size_t e = 0; e <= hansa_endpoint_count; e++) {
        for (size_t c = 1; c < CLASSES; c++) {
            uint64_t count = SUM(endpoints[e].statuses[c]);
            if (count == 0) continue;
            fputs("hansa_requests_total{", out);
            labels(out, e);
            fprintf(out, ",status=\"%zuxx\"} %llu\n", c, (unsigned long long)count);
        }
    }
}

static void print_durations(FILE *out) {
    fputs("# HELP hansa_request_duration_seconds Time from a whole request to its answer\n"
          "# TYPE hansa_request_duration_seconds histogram\n",
          out);
    for (size_t e = 0; e <= hansa_endpoint_count; e++) {
        uint64_t running = 0, total = 0;
        for (size_t b = 0; b <= BOUNDS; b++)
            total += SUM(endpoints[e].buckets[b]);
        if (total == 0) continue;
        for (size_t b = 0; b <= BOUNDS; b++) {
            running += SUM(endpoints[e].buckets[b]);
            fputs("hansa_request_duration_seconds_bucket{", out);
            labels(out, e);
            if (b < BOUNDS)
                fprintf(out, ",le=\"%g\"} %llu\n", bounds[b], (unsigned long long)running);
            else
                fprintf(out, ",le=\"+Inf\"} %llu\n", (unsigned long long)running);
        }
        fputs("hansa_request_duration_seconds_sum{", out);
        labels(out, e);
        fprintf(out, "} %g\nhansa_request_duration_seconds_count{", (double)SUM(endpoints[e].sum_us) / 1e6);
        labels(out, e);
        fprintf(out, "} %llu\n", (unsigned long long)total);
    }
}

static void print_closed(FILE *out) {
    static const char *const names[] = {
#define NAME(name, text) text,
        HANSA_DOOMS(NAME)
#undef NAME
    };
    fputs("# HELP hansa_clients_closed_total Client connections that we closed\n# TYPE hansa_clients_closed_total "
          "counter\n",
          out);
    for (size_t why = 0; why < HANSA_DOOM_COUNT; why++)
        fprintf(out, "hansa_clients_closed_total{why=\"%s\"} %llu\n", names[why], (unsigned long long)SUM(closed[why]));
}

char *hansa_metrics_text(size_t *ret_len) {
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_len);
    if (out == NULL) abort();
    print_requests(out);
    print_durations(out);
    print_single(out, "hansa_requests_cancelled_total", "counter", "Requests whose client left before the answer",
                 SUM(cancelled));
    print_closed(out);
#define PRINT(name, text_, kind, help, from) print_single(out, text_, kind, help, SUM(name));
    SINGLE_METRICS(PRINT)
#undef PRINT
    print_single(out, "hansa_restarts_total", "counter",
                 "Times that a serving process was killed and followed by another", hansa_parent_restarts());
    hansa_jobs_metrics(out);
    fclose(out);
    return text;
}
