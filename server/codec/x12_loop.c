/* X12 puts MS1 and MS2 behind the AT7 that they are about. Senders bend that: they write the place first, or once behind all
 * events of a loop. A place that is taken from a neighbour although another one was told is an invented place, so:
 * an MS1 is about the AT7 before it (or, when the loop begins with its place, about the AT7 behind it); only when a loop has
 * one MS1 and all its AT7 stand on the same side of it do they share it, and those that do not touch it are marked.
 *
 * Invariant: an event is touched once by each segment about it and once at the end of its loop, so the time is linear. What
 * several events share is a reference, and bounded, because the text of the document grows by all of it for each. */
#include "codec/x12_loop.h"

#include "codec/x12_214.h"
#include "codec/x12_event.h"

#define MAX_EQUIPMENT 12 /* elements */
#define MAX_UNITS 1000   /* of a loop */

static struct hansa_codec_view element(const struct hansa_codec_x12_segment *segment, size_t number) {
    return hansa_codec_x12_element(segment, number);
}

static size_t events_end(const struct hansa_codec_x12_214 *reader) {
    return json_array_size(reader->events);
}

void hansa_codec_x12_loop_begin(struct hansa_codec_x12_214 *reader) {
    size_t end = events_end(reader);
    reader->at = (struct hansa_codec_x12_loop){.first_event = end, .stops.from = end, .units.from = end};
}

static void place_put(struct hansa_codec_x12_214 *reader, size_t index, bool is_inferred) {
    json_t *event = json_array_get(reader->events, index);
    hansa_codec_x12_event_place_put(&reader->at.place, reader, event);
    if (is_inferred) hansa_codec_scribe_put(reader->scribe, event, "place_inferred", json_true());
}

static void equipment_put(struct hansa_codec_x12_214 *reader, size_t index) {
    hansa_codec_scribe_put(reader->scribe, json_array_get(reader->events, index), "equipment",
                           json_incref(reader->at.equipment));
}

void hansa_codec_x12_loop_event(struct hansa_codec_x12_214 *reader) {
    struct hansa_codec_x12_loop *loop = &reader->at;
    size_t index = events_end(reader) - 1;
    if (loop->is_place_waiting) {
        place_put(reader, index, false);
        loop->placed = index + 1;
        loop->is_place_waiting = false;
    }
    if (loop->is_equipment_waiting) {
        equipment_put(reader, index);
        loop->equipped = index + 1;
        loop->is_equipment_waiting = false;
    }
}

void hansa_codec_x12_loop_ms1(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                              struct hansa_codec_place place) {
    struct hansa_codec_x12_loop *loop = &reader->at;
    size_t end = events_end(reader);
    bool is_before = loop->is_place_first || (end == loop->first_event && !loop->is_place_waiting);
    if (is_before ? loop->is_place_waiting : end == loop->first_event || loop->placed == end) {
        hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "segment_out_of_place",
                                "MS1 belongs to no AT7 and was not used");
        return;
    }
    json_decref(loop->place.at);
    hansa_codec_x12_event_place_read(&loop->place, reader, segment, place);
    loop->place_count++;
    if (is_before) {
        loop->is_place_first = loop->is_place_waiting = true;
        if (loop->place_count == 1)
            hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "segment_out_of_place",
                                    "MS1 stands before its AT7; it was taken as the place of the one that follows");
    } else {
        place_put(reader, end - 1, false);
        loop->placed = end;
    }
}

bool hansa_codec_x12_loop_ms2(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                              struct hansa_codec_place place) {
    struct hansa_codec_scribe *scribe = reader->scribe;
    struct hansa_codec_x12_loop *loop = &reader->at;
    size_t end = events_end(reader);
    size_t count = segment->element_count;
    bool is_before = end == loop->first_event;
    while (count > 0 && element(segment, count).len == 0)
        count--;
    if (count == 0) return true;
    if (is_before ? !loop->is_equipment_waiting : loop->equipped != end || loop->equipment == NULL) {
        json_decref(loop->equipment);
        loop->equipment = json_array();
        loop->equipment_count++;
        loop->is_equipment_waiting = is_before;
        if (!is_before) {
            equipment_put(reader, end - 1);
            loop->equipped = end;
        }
    }
    if (json_array_size(loop->equipment) + count > MAX_EQUIPMENT) {
        hansa_codec_scribe_warn(scribe, reader->warnings, place, "too_much_equipment",
                                "more equipment than is kept for an event");
        return false;
    }
    for (size_t i = 1; i <= count; i++)
        hansa_codec_scribe_add(scribe, loop->equipment,
                               hansa_codec_scribe_text(scribe, element(segment, i), HANSA_CODEC_SCRIBE_WORD));
    return true;
}

static void stop_put(struct hansa_codec_x12_214 *reader, json_t *event) {
    hansa_codec_scribe_put(reader->scribe, event, "stop", json_incref(reader->at.stop));
}

static void units_put(struct hansa_codec_x12_214 *reader, json_t *event) {
    size_t end = json_array_size(json_object_get(reader->loop, "handling_units"));
    json_t *range = json_pack("[I,I]", (json_int_t)reader->at.units_begin, (json_int_t)end);
    hansa_codec_scribe_put(reader->scribe, event, "units", range);
}

typedef void run_put(struct hansa_codec_x12_214 *reader, json_t *event);

static void run_apply(struct hansa_codec_x12_214 *reader, struct hansa_codec_x12_run *run, size_t to, run_put *put) {
    for (; run->from < to; run->from++)
        put(reader, json_array_get(reader->events, run->from));
}

/* Does this telling begin a run, rather than go on with the one before? Then that one is done with. */
static bool run_begins(struct hansa_codec_x12_214 *reader, struct hansa_codec_x12_run *run, run_put *put) {
    size_t end = events_end(reader);
    if (run->count > 0 && run->seen_at == end) return false;
    if (run->count == 0)
        run->is_first = end == reader->at.first_event;
    else
        run_apply(reader, run, run->is_first ? end : run->seen_at, put);
    run->count++;
    run->seen_at = end;
    return true;
}

static void run_end(struct hansa_codec_x12_214 *reader, struct hansa_codec_x12_run *run, run_put *put) {
    if (run->count == 0) return;
    run_apply(reader, run, run->is_first || run->count == 1 ? events_end(reader) : run->seen_at, put);
}

void hansa_codec_x12_loop_stop(struct hansa_codec_x12_214 *reader, struct hansa_codec_view number) {
    struct hansa_codec_x12_loop *loop = &reader->at;
    if (number.len == 0 || !run_begins(reader, &loop->stops, stop_put)) return;
    json_decref(loop->stop);
    loop->stop = hansa_codec_scribe_text(reader->scribe, number, HANSA_CODEC_SCRIBE_WORD);
}

void hansa_codec_x12_loop_unit(struct hansa_codec_x12_214 *reader, const char *sscc, struct hansa_codec_place place) {
    json_t *units = json_object_get(reader->loop, "handling_units");
    if (units == NULL) units = hansa_codec_scribe_put_new(reader->scribe, reader->loop, "handling_units", json_array());
    if (json_array_size(units) == MAX_UNITS) {
        hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "too_many_units",
                                "more handling units than are kept for a loop");
        return;
    }
    if (run_begins(reader, &reader->at.units, units_put)) reader->at.units_begin = json_array_size(units);
    hansa_codec_scribe_add(reader->scribe, units, json_string(sscc));
}

void hansa_codec_x12_loop_end(struct hansa_codec_x12_214 *reader) {
    struct hansa_codec_x12_loop *loop = &reader->at;
    size_t end = events_end(reader);
    bool is_shared = loop->place_count == 1 && loop->placed == (loop->is_place_first ? loop->first_event + 1 : end);
    for (size_t i = loop->first_event; i < end && is_shared; i++) {
        if (i + 1 != loop->placed) place_put(reader, i, true);
    }
    bool is_equipment_shared =
        loop->equipment_count == 1 && (is_shared || loop->place_count == 0) && loop->equipped == end;
    for (size_t i = loop->first_event; i < end && is_equipment_shared; i++) {
        if (i + 1 != loop->equipped) equipment_put(reader, i);
    }
    run_end(reader, &loop->stops, stop_put);
    run_end(reader, &loop->units, units_put);
    if (loop->is_place_waiting || loop->is_equipment_waiting) {
        struct hansa_codec_place place = {.segment = loop->is_place_waiting ? "MS1" : "MS2",
                                          .position = reader->position};
        hansa_codec_scribe_warn(reader->scribe, reader->warnings, place, "segment_out_of_place",
                                "%s belongs to no AT7 and was not used", place.segment);
    }
    json_decref(loop->place.at);
    json_decref(loop->equipment);
    json_decref(loop->stop);
    *loop = (struct hansa_codec_x12_loop){.first_event = end, .stops.from = end, .units.from = end};
}
