/* Doing: one job is one unit, or three when it hands something to another tenant.
 *
 *   without hands:  [ job_end · statement · then ]                       one transaction of the job's tenant
 *   with hands:     [ statement, reading ]  →  hand_to and body
 *                   [ the statement `hands` ]                            a transaction of the tenant hand_to
 *                   [ job_end · then ]                                   again of the job's tenant
 *
 * job_end comes first, so that the row's lock keeps others away while the effect is made, and raises when the lease is not ours
 * any more: then nothing was done here. A worker that dies between the units leaves the job; what was handed is handed once
 * more, which `hands` knows by :job_id. What was lost with its connection is left to its lease: it may have been done. */
#include "job_inside.h"
#include "log.h"
#include "uuid.h"

#include <hansa/config.h>
#include <stdlib.h>
#include <string.h>

static void run_end(struct run *run);

static const char *value_of(const struct run *run, const struct hansa_endpoint *endpoint, uint8_t bind,
                            const char *tenant, const char *payload) {
    if (bind >= HANSA_BIND_PARAM) return run->lease; /* of job_end alone: a job's own statements have no parameters */
    switch ((enum hansa_bind)bind) {
    case HANSA_BIND_TENANT:
        return tenant;
    case HANSA_BIND_JOB_ID:
    case HANSA_BIND_REQUEST_ID:
        return run->job_id;
    case HANSA_BIND_PAYLOAD:
        return payload;
    case HANSA_BIND_CONTEXT:
        return run->context;
    default:
        (void)endpoint;
        return NULL;
    }
}

static struct hansa_unit *unit_of(struct run *run, const struct hansa_endpoint *endpoint, const char *tenant,
                                  const char *payload, void (*done)(struct hansa_unit *)) {
    const struct hansa_statement *statement = &endpoint->statements[0];
    enum hansa_lane lane = endpoint->lane == HANSA_LANE_ANY ? run->picker->lane : endpoint->lane;
    struct hansa_unit *unit = hansa_unit_new(statement, lane, endpoint->is_read_only);
    for (size_t i = 0; i < statement->bind_count; i++)
        unit->values[i] = value_of(run, endpoint, statement->binds[i], tenant, payload);
    memcpy(unit->tenant, tenant, strlen(tenant) + 1);
    unit->owner = run;
    unit->done = done;
    /* nobody waits for an answer: a statement has its lane's time, and what stands behind others may wait longer */
    unit->deadline_at = h2o_now(run->jobs->loop->loop) + (uint64_t)hansa_config()->slow_deadline_ms;
    return unit;
}

static void lead_add(struct run *run, struct hansa_unit *unit, const struct hansa_endpoint *endpoint) {
    const struct hansa_statement *statement = &endpoint->statements[0];
    struct hansa_unit_lead *lead = &run->leads[unit->lead_count++];
    lead->statement = statement;
    for (size_t i = 0; i < statement->bind_count; i++)
        lead->values[i] = value_of(run, endpoint, statement->binds[i], run->tenant, run->payload);
    unit->leads = run->leads;
    unit->is_read_only = false;
}

/* --- what went wrong --- */

/* SQLSTATE and what names no value: our own code, a constraint, a message about objects or the server, or the place. */
static void error_note(struct run *run, const PGresult *result) {
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE),
               *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME),
               *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
    static const char *const telling[] = {"PN", "25", "40", "42", "53", "55", "57"};
    const char *said = constraint != NULL ? constraint : context != NULL ? context : "";
    if (state == NULL) state = "";
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++)
        if (strncmp(state, telling[i], 2) == 0) said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    snprintf(run->error, sizeof run->error, "%s %.*s", state, (int)strcspn(said, "\n"), said);
}

static int64_t lasted(const struct run *run) {
    return (int64_t)(h2o_now(run->jobs->loop->loop) - run->began_at);
}

static void put_back(struct hansa_unit *unit) {
    struct run *run = unit->owner;
    bool is_dead = unit->outcome == HANSA_UNIT_DONE && PQntuples(unit->result) == 1 &&
                   strcmp(PQgetvalue(unit->result, 0, 0), "\"DEAD\"") == 0;
    if (run->error[0] != '\0') {
        hansa_jobs_count(run->kind, is_dead ? JOB_DEAD : JOB_FAILED);
        hansa_job_log(run->kind, run->job_id, is_dead ? "job is dead" : "job failed", run->error, lasted(run));
    }
    hansa_jobs_leave(run);
}

static void fail(struct run *run) {
    snprintf(run->tries_most, sizeof run->tries_most, "%u", run->kind->tries);
    const struct job_value values[] = {
        {"job_id", run->job_id}, {"lease", run->lease}, {"most", run->tries_most}, {"error", run->error}, {NULL, NULL}};
    hansa_jobs_send(run->jobs, "core/job_fail", HANSA_LANE_FAST, values, run, put_back);
}

void hansa_job_release(struct run *run) {
    const struct job_value values[] = {{"job_id", run->job_id}, {"lease", run->lease}, {NULL, NULL}};
    hansa_jobs_send(run->jobs, "core/job_release", HANSA_LANE_FAST, values, run, put_back);
}

static bool is_lease_over(const struct hansa_unit *unit) {
    const char *message = PQresultErrorField(unit->result, PG_DIAG_MESSAGE_PRIMARY);
    return message != NULL && strcmp(message, "core/job_lost") == 0;
}

/* True when the unit was done; else the run goes its way from here. */
static bool is_done(struct run *run, struct hansa_unit *unit) {
    switch (unit->outcome) {
    case HANSA_UNIT_DONE:
        return true;
    case HANSA_UNIT_REFUSED:
        if (is_lease_over(unit)) {
            hansa_job_log(run->kind, run->job_id, "job was taken over by another worker", "the lease was over",
                          lasted(run));
            hansa_jobs_leave(run);
        } else {
            error_note(run, unit->result);
            fail(run);
        }
        return false;
    case HANSA_UNIT_BUSY:
    case HANSA_UNIT_LATE:
    case HANSA_UNIT_LOCKED:
        hansa_job_release(run);
        return false;
    case HANSA_UNIT_DOWN:
    case HANSA_UNIT_LOST:
        break;
    }
    hansa_job_log(run->kind, run->job_id, "job is left to its lease", "the database connection was lost", lasted(run));
    hansa_jobs_leave(run);
    return false;
}

/* --- the way of a job --- */

static void ended(struct hansa_unit *unit) {
    struct run *run = unit->owner;
    if (!is_done(run, unit)) return;
    hansa_jobs_count(run->kind, JOB_DONE);
    hansa_job_log(run->kind, run->job_id, "job is done", NULL, lasted(run));
    hansa_jobs_leave(run);
}

static void handed(struct hansa_unit *unit) {
    struct run *run = unit->owner;
    if (is_done(run, unit)) run_end(run);
}

/* What the statement wants handed on; false = nothing. */
static bool hand_read(struct run *run, const PGresult *result) {
    int to = PQfnumber(result, "hand_to"), body = PQfnumber(result, "body");
    if (PQntuples(result) == 0 || to < 0 || body < 0 || PQgetisnull(result, 0, to) || PQgetisnull(result, 0, body))
        return false;
    const char *text = PQgetvalue(result, 0, to);
    uint8_t id[HANSA_UUID_BYTES];
    if (!hansa_uuid_read(text, id)) return false;
    /* out of a twin nothing is handed, and into one only by the tenant whose twin it is */
    char own_twin[HANSA_UUID_LEN + 1];
    memcpy(own_twin, run->tenant, sizeof own_twin);
    hansa_uuid_to_twin(own_twin);
    if (hansa_uuid_is_twin(run->tenant) || (hansa_uuid_is_twin(text) && strcmp(text, own_twin) != 0)) return false;
    memcpy(run->hand_to, text, sizeof run->hand_to);
    run->body = h2o_strdup(NULL, PQgetvalue(result, 0, body), SIZE_MAX).base;
    return true;
}

static void read_done(struct hansa_unit *unit) {
    struct run *run = unit->owner;
    if (!is_done(run, unit)) return;
    if (hand_read(run, unit->result))
        hansa_db_submit(run->jobs->loop->db, unit_of(run, run->kind->hands, run->hand_to, run->body, handed));
    else
        run_end(run);
}

/* job_end, then the statement unless it has been run by itself, then `then`; the last of them is the unit's own. */
static void run_end(struct run *run) {
    const struct hansa_endpoint *end = hansa_endpoint_find("core/job_end"), *chain[3];
    size_t count = 0;
    chain[count++] = end;
    if (run->kind->hands == NULL) chain[count++] = run->kind->statement;
    if (run->kind->then != NULL) chain[count++] = run->kind->then;
    struct hansa_unit *unit = unit_of(run, chain[count - 1], run->tenant, run->payload, ended);
    unit->lane = run->picker->lane;
    unit->is_read_only = false;
    for (size_t i = 0; i + 1 < count; i++)
        lead_add(run, unit, chain[i]);
    hansa_db_submit(run->jobs->loop->db, unit);
}

void hansa_job_begin(struct run *run) {
    snprintf(run->context, sizeof run->context,
             "{\"actor_kind\":\"SYSTEM\",\"endpoint\":\"%s/%s\",\"request_id\":\"%s\"}", run->kind->statement->room,
             run->kind->statement->name, run->job_id);
    if (run->kind->hands == NULL)
        run_end(run);
    else
        hansa_db_submit(run->jobs->loop->db, unit_of(run, run->kind->statement, run->tenant, run->payload, read_done));
}
