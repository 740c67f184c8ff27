/* Answers GET /docs, GET /docs/{asset} and GET /openapi.json out of what was compiled in. No database, no tenant.
 *
 * Each file is kept gzipped and goes out so; the few clients that do not take gzip share one copy that is unpacked when the
 * first of them comes. Both live as long as the process. */
#include "reference.h"

#include "call_state.h"
#include "coding.h"
#include "etag.h"
#include "hex.h"

#include <hansa/config.h>
#include <hansa/error.h>
#include <hansa_steps.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Scripts and styles from here alone; images also from data: addresses, which the renderer's style sheet has. The renderer
 * sets no style attribute in markup, so 'unsafe-inline' is not needed. */
static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                             "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

enum { FILES_MAX = 16, GZIP_WINDOW = 15 + 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what is made on first use */
static char *unpacked[FILES_MAX];

static struct {
    char *text, *zipped;
    size_t len, zipped_len;
    char etag[40];
} described;

static char *unpack(const struct hansa_reference_file *file) {
    z_stream stream = {0};
    char *text = malloc(file->len + 1);
    if (text == NULL || inflateInit2(&stream, GZIP_WINDOW) != Z_OK) abort();
    stream.next_in = (unsigned char *)(uintptr_t)file->zipped;
    stream.avail_in = (unsigned)file->zipped_len;
    stream.next_out = (unsigned char *)text;
    stream.avail_out = (unsigned)file->len;
    if (inflate(&stream, Z_FINISH) != Z_STREAM_END || stream.total_out != file->len) abort(); /* the build made it */
    inflateEnd(&stream);
    return text;
}

static const char *plain_of(size_t at) {
    pthread_mutex_lock(&lock);
    if (unpacked[at] == NULL) unpacked[at] = unpack(&hansa_reference_files[at]);
    pthread_mutex_unlock(&lock);
    return unpacked[at];
}

/* One of two forms of the same thing, or 304. */
static enum hansa_step_result either_send(struct hansa_call *call, const char *media_type, const char *etag,
                                          h2o_iovec_t plain, h2o_iovec_t zipped) {
    hansa_call_answer_header(call, "vary", "accept-encoding");
    int status = hansa_etag_condition(call, etag); /* gives a 304 its tag */
    if (status == 412) return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_PRECONDITION_FAILED), NULL, NULL);
    if (status != 0) return hansa_reply_send(call, status, NULL, NULL, 0, NULL);
    hansa_call_answer_header(call, "etag", etag);
    bool is_zipped = zipped.base != NULL && hansa_coding_accepts_gzip(hansa_call_header(call, "accept-encoding"));
    return hansa_reply_send(call, 200, media_type, is_zipped ? &zipped : &plain, 1, is_zipped ? "gzip" : NULL);
}

static enum hansa_step_result file_send(struct hansa_call *call, size_t at) {
    const struct hansa_reference_file *file = &hansa_reference_files[at];
    bool is_zipped = hansa_coding_accepts_gzip(hansa_call_header(call, "accept-encoding"));
    h2o_iovec_t plain = is_zipped ? h2o_iovec_init(NULL, 0) : h2o_iovec_init(plain_of(at), file->len);
    h2o_iovec_t zipped = h2o_iovec_init((const char *)file->zipped, file->zipped_len);
    return either_send(call, file->media_type, file->etag, plain, zipped);
}

enum hansa_step_result hansa_core_docs_answer(struct hansa_call *call) {
    hansa_call_answer_header(call, "cache-control", "no-cache");
    hansa_call_answer_header(call, "content-security-policy", policy);
    hansa_call_answer_header(call, "referrer-policy", "no-referrer");
    hansa_call_answer_header(call, "cross-origin-opener-policy", "same-origin");
    hansa_call_answer_header(call, "link", "</openapi.json>; rel=\"service-desc\"; type=\"application/openapi+json\"");
    return file_send(call, 0);
}

enum hansa_step_result hansa_core_docs_asset_answer(struct hansa_call *call) {
    const char *name = hansa_call_param(call, "asset");
    for (size_t at = 1; at < hansa_reference_file_count; at++) {
        bool lasts = strcmp(hansa_reference_files[at].lasting_name, name) == 0;
        if (!lasts && strcmp(hansa_reference_files[at].name, name) != 0) continue;
        hansa_call_answer_header(call, "cache-control", lasts ? "public, max-age=31536000, immutable" : "no-cache");
        hansa_call_answer_header(call, "cross-origin-resource-policy", "same-origin");
        return file_send(call, at);
    }
    return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_NOT_FOUND), NULL, NULL);
}

/* The document names the server by our public address, which only the running process knows. */
static void describe(void) {
    static const char before[] = "\"url\": \"", relative[] = "\"url\": \"/\"";
    const char *address = hansa_config()->public_url, *place = strstr(hansa_openapi_json, relative);
    if (strpbrk(address, "\"\\") != NULL) place = NULL; /* no URL; the relative one is true as well */
    size_t head = place == NULL ? hansa_openapi_json_len : (size_t)(place - hansa_openapi_json) + sizeof before - 1;
    size_t gone = place == NULL ? 0 : 1, added = place == NULL ? 0 : strlen(address);
    described.len = hansa_openapi_json_len - gone + added;
    described.text = malloc(described.len + 1);
    if (described.text == NULL) abort();
    snprintf(described.text, described.len + 1, "%.*s%s%s", (int)head, hansa_openapi_json, added > 0 ? address : "",
             hansa_openapi_json + head + gone);
    described.zipped = hansa_coding_gzip(described.text, described.len, 9, &described.zipped_len);
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_Digest(described.text, described.len, digest, NULL, EVP_sha256(), NULL);
    char *at = described.etag;
    *at++ = '"';
    hansa_hex_write(digest, 16, at);
    at[32] = '"';
}

enum hansa_step_result hansa_core_openapi_answer(struct hansa_call *call) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, describe);
    hansa_call_answer_header(call, "cache-control", "no-cache");
    hansa_call_answer_header(call, "link", "</docs>; rel=\"service-doc\"; type=\"text/html\"");
    return either_send(call, "application/openapi+json", described.etag, h2o_iovec_init(described.text, described.len),
                       h2o_iovec_init(described.zipped, described.zipped_len));
}
