/* Steps of POST /v1/edi/messages and of its `apply` and `apply-to-sandbox`. `queue`: a file makes many times its size of document, so few are at work at once.
 * `read`: bytes to the document that `hansa edi parse` prints, and to what the statement binds; at a worker thread, as a megabyte of
 * segments takes longer than an event loop may be held up. A file that is refused goes to the statement like any other: it is kept, and
 * only then answered with 422. */
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
    bool is_hex;    /* the bytes are hexadecimal: they come from the database, which has them already */
    char *document; /* JSON text; NULL = out of memory */
    char *raw;      /* bytea in hex form; NULL also when the database has it */
};

static void upload_drop(void *data) {
    struct upload *upload = data;
    free(upload->bytes);
    free(upload->document);
    free(upload->raw);
    free(upload);
}

static void *upload_read(void *input) {
    struct upload *upload = input;
    if (upload->is_hex) {
        upload->len /= 2;
        if (!hansa_hex_read(upload->bytes, upload->len, (uint8_t *)upload->bytes)) upload->len = 0;
    }
    json_t *document = hansa_codec_x12_document_packed(upload->bytes, upload->len);
    if (document == NULL) return upload;
    upload->document = hansa_codec_x12_document_write(document);
    json_decref(document);
    if (!upload->is_hex) {
        upload->raw = malloc(2 * upload->len + 3);
        if (upload->raw != NULL) hansa_hex_bytea((const uint8_t *)upload->bytes, upload->len, upload->raw);
    }
    free(upload->bytes);
    upload->bytes = NULL;
    return upload;
}

static enum hansa_step_result upload_done(struct hansa_call *call, void *output) {
    struct upload *upload = output;
    enum hansa_step_result result = HANSA_STEP_NEXT;
    if (upload->document == NULL || (upload->raw == NULL && !upload->is_hex)) {
        result = hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    } else {
        hansa_call_value_take(call, "document", upload->document);
        if (upload->raw != NULL) hansa_call_value_take(call, "raw", upload->raw);
        upload->document = upload->raw = NULL;
    }
    upload_drop(upload);
    return result;
}

static const struct hansa_work upload_work = {.run = upload_read, .done = upload_done, .drop = upload_drop};

enum hansa_step_result hansa_exchange_edi_message_create_queue(struct hansa_call *call) {
    return hansa_call_bulky(call);
}

enum hansa_step_result hansa_exchange_edi_message_apply_queue(struct hansa_call *call) {
    return hansa_call_bulky(call);
}

/* Reads a copy of the bytes at a worker. */
static enum hansa_step_result upload_begin(struct hansa_call *call, struct hansa_bytes given, bool is_hex) {
    struct upload *upload = calloc(1, sizeof *upload);
    char *bytes = malloc(given.len + 1);
    if (upload == NULL || bytes == NULL) {
        free(upload);
        free(bytes);
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    }
    if (given.len > 0) memcpy(bytes, given.at, given.len);
    bytes[given.len] = '\0';
    upload->bytes = bytes;
    upload->len = given.len;
    upload->is_hex = is_hex;
    return hansa_call_work(call, &upload_work, upload, upload_drop);
}

enum hansa_step_result hansa_exchange_edi_message_create_read(struct hansa_call *call) {
    struct hansa_bytes body = hansa_call_body(call);
    if (body.len == 0) /* there is nothing to keep */
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_EXCHANGE_EDI_REFUSED), NULL, "there are no bytes");
    return upload_begin(call, body, false);
}

/* The file is kept; one that cannot be used is answered with why, and where it is. */
enum hansa_step_result hansa_exchange_edi_message_create_verdict(struct hansa_call *call) {
    const char *refusal = hansa_call_column(call, "refusal", NULL);
    const char *location = hansa_call_column(call, "location", NULL);
    if (refusal == NULL) return HANSA_STEP_NEXT;
    if (location != NULL) hansa_call_answer_header(call, "location", location);
    return hansa_call_problem(call, hansa_error(HANSA_ERROR_EXCHANGE_EDI_REFUSED), NULL, refusal);
}

enum hansa_step_result hansa_exchange_edi_message_apply_load(struct hansa_call *call) {
    return hansa_call_statement(call, "exchange/edi_message_raw");
}

/* Without a row or its file there is nothing to read; what that means the statement says. */
enum hansa_step_result hansa_exchange_edi_message_apply_read(struct hansa_call *call) {
    struct hansa_bytes hex = {.at = NULL, .len = 0};
    hex.at = hansa_call_column(call, "raw", &hex.len);
    return upload_begin(call, hex, true);
}

enum hansa_step_result hansa_exchange_edi_message_apply_to_sandbox_queue(struct hansa_call *call) {
    return hansa_call_bulky(call);
}

enum hansa_step_result hansa_exchange_edi_message_apply_to_sandbox_load(struct hansa_call *call) {
    return hansa_call_statement(call, "exchange/edi_message_lend");
}

/* What goes over to the sandbox: the file, which is bytea in its hexadecimal form, and what is read in it. */
enum hansa_step_result hansa_exchange_edi_message_apply_to_sandbox_read(struct hansa_call *call) {
    enum { PREFIX_LEN = 2 };
    size_t len = 0, zone_len = 0;
    const char *raw = hansa_call_column(call, "raw", &len), *zone = hansa_call_column(call, "zone", &zone_len);
    if (raw == NULL || len < PREFIX_LEN)
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_EXCHANGE_MESSAGE_NOT_FOUND), NULL, NULL);
    hansa_call_value_set(call, "raw", raw, len);
    if (zone != NULL) hansa_call_value_set(call, "zone", zone, zone_len);
    return upload_begin(call, (struct hansa_bytes){raw + PREFIX_LEN, len - PREFIX_LEN}, true);
}

enum hansa_step_result hansa_exchange_edi_message_apply_to_sandbox_enter(struct hansa_call *call) {
    hansa_call_twin(call, true);
    return HANSA_STEP_NEXT;
}
