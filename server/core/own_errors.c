#include "own_errors.h"

#include <hansa/error.h>
#include <stdio.h>
#include <string.h>

struct replacement {
    h2o_ostream_t stream;
    h2o_iovec_t body;
    bool is_sent;
};

static void send_replacement(h2o_ostream_t *self, h2o_req_t *req, h2o_iovec_t *parts, size_t part_count,
                             h2o_send_state_t state) {
    struct replacement *replacement = (struct replacement *)self;
    (void)parts, (void)part_count;
    size_t count = replacement->is_sent || h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD")) ? 0 : 1;
    replacement->is_sent = true;
    h2o_ostream_send_next(self, req, &replacement->body, count, state);
}

static const struct hansa_error *error_of(int status) {
    return status == 413                    ? hansa_error(HANSA_ERROR_CORE_BODY_TOO_LARGE)
           : status >= 400 && status <= 499 ? hansa_error(HANSA_ERROR_CORE_MALFORMED)
                                            : hansa_error(HANSA_ERROR_CORE_INTERNAL);
}

static void on_setup_ostream(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot) {
    (void)self;
    ssize_t type = h2o_find_header(&req->res.headers, H2O_TOKEN_CONTENT_TYPE, -1);
    bool is_libh2os = req->res.status >= 400 && type >= 0 && req->res.headers.entries[type].value.len >= 10 &&
                      memcmp(req->res.headers.entries[type].value.base, "text/plain", 10) == 0;
    if (is_libh2os) {
        const struct hansa_error *error = error_of(req->res.status);
        struct replacement *replacement = (struct replacement *)h2o_add_ostream(req, sizeof *replacement, slot);
        char *text = h2o_mem_alloc_pool(&req->pool, 256);
        int len = snprintf(text, 256, "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d}", error->code,
                           error->title, (int)error->status);
        replacement->stream.do_send = send_replacement;
        replacement->body = h2o_iovec_init(text, (size_t)len);
        replacement->is_sent = false;
        req->res.status = error->status;
        req->res.headers.entries[type].value = h2o_iovec_init(H2O_STRLIT("application/problem+json"));
        req->res.content_length = (size_t)len;
        slot = &replacement->stream.next;
    }
    h2o_setup_next_ostream(req, slot);
}

void hansa_own_errors_register(h2o_pathconf_t *path) {
    h2o_filter_t *filter = h2o_create_filter(path, sizeof *filter);
    filter->on_setup_ostream = on_setup_ostream;
}
