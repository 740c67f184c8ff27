/* A 214 says which shipment it is about (B10, L11), then loops LX of events (AT7), each with its place (MS1) and equipment
 * (MS2). Senders bend this: several AT7 may stand before the MS1 that is about them all, references follow the events they
 * belong to, LX is left out. So the events read since the last MS1 or MS2 stay open, and the next ones are about all of them.
 *
 * Invariant: an event is touched when it is made and once by each segment about it, and at most one MS1 counts for an
 * event, so that the time is linear. A set is rejected for what would make its events unusable (standards.md 3); everything
 * else is a warning. */
#include "codec/x12_214.h"

#include "codec/identifiers.h"
#include "codec/status_codes.h"
#include "codec/x12_event.h"
#include "codec/x12_position.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_KEYS 100
#define MAX_EQUIPMENT 12 /* elements; events share them, so the text of the document grows by all of it for each */

static struct hansa_codec_view element(const struct hansa_codec_x12_segment *segment, size_t number) {
    return hansa_codec_x12_element(segment, number);
}

void hansa_codec_x12_reject(struct hansa_codec_scribe *scribe, json_t *set, struct hansa_codec_place place,
                            const char *code, const char *format, ...) {
    if (!json_is_null(json_object_get(set, "problem"))) return;
    char detail[HANSA_CODEC_SCRIBE_DETAIL];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    json_t *problem = hansa_codec_scribe_finding(scribe, place, code, detail);
    hansa_codec_scribe_put_string(scribe, set, "verdict", "rejected");
    hansa_codec_scribe_put(scribe, set, "problem", problem);
}

void hansa_codec_x12_214_init(struct hansa_codec_x12_214 *reader, struct hansa_codec_scribe *scribe, json_t *set,
                              json_t *warnings, json_t *seen_qualifiers, struct hansa_codec_view release) {
    bool is_release = release.len >= 6;
    for (size_t i = 0; i < 6 && is_release; i++)
        is_release = release.at[i] >= '0' && release.at[i] <= '9';
    *reader = (struct hansa_codec_x12_214){.scribe = scribe,
                                           .set = set,
                                           .warnings = warnings,
                                           .seen_qualifiers = seen_qualifiers,
                                           .is_reason_optional = is_release && memcmp(release.at, "004030", 6) >= 0,
                                           .allows_short_year = is_release && memcmp(release.at, "004010", 6) < 0};
    hansa_codec_scribe_put_string(scribe, set, "carrier_reference", "");
    hansa_codec_scribe_put_string(scribe, set, "shipment_id", "");
    hansa_codec_scribe_put_string(scribe, set, "scac", "");
    reader->keys = hansa_codec_scribe_put_new(scribe, set, "keys", json_array());
    reader->parties = hansa_codec_scribe_put_new(scribe, set, "parties", json_array());
    reader->addresses = hansa_codec_scribe_put_new(scribe, set, "addresses", json_array());
    reader->references = hansa_codec_scribe_put_new(scribe, set, "references", json_array());
    reader->header_references = hansa_codec_scribe_put_new(scribe, set, "header_references", json_array());
    reader->loops = hansa_codec_scribe_put_new(scribe, set, "loops", json_array());
    reader->events = hansa_codec_scribe_put_new(scribe, set, "events", json_array());
}

/* [first, second] */
static json_t *make_pair(struct hansa_codec_x12_214 *reader, struct hansa_codec_view first,
                         struct hansa_codec_view second) {
    json_t *pair = json_array();
    hansa_codec_scribe_add_text(reader->scribe, pair, first);
    hansa_codec_scribe_add_text(reader->scribe, pair, second);
    return pair;
}

static void add_key(struct hansa_codec_x12_214 *reader, const char *kind, struct hansa_codec_view value) {
    if (value.len == 0 || json_array_size(reader->keys) >= MAX_KEYS) return;
    struct hansa_codec_view kind_view = {.at = kind, .len = strlen(kind)};
    hansa_codec_scribe_add(reader->scribe, reader->keys, make_pair(reader, kind_view, value));
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

static void read_b10(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                     struct hansa_codec_place place) {
    struct hansa_codec_scribe *scribe = reader->scribe;
    struct hansa_codec_view scac = element(segment, 3);
    if (reader->has_header) {
        hansa_codec_scribe_warn(scribe, reader->warnings, place, "segment_repeated", "B10 again: the first one counts");
        return;
    }
    reader->has_header = true;
    hansa_codec_scribe_put_text(scribe, reader->set, "carrier_reference", element(segment, 1));
    hansa_codec_scribe_put_text(scribe, reader->set, "shipment_id", element(segment, 2));
    hansa_codec_scribe_put_text(scribe, reader->set, "scac", scac);
    add_key(reader, "SHIPMENT", element(segment, 2));
    add_key(reader, "PRO", element(segment, 1));
    const struct hansa_codec_x12_reference *reference = hansa_codec_x12_reference_find(element(segment, 5));
    if (reference != NULL && reference->names_shipment) add_key(reader, reference->kind, element(segment, 6));
    place.element = 3;
    if (scac.len == 0)
        hansa_codec_scribe_warn(scribe, reader->warnings, place, "scac_missing", "B10 names no carrier");
    else if (!hansa_codec_scac_has_form(scac.at, scac.len))
        hansa_codec_scribe_warn(scribe, reader->warnings, place, "scac_form",
                                "the carrier's code is not 2 to 4 capital letters");
}

static void wonder_at_qualifier(struct hansa_codec_x12_214 *reader, struct hansa_codec_view qualifier,
                                struct hansa_codec_place place) {
    char word[HANSA_CODEC_SCRIBE_WORD];
    hansa_codec_scribe_word(reader->scribe, qualifier, word);
    if (json_object_get(reader->seen_qualifiers, word) != NULL) return;
    hansa_codec_scribe_put(reader->scribe, reader->seen_qualifiers, word, json_true());
    hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "unknown_reference_qualifier",
                            "reference qualifier '%s' is not known; its values are kept", word);
}

static void read_l11(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                     struct hansa_codec_place place) {
    struct hansa_codec_view value = element(segment, 1);
    struct hansa_codec_view qualifier = element(segment, 2);
    json_t *pair = make_pair(reader, qualifier, value);
    json_t *home = reader->loop == NULL ? reader->header_references : json_object_get(reader->loop, "references");
    hansa_codec_scribe_add(reader->scribe, home, json_incref(pair));
    hansa_codec_scribe_add(reader->scribe, reader->references, pair);
    const struct hansa_codec_x12_reference *reference = hansa_codec_x12_reference_find(qualifier);
    place.element = 2;
    if (reference == NULL) {
        wonder_at_qualifier(reader, qualifier, place);
        return;
    }
    if (reference->names_shipment) add_key(reader, reference->kind, value);
    place.element = 1;
    if (strcmp(reference->kind, "EQUIPMENT") == 0) check_container(reader, value, place);
}

static void read_n1(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment) {
    struct hansa_codec_scribe *scribe = reader->scribe;
    hansa_codec_scribe_add(scribe, reader->parties, make_pair(reader, element(segment, 1), element(segment, 2)));
    reader->address = hansa_codec_scribe_add_new(scribe, reader->addresses, json_object());
    hansa_codec_scribe_put_text(scribe, reader->address, "party", element(segment, 1));
    hansa_codec_scribe_put_text(scribe, reader->address, "name", element(segment, 2));
    if (element(segment, 4).len > 0) {
        hansa_codec_scribe_put_text(scribe, reader->address, "id_qualifier", element(segment, 3));
        hansa_codec_scribe_put_text(scribe, reader->address, "id", element(segment, 4));
    }
}

/* Puts the elements of a segment that are there into an object, under these names. */
static void put_named(struct hansa_codec_x12_214 *reader, json_t *object, const struct hansa_codec_x12_segment *segment,
                      const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (element(segment, i + 1).len > 0)
            hansa_codec_scribe_put_text(reader->scribe, object, names[i], element(segment, i + 1));
    }
}

static void read_lx(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment) {
    reader->loop = hansa_codec_scribe_add_new(reader->scribe, reader->loops, json_object());
    hansa_codec_scribe_put_text(reader->scribe, reader->loop, "number", element(segment, 1));
    hansa_codec_scribe_put(reader->scribe, reader->loop, "references", json_array());
    reader->address = NULL;
    reader->open_from = json_array_size(reader->events);
    reader->open_equipment = NULL;
    reader->has_place = false;
}

static void read_at7(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                     struct hansa_codec_place place) {
    if (reader->has_place || reader->open_equipment != NULL) {
        reader->open_from = json_array_size(reader->events);
        reader->open_equipment = NULL;
        reader->has_place = false;
    }
    if (reader->loop == NULL && json_array_size(reader->events) == 0)
        hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "lx_missing", "AT7 stands before any LX");
    hansa_codec_x12_event_read(reader, segment, place);
}

/* MS1: the place of all open events. */
static void read_ms1(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                     struct hansa_codec_place place) {
    size_t end = json_array_size(reader->events);
    if (reader->open_from == end || reader->has_place) {
        hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "segment_out_of_place",
                                "MS1 belongs to no AT7 and was not used");
        return;
    }
    struct hansa_codec_x12_event_place found;
    hansa_codec_x12_event_place_read(&found, reader, segment, place);
    for (size_t i = reader->open_from; i < end; i++)
        hansa_codec_x12_event_place_put(&found, reader, json_array_get(reader->events, i));
    json_decref(found.at);
    reader->has_place = true;
}

/* Prefix and number of MS2 may be a container's; then it can be asked for by that number. */
static void read_container(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
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
    add_key(reader, "CONTAINER", view);
    place.element = 2;
    check_container(reader, view, place);
}

/* MS2: the equipment of all open events, as one array that they share. */
static void read_ms2(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                     struct hansa_codec_place place) {
    struct hansa_codec_scribe *scribe = reader->scribe;
    size_t end = json_array_size(reader->events);
    size_t count = segment->element_count;
    if (reader->open_from == end) {
        hansa_codec_scribe_warn(scribe, reader->warnings, place, "segment_out_of_place",
                                "MS2 belongs to no AT7 and was not used");
        return;
    }
    while (count > 0 && element(segment, count).len == 0)
        count--;
    if (count == 0) return;
    if (reader->open_equipment == NULL) {
        json_t *equipment = json_array();
        for (size_t i = reader->open_from; i < end; i++)
            hansa_codec_scribe_put(scribe, json_array_get(reader->events, i), "equipment", json_incref(equipment));
        json_decref(equipment); /* the open events hold it */
        if (scribe->has_failed) return;
        reader->open_equipment = equipment;
    }
    if (json_array_size(reader->open_equipment) + count > MAX_EQUIPMENT) {
        hansa_codec_scribe_warn(scribe, reader->warnings, place, "too_much_equipment",
                                "more equipment than is kept for an event");
        return;
    }
    for (size_t i = 1; i <= count; i++)
        hansa_codec_scribe_add(scribe, reader->open_equipment,
                               hansa_codec_scribe_text(scribe, element(segment, i), HANSA_CODEC_SCRIBE_WORD));
    read_container(reader, segment, place);
}

/* The array `key` of the loop, made when it is first needed. */
static json_t *loop_array(struct hansa_codec_x12_214 *reader, const char *key) {
    json_t *array = json_object_get(reader->loop, key);
    return array != NULL ? array : hansa_codec_scribe_put_new(reader->scribe, reader->loop, key, json_array());
}

/* AT8: [qualifier, unit, weight, pieces, …] as sent; the numbers stay text. */
static void read_at8(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment) {
    if (reader->loop == NULL) return;
    json_t *weight = hansa_codec_scribe_add_new(reader->scribe, loop_array(reader, "weights"), json_array());
    for (size_t i = 1; i <= segment->element_count && i <= 7; i++)
        hansa_codec_scribe_add_text(reader->scribe, weight, element(segment, i));
}

/* MAN*GM: the SSCC of a handling unit. */
static void read_man(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                     struct hansa_codec_place place) {
    char sscc[HANSA_CODEC_SSCC_LEN + 1];
    struct hansa_codec_view mark = element(segment, 2);
    if (reader->loop == NULL || !hansa_codec_view_equals(element(segment, 1), "GM")) return;
    place.element = 2;
    if (!hansa_codec_sscc_normalise(mark.at, mark.len, sscc)) {
        hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "sscc_form",
                                "the mark is not an SSCC of 18 digits");
        return;
    }
    hansa_codec_scribe_add(reader->scribe, loop_array(reader, "handling_units"), json_string(sscc));
    if (!hansa_codec_sscc_is_valid(sscc, HANSA_CODEC_SSCC_LEN))
        hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "check_digit_wrong",
                                "SSCC %s: check digit should be %d", sscc,
                                hansa_codec_gs1_check_digit(sscc, HANSA_CODEC_SSCC_LEN - 1));
}

static void read_address(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment) {
    static const char *const n3_names[] = {"line_1", "line_2"};
    static const char *const n4_names[] = {"city", "state", "postcode", "country"};
    if (reader->address == NULL) return;
    if (hansa_codec_x12_has_tag(segment, "N3"))
        put_named(reader, reader->address, segment, n3_names, 2);
    else
        put_named(reader, reader->address, segment, n4_names, 4);
}

void hansa_codec_x12_214_segment(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                                 size_t position) {
    struct hansa_codec_place place = {.segment = "", .position = position, .element = 0};
    if (hansa_codec_x12_has_tag(segment, "AT7")) {
        place.segment = "AT7";
        read_at7(reader, segment, place);
    } else if (hansa_codec_x12_has_tag(segment, "MS1")) {
        place.segment = "MS1";
        read_ms1(reader, segment, place);
    } else if (hansa_codec_x12_has_tag(segment, "MS2")) {
        place.segment = "MS2";
        read_ms2(reader, segment, place);
    } else if (hansa_codec_x12_has_tag(segment, "LX")) {
        read_lx(reader, segment);
    } else if (hansa_codec_x12_has_tag(segment, "L11")) {
        place.segment = "L11";
        read_l11(reader, segment, place);
    } else if (hansa_codec_x12_has_tag(segment, "AT8")) {
        read_at8(reader, segment);
    } else if (hansa_codec_x12_has_tag(segment, "MAN")) {
        place.segment = "MAN";
        read_man(reader, segment, place);
    } else if (hansa_codec_x12_has_tag(segment, "N1")) {
        read_n1(reader, segment);
    } else if (hansa_codec_x12_has_tag(segment, "N3") || hansa_codec_x12_has_tag(segment, "N4")) {
        read_address(reader, segment);
    } else if (hansa_codec_x12_has_tag(segment, "B10")) {
        place.segment = "B10";
        read_b10(reader, segment, place);
    }
    /* everything else a 214 may hold says nothing that is kept; the raw file is */
}

void hansa_codec_x12_214_done(struct hansa_codec_x12_214 *reader) {
    struct hansa_codec_place place = {.segment = "B10", .position = 2, .element = 0};
    if (!reader->has_header)
        hansa_codec_x12_reject(reader->scribe, reader->set, place, "segment_missing", "the set has no B10");
    else if (json_array_size(reader->keys) == 0)
        hansa_codec_x12_reject(reader->scribe, reader->set, place, "no_shipment_key",
                               "neither B10 nor L11 gives a number of the shipment");
    place.segment = "AT7";
    if (json_array_size(reader->events) == 0)
        hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "no_events", "the set tells no event");
}
