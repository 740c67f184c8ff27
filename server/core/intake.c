/* on_req only queues (defence M2): a request that is reset in the same turn never starts work. The next turn looks whether
 * the client is still there (M5), reads ids and address, routes, and lets the call begin.
 *
 * The edge marks the end of the header fields with hansa-head-end: libh2o appends HTTP/2 trailers to the header list, and
 * what stands behind the mark is a trailer and never counts (promise X8). */
#include "intake.h"

#include "call_state.h"
#include "hex.h"
#include "own_errors.h"

#include <arpa/inet.h>
#include <hansa/config.h>
#include <hansa/error.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PATH_BYTES_MAX = 4096, FIELDS_MAX = 100, FIELD_BYTES_MAX = 16384 };

struct intake {
    h2o_handler_t handler;
    struct hansa_loop *loop;
};

static const char edge_mark[] = "hansa-head-end";

/* Header fields that count: all of them, or those before the edge's mark. */
static size_t field_count(const struct hansa_call *call) {
    const h2o_headers_t *headers = &call->req->headers;
    if (call->client == NULL || !call->client->is_edge) return headers->size;
    for (size_t i = 0; i < headers->size; i++)
        if (h2o_memis(headers->entries[i].name->base, headers->entries[i].name->len, edge_mark, sizeof edge_mark - 1))
            return i;
    return headers->size;
}

struct hansa_bytes hansa_call_header(const struct hansa_call *call, const char *lower_case_name) {
    const h2o_headers_t *headers = &call->req->headers;
    size_t len = strlen(lower_case_name), count = field_count(call);
    if (strcmp(lower_case_name, "host") == 0) /* libh2o keeps it apart from the others */
        return (struct hansa_bytes){call->req->input.authority.base, call->req->input.authority.len};
    for (size_t i = 0; i < count; i++) {
        const h2o_header_t *field = &headers->entries[i];
        if (field->name->len == len && strncasecmp(field->name->base, lower_case_name, len) == 0)
            return (struct hansa_bytes){field->value.base, field->value.len};
    }
    return (struct hansa_bytes){NULL, 0};
}

static size_t header_times(const struct hansa_call *call, const char *name) {
    size_t times = 0, len = strlen(name), count = field_count(call);
    for (size_t i = 0; i < count; i++) {
        const h2o_header_t *field = &call->req->headers.entries[i];
        times += field->name->len == len && strncasecmp(field->name->base, name, len) == 0;
    }
    return times;
}

static bool is_hex(const char *text, size_t len) {
    bool is_zero = true;
    for (size_t i = 0; i < len; i++) {
        if (memchr("0123456789abcdef", text[i], 16) == NULL) return false;
        is_zero &= text[i] == '0';
    }
    return !is_zero;
}

/* Our own id for each request; the client's W3C trace id is taken over when it is sound (standards.md 5.12). */
static void ids_make(struct hansa_call *call) {
    unsigned char bytes[40];
    RAND_bytes(bytes, sizeof bytes);
    hansa_hex_write(bytes, 16, call->request_id);
    hansa_hex_write(bytes + 32, 8, call->span_id);
    struct hansa_bytes parent = hansa_call_header(call, "traceparent");
    bool is_sound = parent.len >= 55 && parent.at[2] == '-' && parent.at[35] == '-' && parent.at[52] == '-' &&
                    memcmp(parent.at, "ff", 2) != 0 && is_hex(parent.at + 3, 32) && is_hex(parent.at + 36, 16) &&
                    (parent.len == 55 || memcmp(parent.at, "00", 2) != 0);
    if (is_sound) {
        memcpy(call->trace_id, parent.at + 3, 32);
        memcpy(call->parent_id, parent.at + 36, 16);
    } else {
        hansa_hex_write(bytes + 16, 16, call->trace_id);
    }
}

static void source_read(struct hansa_call *call) {
    struct sockaddr_storage address;
    socklen_t len = call->req->conn->callbacks->get_peername(call->req->conn, (struct sockaddr *)&address);
    char *text = call->source;
    size_t size = sizeof call->source;
    if (len >= sizeof(struct sockaddr_in) && address.ss_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, text, (socklen_t)size);
    else if (len >= sizeof(struct sockaddr_in6) && address.ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&address)->sin6_addr, text, (socklen_t)size);
    else
        snprintf(text, size, "local");
}

/* libh2o hides the framing fields of HTTP/1.1 and settles a quarrel between them by itself. The head still stands at the
 * start of the connection's input: two lengths, or a length and a transfer coding, are refused, and the connection is
 * closed, so that what follows is never read as a request (promise X4). The edge refuses them before; this is for the
 * private listener. */
static bool has_doubtful_framing(const struct hansa_call *call) {
    h2o_req_t *req = call->req;
    if (req->version >= 0x200 || call->client == NULL) return false;
    const h2o_buffer_t *input = call->client->socket->input;
    const char *end = input->size == 0 ? NULL : memmem(input->bytes, input->size, "\r\n\r\n", 4);
    if (end == NULL) return false;
    size_t framing = 0;
    for (const char *line = input->bytes; line != NULL && line < end;
         line = memmem(line, (size_t)(end - line), "\r\n", 2)) {
        if (*line == '\r') line += 2;
        framing += strncasecmp(line, "content-length", 14) == 0 || strncasecmp(line, "transfer-encoding", 17) == 0;
    }
    return framing > 1;
}

/* Limits that need no route; NULL = within. */
static const struct hansa_error *shape_fault(const struct hansa_call *call) {
    const h2o_req_t *req = call->req;
    if (req->path.len > PATH_BYTES_MAX) return hansa_error(HANSA_ERROR_CORE_URI_TOO_LONG);
    if (req->headers.size > FIELDS_MAX) return hansa_error(HANSA_ERROR_CORE_FIELDS_TOO_LARGE);
    size_t bytes = 0;
    for (size_t i = 0; i < req->headers.size; i++)
        bytes += req->headers.entries[i].name->len + req->headers.entries[i].value.len;
    if (bytes > FIELD_BYTES_MAX) return hansa_error(HANSA_ERROR_CORE_FIELDS_TOO_LARGE);
    if (header_times(call, "authorization") > 1 || header_times(call, "content-type") > 1 ||
        header_times(call, "idempotency-key") > 1 || header_times(call, "if-match") > 1)
        return hansa_error(HANSA_ERROR_CORE_MALFORMED);
    return NULL;
}

/* Each endpoint has its own limit; an address that takes no body is refused one later, whatever its size. */
static bool body_is_too_large(const struct hansa_call *call, const struct hansa_endpoint *endpoint) {
    size_t most = endpoint->body_max > 0 ? endpoint->body_max : (size_t)hansa_config()->max_body_bytes;
    return call->req->entity.len > most;
}

static void route(struct hansa_call *call) {
    h2o_req_t *req = call->req;
    size_t path_len = req->query_at == SIZE_MAX ? req->path.len : req->query_at;
    struct hansa_route found;
    hansa_route_find((struct hansa_bytes){req->method.base, req->method.len},
                     (struct hansa_bytes){req->path.base, path_len}, &found);
    /* a worker tells of itself, and nothing else */
    bool is_worker = call->loop->work != NULL;
    if (is_worker && found.endpoint != NULL &&
        (found.endpoint->scope != NULL || strcmp(found.endpoint->room, "core") != 0))
        found = (struct hansa_route){0};
    if (found.endpoint == NULL) {
        if (found.allow[0] != '\0') {
            hansa_call_answer_header(call, "allow", found.allow);
            if (h2o_memis(req->method.base, req->method.len, H2O_STRLIT("OPTIONS")))
                hansa_reply_bytes(call, 204, NULL, NULL, 0);
            else
                hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_METHOD_NOT_ALLOWED), NULL, NULL);
        } else {
            hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_NOT_FOUND), NULL, NULL);
        }
        return;
    }
    call->endpoint = found.endpoint;
    if (body_is_too_large(call, found.endpoint)) {
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_BODY_TOO_LARGE), NULL, NULL);
        return;
    }
    hansa_call_begin(call, found.values, found.value_count);
}

/* What the first look makes of a call. It ends the walk: nothing behind it is done but what it says. */
enum verdict { VERDICT_ROUTE, VERDICT_REFUSE, VERDICT_LEAVE };

static enum verdict look(struct hansa_call *call, const struct hansa_error **ret_fault) {
    struct hansa_client *client = call->client;
    bool is_http1 = call->req->version < 0x200;
    if (client != NULL && is_http1 && hansa_client_has_left(client)) hansa_client_doom(client, HANSA_DOOM_LEFT);
    if (client != NULL && client->is_doomed) {
        *ret_fault = hansa_error(HANSA_ERROR_CORE_OVERLOADED);
        /* an HTTP/2 call goes with its connection; libh2o keeps one of HTTP/1 until its answer cannot be written */
        return is_http1 ? VERDICT_REFUSE : VERDICT_LEAVE;
    }
    *ret_fault = shape_fault(call);
    if (has_doubtful_framing(call)) {
        call->req->http1_is_persistent = 0;
        *ret_fault = hansa_error(HANSA_ERROR_CORE_MALFORMED);
    }
    return *ret_fault != NULL ? VERDICT_REFUSE : VERDICT_ROUTE;
}

static void start(h2o_timeout_entry_t *entry) {
    struct hansa_call *call = H2O_STRUCT_FROM_MEMBER(struct hansa_call, soon, entry);
    const struct hansa_error *fault = NULL;
    switch (look(call, &fault)) {
    case VERDICT_ROUTE:
        route(call);
        return;
    case VERDICT_REFUSE:
        hansa_call_problem(call, fault, NULL, NULL);
        return;
    case VERDICT_LEAVE:
        return;
    }
}

static int on_req(h2o_handler_t *self, h2o_req_t *req) {
    struct intake *intake = (struct intake *)self;
    struct hansa_call *call = hansa_call_new(req, intake->loop);
    ids_make(call);
    source_read(call);
    call->soon.cb = start;
    h2o_timeout_link(intake->loop->loop, &intake->loop->soon, &call->soon);
    return 0;
}

void hansa_intake_register(h2o_hostconf_t *host, struct hansa_loop *loop) {
    h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
    path->error_log.emit_request_errors = 0;
    host->fallback_path.error_log.emit_request_errors = 0;
    hansa_own_errors_register(path);
    hansa_own_errors_register(&host->fallback_path);
    struct intake *intake = (struct intake *)h2o_create_handler(path, sizeof *intake);
    intake->handler.on_req = on_req;
    intake->loop = loop;
}
