/* A 214 says which shipment it is about (B10, L11), then loops LX of events (AT7) with what belongs to each. What is not
 * understood is kept with its segment, so that nothing of a message is lost in silence; what would make all its events unusable
 * rejects a set (standards.md 3); everything else is a warning.
 *
 * Invariant: a segment is looked at a fixed number of times. */
#include "codec/x12_214.h"

#include "codec/identifiers.h"
#include "codec/status_codes.h"
#include "codec/x12_event.h"
#include "codec/x12_numbers.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_KEPT 1000        /* segments of a set */
#define MAX_KEPT_ELEMENTS 30 /* of each */

static struct hansa_codec_view element(const struct hansa_codec_x12_segment *segment, size_t number) {
    return hansa_codec_x12_element(segment, number);
}

void hansa_codec_x12_reject_for(struct hansa_codec_scribe *scribe, json_t *set, json_t *problem) {
    if (!json_is_null(json_object_get(set, "problem"))) return;
    hansa_codec_scribe_put_string(scribe, set, "verdict", "rejected");
    hansa_codec_scribe_put(scribe, set, "problem", json_incref(problem));
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
    hansa_codec_x12_reject_for(scribe, set, problem);
    json_decref(problem);
}

void hansa_codec_x12_214_init(struct hansa_codec_x12_214 *reader, struct hansa_codec_scribe *scribe, json_t *set,
                              json_t *warnings, json_t *seen_qualifiers, struct hansa_codec_view release,
                              char repetition) {
    bool is_release = release.len >= 6;
    for (size_t i = 0; i < 6 && is_release; i++)
        is_release = release.at[i] >= '0' && release.at[i] <= '9';
    *reader = (struct hansa_codec_x12_214){.scribe = scribe,
                                           .set = set,
                                           .warnings = warnings,
                                           .seen_qualifiers = seen_qualifiers,
                                           .repetition = repetition,
                                           .is_reason_optional = is_release && memcmp(release.at, "004030", 6) >= 0,
                                           .allows_short_year = is_release && memcmp(release.at, "004010", 6) < 0};
    hansa_codec_scribe_put_string(scribe, set, "carrier_reference", "");
    hansa_codec_scribe_put_string(scribe, set, "shipment_id", "");
    hansa_codec_scribe_put_string(scribe, set, "scac", "");
    hansa_codec_scribe_put(scribe, set, "keys", json_array());
    reader->parties = hansa_codec_scribe_put_new(scribe, set, "parties", json_array());
    reader->addresses = hansa_codec_scribe_put_new(scribe, set, "addresses", json_array());
    reader->references = hansa_codec_scribe_put_new(scribe, set, "references", json_array());
    reader->header_references = hansa_codec_scribe_put_new(scribe, set, "header_references", json_array());
    reader->loops = hansa_codec_scribe_put_new(scribe, set, "loops", json_array());
    reader->events = hansa_codec_scribe_put_new(scribe, set, "events", json_array());
    reader->kept = hansa_codec_scribe_put_new(scribe, set, "kept", json_array());
    hansa_codec_x12_loop_begin(reader);
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
    hansa_codec_x12_key_add(reader, "SHIPMENT", element(segment, 2));
    hansa_codec_x12_key_add(reader, "PRO", element(segment, 1));
    const struct hansa_codec_x12_reference *reference = hansa_codec_x12_reference_find(element(segment, 5));
    if (reference != NULL && reference->names_shipment)
        hansa_codec_x12_key_add(reader, reference->kind, element(segment, 6));
    else
        hansa_codec_x12_number_add(reader, "OTHER", element(segment, 6));
    place.element = 3;
    if (scac.len == 0)
        hansa_codec_scribe_warn(scribe, reader->warnings, place, "scac_missing", "B10 names no carrier");
    else if (!hansa_codec_scac_has_form(scac.at, scac.len))
        hansa_codec_scribe_warn(scribe, reader->warnings, place, "scac_form",
                                "the carrier's code is not 2 to 4 capital letters");
}

static void read_n1(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment) {
    struct hansa_codec_scribe *scribe = reader->scribe;
    hansa_codec_scribe_add(scribe, reader->parties,
                           hansa_codec_x12_pair(reader, element(segment, 1), element(segment, 2)));
    reader->address = hansa_codec_scribe_add_new(scribe, reader->addresses, json_object());
    hansa_codec_scribe_put_text(scribe, reader->address, "party", element(segment, 1));
    hansa_codec_scribe_put_text(scribe, reader->address, "name", element(segment, 2));
    if (element(segment, 4).len > 0) {
        hansa_codec_scribe_put_text(scribe, reader->address, "id_qualifier", element(segment, 3));
        hansa_codec_scribe_put_text(scribe, reader->address, "id", element(segment, 4));
    }
    if (reader->loop != NULL)
        hansa_codec_scribe_put(scribe, reader->address, "loop",
                               json_integer((json_int_t)json_array_size(reader->loops) - 1));
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
    hansa_codec_x12_loop_end(reader);
    reader->loop = hansa_codec_scribe_add_new(reader->scribe, reader->loops, json_object());
    hansa_codec_scribe_put_text(reader->scribe, reader->loop, "number", element(segment, 1));
    hansa_codec_scribe_put(reader->scribe, reader->loop, "references", json_array());
    reader->address = NULL;
}

static void read_at7(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                     struct hansa_codec_place place) {
    if (reader->loop == NULL && json_array_size(reader->events) == 0)
        hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "lx_missing", "AT7 stands before any LX");
    if (hansa_codec_x12_event_read(reader, segment, place)) hansa_codec_x12_loop_event(reader);
}

/* A segment that says something which has no member of its own. */
static void keep(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                 struct hansa_codec_place place) {
    struct hansa_codec_scribe *scribe = reader->scribe;
    size_t events = json_array_size(reader->events);
    size_t loops = json_array_size(reader->loops);
    if (json_array_size(reader->kept) == MAX_KEPT) {
        if (!reader->has_told_kept)
            hansa_codec_scribe_warn(scribe, reader->warnings, place, "more_kept",
                                    "the set says more than %d segments that have no member here; they are in the file",
                                    MAX_KEPT);
        reader->has_told_kept = true;
        return;
    }
    json_t *kept = hansa_codec_scribe_add_new(scribe, reader->kept, json_object());
    hansa_codec_scribe_put_text(scribe, kept, "segment", segment->tag);
    hansa_codec_scribe_put(scribe, kept, "position", json_integer((json_int_t)place.position));
    hansa_codec_scribe_put(scribe, kept, "loop", loops == 0 ? json_null() : json_integer((json_int_t)loops - 1));
    hansa_codec_scribe_put(scribe, kept, "event",
                           events == reader->at.first_event ? json_null() : json_integer((json_int_t)events - 1));
    json_t *elements = hansa_codec_scribe_put_new(scribe, kept, "elements", json_array());
    for (size_t i = 1; i <= segment->element_count && i <= MAX_KEPT_ELEMENTS; i++)
        hansa_codec_scribe_add_text(scribe, elements, element(segment, i));
}

/* The day of the message itself (DTM 007 effective, 097 made, 102 issued): it stands in for that of an event which says none. */
static void read_dtm(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment) {
    static const char *const own[] = {"007", "097", "102"};
    for (size_t i = 0; i < sizeof own / sizeof own[0] && reader->loop == NULL; i++) {
        if (hansa_codec_view_equals(element(segment, 1), own[i])) reader->set_date = element(segment, 2);
    }
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

/* Segments whose elements all have a member. Returns false for the others. */
static bool read_known(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                       struct hansa_codec_place place) {
    if (hansa_codec_x12_has_tag(segment, "AT7")) {
        place.segment = "AT7";
        read_at7(reader, segment, place);
    } else if (hansa_codec_x12_has_tag(segment, "MS1")) {
        place.segment = "MS1";
        hansa_codec_x12_loop_ms1(reader, segment, place);
    } else if (hansa_codec_x12_has_tag(segment, "MS2")) {
        place.segment = "MS2";
        if (hansa_codec_x12_loop_ms2(reader, segment, place)) hansa_codec_x12_container_read(reader, segment, place);
    } else if (hansa_codec_x12_has_tag(segment, "LX")) {
        read_lx(reader, segment);
    } else if (hansa_codec_x12_has_tag(segment, "L11")) {
        place.segment = "L11";
        hansa_codec_x12_l11_read(reader, segment, place);
    } else if (hansa_codec_x12_has_tag(segment, "MAN")) {
        place.segment = "MAN";
        return hansa_codec_x12_man_read(reader, segment, place);
    } else if (hansa_codec_x12_has_tag(segment, "N1")) {
        read_n1(reader, segment);
    } else if (reader->address != NULL &&
               (hansa_codec_x12_has_tag(segment, "N3") || hansa_codec_x12_has_tag(segment, "N4"))) {
        read_address(reader, segment);
    } else if (hansa_codec_x12_has_tag(segment, "B10")) {
        place.segment = "B10";
        read_b10(reader, segment, place);
    } else {
        return false;
    }
    return true;
}

void hansa_codec_x12_214_segment(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                                 size_t position) {
    struct hansa_codec_place place = {.segment = "", .position = position, .element = 0};
    reader->position = position;
    if (read_known(reader, segment, place)) return;
    if (hansa_codec_x12_has_tag(segment, "OID"))
        hansa_codec_x12_oid_read(reader, segment);
    else if (hansa_codec_x12_has_tag(segment, "M7"))
        hansa_codec_x12_m7_read(reader, segment);
    else if (hansa_codec_x12_has_tag(segment, "DTM"))
        read_dtm(reader, segment);
    keep(reader, segment, place);
}

void hansa_codec_x12_214_done(struct hansa_codec_x12_214 *reader) {
    struct hansa_codec_place place = {.segment = "B10", .position = 2, .element = 0};
    hansa_codec_x12_loop_end(reader);
    if (!reader->has_header)
        hansa_codec_x12_reject(reader->scribe, reader->set, place, "segment_missing", "the set has no B10");
    else if (!reader->has_key)
        hansa_codec_x12_reject(reader->scribe, reader->set, place, "no_shipment_key",
                               "neither B10 nor L11 gives a number of the shipment");
    else if (reader->readable_events == 0 && reader->event_problem != NULL)
        hansa_codec_x12_reject_for(reader->scribe, reader->set, reader->event_problem);
    place.segment = "AT7";
    if (json_array_size(reader->events) == 0)
        hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "no_events", "the set tells no event");
}
