/* Step `content` of GET /v1/edi/messages/{message_id}/content: the bytes of a message, out of the hexadecimal text in which they
 * come from the database. A file of megabytes is turned back at a worker thread. */
#include "core/hex.h"

#include <hansa/call.h>
#include <hansa_steps.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_HEX = 64 };

struct content {
    size_t len;
    const char *media_type; /* lives as long as the process */
    char bytes[];           /* hexadecimal, then what it says */
};

static void *content_run(void *input) {
    struct content *content = input;
    content->len /= 2;
    if (!hansa_hex_read(content->bytes, content->len, (uint8_t *)content->bytes)) content->len = 0;
    return content;
}

static enum hansa_step_result content_done(struct hansa_call *call, void *output) {
    struct content *content = output;
    hansa_call_answer_header(call, "content-disposition", "attachment; filename=\"message.edi\"");
    hansa_call_answer_header(call, "content-security-policy", "sandbox; default-src 'none'");
    enum hansa_step_result result = hansa_call_answer(call, 200, content->media_type, content->bytes, content->len);
    free(content);
    return result;
}

static const struct hansa_work content_work = {.run = content_run, .done = content_done, .drop = free};

enum hansa_step_result hansa_exchange_edi_message_content_content(struct hansa_call *call) {
    static const char *const types[] = {"application/edi-x12", "application/edifact"};
    size_t len = 0;
    const char *hex = hansa_call_column(call, "raw", &len);
    const char *digest = hansa_call_column(call, "sha256", NULL);
    const char *type = hansa_call_column(call, "media_type", NULL);
    char etag[DIGEST_HEX + 3];
    if (hex == NULL || digest == NULL || type == NULL)
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_EXCHANGE_MESSAGE_NOT_FOUND), NULL, NULL);
    struct content *content = malloc(sizeof *content + len + 1);
    if (content == NULL) return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    content->len = len;
    content->media_type = "application/octet-stream";
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(type, types[i]) == 0) content->media_type = types[i];
    }
    memcpy(content->bytes, hex, len);
    content->bytes[len] = '\0';
    (void)snprintf(etag, sizeof etag, "\"%s\"", digest);
    hansa_call_answer_header(call, "etag", etag);
    return hansa_call_work(call, &content_work, content, free);
}
