/* Answers: the bytes PostgreSQL made, or a problem document (RFC 9457). The only file that starts a libh2o response. */
#include "call_state.h"

#include "coding.h"
#include "etag.h"
#include "witness.h"

#include <assert.h>
#include <hansa/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void header(h2o_req_t *req, const char *name, const char *value) {
    h2o_add_header_by_str(&req->pool, &req->res.headers, name, strlen(name), 1, NULL, value, strlen(value));
}

static bool header_is_set(const struct hansa_call *call, const char *name) {
    for (size_t i = 0; i < call->header_count; i++)
        if (strcmp(call->headers[i].name, name) == 0) return true;
    return false;
}

static void headers_add(struct hansa_call *call, const char *media_type, const char *coding) {
    h2o_req_t *req = call->req;
    if (media_type != NULL) header(req, "content-type", media_type);
    if (coding != NULL) header(req, "content-encoding", coding);
    /* tenants' data is nobody else's to keep (standards.md 5.2) */
    if (!header_is_set(call, "cache-control"))
        header(req, "cache-control", call->status < 400 ? "private, no-cache" : "no-store");
    if (!header_is_set(call, "vary")) header(req, "vary", "authorization, cookie, accept, accept-encoding");
    header(req, "x-content-type-options", "nosniff");
    header(req, "request-id", call->request_id);
    for (size_t i = 0; i < call->header_count; i++) {
        bool is_tag = coding != NULL && strcmp(call->headers[i].name, "etag") == 0;
        header(req, call->headers[i].name,
               is_tag ? hansa_etag_coded(call, call->headers[i].value) : call->headers[i].value);
    }
}

enum hansa_step_result hansa_reply_send(struct hansa_call *call, int status, const char *media_type, h2o_iovec_t *parts,
                                        size_t part_count, const char *coding) {
    static h2o_generator_t generator = {NULL, NULL};
    h2o_req_t *req = call->req;
    assert(call->phase != PHASE_ANSWERED);
    call->phase = PHASE_ANSWERED;
    call->status = status;
    for (size_t i = 0; i < part_count; i++)
        call->bytes_out += parts[i].len;
    req->res.status = status;
    req->res.reason = "";
    bool has_body = status != 204 && status != 304;
    if (has_body) req->res.content_length = call->bytes_out;
    headers_add(call, has_body ? media_type : NULL, coding);
    bool is_head = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
    h2o_start_response(req, &generator);
    h2o_send(req, parts, is_head || !has_body ? 0 : part_count, H2O_SEND_STATE_FINAL);
    return HANSA_STEP_END;
}

bool hansa_reply_begin(struct hansa_call *call, const char *media_type, h2o_generator_t *generator) {
    h2o_req_t *req = call->req;
    assert(call->phase != PHASE_ANSWERED);
    call->phase = PHASE_ANSWERED;
    call->status = 200;
    req->res.status = 200;
    req->res.reason = "";
    headers_add(call, media_type, NULL);
    bool is_head = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
    h2o_start_response(req, generator);
    if (is_head) h2o_send(req, NULL, 0, H2O_SEND_STATE_FINAL);
    return !is_head;
}

static size_t total(const h2o_iovec_t *parts, size_t part_count) {
    size_t len = 0;
    for (size_t i = 0; i < part_count; i++)
        len += parts[i].len;
    return len;
}

enum hansa_step_result hansa_reply_bytes(struct hansa_call *call, int status, const char *media_type,
                                         h2o_iovec_t *parts, size_t part_count) {
    size_t len = total(parts, part_count);
    h2o_iovec_t coded;
    if (len <= CODING_INLINE_MAX && hansa_coding_is_wanted(call, status, media_type, len) &&
        hansa_coding_here(call, parts, part_count, &coded))
        return hansa_reply_send(call, status, media_type, &coded, 1, "gzip");
    return hansa_reply_send(call, status, media_type, parts, part_count, NULL);
}

enum hansa_step_result hansa_reply_large(struct hansa_call *call, int status, const char *media_type,
                                         h2o_iovec_t *parts, size_t part_count) {
    size_t len = total(parts, part_count);
    /* a change that is made must not be answered 503 because the workers are busy */
    bool may_wait = call->endpoint->is_read_only && len > CODING_INLINE_MAX;
    if (may_wait && hansa_coding_is_wanted(call, status, media_type, len))
        return hansa_coding_at_worker(call, status, media_type, parts, part_count);
    return hansa_reply_bytes(call, status, media_type, parts, part_count);
}

enum hansa_step_result hansa_call_answer(struct hansa_call *call, int status, const char *media_type, const char *text,
                                         size_t len) {
    struct hansa_bytes body = {text, len};
    if (status < 400 && media_type != NULL && strcmp(media_type, "application/json") == 0)
        body = hansa_call_shown(call, body);
    h2o_iovec_t part = h2o_iovec_init(hansa_call_copy(call, body.at, body.len), body.len);
    return hansa_reply_bytes(call, status, media_type, &part, 1);
}

void hansa_call_answer_header(struct hansa_call *call, const char *lower_case_name, const char *value) {
    assert(call->header_count < ANSWER_HEADERS_MAX);
    call->headers[call->header_count].name = lower_case_name;
    call->headers[call->header_count++].value = hansa_call_copy(call, value, strlen(value));
}

/* --- problems --- */

/* Words with blanks between them, as an array. */
static json_t *steps_read(const char *words) {
    json_t *steps = json_array();
    for (size_t len; *(words += strspn(words, " ")) != '\0'; words += len) {
        len = strcspn(words, " ");
        json_array_append_new(steps, json_stringn(words, len));
    }
    return steps;
}

enum hansa_step_result hansa_reply_problem(struct hansa_call *call, const struct hansa_error *error, const char *detail,
                                           const struct hansa_fault *faults, size_t fault_count) {
    char type[96];
    snprintf(type, sizeof type, "/problems/%s", error->code);
    json_t *problem = json_pack("{s:s, s:s, s:i, s:s}", "type", type, "title", error->title, "status",
                                (int)error->status, "request_id", call->request_id);
    if (detail != NULL) json_object_set_new(problem, "detail", json_string(detail));
    if (error->status == 429 && call->violated != NULL)
        json_object_set_new(problem, "violated-policies", json_pack("[s]", call->violated));
    if (error->status == 409 && call->steps != NULL) json_object_set_new(problem, "steps", steps_read(call->steps));
    if (fault_count > 0) {
        json_t *errors = json_array();
        for (size_t i = 0; i < fault_count; i++) {
            bool is_pointer = faults[i].pointer[0] == '/' || faults[i].pointer[0] == '\0';
            json_t *one = json_pack("{s:s, s:s}", "code", faults[i].code, "detail", faults[i].detail);
            json_object_set_new(one, is_pointer ? "pointer" : "parameter", json_string(faults[i].pointer));
            json_array_append_new(errors, one);
        }
        json_object_set_new(problem, "errors", errors);
    }
    char *text = json_dumps(problem, JSON_COMPACT);
    json_decref(problem);
    call->error_code = error->code;
    hansa_witness_refusal(call, error);
    if (error->status == 401) hansa_call_answer_header(call, "www-authenticate", "Bearer realm=\"hansa\"");
    if ((error->status == 503 || error->status == 429) && !header_is_set(call, "retry-after"))
        hansa_call_answer_header(call, "retry-after", "1");
    enum hansa_step_result result = hansa_call_answer(call, error->status, "application/problem+json",
                                                      text == NULL ? "{}" : text, text == NULL ? 2 : strlen(text));
    free(text);
    return result;
}

enum hansa_step_result hansa_call_problem(struct hansa_call *call, const struct hansa_error *error, const char *pointer,
                                          const char *detail) {
    if (pointer == NULL) return hansa_reply_problem(call, error, detail, NULL, 0);
    struct hansa_fault fault = {.code =
                                    strrchr(error->code, '/') == NULL ? error->code : strrchr(error->code, '/') + 1};
    snprintf(fault.pointer, sizeof fault.pointer, "%s", pointer);
    snprintf(fault.detail, sizeof fault.detail, "%s", detail != NULL ? detail : error->title);
    return hansa_reply_problem(call, error, detail, &fault, 1);
}

enum hansa_step_result hansa_call_problem_page(struct hansa_call *call, const struct hansa_error *error,
                                               const char *html, size_t len) {
    call->error_code = error->code;
    hansa_witness_refusal(call, error);
    if ((error->status == 503 || error->status == 429) && !header_is_set(call, "retry-after"))
        hansa_call_answer_header(call, "retry-after", "1");
    return hansa_call_answer(call, error->status, "text/html; charset=utf-8", html, len);
}
