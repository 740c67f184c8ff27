/* The body: one guarded look at its JSON, here when it is small, at a worker thread when it is not. What PostgreSQL gets
 * are the client's own bytes (docs/decisions/0006), tidied where they need it (0044). */
#include "call_state.h"
#include "json.h"
#include "tidy.h"

#include <hansa/config.h>
#include <hansa/error.h>
#include <stdlib.h>
#include <string.h>

enum { PARSE_INLINE_MAX = 65536, FAULTS_MAX = 20 };

struct body_work {
    enum hansa_audience audience; /* whose body it is */
    const struct hansa_schema *schema;
    const char *text; /* the client's bytes */
    size_t len;
    char *copy; /* of them, for a worker thread; malloc'd */
    char *made; /* what they became, malloc'd, or NULL when they stay as they are */
    size_t made_len;
    bool is_shorter; /* `text` is no longer its beginning */
    struct hansa_fault faults[FAULTS_MAX];
    size_t fault_count;
    int status; /* of the first fault */
};

/* A new text in the place of the one that was looked at; NULL leaves that. */
static void body_become(struct body_work *work, char *made, size_t len) {
    if (made == NULL) return;
    free(work->made);
    work->made = made;
    work->made_len = len;
}

static json_t *body_parse(struct body_work *work, bool *ret_is_plain) {
    return hansa_json_read_noting(
        work->made != NULL ? work->made : work->text, work->made != NULL ? work->made_len : work->len,
        (size_t)hansa_config()->max_body_bytes, &work->faults[0], &work->status, ret_is_plain);
}

/* The document as its writer meant it. Nearly every one is plain, and is read once. */
static json_t *body_tidied(struct body_work *work) {
    bool is_plain = true;
    json_t *value = body_parse(work, &is_plain);
    if (value == NULL || is_plain) return value;
    size_t len = 0;
    char *made = hansa_tidy(work->schema, work->text, work->len, &len);
    if (made == NULL) return value;
    body_become(work, made, len);
    json_decref(value);
    return body_parse(work, &is_plain);
}

static void body_check(struct body_work *work) {
    struct hansa_alone alone = {0};
    work->status = 422;
    if (work->len >= 3 && memcmp(work->text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark, of whoever sends a file */
        work->text += 3;
        work->len -= 3;
        work->is_shorter = true;
    }
    json_t *value = body_tidied(work);
    if (value == NULL) {
        work->fault_count = 1;
        return;
    }
    work->fault_count = hansa_schema_check_each(work->audience, work->schema, value, work->faults, FAULTS_MAX, &alone);
    if (work->fault_count > FAULTS_MAX) work->fault_count = FAULTS_MAX;
    json_decref(value);
    if (alone.count > 0 && work->fault_count == 0) {
        size_t len = 0;
        char *made = hansa_tidy_faults(work->schema, work->made != NULL ? work->made : work->text,
                                       work->made != NULL ? work->made_len : work->len, &alone, &len);
        if (made == NULL) { /* memory is out: what is faulty must not go on */
            work->faults[0] = alone.faults[0].fault;
            work->fault_count = 1;
        }
        body_become(work, made, len);
    }
    free(alone.faults);
}

static enum hansa_step_result body_verdict(struct hansa_call *call, const struct body_work *work) {
    if (work->fault_count > 0) {
        enum hansa_error_id id = work->status == 400   ? HANSA_ERROR_CORE_MALFORMED
                                 : work->status == 413 ? HANSA_ERROR_CORE_BODY_TOO_LARGE
                                 : work->status == 422 ? HANSA_ERROR_CORE_INVALID
                                                       : HANSA_ERROR_CORE_INTERNAL;
        return hansa_reply_problem(call, hansa_error(id), NULL, work->faults, work->fault_count);
    }
    if (work->made != NULL)
        hansa_call_body_set(call, work->made, work->made_len);
    else if (work->is_shorter)
        hansa_call_body_set(call, work->text, work->len);
    call->phase = PHASE_STEPS;
    return HANSA_STEP_NEXT;
}

static void *body_run(void *input) {
    body_check(input);
    return input;
}

static void body_drop(void *data) {
    struct body_work *work = data;
    free(work->made);
    free(work->copy);
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
    /* a body that is not JSON may be large, and is not copied: its step takes what it needs */
    if (endpoint->body_media != NULL && endpoint->body == NULL)
        call->body = (struct hansa_bytes){entity.base, entity.len};
    else if (endpoint->body_media != NULL)
        call->body = (struct hansa_bytes){hansa_call_copy(call, entity.base, entity.len), entity.len};
    if (endpoint->body == NULL) {
        call->phase = PHASE_STEPS;
        hansa_call_go_on(call);
    } else if (entity.len <= PARSE_INLINE_MAX) {
        struct body_work *work = hansa_call_alloc(call, sizeof *work);
        *work = (struct body_work){
            .audience = call->audience, .schema = endpoint->body, .text = call->body.at, .len = entity.len};
        body_check(work);
        enum hansa_step_result verdict = body_verdict(call, work);
        free(work->made);
        if (verdict == HANSA_STEP_NEXT) hansa_call_go_on(call);
    } else {
        struct body_work *work = h2o_mem_alloc(sizeof *work);
        memset(work, 0, sizeof *work);
        work->audience = call->audience;
        work->schema = endpoint->body;
        work->len = entity.len;
        work->text = work->copy = h2o_mem_alloc(entity.len + 1);
        memcpy(work->copy, call->body.at, entity.len + 1);
        hansa_call_work(call, &body_at_worker, work, body_drop);
    }
}
