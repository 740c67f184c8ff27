/* Which of its numbers names the shipment is the business of room exchange; here each is told with its kind, at the loop or the
 * set that it stands in, so that a set which carries many shipments can be taken apart again. A set may repeat the same number
 * in every loop: each is kept once a loop, and the lists are short, so looking through them costs no more than a constant. */
#include "codec/x12_numbers.h"

#include "codec/identifiers.h"
#include "codec/status_codes.h"

#include <string.h>

#define MAX_NUMBERS 100 /* of each list of a loop, or of the set before any */

static struct hansa_codec_view element(const struct hansa_codec_x12_segment *segment, size_t number) {
    return hansa_codec_x12_element(segment, number);
}

json_t *hansa_codec_x12_pair(struct hansa_codec_x12_214 *reader, struct hansa_codec_view first,
                             struct hansa_codec_view second) {
    json_t *pair = json_array();
    hansa_codec_scribe_add_text(reader->scribe, pair, first);
    hansa_codec_scribe_add_text(reader->scribe, pair, second);
    return pair;
}

static bool holds(const json_t *list, const json_t *pair) {
    const json_t *member;
    size_t i;
    json_array_foreach(list, i, member) {
        if (json_equal(member, pair)) return true;
    }
    return false;
}

/* Adds to the list `name` of where the reader is; what does not fit is told once a set. */
static void add(struct hansa_codec_x12_214 *reader, const char *name, const char *kind, struct hansa_codec_view value) {
    json_t *home = reader->loop == NULL ? reader->set : reader->loop;
    json_t *list = json_object_get(home, name);
    struct hansa_codec_view kind_view = {.at = kind, .len = strlen(kind)};
    if (value.len == 0) return;
    if (list == NULL) list = hansa_codec_scribe_put_new(reader->scribe, home, name, json_array());
    json_t *pair = hansa_codec_x12_pair(reader, kind_view, value);
    if (holds(list, pair)) {
        json_decref(pair);
    } else if (json_array_size(list) < MAX_NUMBERS) {
        hansa_codec_scribe_add(reader->scribe, list, pair);
    } else {
        struct hansa_codec_place place = {.segment = "L11", .position = reader->position, .element = 0};
        json_decref(pair);
        if (reader->has_told_numbers) return;
        reader->has_told_numbers = true;
        hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "too_many_numbers",
                                "more than %d numbers stand together; the shipment is not found by the others",
                                MAX_NUMBERS);
    }
}

void hansa_codec_x12_key_add(struct hansa_codec_x12_214 *reader, const char *kind, struct hansa_codec_view value) {
    if (value.len > 0) reader->has_key = true;
    add(reader, "keys", kind, value);
}

void hansa_codec_x12_number_add(struct hansa_codec_x12_214 *reader, const char *kind, struct hansa_codec_view value) {
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] >= '0' && value.at[i] <= '9') {
            add(reader, "numbers", kind, value);
            return;
        }
    }
}

/* A container number is kept whatever its check digit says, and flagged: real traffic holds wrong ones. */
static void check_container(struct hansa_codec_x12_214 *reader, struct hansa_codec_view number,
                            struct hansa_codec_place place) {
    char container[HANSA_CODEC_CONTAINER_LEN + 1];
    if (!hansa_codec_container_normalise(number.at, number.len, container) ||
        hansa_codec_container_is_valid(container, HANSA_CODEC_CONTAINER_LEN))
        return;
    hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "check_digit_wrong",
                            "container %s: check digit should be %d", container,
                            hansa_codec_container_check_digit(container, HANSA_CODEC_CONTAINER_LEN - 1));
}

static void wonder_at_qualifier(struct hansa_codec_x12_214 *reader, struct hansa_codec_view qualifier,
                                struct hansa_codec_place place) {
    char word[HANSA_CODEC_SCRIBE_WORD];
    hansa_codec_scribe_word(reader->scribe, qualifier, word);
    if (json_object_get(reader->seen_qualifiers, word) != NULL) return;
    hansa_codec_scribe_put(reader->scribe, reader->seen_qualifiers, word, json_true());
    hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "unknown_reference_qualifier",
                            "reference qualifier '%s' is not known; its values are kept as numbers of kind OTHER",
                            word);
}

static void read_reference(struct hansa_codec_x12_214 *reader, struct hansa_codec_view value,
                           const struct hansa_codec_x12_segment *segment, struct hansa_codec_place place) {
    struct hansa_codec_view qualifier = element(segment, 2);
    json_t *pair = hansa_codec_x12_pair(reader, qualifier, value);
    json_t *home = reader->loop == NULL ? reader->header_references : json_object_get(reader->loop, "references");
    if (element(segment, 3).len > 0) hansa_codec_scribe_add_text(reader->scribe, pair, element(segment, 3));
    hansa_codec_scribe_add(reader->scribe, home, json_incref(pair));
    hansa_codec_scribe_add(reader->scribe, reader->references, pair);
    const struct hansa_codec_x12_reference *reference = hansa_codec_x12_reference_find(qualifier);
    place.element = 2;
    if (reference == NULL) {
        if (qualifier.len > 0) wonder_at_qualifier(reader, qualifier, place);
        hansa_codec_x12_number_add(reader, "OTHER", value);
        return;
    }
    if (strcmp(reference->kind, "STOP") == 0) {
        if (reader->loop == NULL && json_array_size(reader->events) == 0)
            hansa_codec_scribe_put_text(reader->scribe, reader->set, "stop",
                                        value); /* of all loops that say no other */
        else
            hansa_codec_x12_loop_stop(reader, value);
        return;
    }
    if (reference->names_shipment)
        hansa_codec_x12_key_add(reader, reference->kind, value);
    else
        hansa_codec_x12_number_add(reader, reference->kind, value);
    place.element = 1;
    if (strcmp(reference->kind, "EQUIPMENT") == 0) check_container(reader, value, place);
}

/* Since 00402 an element may say several values, parted by the separator that ISA11 names. */
void hansa_codec_x12_l11_read(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                              struct hansa_codec_place place) {
    struct hansa_codec_view rest = element(segment, 1);
    const char *stop;
    while (reader->repetition != '\0' && (stop = memchr(rest.at, reader->repetition, rest.len)) != NULL) {
        struct hansa_codec_view value = {.at = rest.at, .len = (size_t)(stop - rest.at)};
        rest.len -= value.len + 1;
        rest.at = stop + 1;
        if (value.len > 0) read_reference(reader, hansa_codec_view_trim(value), segment, place);
    }
    read_reference(reader, hansa_codec_view_trim(rest), segment, place);
}

bool hansa_codec_x12_man_read(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                              struct hansa_codec_place place) {
    char sscc[HANSA_CODEC_SSCC_LEN + 1];
    struct hansa_codec_view mark = element(segment, 2);
    if (reader->loop == NULL || !hansa_codec_view_equals(element(segment, 1), "GM")) return false;
    place.element = 2;
    if (!hansa_codec_sscc_normalise(mark.at, mark.len, sscc)) {
        hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "sscc_form",
                                "the mark is not an SSCC of 18 digits");
        return false;
    }
    hansa_codec_x12_loop_unit(reader, sscc, place);
    if (!hansa_codec_sscc_is_valid(sscc, HANSA_CODEC_SSCC_LEN))
        hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "check_digit_wrong",
                                "SSCC %s: check digit should be %d", sscc,
                                hansa_codec_gs1_check_digit(sscc, HANSA_CODEC_SSCC_LEN - 1));
    return true;
}

void hansa_codec_x12_oid_read(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment) {
    hansa_codec_x12_number_add(reader, "OTHER", element(segment, 1));
    hansa_codec_x12_number_add(reader, "PO", element(segment, 2));
}

void hansa_codec_x12_m7_read(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment) {
    for (size_t i = 1; i <= 4; i++)
        hansa_codec_x12_number_add(reader, "SEAL", element(segment, i));
}

void hansa_codec_x12_container_read(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                                    struct hansa_codec_place place) {
    char number[HANSA_CODEC_CONTAINER_LEN + 1];
    size_t used = 0;
    const size_t parts[3] = {1, 2, 4}; /* MS2-04 is the check digit, where it does not stand in the number */
    for (size_t i = 0; i < 3 && used < HANSA_CODEC_CONTAINER_LEN; i++) {
        struct hansa_codec_view part = element(segment, parts[i]);
        if (used + part.len > HANSA_CODEC_CONTAINER_LEN) return;
        memcpy(number + used, part.at, part.len);
        used += part.len;
    }
    struct hansa_codec_view view = {.at = number, .len = used};
    char container[HANSA_CODEC_CONTAINER_LEN + 1];
    if (!hansa_codec_container_normalise(number, used, container)) return;
    hansa_codec_x12_key_add(reader, "CONTAINER", view);
    place.element = 2;
    check_container(reader, view, place);
}
