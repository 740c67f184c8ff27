/* What belongs to which event of a 214. Inside a loop LX stand the events (AT7) and what is about them: place (MS1),
 * equipment (MS2), stop (L11 QN) and handling units (MAN GM). Used by x12_214.c alone; same thread and lifetimes.
 *
 * Members that it puts into an event: at, latitude, longitude, zone (of the place); place_inferred true: the place is that of
 * a neighbour; equipment; stop: the number that L11 QN gave, as sent; units [from, to): which of the loop's handling_units.
 */
#ifndef HANSA_CODEC_X12_LOOP_H
#define HANSA_CODEC_X12_LOOP_H

#include "codec/x12_position.h"
#include "codec/x12_scribe.h"

struct hansa_codec_x12_214;

/* What an MS1 says, ready to be put into several events. */
struct hansa_codec_x12_event_place {
    json_t *at;       /* owned: {city, state, country, lon, lat}, those that were sent; NULL: no MS1 was read */
    const char *zone; /* IANA zone of the place or NULL */
    bool has_latitude;
    bool has_longitude;
    char latitude[HANSA_CODEC_DEGREES_SIZE];
    char longitude[HANSA_CODEC_DEGREES_SIZE];
};

/* One telling after another about the events of a loop: each counts for the events since the one before it, or, when the
 * first stood before any event, for those that follow; one alone for the whole loop. */
struct hansa_codec_x12_run {
    size_t from;    /* index of the first event that it has not been told for */
    size_t seen_at; /* how many events there were at the last telling */
    size_t count;
    bool is_first;
};

struct hansa_codec_x12_loop {
    size_t first_event;                       /* index of the loop's first event */
    struct hansa_codec_x12_event_place place; /* of the last MS1 */
    size_t place_count;
    size_t placed;         /* 1 + index of the event that has the last MS1; 0: none yet */
    bool is_place_waiting; /* the last MS1 stood before its AT7 */
    bool is_place_first;   /* so did the first of the loop */
    json_t *equipment;     /* owned: of the last run of MS2; NULL before */
    size_t equipped;       /* 1 + index of its event */
    size_t equipment_count;
    bool is_equipment_waiting;
    struct hansa_codec_x12_run stops;
    json_t *stop; /* owned: the last number */
    struct hansa_codec_x12_run units;
    size_t units_begin; /* index in handling_units of the last run's first */
};

/* A loop begins: at LX, and at the beginning of the set. */
void hansa_codec_x12_loop_begin(struct hansa_codec_x12_214 *reader);

/* The last event of reader->events has just been added. */
void hansa_codec_x12_loop_event(struct hansa_codec_x12_214 *reader);

void hansa_codec_x12_loop_ms1(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                              struct hansa_codec_place place);

/* Returns false when the equipment is more than is kept. */
bool hansa_codec_x12_loop_ms2(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                              struct hansa_codec_place place);

void hansa_codec_x12_loop_stop(struct hansa_codec_x12_214 *reader, struct hansa_codec_view number);

/* An SSCC; NUL-terminated. */
void hansa_codec_x12_loop_unit(struct hansa_codec_x12_214 *reader, const char *sscc, struct hansa_codec_place place);

/* The loop has ended: what stood once counts for all of it, where that is sure. Frees what it owns. */
void hansa_codec_x12_loop_end(struct hansa_codec_x12_214 *reader);

#endif
