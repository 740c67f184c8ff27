/* Level 1 and a window no larger than the text: a body of 16 KiB costs a quarter of a millisecond, and JSON shrinks to a
 * sixth. */
#include "coding.h"

#include "call_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

enum { LEVEL = 1 };

/* Weight of one element of Accept-Encoding in thousandths (RFC 9110, 12.4.2). */
static int weight_of(const char *at, size_t len) {
    const char *semicolon = memchr(at, ';', len);
    if (semicolon == NULL) return 1000;
    char rest[32];
    snprintf(rest, sizeof rest, "%.*s", (int)(len - (size_t)(semicolon - at)), semicolon);
    const char *q = strcasestr(rest, "q=");
    return q == NULL ? 1000 : (int)(strtod(q + 2, NULL) * 1000);
}

bool hansa_coding_accepts_gzip(struct hansa_bytes field) {
    int gzip = -1, star = -1, plain = -1;
    for (size_t at = 0; at < field.len;) {
        const char *comma = memchr(field.at + at, ',', field.len - at);
        size_t end = comma == NULL ? field.len : (size_t)(comma - field.at);
        while (at < end && (field.at[at] == ' ' || field.at[at] == '\t'))
            at++;
        const char *name = field.at + at;
        size_t name_len = 0;
        while (at + name_len < end && strchr("; \t", name[name_len]) == NULL)
            name_len++;
        int weight = weight_of(name, end - at);
        if ((name_len == 4 && strncasecmp(name, "gzip", 4) == 0) ||
            (name_len == 6 && strncasecmp(name, "x-gzip", 6) == 0))
            gzip = weight;
        else if (name_len == 1 && *name == '*')
            star = weight;
        else if (name_len == 8 && strncasecmp(name,
                                              "ident"
                                              "ity",
                                              8) == 0) /* in two: here it is no room's name */
            plain = weight;
        at = end + 1;
    }
    if (gzip < 0) gzip = star;
    return gzip > 0 && gzip >= plain;
}

static bool is_textual(const char *media_type) {
    static const char *const types[] = {"application/json", "application/openapi+json", "text/",
                                        "application/javascript", "image/svg+xml"};
    for (size_t i = 0; media_type != NULL && i < sizeof types / sizeof types[0]; i++)
        if (strncmp(media_type, types[i], strlen(types[i])) == 0) return true;
    return false;
}

bool hansa_coding_is_wanted(const struct hansa_call *call, int status, const char *media_type, size_t len) {
    if (len <= CODING_MIN || status < 200 || status >= 300 || !is_textual(media_type)) return false;
    for (size_t i = 0; i < call->header_count; i++) {
        if (strcmp(call->headers[i].name, "content-encoding") == 0) return false;
        if (strcmp(call->headers[i].name, "cache-control") == 0 && strstr(call->headers[i].value, "no-store") != NULL)
            return false;
    }
    return hansa_coding_accepts_gzip(hansa_call_header(call, "accept-encoding"));
}

/* Window bits that the text needs, and no more: the state is cleared for every answer. */
static int window_of(size_t len) {
    int bits = 10;
    while (bits < 15 && ((size_t)1 << bits) < len)
        bits++;
    return bits;
}

char *hansa_coding_gzip(const char *text, size_t len, int level, size_t *ret_len) {
    z_stream stream = {0};
    if (deflateInit2(&stream, level, Z_DEFLATED, window_of(len) + 16, len > 16384 ? 8 : 6, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    char *out = malloc(len);
    stream.next_in = (unsigned char *)(uintptr_t)text;
    stream.avail_in = (unsigned)len;
    stream.next_out = (unsigned char *)out;
    stream.avail_out = out == NULL ? 0 : (unsigned)len;
    int end = out == NULL ? Z_MEM_ERROR : deflate(&stream, Z_FINISH);
    *ret_len = stream.total_out;
    deflateEnd(&stream);
    if (end == Z_STREAM_END) return out;
    free(out);
    return NULL;
}

static char *joined(const h2o_iovec_t *parts, size_t part_count, size_t *ret_len) {
    size_t len = 0;
    for (size_t i = 0; i < part_count; i++)
        len += parts[i].len;
    char *text = h2o_mem_alloc(len + 1), *at = text;
    for (size_t i = 0; i < part_count; i++) {
        if (parts[i].len > 0) memcpy(at, parts[i].base, parts[i].len);
        at += parts[i].len;
    }
    *ret_len = len;
    return text;
}

bool hansa_coding_here(struct hansa_call *call, const h2o_iovec_t *parts, size_t part_count, h2o_iovec_t *ret_part) {
    size_t len, coded_len;
    char *text = joined(parts, part_count, &len), *coded = hansa_coding_gzip(text, len, LEVEL, &coded_len);
    free(text);
    if (coded == NULL) return false;
    *ret_part = h2o_iovec_init(hansa_call_copy(call, coded, coded_len), coded_len);
    free(coded);
    return true;
}

/* --- at a worker --- */

struct coding_work {
    int status;
    char media_type[96];
    char *text, *coded;
    size_t len, coded_len;
};

static void *work_run(void *input) {
    struct coding_work *work = input;
    work->coded = hansa_coding_gzip(work->text, work->len, LEVEL, &work->coded_len);
    return work;
}

static void work_drop(void *data) {
    struct coding_work *work = data;
    free(work->text);
    free(work->coded);
    free(work);
}

static enum hansa_step_result work_done(struct hansa_call *call, void *output) {
    struct coding_work *work = output;
    bool is_coded = work->coded != NULL;
    size_t len = is_coded ? work->coded_len : work->len;
    h2o_iovec_t part = h2o_iovec_init(hansa_call_copy(call, is_coded ? work->coded : work->text, len), len);
    enum hansa_step_result result =
        hansa_reply_send(call, work->status, work->media_type, &part, 1, is_coded ? "gzip" : NULL);
    work_drop(work);
    return result;
}

static const struct hansa_work coding_work = {.run = work_run, .done = work_done, .drop = work_drop};

enum hansa_step_result hansa_coding_at_worker(struct hansa_call *call, int status, const char *media_type,
                                              const h2o_iovec_t *parts, size_t part_count) {
    struct coding_work *work = h2o_mem_alloc(sizeof *work);
    *work = (struct coding_work){.status = status};
    snprintf(work->media_type, sizeof work->media_type, "%s", media_type);
    work->text = joined(parts, part_count, &work->len);
    return hansa_call_work(call, &coding_work, work, work_drop);
}
