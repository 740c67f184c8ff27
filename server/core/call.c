/* The runner: a call walks through door, body and its endpoint's steps, and waits where something else is at work.
 *
 * Invariants: at most one of unit, job, waiting at the gate. Once answered, nothing more is started. The call is never
 * touched after its dispose has run; whatever works for it holds a pointer that dispose clears. */
#include "call_state.h"

#include "json.h"
#include "log.h"

#include <assert.h>
#include <hansa/config.h>
#include <hansa/error.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { PARSE_INLINE_MAX = 65536, FAULTS_MAX = 20 };

/* --- begin and end --- */

static uint64_t elapsed_us(const struct timespec *since) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)((now.tv_sec - since->tv_sec) * 1000000 + (now.tv_nsec - since->tv_nsec) / 1000);
}

static void call_log(const struct hansa_call *call, uint64_t duration_us) {
    struct hansa_log_line line;
    const struct hansa_endpoint *endpoint = call->endpoint;
    hansa_log_begin(&line, call->status >= 500 ? HANSA_LOG_ERROR : HANSA_LOG_INFO, call->status == 0 ? "cancelled" : "request");
    hansa_log_text(&line, "request_id", call->request_id, SIZE_MAX);
    hansa_log_text(&line, "trace_id", call->trace_id, SIZE_MAX);
    hansa_log_text(&line, "room", endpoint == NULL ? "core" : endpoint->room, SIZE_MAX);
    hansa_log_text(&line, "endpoint", endpoint == NULL ? NULL : endpoint->name, SIZE_MAX);
    hansa_log_text(&line, "method", call->req->method.base, call->req->method.len < 16 ? call->req->method.len : 16);
    hansa_log_text(&line, "path", endpoint == NULL ? NULL : endpoint->path, SIZE_MAX);
    hansa_log_number(&line, "status", call->status);
    hansa_log_text(&line, "error", call->error_code, SIZE_MAX);
    hansa_log_number(&line, "duration_us", (int64_t)duration_us);
    hansa_log_number(&line, "db_ms", call->db_ms);
    hansa_log_number(&line, "bytes_in", (int64_t)call->req->entity.len);
    hansa_log_number(&line, "bytes_out", (int64_t)call->bytes_out);
    hansa_log_text(&line, "tenant", call->tenant[0] != '\0' ? call->tenant : NULL, SIZE_MAX);
    hansa_log_text(&line, "actor", call->actor[0] != '\0' ? call->actor : NULL, SIZE_MAX);
    hansa_log_text(&line, "source", call->source, SIZE_MAX);
    hansa_log_number(&line, "http", call->req->version >> 8);
    hansa_log_end(&line);
}

static void call_dispose(void *data) {
    struct hansa_call *call = data;
    assert(call->magic == CALL_MAGIC);
    struct hansa_loop *loop = call->loop;
    uint64_t duration_us = elapsed_us(&call->began);
    if (h2o_timeout_is_linked(&call->soon)) h2o_timeout_unlink(&call->soon);
    hansa_gate_leave(&call->waiter);
    if (call->unit != NULL) hansa_unit_forget(call->unit);
    if (call->job != NULL) call->job->call = NULL;
    if (call->held_unit != NULL) {
        PQclear(call->held_unit->result);
        free(call->held_unit);
    }
    if (call->held_job != NULL) {
        call->held_job->drop_input(call->held_job->input);
        free(call->held_job);
    }
    PQclear(call->result);
    if (call->status == 0) hansa_metrics_cancelled(loop->metrics);
    else hansa_metrics_request(loop->metrics, call->endpoint == NULL ? hansa_endpoint_count : (size_t)(call->endpoint - hansa_endpoints),
                               call->status, duration_us);
    call_log(call, duration_us);
    if (call->client != NULL) {
        call->client->alive--;
        if (call->status == 0) hansa_client_gave_up(call->client);
        else call->client->finished++;
    }
    call->magic = 0;
    loop->calls--;
    if (call->waiter.ticket != NULL) hansa_ticket_unref(call->waiter.ticket);
}

struct hansa_call *hansa_call_new(h2o_req_t *req, struct hansa_loop *loop) {
    struct hansa_call *call = h2o_mem_alloc_shared(&req->pool, sizeof *call, call_dispose);
    memset(call, 0, sizeof *call);
    call->magic = CALL_MAGIC;
    call->req = req;
    call->loop = loop;
    call->client = hansa_client_of(req);
    call->started_at = h2o_now(loop->loop);
    call->deadline_at = call->started_at + (uint64_t)hansa_config()->call_deadline_ms;
    clock_gettime(CLOCK_MONOTONIC, &call->began);
    loop->calls++;
    if (call->client != NULL) {
        call->client->alive++;
        call->client->last_call_at = call->started_at;
    }
    return call;
}

char *hansa_call_copy(struct hansa_call *call, const char *text, size_t len) {
    char *copy = h2o_mem_alloc_pool(&call->req->pool, len + 1);
    if (len > 0) memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

void *hansa_call_alloc(struct hansa_call *call, size_t size) {
    void *made = h2o_mem_alloc_pool(&call->req->pool, size);
    memset(made, 0, size);
    return made;
}

/* --- the gate, units and jobs --- */

/* Every unit of a call ends here first. */
static void unit_done(struct hansa_unit *unit) {
    struct hansa_call *call = unit->owner;
    assert(call->magic == CALL_MAGIC && call->unit == unit);
    call->unit = NULL;
    call->db_ms += (uint32_t)(unit->done_at - unit->sent_at);
}

static void ticket_release(void *ticket) {
    hansa_ticket_unref(ticket);
}

static void unit_start(struct hansa_call *call, struct hansa_unit *unit) {
    call->unit = unit;
    unit->ticket = call->waiter.ticket;
    unit->on_free = ticket_release;
    hansa_ticket_ref(call->waiter.ticket);
    hansa_db_submit(call->loop->db, unit);
}

static void job_start(struct hansa_call *call, struct hansa_job *job) {
    if (!hansa_work_submit(job)) {
        job->drop_input(job->input);
        free(job);
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
        return;
    }
    call->job = job;
    job->ticket = call->waiter.ticket;
    hansa_ticket_ref(call->waiter.ticket);
}

/* The gate has let the call through, or (no ticket) has found the next line too long. */
static void admitted(struct hansa_waiter *waiter) {
    struct hansa_call *call = H2O_STRUCT_FROM_MEMBER(struct hansa_call, waiter, waiter);
    struct hansa_unit *unit = call->held_unit;
    struct hansa_job *job = call->held_job;
    if (waiter->ticket == NULL) {
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
        return;
    }
    call->held_unit = NULL;
    call->held_job = NULL;
    if (unit != NULL) unit_start(call, unit);
    if (job != NULL) job_start(call, job);
}

/* Sends the held unit or job on its way, now or when the gate opens. */
static void pass_gate(struct hansa_call *call) {
    if (call->waiter.ticket != NULL) {
        admitted(&call->waiter);
        return;
    }
    memcpy(call->waiter.tenant, call->tenant, sizeof call->waiter.tenant);
    /* who reaches the private listener is one of us: no limit an address */
    if (call->client != NULL && call->client->is_edge) memcpy(call->waiter.source, call->source, sizeof call->waiter.source);
    call->waiter.admitted = admitted;
    if (hansa_gate_enter(call->loop->gate, &call->waiter) != HANSA_GATE_WAIT) admitted(&call->waiter);
}

void hansa_call_submit(struct hansa_call *call, struct hansa_unit *unit, void (*done)(struct hansa_unit *)) {
    unit->owner = call;
    unit->done = done;
    unit->deadline_at = call->deadline_at;
    call->held_unit = unit;
    pass_gate(call);
}

enum hansa_step_result hansa_call_work(struct hansa_call *call, const struct hansa_work *work, void *input, void (*drop_input)(void *)) {
    struct hansa_job *job = h2o_mem_alloc(sizeof *job);
    *job = (struct hansa_job){.work = work, .input = input, .drop_input = drop_input, .loop = call->loop, .call = call};
    call->held_job = job;
    pass_gate(call);
    return call->phase == PHASE_ANSWERED ? HANSA_STEP_END : HANSA_STEP_WAIT;
}

enum hansa_step_result hansa_call_unit_failed(struct hansa_call *call, const struct hansa_unit *unit) {
    switch (unit->outcome) {
    case HANSA_UNIT_REFUSED:
        return hansa_reply_sql_error(call, unit->result);
    case HANSA_UNIT_BUSY:
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    case HANSA_UNIT_LATE:
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_DEADLINE), NULL, NULL);
    case HANSA_UNIT_LOST:
        return hansa_call_problem(call, hansa_error(unit->is_read_only ? HANSA_ERROR_CORE_UNAVAILABLE : HANSA_ERROR_CORE_OUTCOME_UNKNOWN),
                                  NULL, NULL);
    case HANSA_UNIT_DOWN:
    case HANSA_UNIT_DONE:
        break;
    }
    return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_UNAVAILABLE), NULL, NULL);
}

/* --- steps --- */

void hansa_call_go_on(struct hansa_call *call) {
    while (call->phase == PHASE_STEPS && call->step_at < call->endpoint->step_count) {
        const struct hansa_step *step = &call->endpoint->steps[call->step_at++];
        enum hansa_step_result result = step->run(call);
        assert((result == HANSA_STEP_END) == (call->phase == PHASE_ANSWERED));
        if (result != HANSA_STEP_NEXT) return;
    }
    if (call->phase == PHASE_STEPS) hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_INTERNAL), NULL, NULL);
}

void hansa_call_resume(struct hansa_call *call, enum hansa_step_result how) {
    if (how == HANSA_STEP_NEXT && call->phase != PHASE_ANSWERED) hansa_call_go_on(call);
}

static void statement_done(struct hansa_unit *unit) {
    struct hansa_call *call = unit->owner;
    unit_done(unit);
    if (unit->outcome != HANSA_UNIT_DONE) {
        hansa_call_unit_failed(call, unit);
        return;
    }
    PQclear(call->result);
    call->result = unit->result;
    unit->result = NULL;
    hansa_call_go_on(call);
}

static const char *bound_value(struct hansa_call *call, uint8_t bind) {
    switch (bind) {
    case HANSA_BIND_TENANT:
        return call->tenant[0] == '\0' ? NULL : call->tenant;
    case HANSA_BIND_ACTOR:
        return call->actor[0] == '\0' ? NULL : call->actor;
    case HANSA_BIND_REQUEST_ID:
        return call->request_id;
    case HANSA_BIND_BODY:
        return call->body.at;
    case HANSA_BIND_AFTER:
        return call->after;
    case HANSA_BIND_LIMIT:
        return call->limit;
    default:
        return call->params[bind - HANSA_BIND_PARAM];
    }
}

enum hansa_step_result hansa_step_unit(struct hansa_call *call) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    size_t which = 0;
    for (size_t i = 0; i < endpoint->optional_count; i++)
        which |= (size_t)(bound_value(call, endpoint->optional_params[i]) != NULL) << i;
    const struct hansa_statement *statement = &endpoint->statements[which];
    struct hansa_unit *unit = hansa_unit_new(statement, endpoint->lane, endpoint->is_read_only);
    for (size_t i = 0; i < statement->bind_count; i++) unit->values[i] = bound_value(call, statement->binds[i]);
    memcpy(unit->tenant, call->tenant, sizeof unit->tenant);
    hansa_call_submit(call, unit, statement_done);
    return call->phase == PHASE_ANSWERED ? HANSA_STEP_END : HANSA_STEP_WAIT;
}

static void aside_done(struct hansa_unit *unit) {
    free(unit->owner);
}

void hansa_call_aside(struct hansa_call *call, const char *room_and_name) {
    const struct hansa_endpoint *endpoint = hansa_endpoint_find(room_and_name);
    assert(endpoint != NULL && endpoint->method == NULL && endpoint->statement_count == 1);
    const struct hansa_statement *statement = &endpoint->statements[0];
    struct hansa_unit *unit = hansa_unit_new(statement, endpoint->lane, false);
    /* texts live in one block that the unit's owner pointer keeps */
    size_t size = 1, at = 0;
    const char *texts[256 - HANSA_BIND_PARAM];
    for (size_t i = 0; i < statement->bind_count; i++) {
        uint8_t bind = statement->binds[i];
        texts[i] = bind >= HANSA_BIND_PARAM ? hansa_call_param(call, endpoint->params[bind - HANSA_BIND_PARAM].name) : bound_value(call, bind);
        size += texts[i] == NULL ? 0 : strlen(texts[i]) + 1;
    }
    char *block = h2o_mem_alloc(size);
    for (size_t i = 0; i < statement->bind_count; i++) {
        if (texts[i] == NULL) continue;
        size_t len = strlen(texts[i]) + 1;
        unit->values[i] = memcpy(block + at, texts[i], len);
        at += len;
    }
    memcpy(unit->tenant, call->tenant, sizeof unit->tenant);
    unit->owner = block;
    unit->done = aside_done;
    unit->deadline_at = h2o_now(call->loop->loop) + (uint64_t)hansa_config()->call_deadline_ms;
    hansa_db_submit(call->loop->db, unit);
}

/* --- body --- */

struct body_work {
    const struct hansa_schema *schema;
    char *text;
    size_t len;
    struct hansa_fault faults[FAULTS_MAX];
    size_t fault_count;
    int status; /* of the first fault */
};

static void body_check(struct body_work *work) {
    work->status = 422;
    json_t *value = hansa_json_read(work->text, work->len, (size_t)hansa_config()->max_body_bytes, &work->faults[0], &work->status);
    if (value == NULL) {
        work->fault_count = 1;
        return;
    }
    work->fault_count = hansa_schema_check(work->schema, value, work->faults, FAULTS_MAX);
    if (work->fault_count > FAULTS_MAX) work->fault_count = FAULTS_MAX;
    json_decref(value);
}

static enum hansa_step_result body_verdict(struct hansa_call *call, const struct body_work *work) {
    if (work->fault_count > 0) {
        enum hansa_error_id id = work->status == 400   ? HANSA_ERROR_CORE_MALFORMED
                                 : work->status == 413 ? HANSA_ERROR_CORE_BODY_TOO_LARGE
                                 : work->status == 422 ? HANSA_ERROR_CORE_INVALID
                                                       : HANSA_ERROR_CORE_INTERNAL;
        return hansa_reply_problem(call, hansa_error(id), NULL, work->faults, work->fault_count);
    }
    call->phase = PHASE_STEPS;
    return HANSA_STEP_NEXT;
}

static void *body_run(void *input) {
    body_check(input);
    return input;
}

static void body_drop(void *data) {
    struct body_work *work = data;
    free(work->text);
    free(work);
}

static enum hansa_step_result body_done(struct hansa_call *call, void *output) {
    enum hansa_step_result verdict = body_verdict(call, output);
    body_drop(output);
    return verdict;
}

static const struct hansa_work body_at_worker = {.run = body_run, .done = body_done, .drop = body_drop};

static void body_read(struct hansa_call *call) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    call->phase = PHASE_BODY;
    h2o_iovec_t entity = call->req->entity;
    if (endpoint->body_media != NULL) call->body = (struct hansa_bytes){hansa_call_copy(call, entity.base, entity.len), entity.len};
    if (endpoint->body == NULL) {
        call->phase = PHASE_STEPS;
        hansa_call_go_on(call);
    } else if (entity.len <= PARSE_INLINE_MAX) {
        struct body_work *work = hansa_call_alloc(call, sizeof *work);
        *work = (struct body_work){.schema = endpoint->body, .text = (char *)(uintptr_t)call->body.at, .len = entity.len};
        body_check(work);
        if (body_verdict(call, work) == HANSA_STEP_NEXT) hansa_call_go_on(call);
    } else {
        struct body_work *work = h2o_mem_alloc(sizeof *work);
        memset(work, 0, sizeof *work);
        work->schema = endpoint->body;
        work->len = entity.len;
        work->text = h2o_mem_alloc(entity.len + 1);
        memcpy(work->text, call->body.at, entity.len + 1);
        hansa_call_work(call, &body_at_worker, work, body_drop);
    }
}

/* --- the door --- */

static void enter(struct hansa_call *call, const struct hansa_principal *principal) {
    if (!principal->is_live) {
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_UNAUTHENTICATED), NULL, NULL);
        return;
    }
    memcpy(call->actor, principal->actor, sizeof call->actor);
    if (!hansa_principal_may(principal, call->endpoint->scope)) {
        char detail[128];
        snprintf(detail, sizeof detail, "This needs the scope %s.", call->endpoint->scope);
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_FORBIDDEN), NULL, detail);
        return;
    }
    if (hansa_params_read(call) && hansa_params_negotiate(call)) body_read(call);
}

static void principal_done(struct hansa_unit *unit) {
    struct hansa_call *call = unit->owner;
    unit_done(unit);
    const struct hansa_principal *principal = hansa_principal_learn(call->loop->principals, &call->credential, unit);
    if (principal == NULL) hansa_call_unit_failed(call, unit);
    else enter(call, principal);
}

void hansa_call_begin(struct hansa_call *call, const struct hansa_bytes *values, size_t value_count) {
    memcpy(call->path_values, values, value_count * sizeof *values);
    call->path_value_count = value_count;
    call->phase = PHASE_DOOR;
    if (call->endpoint->lane == HANSA_LANE_SLOW) call->deadline_at = call->started_at + (uint64_t)hansa_config()->slow_deadline_ms;
    if (call->endpoint->scope == NULL) {
        if (hansa_params_read(call) && hansa_params_negotiate(call)) body_read(call);
        return;
    }
    if (!call->loop->door->read(hansa_call_header(call, "authorization"), &call->credential)) {
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_UNAUTHENTICATED), NULL, NULL);
        return;
    }
    memcpy(call->tenant, call->credential.tenant, sizeof call->tenant);
    const struct hansa_principal *principal = hansa_principal_find(call->loop->principals, &call->credential);
    if (principal != NULL) enter(call, principal);
    else hansa_call_submit(call, hansa_principal_unit(call->loop->principals, &call->credential, call->credential_hex), principal_done);
}

/* --- what C steps may ask and set --- */

struct hansa_bytes hansa_call_body(const struct hansa_call *call) {
    return call->body;
}

const char *hansa_call_request_id(const struct hansa_call *call) {
    return call->request_id;
}

const char *hansa_call_tenant(const struct hansa_call *call) {
    return call->tenant[0] == '\0' ? NULL : call->tenant;
}

static size_t param_index(const struct hansa_call *call, const char *name) {
    size_t i = 0;
    while (i < call->endpoint->param_count && strcmp(call->endpoint->params[i].name, name) != 0) i++;
    return i;
}

const char *hansa_call_param(const struct hansa_call *call, const char *name) {
    size_t i = param_index(call, name);
    return i < call->endpoint->param_count ? call->params[i] : NULL;
}

void hansa_call_value_set(struct hansa_call *call, const char *name, const char *text, size_t len) {
    size_t i = param_index(call, name);
    assert(i < call->endpoint->param_count && call->endpoint->params[i].place == HANSA_IN_STEP);
    call->params[i] = hansa_call_copy(call, text, len);
}

void hansa_call_body_set(struct hansa_call *call, const char *text, size_t len) {
    call->body = (struct hansa_bytes){hansa_call_copy(call, text, len), len};
}

void hansa_call_tenant_set(struct hansa_call *call, const char *tenant_id) {
    assert(strlen(tenant_id) == 36 && call->actor[0] == '\0'); /* a key's tenant is never changed */
    memcpy(call->tenant, tenant_id, sizeof call->tenant);
}

const char *hansa_call_column(const struct hansa_call *call, const char *name, size_t *ret_len) {
    int column = call->result == NULL || PQntuples(call->result) == 0 ? -1 : PQfnumber(call->result, name);
    if (column < 0 || PQgetisnull(call->result, 0, column)) return NULL;
    if (ret_len != NULL) *ret_len = (size_t)PQgetlength(call->result, 0, column);
    return PQgetvalue(call->result, 0, column);
}
