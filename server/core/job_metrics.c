/* Counters by kind, written by every worker of the process; and the depth of the queue as the last of them saw it. */
#include "job_inside.h"
#include "log.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS_MAX = 512, STATES = 3 };

static const char *const outcome_names[JOB_OUTCOMES] = {"done", "failed", "dead"};
static const char *const state_names[STATES] = {"waiting", "running", "dead"};
static _Atomic uint64_t counts[KINDS_MAX][JOB_OUTCOMES], depths[KINDS_MAX][STATES], oldest_s;
static atomic_bool is_sampled;

const struct hansa_job_kind *hansa_job_kind_find(const char *name) {
    for (size_t i = 0; i < hansa_job_kind_count; i++)
        if (strcmp(hansa_job_kinds[i].name, name) == 0) return &hansa_job_kinds[i];
    return NULL;
}

void hansa_jobs_count(const struct hansa_job_kind *kind, enum hansa_job_outcome outcome) {
    size_t place = (size_t)(kind - hansa_job_kinds);
    if (place < KINDS_MAX) atomic_fetch_add_explicit(&counts[place][outcome], 1, memory_order_relaxed);
}

void hansa_jobs_sample(const json_t *depth) {
    for (size_t i = 0; i < hansa_job_kind_count && i < KINDS_MAX; i++)
        for (size_t s = 0; s < STATES; s++)
            atomic_store_explicit(&depths[i][s], 0, memory_order_relaxed);
    size_t index;
    json_t *row;
    json_array_foreach(json_object_get(depth, "kinds"), index, row) {
        const struct hansa_job_kind *kind = hansa_job_kind_find(json_string_value(json_object_get(row, "kind")));
        if (kind == NULL || kind - hansa_job_kinds >= KINDS_MAX) continue;
        for (size_t s = 0; s < STATES; s++)
            atomic_store_explicit(&depths[kind - hansa_job_kinds][s],
                                  (uint64_t)json_integer_value(json_object_get(row, state_names[s])),
                                  memory_order_relaxed);
    }
    atomic_store_explicit(&oldest_s, (uint64_t)json_integer_value(json_object_get(depth, "oldest_s")),
                          memory_order_relaxed);
    atomic_store(&is_sampled, true);
}

static void print_table(FILE *out, const char *metric, size_t columns, const char *label, const char *const *names,
                        _Atomic uint64_t (*table)[STATES]) {
    for (size_t i = 0; i < hansa_job_kind_count && i < KINDS_MAX; i++)
        for (size_t c = 0; c < columns; c++) {
            uint64_t value = atomic_load_explicit(&table[i][c], memory_order_relaxed);
            if (value == 0) continue;
            fprintf(out, "%s{kind=\"%s\",%s=\"%s\"} %llu\n", metric, hansa_job_kinds[i].name, label, names[c],
                    (unsigned long long)value);
        }
}

void hansa_jobs_metrics(FILE *out) {
    _Static_assert((int)JOB_OUTCOMES == (int)STATES, "both tables are printed by one function");
    fputs("# HELP hansa_jobs_total Jobs that this process did, that failed and wait again, that were given up\n"
          "# TYPE hansa_jobs_total counter\n",
          out);
    print_table(out, "hansa_jobs_total", JOB_OUTCOMES, "outcome", outcome_names, counts);
    if (!atomic_load(&is_sampled)) return;
    fputs("# HELP hansa_job_queue_jobs Jobs in the queue, counted up to 50000\n# TYPE hansa_job_queue_jobs gauge\n",
          out);
    print_table(out, "hansa_job_queue_jobs", STATES, "state", state_names, depths);
    fprintf(out,
            "# HELP hansa_job_queue_oldest_seconds How long the oldest due job has waited\n"
            "# TYPE hansa_job_queue_oldest_seconds gauge\nhansa_job_queue_oldest_seconds %llu\n",
            (unsigned long long)atomic_load_explicit(&oldest_s, memory_order_relaxed));
}

void hansa_job_log(const struct hansa_job_kind *kind, const char *job_id, const char *message, const char *error,
                   int64_t ms) {
    struct hansa_log_line line;
    hansa_log_begin(&line, error == NULL ? HANSA_LOG_INFO : HANSA_LOG_WARNING, message);
    hansa_log_text(&line, "room", kind->statement->room, SIZE_MAX);
    hansa_log_text(&line, "kind", kind->name, SIZE_MAX);
    hansa_log_text(&line, "job", job_id, SIZE_MAX);
    hansa_log_text(&line, "error", error, SIZE_MAX);
    if (ms >= 0) hansa_log_number(&line, "ms", ms);
    hansa_log_end(&line);
}
