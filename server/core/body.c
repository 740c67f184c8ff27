/* The body: one guarded look at its JSON, here when it is small, at a worker thread when it is not. What PostgreSQL gets
 * are the client's own bytes (docs/decisions/0006). */
#include "call_state.h"
#include "json.h"

#include <hansa/config.h>
#include <hansa/error.h>
#include <stdlib.h>
#include <string.h>

enum { PARSE_INLINE_MAX = 65536, FAULTS_MAX = 20 };

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
    json_t *value =
        hansa_json_read(work->text, work->len, (size_t)hansa_config()->max_body_bytes, &work->faults[0], &work->status);
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

void hansa_body_read(struct hansa_call *call) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    call->phase = PHASE_BODY;
    h2o_iovec_t entity = call->req->entity;
    /* a large body that is not JSON is not copied: its step takes what it needs */
    if (endpoint->body_max > 0 && endpoint->body == NULL)
        call->body = (struct hansa_bytes){entity.base, entity.len};
    else if (endpoint->body_media != NULL)
        call->body = (struct hansa_bytes){hansa_call_copy(call, entity.base, entity.len), entity.len};
    if (endpoint->body == NULL) {
        call->phase = PHASE_STEPS;
        hansa_call_go_on(call);
    } else if (entity.len <= PARSE_INLINE_MAX) {
        struct body_work *work = hansa_call_alloc(call, sizeof *work);
        *work =
            (struct body_work){.schema = endpoint->body, .text = (char *)(uintptr_t)call->body.at, .len = entity.len};
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
