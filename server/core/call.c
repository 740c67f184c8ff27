/* The life of a call and its runner: steps one after another, waiting where something else is at work.
 *
 * Invariants: at most one of unit, job, waiting at the gate. Once answered, nothing more is started. The call is never
 * touched after its dispose has run; whatever works for it holds a pointer that dispose clears. */
#include "call_state.h"

#include "crash.h"
#include "log.h"
#include "usage.h"

#include <assert.h>
#include <hansa/config.h>
#include <hansa/error.h>
#include <stdlib.h>
#include <string.h>

/* --- begin and end --- */

static uint64_t elapsed_us(const struct timespec *since) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)((now.tv_sec - since->tv_sec) * 1000000 + (now.tv_nsec - since->tv_nsec) / 1000);
}

static void call_log(const struct hansa_call *call, uint64_t duration_us) {
    struct hansa_log_line line;
    const struct hansa_endpoint *endpoint = call->endpoint;
    hansa_log_begin(&line, call->status >= 500 ? HANSA_LOG_ERROR : HANSA_LOG_INFO,
                    call->status == 0 ? "cancelled" : "request");
    hansa_log_text(&line, "request_id", call->request_id, SIZE_MAX);
    hansa_log_text(&line, "trace_id", call->trace_id, SIZE_MAX);
    hansa_log_text(&line, "span_id", call->span_id, SIZE_MAX);
    hansa_log_text(&line, "parent_id", call->parent_id[0] != '\0' ? call->parent_id : NULL, SIZE_MAX);
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
    HANSA_CRASH_MARK(call->request_id, call->endpoint);
    struct hansa_loop *loop = call->loop;
    uint64_t duration_us = elapsed_us(&call->began);
    if (h2o_timeout_is_linked(&call->soon)) h2o_timeout_unlink(&call->soon);
    hansa_gate_leave(&call->waiter);
    hansa_gate_leave(&call->bulky);
    if (call->stream != NULL) hansa_stream_free(call->stream);
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
    hansa_idempotency_end(&call->once);
    hansa_usage_count(call);
    if (call->status == 0)
        hansa_metrics_cancelled(loop->metrics);
    else
        hansa_metrics_request(
            loop->metrics, call->endpoint == NULL ? hansa_endpoint_count : (size_t)(call->endpoint - hansa_endpoints),
            call->status, duration_us);
    call_log(call, duration_us);
    if (call->client != NULL) {
        call->client->alive--;
        if (call->status == 0)
            hansa_client_gave_up(call->client);
        else
            call->client->finished++;
    }
    call->magic = 0;
    loop->calls--;
    if (call->bulky.ticket != NULL) hansa_ticket_unref(call->bulky.ticket);
    if (call->waiter.ticket != NULL) hansa_ticket_unref(call->waiter.ticket);
}

struct hansa_call *hansa_call_new(h2o_req_t *req, struct hansa_loop *loop) {
    struct hansa_call *call = h2o_mem_alloc_shared(&req->pool, sizeof *call, call_dispose);
    memset(call, 0, sizeof *call);
    call->magic = CALL_MAGIC;
    call->audience = HANSA_AUDIENCE_PUBLIC;
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

/* --- steps --- */

void hansa_call_go_on(struct hansa_call *call) {
    HANSA_CRASH_MARK(call->request_id, call->endpoint);
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
    hansa_call_unit_done(unit);
    if (unit->outcome != HANSA_UNIT_DONE) {
        hansa_call_unit_failed(call, unit);
        return;
    }
    PQclear(call->result);
    call->result = unit->result;
    unit->result = NULL;
    call->once.outcome = HANSA_ONCE_NOT;
    hansa_call_go_on(call);
}

/* The endpoint's statement has run under an Idempotency-Key. */
static void once_done(struct hansa_unit *unit) {
    struct hansa_call *call = unit->owner;
    hansa_call_unit_done(unit);
    if (unit->outcome != HANSA_UNIT_DONE) {
        hansa_call_unit_failed(call, unit);
        return;
    }
    PQclear(call->result);
    call->result = unit->result;
    unit->result = NULL;
    hansa_call_resume(call, hansa_idempotency_done(call));
}

const char *hansa_call_bound(struct hansa_call *call, uint8_t bind) {
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
    case HANSA_BIND_REACH:
        return call->reach;
    case HANSA_BIND_CONTEXT:
        return hansa_call_context(call);
    case HANSA_BIND_IF_MATCH:
        return call->if_match;
    default:
        return call->params[bind - HANSA_BIND_PARAM];
    }
}

struct hansa_unit *hansa_call_unit_make(struct hansa_call *call) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    size_t which = 0;
    for (size_t i = 0; i < endpoint->optional_count; i++)
        which |= (size_t)(hansa_call_bound(call, endpoint->optional_params[i]) != NULL) << i;
    const struct hansa_statement *statement = &endpoint->statements[which];
    bool is_once = call->once.key != NULL;
    struct hansa_unit *unit = is_once ? hansa_idempotency_unit(call, statement)
                                      : hansa_unit_new(statement, endpoint->lane, endpoint->is_read_only);
    for (size_t i = 0; i < statement->bind_count && !is_once; i++)
        unit->values[i] = hansa_call_bound(call, statement->binds[i]);
    memcpy(unit->tenant, call->tenant, sizeof unit->tenant);
    return unit;
}

enum hansa_step_result hansa_step_unit(struct hansa_call *call) {
    hansa_call_submit(call, hansa_call_unit_make(call), call->once.key != NULL ? once_done : statement_done);
    return call->phase == PHASE_ANSWERED ? HANSA_STEP_END : HANSA_STEP_WAIT;
}

/* A $ of another statement than the endpoint's own: its parameters are the call's of the same name. */
static const char *bound_by_name(struct hansa_call *call, const struct hansa_endpoint *endpoint, uint8_t bind) {
    if (bind < HANSA_BIND_PARAM) return hansa_call_bound(call, bind);
    return hansa_call_param(call, endpoint->params[bind - HANSA_BIND_PARAM].name);
}

enum hansa_step_result hansa_call_statement(struct hansa_call *call, const char *room_and_name) {
    const struct hansa_endpoint *endpoint = hansa_endpoint_find(room_and_name);
    assert(endpoint != NULL && endpoint->method == NULL && endpoint->statement_count == 1);
    const struct hansa_statement *statement = &endpoint->statements[0];
    struct hansa_unit *unit = hansa_unit_new(statement, endpoint->lane, endpoint->is_read_only);
    for (size_t i = 0; i < statement->bind_count; i++)
        unit->values[i] = bound_by_name(call, endpoint, statement->binds[i]);
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
        texts[i] = bound_by_name(call, endpoint, statement->binds[i]);
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
