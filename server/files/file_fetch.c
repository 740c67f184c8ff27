/* Steps of GET /v1/files/{file_id}/content: `fetch` the bytes of the row that the statement found, and send them. */
#include "store.h"

#include "core/hex.h"
#include <hansa/call.h>
#include <hansa_steps.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fetching {
    char tenant[37];
    uint8_t digest[HANSA_STORE_DIGEST];
    void *bytes;
    size_t len;
    enum hansa_store_result result;
};

/* RFC 6266: a name in plain ASCII for old clients, and the true one in UTF-8 (RFC 8187). */
static void disposition_write(const char *name, char *text, size_t size) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t at = (size_t)snprintf(text, size, "attachment; filename=\"");
    for (const char *c = name; *c != '\0' && at + 2 < size / 3; c++)
        if ((*c & 0xc0) != 0x80) text[at++] = strchr(plain, *c) != NULL ? *c : '_';
    at += (size_t)snprintf(text + at, size - at, "\"; filename*=UTF-8''");
    for (const char *c = name; *c != '\0' && at + 4 < size; c++)
        at += (size_t)snprintf(text + at, size - at, strchr(plain, *c) != NULL ? "%c" : "%%%02X", (unsigned char)*c);
}

static void *fetch_run(void *input) {
    struct fetching *fetching = input;
    fetching->result = hansa_store_get(fetching->tenant, fetching->digest, &fetching->bytes, &fetching->len);
    return fetching;
}

static void fetch_drop(void *data) {
    struct fetching *fetching = data;
    free(fetching->bytes);
    free(fetching);
}

static enum hansa_step_result fetch_done(struct hansa_call *call, void *output) {
    struct fetching *fetching = output;
    enum hansa_step_result result;
    char text[2048];
    switch (fetching->result) {
    case HANSA_STORE_DONE:
        disposition_write(hansa_call_column(call, "name", NULL), text, sizeof text);
        hansa_call_answer_header(call, "content-disposition", text);
        hansa_call_answer_header(call, "content-security-policy", "sandbox; default-src 'none'");
        result =
            hansa_call_answer(call, 200, hansa_call_column(call, "media_type", NULL), fetching->bytes, fetching->len);
        break;
    case HANSA_STORE_NONE:
    case HANSA_STORE_BROKEN:
        result = hansa_call_problem(call, hansa_error(HANSA_ERROR_FILES_CONTENT_LOST), NULL, NULL);
        break;
    default:
        result = hansa_call_problem(call, hansa_error(HANSA_ERROR_FILES_STORE_UNAVAILABLE), NULL, NULL);
    }
    fetch_drop(fetching);
    return result;
}

static const struct hansa_work fetch_work = {.run = fetch_run, .done = fetch_done, .drop = fetch_drop};

/* Does If-None-Match name the tag? The bytes behind an id never change, so a tag that is known is known for good. */
static bool is_known(struct hansa_call *call, const char *etag) {
    struct hansa_bytes tags = hansa_call_header(call, "if-none-match");
    if (tags.len == 1 && tags.at[0] == '*') return true;
    return tags.len > 0 && memmem(tags.at, tags.len, etag, strlen(etag)) != NULL;
}

enum hansa_step_result hansa_files_file_content_fetch(struct hansa_call *call) {
    const char *hex = hansa_call_column(call, "sha256", NULL);
    if (hex == NULL) return hansa_call_problem(call, hansa_error(HANSA_ERROR_FILES_FILE_NOT_FOUND), NULL, NULL);
    char etag[HANSA_STORE_HEX + 3];
    snprintf(etag, sizeof etag, "\"%s\"", hex);
    hansa_call_answer_header(call, "etag", etag);
    if (is_known(call, etag)) return hansa_call_answer(call, 304, NULL, "", 0);
    struct fetching *fetching = calloc(1, sizeof *fetching);
    if (fetching == NULL) return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    const char *giver =
        hansa_call_column(call, "origin_tenant", NULL); /* a file that another tenant gave lies with him */
    snprintf(fetching->tenant, sizeof fetching->tenant, "%s", giver != NULL ? giver : hansa_call_tenant(call));
    if (!hansa_hex_read(hex, HANSA_STORE_DIGEST, fetching->digest)) memset(fetching->digest, 0, HANSA_STORE_DIGEST);
    return hansa_call_work(call, &fetch_work, fetching, fetch_drop);
}
