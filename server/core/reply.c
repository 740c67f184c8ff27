/* Answers: the bytes PostgreSQL made, or a problem document (RFC 9457). The only file that starts a libh2o response. */
#include "call_state.h"

#include "log.h"
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

static void headers_add(struct hansa_call *call, const char *media_type) {
    h2o_req_t *req = call->req;
    if (media_type != NULL) header(req, "content-type", media_type);
    /* tenants' data is nobody else's to keep (standards.md 5.2) */
    if (!header_is_set(call, "cache-control"))
        header(req, "cache-control", call->status < 400 ? "private, no-cache" : "no-store");
    if (!header_is_set(call, "vary")) header(req, "vary", "authorization, accept");
    header(req, "x-content-type-options", "nosniff");
    header(req, "request-id", call->request_id);
    for (size_t i = 0; i < call->header_count; i++)
        header(req, call->headers[i].name, call->headers[i].value);
}

enum hansa_step_result hansa_reply_bytes(struct hansa_call *call, int status, const char *media_type,
                                         h2o_iovec_t *parts, size_t part_count) {
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
    headers_add(call, has_body ? media_type : NULL);
    bool is_head = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
    h2o_start_response(req, &generator);
    h2o_send(req, parts, is_head || !has_body ? 0 : part_count, H2O_SEND_STATE_FINAL);
    return HANSA_STEP_END;
}

enum hansa_step_result hansa_call_answer(struct hansa_call *call, int status, const char *media_type, const char *text,
                                         size_t len) {
    h2o_iovec_t part = h2o_iovec_init(hansa_call_copy(call, text, len), len);
    return hansa_reply_bytes(call, status, media_type, &part, 1);
}

void hansa_call_answer_header(struct hansa_call *call, const char *lower_case_name, const char *value) {
    assert(call->header_count < ANSWER_HEADERS_MAX);
    call->headers[call->header_count].name = lower_case_name;
    call->headers[call->header_count++].value = hansa_call_copy(call, value, strlen(value));
}

/* --- step `reply` --- */

static bool etag_is_known(struct hansa_call *call, const char *etag) {
    struct hansa_bytes known = hansa_call_header(call, "if-none-match");
    if (known.len == 1 && known.at[0] == '*') return true;
    return known.len > 0 &&
           memmem(known.at, known.len, etag, strlen(etag)) != NULL; /* a tag is quoted: no part of another */
}

static enum hansa_step_result list_reply(struct hansa_call *call, const char *body, size_t len) {
    size_t next_len;
    const char *next = hansa_call_column(call, "next", &next_len);
    const char *cursor = next == NULL ? NULL : hansa_cursor_seal(call, next);
    h2o_iovec_t parts[5] = {h2o_iovec_init(H2O_STRLIT("{\"data\":")), h2o_iovec_init(body, len),
                            h2o_iovec_init(H2O_STRLIT(",\"next_cursor\":"))};
    if (cursor == NULL) {
        parts[3] = h2o_iovec_init(H2O_STRLIT("null}"));
        return hansa_reply_bytes(call, call->endpoint->ok_status, "application/json", parts, 4);
    }
    size_t cursor_len = strlen(cursor),
           path_len = call->req->query_at == SIZE_MAX ? call->req->path.len : call->req->query_at;
    char *link = hansa_call_alloc(call, call->req->path.len + cursor_len + 64);
    size_t at = (size_t)sprintf(link, "<%.*s?cursor=%s", (int)path_len, call->req->path.base, cursor);
    /* the other parameters go on unchanged */
    const char *query = path_len < call->req->path.len ? call->req->path.base + path_len + 1 : "";
    size_t query_len = path_len < call->req->path.len ? call->req->path.len - path_len - 1 : 0;
    while (query_len > 0) {
        const char *end = memchr(query, '&', query_len);
        size_t pair = end == NULL ? query_len : (size_t)(end - query);
        if (pair > 0 && !(pair >= 7 && memcmp(query, "cursor=", 7) == 0))
            at += (size_t)sprintf(link + at, "&%.*s", (int)pair, query);
        query += end == NULL ? pair : pair + 1;
        query_len -= end == NULL ? pair : pair + 1;
    }
    sprintf(link + at, ">; rel=\"next\"");
    hansa_call_answer_header(call, "link", link);
    parts[4] = h2o_iovec_init(H2O_STRLIT("}"));
    char *quoted = hansa_call_alloc(call, cursor_len + 3);
    sprintf(quoted, "\"%s\"", cursor);
    parts[3] = h2o_iovec_init(quoted, cursor_len + 2);
    return hansa_reply_bytes(call, call->endpoint->ok_status, "application/json", parts, 5);
}

enum hansa_step_result hansa_step_reply(struct hansa_call *call) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    if (call->result == NULL || PQntuples(call->result) == 0) {
        if (endpoint->ok_status == 204 && endpoint->none == NULL) return hansa_reply_bytes(call, 204, NULL, NULL, 0);
        const struct hansa_error *error =
            endpoint->none != NULL ? endpoint->none : hansa_error(HANSA_ERROR_CORE_INTERNAL);
        return hansa_call_problem(call, error, NULL, NULL);
    }
    size_t len;
    const char *body = hansa_call_column(call, "body", &len), *location = hansa_call_column(call, "location", NULL),
               *etag = hansa_call_column(call, "etag", NULL);
    if (body == NULL && endpoint->null != NULL) return hansa_call_problem(call, endpoint->null, NULL, NULL);
    if (endpoint->ok_status == 204) return hansa_reply_bytes(call, 204, NULL, NULL, 0);
    if (body == NULL) return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_INTERNAL), NULL, NULL);
    if (location != NULL) hansa_call_answer_header(call, "location", location);
    if (etag != NULL) hansa_call_answer_header(call, "etag", etag);
    if (etag != NULL && endpoint->is_read_only && etag_is_known(call, etag))
        return hansa_reply_bytes(call, 304, NULL, NULL, 0);
    if (endpoint->paging == HANSA_PAGING_KEYSET) return list_reply(call, body, len);
    h2o_iovec_t part = h2o_iovec_init(body, len); /* stays in call->result until the pool goes */
    return hansa_reply_bytes(call, endpoint->ok_status, "application/json", &part, 1);
}

/* --- problems --- */

enum hansa_step_result hansa_reply_problem(struct hansa_call *call, const struct hansa_error *error, const char *detail,
                                           const struct hansa_fault *faults, size_t fault_count) {
    char type[96];
    snprintf(type, sizeof type, "/problems/%s", error->code);
    json_t *problem = json_pack("{s:s, s:s, s:i, s:s}", "type", type, "title", error->title, "status",
                                (int)error->status, "request_id", call->request_id);
    if (detail != NULL) json_object_set_new(problem, "detail", json_string(detail));
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

/* --- SQL errors ---
 * 'PN4xx' with a code of ours as message; a constraint that errors.def names; else the class of the SQLSTATE. Texts of
 * errors that we did not raise ourselves stay in the log (promise T9). */

static const struct hansa_error *error_by_code(const char *code) {
    for (size_t i = 0; code != NULL && i < hansa_error_count; i++)
        if (strcmp(hansa_errors[i].code, code) == 0) return &hansa_errors[i];
    return NULL;
}

static const struct hansa_error *error_by_constraint(const char *constraint) {
    for (size_t i = 0; constraint != NULL && i < hansa_error_count; i++)
        if (hansa_errors[i].constraint != NULL && strcmp(hansa_errors[i].constraint, constraint) == 0)
            return &hansa_errors[i];
    return NULL;
}

static enum hansa_error_id error_of_class(const char *state) {
    static const struct {
        const char *begins;
        enum hansa_error_id id;
    } classes[] = {
        {"57014", HANSA_ERROR_CORE_DEADLINE},   {"40", HANSA_ERROR_CORE_OVERLOADED},
        {"55P03", HANSA_ERROR_CORE_OVERLOADED}, {"57P", HANSA_ERROR_CORE_UNAVAILABLE},
        {"08", HANSA_ERROR_CORE_UNAVAILABLE},   {"53", HANSA_ERROR_CORE_UNAVAILABLE},
        {"58", HANSA_ERROR_CORE_UNAVAILABLE},   {"25006", HANSA_ERROR_CORE_INTERNAL},
        {"22", HANSA_ERROR_CORE_INVALID},       {"23", HANSA_ERROR_CORE_INVALID},
    };
    for (size_t i = 0; state != NULL && i < sizeof classes / sizeof classes[0]; i++)
        if (strncmp(state, classes[i].begins, strlen(classes[i].begins)) == 0) return classes[i].id;
    return HANSA_ERROR_CORE_INTERNAL;
}

enum hansa_step_result hansa_reply_sql_error(struct hansa_call *call, const PGresult *result) {
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE),
               *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    bool is_ours = state != NULL && strncmp(state, "PN", 2) == 0;
    const struct hansa_error *error =
        is_ours ? error_by_code(message) : error_by_constraint(PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME));
    if (is_ours && error != NULL)
        return hansa_call_problem(call, error, PQresultErrorField(result, PG_DIAG_COLUMN_NAME),
                                  PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
    if (error != NULL) return hansa_call_problem(call, error, error->field, NULL);
    struct hansa_log_line line; /* the message alone: DETAIL and CONTEXT may hold a row's values */
    hansa_log_begin(&line, HANSA_LOG_ERROR, "statement failed");
    hansa_log_text(&line, "request_id", call->request_id, SIZE_MAX);
    hansa_log_text(&line, "endpoint", call->endpoint->name, SIZE_MAX);
    hansa_log_text(&line, "sqlstate", state, SIZE_MAX);
    hansa_log_text(&line, "constraint", PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME), SIZE_MAX);
    if (state != NULL && strncmp(state, "22", 2) != 0 && strncmp(state, "23", 2) != 0)
        hansa_log_text(&line, "sql", message, SIZE_MAX);
    hansa_log_end(&line);
    return hansa_call_problem(call, hansa_error(error_of_class(state)), NULL, NULL);
}
