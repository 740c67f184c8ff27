/* Taking: each lane has a picker that asks for as many jobs as it has room for, one question at a time. It asks every 200 ms,
 * and at once while there is work or a job has ended, since that may have queued another.
 *
 * Invariants: a run is in jobs->runs from being taken until hansa_jobs_leave; while is_alone nothing is taken; while the loop
 * drains nothing is taken, and what was still on its way is given back. */
#include "job_inside.h"
#include "log.h"

#include <hansa/config.h>
#include <stdlib.h>
#include <string.h>

enum {

    FAST_MOST = 32,
    FAST_FIRST = 8,
    SLOW_MOST = 1, /* as many as connections: what waits behind a slow job is left to others */
    POLL_TICKS = 2,
    SCHEDULE_TICKS = 10,
    HOLD_TICKS = 50,
    WHOLE_TICKS = 100,
    SAMPLE_TICKS = 100,
    UNIT_MS = 5000,
    LONG_MS =
        500, /* what a fast job takes with its waiting; beyond, the next taking is smaller, so that tenants take turns */
    SHORT_MS = 100
};

static const char lease_text[] = "20";
static const char nil[] = "00000000-0000-0000-0000-000000000000";

static void pick(struct hansa_jobs *jobs);

/* --- units --- */

void hansa_jobs_send(struct hansa_jobs *jobs, const char *room_and_name, enum hansa_lane lane,
                     const struct job_value *values, void *owner, void (*done)(struct hansa_unit *)) {
    const struct hansa_endpoint *endpoint = hansa_endpoint_find(room_and_name);
    const struct hansa_statement *statement = &endpoint->statements[0];
    struct hansa_unit *unit = hansa_unit_new(statement, lane, endpoint->is_read_only);
    for (size_t i = 0; i < statement->bind_count; i++) {
        uint8_t bind = statement->binds[i];
        const char *name =
            bind >= HANSA_BIND_PARAM ? endpoint->params[bind - HANSA_BIND_PARAM].name : "job_id"; /* no other is used */
        for (const struct job_value *value = values; value->name != NULL; value++)
            if (strcmp(value->name, name) == 0) unit->values[i] = value->text;
    }
    unit->owner = owner;
    unit->done = done;
    unit->deadline_at = h2o_now(jobs->loop->loop) + UNIT_MS;
    hansa_db_submit(jobs->loop->db, unit);
}

/* The body of a unit over common tables; NULL when it failed, which the log tells unless the database is away anyhow. */
static json_t *body_of(const struct hansa_unit *unit, const char *what) {
    if (unit->outcome == HANSA_UNIT_REFUSED)
        hansa_log_event(HANSA_LOG_ERROR, what, PQresultErrorField(unit->result, PG_DIAG_SQLSTATE),
                        PQresultErrorField(unit->result, PG_DIAG_MESSAGE_PRIMARY));
    if (unit->outcome != HANSA_UNIT_DONE || PQntuples(unit->result) != 1 || PQgetisnull(unit->result, 0, 0))
        return NULL;
    return json_loads(PQgetvalue(unit->result, 0, 0), JSON_DECODE_ANY, NULL);
}

/* --- taking --- */

static void copy_id(char to[ID_TEXT], const json_t *from) {
    const char *text = json_string_value(from);
    size_t len = text == NULL ? 0 : strnlen(text, ID_TEXT - 1);
    memcpy(to, text == NULL ? "" : text, len);
    to[len] = '\0';
}

static void run_begin(struct picker *picker, struct hansa_jobs *jobs, const json_t *row, const json_t *lease) {
    struct run *run = h2o_mem_alloc(sizeof *run);
    memset(run, 0, sizeof *run);
    run->jobs = jobs;
    run->picker = picker;
    run->kind = hansa_job_kind_find(json_string_value(json_object_get(row, "kind")));
    copy_id(run->job_id, json_object_get(row, "job_id"));
    copy_id(run->tenant, json_object_get(row, "tenant"));
    copy_id(run->lease, lease);
    const char *payload = json_string_value(json_object_get(row, "payload"));
    run->payload = h2o_strdup(NULL, payload == NULL ? "{}" : payload, SIZE_MAX).base;
    run->began_at = h2o_now(jobs->loop->loop);
    run->next = jobs->runs;
    jobs->runs = run;
    jobs->running++;
    picker->running++;
    if (jobs->loop->is_draining)
        hansa_job_release(run);
    else
        hansa_job_begin(run);
}

void hansa_jobs_leave(struct run *run) {
    struct hansa_jobs *jobs = run->jobs;
    struct run **at = &jobs->runs;
    while (*at != run)
        at = &(*at)->next;
    *at = run->next;
    struct picker *picker = run->picker;
    uint64_t ms = h2o_now(jobs->loop->loop) - run->began_at;
    jobs->running--;
    picker->running--;
    if (ms > LONG_MS && picker->most > 1) picker->most--;
    if (ms < SHORT_MS && picker->most < picker->limit) picker->most++;
    if (jobs->running == 0) jobs->is_alone = false;
    free(run->payload);
    free(run->body);
    free(run);
    for (size_t i = 0; i < PICKERS; i++)
        jobs->pickers[i].wants = true; /* it may have queued more */
    pick(jobs);
}

static void dead_told(const json_t *dead) {
    size_t index;
    json_t *row;
    json_array_foreach(dead, index, row) {
        const struct hansa_job_kind *kind = hansa_job_kind_find(json_string_value(json_object_get(row, "kind")));
        hansa_jobs_count(kind, JOB_DEAD);
        hansa_job_log(kind, json_string_value(json_object_get(row, "job_id")), "job is dead", "its worker died", -1);
    }
}

static void taken(struct hansa_unit *unit) {
    struct picker *picker = unit->owner;
    struct hansa_jobs *jobs = picker->jobs;
    json_t *body = body_of(unit, "cannot take jobs");
    json_t *list = json_object_get(body, "jobs"), *row;
    jobs->is_taking = false;
    if (json_is_true(json_object_get(body, "waits"))) {
        jobs->is_waiting = true;
    } else if (body != NULL) {
        size_t index;
        copy_id(picker->last_tenant, json_object_get(body, "after"));
        picker->wants = json_array_size(list) > 0;
        jobs->is_waiting = false;
        jobs->is_alone = json_array_size(list) > 0 && json_is_true(json_object_get(body, "alone"));
        dead_told(json_object_get(body, "dead"));
        json_array_foreach(list, index, row) run_begin(picker, jobs, row, json_object_get(body, "lease"));
    } else {
        picker->wants = false;
    }
    json_decref(body);
    pick(jobs);
}

static void take_send(struct hansa_jobs *jobs, struct picker *picker) {
    jobs->is_taking = true;
    snprintf(picker->most_text, sizeof picker->most_text, "%zu", picker->most - picker->running);
    const struct job_value values[] = {{"kinds", picker->kinds},
                                       {"last_tenant", picker->last_tenant},
                                       {"most", picker->most_text},
                                       {"lease_s", lease_text},
                                       {"is_idle", jobs->running == 0 ? "true" : "false"},
                                       {NULL, NULL}};
    hansa_jobs_send(jobs, "core/job_take", HANSA_LANE_FAST, values, picker, taken);
}

/* Asks again when a picker has at least half of its room free. */
static void pick(struct hansa_jobs *jobs) {
    if (jobs->is_taking || jobs->loop->is_draining || !hansa_db_is_ready(jobs->loop->db)) return;
    if ((jobs->is_alone || jobs->is_waiting) && jobs->running > 0) return;
    for (size_t i = 0; i < PICKERS; i++) {
        struct picker *picker = &jobs->pickers[(jobs->turn + i) % PICKERS];
        if (!picker->wants || picker->kinds == NULL || picker->running * 2 > picker->most ||
            picker->running >= picker->most)
            continue;
        jobs->turn = (jobs->turn + i + 1) % PICKERS;
        take_send(jobs, picker);
        return;
    }
}

/* --- the rest of the round --- */

static void scheduled(struct hansa_unit *unit) {
    struct hansa_jobs *jobs = unit->owner;
    json_t *made = body_of(unit, "cannot make scheduled jobs");
    jobs->is_scheduling = false;
    json_decref(made);
}

static void schedule_send(struct hansa_jobs *jobs, uint64_t ticks) {
    bool is_whole = ticks % WHOLE_TICKS == 0;
    const struct job_value values[] = {
        {"kinds", jobs->schedule}, {"is_whole", is_whole ? "true" : "false"}, {NULL, NULL}};
    jobs->is_scheduling = true;
    hansa_jobs_send(jobs, "core/schedule_tick", HANSA_LANE_FAST, values, jobs, scheduled);
}

static void held(struct hansa_unit *unit) {
    struct hansa_jobs *jobs = unit->owner;
    json_t *count = body_of(unit, "cannot hold jobs");
    json_decref(count);
    free(jobs->held);
    jobs->held = NULL;
}

static void hold_send(struct hansa_jobs *jobs) {
    json_t *list = json_array();
    for (const struct run *run = jobs->runs; run != NULL; run = run->next)
        json_array_append_new(list, json_pack("{s:s, s:s}", "job_id", run->job_id, "lease", run->lease));
    jobs->held = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    const struct job_value values[] = {{"jobs", jobs->held}, {"lease_s", lease_text}, {NULL, NULL}};
    hansa_jobs_send(jobs, "core/job_hold", HANSA_LANE_FAST, values, jobs, held);
}

static void sampled(struct hansa_unit *unit) {
    struct hansa_jobs *jobs = unit->owner;
    json_t *depth = body_of(unit, "cannot count jobs");
    jobs->is_sampling = false;
    if (depth != NULL) hansa_jobs_sample(depth);
    json_decref(depth);
}

void hansa_jobs_tick(struct hansa_jobs *jobs) {
    static const struct job_value nothing[] = {{NULL, NULL}};
    if (!hansa_db_is_ready(jobs->loop->db)) return;
    uint64_t ticks = jobs->ticks++;
    if (ticks % HOLD_TICKS == 0 && jobs->runs != NULL && jobs->held == NULL) hold_send(jobs);
    if (jobs->loop->is_draining) return;
    if (ticks % SCHEDULE_TICKS == 0 && jobs->schedule != NULL && !jobs->is_scheduling) schedule_send(jobs, ticks);
    if (ticks % SAMPLE_TICKS == 0 && !jobs->is_sampling) {
        jobs->is_sampling = true;
        hansa_jobs_send(jobs, "core/job_depth", HANSA_LANE_SLOW, nothing, jobs, sampled);
    }
    if (ticks % POLL_TICKS != 0) return;
    for (size_t i = 0; i < PICKERS; i++)
        jobs->pickers[i].wants = true;
    pick(jobs);
}

/* --- life --- */

/* {"room.name": number} of the kinds that `number` gives one for; NULL = none. */
static char *kinds_text(enum hansa_lane lane, bool is_schedule) {
    json_t *kinds = json_object();
    for (size_t i = 0; i < hansa_job_kind_count; i++) {
        const struct hansa_job_kind *kind = &hansa_job_kinds[i];
        unsigned number = is_schedule ? kind->every_s : kind->statement->lane == lane ? kind->tries : 0;
        if (number > 0) json_object_set_new(kinds, kind->name, json_integer(number));
    }
    char *text = json_object_size(kinds) == 0 ? NULL : json_dumps(kinds, JSON_COMPACT);
    json_decref(kinds);
    return text;
}

struct hansa_jobs *hansa_jobs_new(struct hansa_loop *loop) {
    struct hansa_jobs *jobs = h2o_mem_alloc(sizeof *jobs);
    memset(jobs, 0, sizeof *jobs);
    jobs->loop = loop;
    jobs->schedule = kinds_text(HANSA_LANE_FAST, true);
    for (size_t i = 0; i < PICKERS; i++) {
        enum hansa_lane lane = i == 0 ? HANSA_LANE_FAST : HANSA_LANE_SLOW;
        jobs->pickers[i] = (struct picker){.jobs = jobs,
                                           .lane = lane,
                                           .kinds = kinds_text(lane, false),
                                           .most = i == 0 ? FAST_FIRST : SLOW_MOST,
                                           .limit = i == 0 ? FAST_MOST : SLOW_MOST};
        memcpy(jobs->pickers[i].last_tenant, nil, sizeof nil);
    }
    return jobs;
}

void hansa_jobs_free(struct hansa_jobs *jobs) {
    for (size_t i = 0; i < PICKERS; i++)
        free(jobs->pickers[i].kinds);
    free(jobs->schedule);
    free(jobs->held);
    free(jobs);
}

bool hansa_jobs_are_done(const struct hansa_jobs *jobs) {
    return jobs->running == 0 && !jobs->is_taking;
}
