/* Step `reply`: the row that the unit brought back becomes the answer. No row and a null body are the endpoint's own errors;
 * a list gets its envelope; conditions of the request are held against the tag of the bytes that would go out. */
#include "call_state.h"
#include "etag.h"

#include <hansa/error.h>
#include <stdio.h>
#include <string.h>

/* {"data": [...], "next_cursor": …} and Link; the number of parts. */
static size_t list_parts(struct hansa_call *call, const char *body, size_t len, h2o_iovec_t parts[5]) {
    size_t next_len;
    const char *next = hansa_call_column(call, "next", &next_len);
    const char *cursor = next == NULL ? NULL : hansa_cursor_seal(call, next);
    parts[0] = h2o_iovec_init(H2O_STRLIT("{\"data\":"));
    parts[1] = h2o_iovec_init(body, len);
    parts[2] = h2o_iovec_init(H2O_STRLIT(",\"next_cursor\":"));
    if (cursor == NULL) {
        parts[3] = h2o_iovec_init(H2O_STRLIT("null}"));
        return 4;
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
    return 5;
}

/* The state forbids it. A change that If-Match forbids is told the present tag, when the statement shows what there is. */
static enum hansa_step_result refused(struct hansa_call *call) {
    const struct hansa_error *error = call->endpoint->null;
    struct hansa_bytes current = {NULL, 0};
    current.at = hansa_call_column(call, "current", &current.len);
    const char *version = hansa_call_column(call, "version", NULL);
    if (error->status == 412 && current.at != NULL) {
        current = hansa_call_shown(call, current); /* the tag is of what this caller would be shown */
        h2o_iovec_t part = h2o_iovec_init(current.at, current.len);
        const char *etag = hansa_etag_make(call, version, &part, 1);
        if (etag != NULL) hansa_call_answer_header(call, "etag", etag);
    }
    return hansa_call_problem(call, error, NULL, NULL);
}

/* Tag and conditions; 0 = send it all. */
static int tag_add(struct hansa_call *call, const h2o_iovec_t *parts, size_t part_count) {
    const char *version = hansa_call_column(call, "version", NULL), *etag = hansa_call_column(call, "etag", NULL);
    if (etag == NULL && (call->endpoint->takes_fields || version != NULL))
        etag = hansa_etag_make(call, version, parts, part_count);
    if (etag == NULL) return 0;
    int status = call->endpoint->takes_fields ? hansa_etag_condition(call, etag) : 0;
    if (status != 304) hansa_call_answer_header(call, "etag", etag);
    return status;
}

enum hansa_step_result hansa_step_reply(struct hansa_call *call) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    if (!hansa_call_has_row(call)) {
        if (endpoint->ok_status == 204 && endpoint->none == NULL) return hansa_reply_bytes(call, 204, NULL, NULL, 0);
        const struct hansa_error *error =
            endpoint->none != NULL ? endpoint->none : hansa_error(HANSA_ERROR_CORE_INTERNAL);
        return hansa_call_problem(call, error, NULL, NULL);
    }
    struct hansa_bytes body = {NULL, 0};
    body.at = hansa_call_column(call, "body", &body.len);
    if (body.at == NULL && endpoint->null != NULL) return refused(call);
    if (endpoint->ok_status == 204) return hansa_reply_bytes(call, 204, NULL, NULL, 0);
    if (body.at == NULL) return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_INTERNAL), NULL, NULL);
    const char *location = hansa_call_column(call, "location", NULL);
    if (location != NULL) hansa_call_answer_header(call, "location", location);
    body = hansa_call_shown(call, body);
    h2o_iovec_t parts[5] = {h2o_iovec_init(body.at, body.len)}; /* stays in call->result until the pool goes */
    size_t count = endpoint->paging == HANSA_PAGING_KEYSET ? list_parts(call, body.at, body.len, parts) : 1;
    int condition = tag_add(call, parts, count);
    if (condition == 304) return hansa_reply_bytes(call, 304, NULL, NULL, 0);
    if (condition == 412)
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_PRECONDITION_FAILED), NULL, NULL);
    return hansa_reply_large(call, endpoint->ok_status, "application/json", parts, count);
}
