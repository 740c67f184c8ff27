/* Steps of POST /v1/edi/messages. `queue`: a file makes many times its size of document, so few are at work at once. `read`: bytes to
 * the document that `hansa edi parse` prints, and to what the statement binds; at a worker thread, as a megabyte of segments takes
 * longer than an event loop may be held up. */
#include "codec/x12_document.h"
#include "core/hex.h"

#include <hansa/call.h>
#include <hansa_steps.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct upload {
    char *bytes;
    size_t len;
    char *document; /* JSON text; NULL = out of memory */
    char *raw;      /* bytea in hex form */
    char *refusal;  /* why the file is refused; NULL = it is read */
};

static void upload_drop(void *data) {
    struct upload *upload = data;
    free(upload->bytes);
    free(upload->document);
    free(upload->raw);
    free(upload->refusal);
    free(upload);
}

static void *upload_read(void *input) {
    struct upload *upload = input;
    json_t *document = hansa_codec_x12_document_packed(upload->bytes, upload->len);
    if (document == NULL) return upload;
    if (!hansa_codec_x12_document_is_accepted(document)) {
        const char *detail = json_string_value(json_object_get(json_object_get(document, "reason"), "detail"));
        upload->refusal = strdup(detail == NULL ? "The file is not an X12 interchange." : detail);
    }
    upload->document = hansa_codec_x12_document_write(document);
    json_decref(document);
    upload->raw = malloc(2 * upload->len + 3);
    if (upload->raw != NULL) hansa_hex_bytea((const uint8_t *)upload->bytes, upload->len, upload->raw);
    free(upload->bytes);
    upload->bytes = NULL;
    return upload;
}

static enum hansa_step_result upload_done(struct hansa_call *call, void *output) {
    struct upload *upload = output;
    enum hansa_step_result result = HANSA_STEP_NEXT;
    if (upload->document == NULL || upload->raw == NULL) {
        result = hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    } else if (upload->refusal != NULL) {
        result = hansa_call_problem(call, hansa_error(HANSA_ERROR_EXCHANGE_EDI_REFUSED), NULL, upload->refusal);
    } else {
        hansa_call_value_take(call, "document", upload->document);
        hansa_call_value_take(call, "raw", upload->raw);
        upload->document = upload->raw = NULL;
    }
    upload_drop(upload);
    return result;
}

static const struct hansa_work upload_work = {.run = upload_read, .done = upload_done, .drop = upload_drop};

enum hansa_step_result hansa_exchange_edi_message_create_queue(struct hansa_call *call) {
    return hansa_call_bulky(call);
}

enum hansa_step_result hansa_exchange_edi_message_create_read(struct hansa_call *call) {
    struct hansa_bytes body = hansa_call_body(call);
    struct upload *upload = calloc(1, sizeof *upload);
    char *bytes = malloc(body.len + 1);
    if (upload == NULL || bytes == NULL) {
        free(upload);
        free(bytes);
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    }
    if (body.len > 0) memcpy(bytes, body.at, body.len);
    upload->bytes = bytes;
    upload->len = body.len;
    return hansa_call_work(call, &upload_work, upload, upload_drop);
}
