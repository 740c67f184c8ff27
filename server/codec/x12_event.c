/* An AT7 is either a status (01, reason 02) or an appointment (03, reason 04), at a date, time and time code (05, 06, 07).
 * Its clock is read here; which zone that clock runs in is told where the sender says it, and assumed from the place where
 * the sender says "local" (standards.md 4.4). */
#include "codec/x12_event.h"

#include "codec/status_codes.h"
#include "codec/x12_time.h"

#include <stdio.h>
#include <string.h>

static struct hansa_codec_view element(const struct hansa_codec_x12_segment *segment, size_t number) {
    return hansa_codec_x12_element(segment, number);
}

static void warn(struct hansa_codec_x12_214 *reader, struct hansa_codec_place place, size_t number, const char *code,
                 const char *detail) {
    place.element = number;
    hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, code, "%s", detail);
}

/* The syntax notes of AT7 (X12 4010 and 4030). Breaches are told, not punished. */
static void check_rules(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                        struct hansa_codec_place place) {
    bool has[8];
    for (size_t i = 1; i < 8; i++)
        has[i] = element(segment, i).len > 0;
    if (has[1] && has[3])
        warn(reader, place, 3, "at7_rule", "AT7 has a status and an appointment; the status was taken");
    if ((!has[1] && has[2]) || (has[1] && !has[2] && !reader->is_reason_optional))
        warn(reader, place, 2, "at7_rule", "AT7-01 and AT7-02 belong together");
    if ((!has[3] && has[4]) || (has[3] && !has[4] && !reader->is_reason_optional))
        warn(reader, place, 4, "at7_rule", "AT7-03 and AT7-04 belong together");
    if (has[6] && !has[5]) warn(reader, place, 6, "at7_rule", "AT7-06 needs AT7-05");
    if (has[7] && !has[6]) warn(reader, place, 7, "at7_rule", "AT7-07 needs AT7-06");
}

static void put_text_if_any(struct hansa_codec_x12_214 *reader, json_t *event, const char *key,
                            struct hansa_codec_view view) {
    if (view.len > 0) hansa_codec_scribe_put_text(reader->scribe, event, key, view);
}

static void warn_unknown(struct hansa_codec_x12_214 *reader, struct hansa_codec_place place, size_t number,
                         const char *code, const char *what, struct hansa_codec_view value) {
    char word[HANSA_CODEC_SCRIBE_WORD];
    place.element = number;
    hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, code, "%s '%s' is not known; it is kept as sent",
                            what, hansa_codec_scribe_word(reader->scribe, value, word));
}

/* The internal code and what it means for the event's time and the shipment's status. */
static void put_meaning(struct hansa_codec_x12_214 *reader, json_t *event,
                        const struct hansa_codec_x12_segment *segment, struct hansa_codec_place place) {
    static const struct hansa_codec_x12_status other_status = {"", "OTH", "occurred", NULL, false, NULL};
    static const struct hansa_codec_x12_status other_appointment = {"", "APP", "appointment", NULL, false, NULL};
    struct hansa_codec_scribe *scribe = reader->scribe;
    bool is_status = element(segment, 1).len > 0;
    struct hansa_codec_view code = element(segment, is_status ? 1 : 3);
    struct hansa_codec_view reason_code = element(segment, is_status ? 2 : 4);
    const struct hansa_codec_x12_status *meaning =
        is_status ? hansa_codec_x12_status_find(code) : hansa_codec_x12_appointment_find(code);
    if (meaning == NULL) {
        meaning = is_status ? &other_status : &other_appointment;
        warn_unknown(reader, place, is_status ? 1 : 3, "unknown_status", is_status ? "status" : "appointment", code);
    }
    const struct hansa_codec_x12_reason *reason = hansa_codec_x12_reason_find(reason_code);
    if (reason == NULL && reason_code.len > 0)
        warn_unknown(reader, place, is_status ? 2 : 4, "unknown_reason", "reason", reason_code);
    hansa_codec_scribe_put_string(scribe, event, "code", meaning->event);
    hansa_codec_scribe_put_string(scribe, event, "text", meaning->text);
    hansa_codec_scribe_put(scribe, event, "moves_status", json_boolean(meaning->moves_status));
    hansa_codec_scribe_put_string(scribe, event, "time_kind", meaning->time_kind);
    hansa_codec_scribe_put_string(scribe, event, "time_subject", meaning->subject);
    hansa_codec_scribe_put_string(scribe, event, "reason_family", reason == NULL ? NULL : reason->family);
    hansa_codec_scribe_put_string(scribe, event, "reason_text", reason == NULL ? NULL : reason->text);
}

/* The event alone is lost: it keeps what it says, and why it cannot be used. */
static void refuse(struct hansa_codec_x12_214 *reader, json_t *event, struct hansa_codec_place place, size_t number,
                   const char *code, const char *what, struct hansa_codec_view value) {
    char word[HANSA_CODEC_SCRIBE_WORD];
    char detail[HANSA_CODEC_SCRIBE_DETAIL];
    place.element = number;
    (void)snprintf(detail, sizeof detail, "%s '%s' of an event cannot be read", what,
                   hansa_codec_scribe_word(reader->scribe, value, word));
    json_t *problem = hansa_codec_scribe_finding(reader->scribe, place, code, detail);
    if (reader->event_problem == NULL) reader->event_problem = problem; /* the event holds it */
    hansa_codec_scribe_put(reader->scribe, event, "problem", problem);
    hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, code, "%s; the event is not used", detail);
}

static void put_time(struct hansa_codec_x12_214 *reader, json_t *event, const struct hansa_codec_x12_segment *segment,
                     struct hansa_codec_place place) {
    struct hansa_codec_scribe *scribe = reader->scribe;
    struct hansa_codec_view date = element(segment, 5);
    bool is_set_date = date.len == 0 && reader->set_date.len > 0;
    if (is_set_date) date = reader->set_date;
    char local[HANSA_CODEC_LOCAL_TIME_SIZE];
    char zone[HANSA_CODEC_ZONE_SIZE];
    enum hansa_codec_x12_time_result result =
        hansa_codec_x12_local_time(date, element(segment, 6), reader->allows_short_year, local);
    enum hansa_codec_x12_zone_result zone_result = hansa_codec_x12_zone(element(segment, 7), zone);
    bool is_read = result == HANSA_CODEC_X12_TIME_OK || result == HANSA_CODEC_X12_TIME_ASSUMED;
    bool is_given = zone_result == HANSA_CODEC_X12_ZONE_GIVEN;
    if (result == HANSA_CODEC_X12_DATE_UNREADABLE)
        refuse(reader, event, place, 5, "date_unreadable", "date", date);
    else if (result == HANSA_CODEC_X12_TIME_UNREADABLE)
        refuse(reader, event, place, 6, "time_unreadable", "time", element(segment, 6));
    else if (result == HANSA_CODEC_X12_TIME_ASSUMED)
        warn(reader, place, 6, "time_missing", "the event has a date without a time; 00:00 was taken");
    if (is_read) reader->readable_events++;
    if (is_read && is_set_date)
        warn(reader, place, 5, "date_missing", "the event has no date; that of the set was taken");
    if (is_read && date.len == 6) warn(reader, place, 5, "short_year", "the year has two digits");
    if (zone_result == HANSA_CODEC_X12_ZONE_UNKNOWN)
        warn_unknown(reader, place, 7, "unknown_time_code", "time code", element(segment, 7));
    hansa_codec_scribe_put_string(scribe, event, "event_time_local", is_read ? local : NULL);
    hansa_codec_scribe_put_string(scribe, event, "zone", is_given ? zone : NULL);
    hansa_codec_scribe_put_string(scribe, event, "zone_source", is_given ? "given" : "assumed");
}

bool hansa_codec_x12_event_read(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                                struct hansa_codec_place place) {
    struct hansa_codec_scribe *scribe = reader->scribe;
    check_rules(reader, segment, place);
    if (element(segment, 1).len == 0 && element(segment, 3).len == 0) {
        warn(reader, place, 1, "at7_empty", "AT7 names neither a status nor an appointment and was not used");
        return false;
    }
    json_t *event = hansa_codec_scribe_add_new(scribe, reader->events, json_object());
    if (element(segment, 1).len > 0) {
        hansa_codec_scribe_put_text(scribe, event, "status", element(segment, 1));
        put_text_if_any(reader, event, "reason", element(segment, 2));
    } else {
        hansa_codec_scribe_put_text(scribe, event, "appointment", element(segment, 3));
        put_text_if_any(reader, event, "appointment_reason", element(segment, 4));
    }
    put_text_if_any(reader, event, "date", element(segment, 5));
    put_text_if_any(reader, event, "time", element(segment, 6));
    put_text_if_any(reader, event, "tz", element(segment, 7));
    put_meaning(reader, event, segment, place);
    put_time(reader, event, segment, place);
    hansa_codec_scribe_put(scribe, event, "latitude", json_null());
    hansa_codec_scribe_put(scribe, event, "longitude", json_null());
    size_t loops = json_array_size(reader->loops);
    hansa_codec_scribe_put(scribe, event, "loop", loops == 0 ? json_null() : json_integer((json_int_t)loops - 1));
    hansa_codec_scribe_put(scribe, event, "position", json_integer((json_int_t)place.position));
    hansa_codec_scribe_put(scribe, event, "raw", hansa_codec_scribe_raw(scribe, segment));
    return true;
}

/* The value and its letter as one text, as the sender's own words for the place. */
static void put_position(struct hansa_codec_x12_214 *reader, json_t *at, const char *key, struct hansa_codec_view value,
                         struct hansa_codec_view direction) {
    char text[HANSA_CODEC_SCRIBE_WORD];
    if (value.len == 0 || value.len + direction.len > sizeof text) return;
    memcpy(text, value.at, value.len);
    memcpy(text + value.len, direction.at, direction.len);
    struct hansa_codec_view view = {.at = text, .len = value.len + direction.len};
    hansa_codec_scribe_put_text(reader->scribe, at, key, view);
}

static bool read_degrees(struct hansa_codec_x12_214 *reader, struct hansa_codec_place place,
                         struct hansa_codec_view value, struct hansa_codec_view direction, unsigned max_degrees,
                         char *ret_degrees) {
    if (value.len == 0) return false;
    switch (hansa_codec_x12_degrees(value, direction, max_degrees, ret_degrees)) {
    case HANSA_CODEC_POSITION_OK:
        return true;
    case HANSA_CODEC_POSITION_CONFLICT:
        warn(reader, place, place.element, "position_sign", "sign and direction disagree; the sign was believed");
        return true;
    case HANSA_CODEC_POSITION_UNREADABLE:
        break;
    }
    warn(reader, place, place.element, "position_unreadable", "the position cannot be read and was left out");
    return false;
}

void hansa_codec_x12_event_place_read(struct hansa_codec_x12_event_place *place, struct hansa_codec_x12_214 *reader,
                                      const struct hansa_codec_x12_segment *segment, struct hansa_codec_place where) {
    static const char *const names[] = {"city", "state", "country"};
    *place = (struct hansa_codec_x12_event_place){.at = json_object()};
    place->zone = hansa_codec_place_zone(element(segment, 3), element(segment, 2));
    for (size_t i = 1; i <= 3; i++) {
        struct hansa_codec_view value = element(segment, i);
        if (value.len == 0) continue;
        hansa_codec_scribe_put(reader->scribe, place->at, names[i - 1],
                               hansa_codec_scribe_text(reader->scribe, value, HANSA_CODEC_SCRIBE_PLACE));
    }
    put_position(reader, place->at, "lon", element(segment, 4), element(segment, 6));
    put_position(reader, place->at, "lat", element(segment, 5), element(segment, 7));
    where.element = 4;
    place->has_longitude = read_degrees(reader, where, element(segment, 4), element(segment, 6), 180, place->longitude);
    where.element = 5;
    place->has_latitude = read_degrees(reader, where, element(segment, 5), element(segment, 7), 90, place->latitude);
}

void hansa_codec_x12_event_place_put(const struct hansa_codec_x12_event_place *place,
                                     struct hansa_codec_x12_214 *reader, json_t *event) {
    struct hansa_codec_scribe *scribe = reader->scribe;
    if (json_object_size(place->at) > 0) hansa_codec_scribe_put(scribe, event, "at", json_incref(place->at));
    if (json_is_null(json_object_get(event, "zone"))) /* local time: the place tells the zone */
        hansa_codec_scribe_put_string(scribe, event, "zone", place->zone);
    if (place->has_latitude && place->has_longitude) { /* one without the other is no place */
        hansa_codec_scribe_put_string(scribe, event, "latitude", place->latitude);
        hansa_codec_scribe_put_string(scribe, event, "longitude", place->longitude);
    }
}
