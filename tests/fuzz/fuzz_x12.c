/* Fuzzes the X12 reader from bytes to document. Run with tests/fuzz/corpus/x12.
 *
 * What must hold besides memory safety: there always is a document and it can be written; each of its strings is text that
 * the house takes (promise I4); a refused file gives its reason and no accepted set; an accepted set has no problem, a number
 * to find its shipment by, and a time or a problem for each of its events; an interchange lies inside the file. */
#include "codec/identifiers.h"
#include "codec/x12_document.h"
#include "core/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define MUST(what)                                                                                                     \
    do {                                                                                                               \
        if (!(what)) abort();                                                                                          \
    } while (0)

enum { DEEPEST = 12 };

static void check_strings(const json_t *value, int depth) {
    const char *key;
    json_t *member;
    size_t i;
    MUST(depth < DEEPEST);
    if (json_is_string(value)) {
        MUST(hansa_text_check(json_string_value(value), json_string_length(value), HANSA_TEXT_LINE) == NULL);
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, member) check_strings(member, depth + 1);
    } else if (json_is_object(value)) {
        void *at = json_object_iter((json_t *)(uintptr_t)value);
        for (; at != NULL; at = json_object_iter_next((json_t *)(uintptr_t)value, at)) {
            key = json_object_iter_key(at);
            MUST(hansa_text_check(key, strlen(key), HANSA_TEXT_LINE) == NULL);
            check_strings(json_object_iter_value(at), depth + 1);
        }
    }
}

static bool has_key(const json_t *set) {
    json_t *loop;
    size_t i;
    if (json_array_size(json_object_get(set, "keys")) > 0) return true;
    json_array_foreach(json_object_get(set, "loops"), i, loop) {
        if (json_array_size(json_object_get(loop, "keys")) > 0) return true;
    }
    return false;
}

/* The units of an event stand in its loop. */
static void check_units(const json_t *set, const json_t *event) {
    json_t *units = json_object_get(event, "units");
    if (units == NULL) return;
    json_t *loop =
        json_array_get(json_object_get(set, "loops"), (size_t)json_integer_value(json_object_get(event, "loop")));
    json_int_t from = json_integer_value(json_array_get(units, 0));
    json_int_t to = json_integer_value(json_array_get(units, 1));
    MUST(from < to && (size_t)to <= json_array_size(json_object_get(loop, "handling_units")));
}

static void check_offsets(const json_t *interchange, size_t len) {
    json_int_t offset = json_integer_value(json_object_get(interchange, "offset"));
    json_int_t length = json_integer_value(json_object_get(interchange, "length"));
    MUST(offset >= 0 && length > 0 && (size_t)(offset + length) <= len);
}

static void check_set(const json_t *set, bool is_file_accepted) {
    bool is_accepted = strcmp(json_string_value(json_object_get(set, "verdict")), "accepted") == 0;
    json_t *event;
    size_t i;
    MUST(is_accepted == json_is_null(json_object_get(set, "problem")));
    MUST(is_file_accepted || !is_accepted);
    if (!is_accepted) return;
    MUST(has_key(set));
    json_array_foreach(json_object_get(set, "events"), i, event) {
        MUST(json_is_string(json_object_get(event, "event_time_local")) !=
             json_is_object(json_object_get(event, "problem")));
        check_units(set, event);
        MUST(json_is_string(json_object_get(event, "code")));
    }
}

static void check_document(const json_t *document, size_t len) {
    bool is_accepted = hansa_codec_x12_document_is_accepted(document);
    json_t *interchange, *set;
    size_t i, j;
    MUST(is_accepted == json_is_null(json_object_get(document, "reason")));
    json_array_foreach(json_object_get(document, "interchanges"), i, interchange) {
        check_offsets(interchange, len);
        json_array_foreach(json_object_get(interchange, "sets"), j, set) check_set(set, is_accepted);
    }
    check_strings(document, 0);
}

static void check_identifiers(const char *text, size_t len) {
    char sscc[HANSA_CODEC_SSCC_LEN + 1];
    char container[HANSA_CODEC_CONTAINER_LEN + 1];
    char waybill[HANSA_CODEC_AIR_WAYBILL_LEN + 1];
    if (hansa_codec_sscc_normalise(text, len, sscc)) MUST(strlen(sscc) == HANSA_CODEC_SSCC_LEN);
    if (hansa_codec_container_normalise(text, len, container)) MUST(strlen(container) == HANSA_CODEC_CONTAINER_LEN);
    if (hansa_codec_air_waybill_normalise(text, len, waybill)) MUST(strlen(waybill) == HANSA_CODEC_AIR_WAYBILL_LEN);
    MUST(!hansa_codec_sscc_is_valid(text, len) || hansa_codec_sscc_normalise(text, len, sscc));
    MUST(!hansa_codec_container_is_valid(text, len) || hansa_codec_container_normalise(text, len, container));
    (void)hansa_codec_gln_is_valid(text, len);
    (void)hansa_codec_s10_is_valid(text, len);
    (void)hansa_codec_unlocode_has_form(text, len);
    (void)hansa_codec_scac_has_form(text, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    json_t *document = hansa_codec_x12_document((const char *)bytes, len);
    MUST(document != NULL);
    check_document(document, len);
    char *text = json_dumps(document, JSON_COMPACT);
    MUST(text != NULL);
    free(text);
    json_decref(document);
    check_identifiers((const char *)bytes, len);
    return 0;
}
