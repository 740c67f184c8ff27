/* Reader of one X12 214 transaction set, the carrier's shipment status (standards.md 4.4), into JSON.
 *
 * Lives on the stack of the document's maker while that walks over the file; fed segment by segment between ST and SE.
 * The JSON set belongs to the document; what is kept here are borrowed references into it. Nothing is looked at twice.
 *
 * Members that it puts into the set: carrier_reference, shipment_id, scac, parties [[code, name]], addresses (the same with
 * id and place, and the loop that it stands in), references [[qualifier, value]] (or with the text of L11-03) of the whole set,
 * header_references, keys [[kind, value]] by which the shipment may be found, best first, of what stands before the loops,
 * numbers [[kind, value]] that are kept but find nothing, stop (L11 QN before the loops), loops (one for each LX: number,
 * references, and where there are any keys, numbers, handling_units), events, kept: what else the set says, segment by segment
 * {segment, position, loop, event, elements}, event being the last one before it in its loop.
 */
#ifndef HANSA_CODEC_X12_214_H
#define HANSA_CODEC_X12_214_H

#include "codec/x12_loop.h"
#include "codec/x12_scribe.h"

struct hansa_codec_x12_214 {
    struct hansa_codec_scribe *scribe;
    json_t *set;
    json_t *warnings;        /* of the set */
    json_t *seen_qualifiers; /* of the file: reference qualifiers already wondered at */
    json_t *parties;
    json_t *addresses;
    json_t *address; /* of the last N1, NULL before */
    json_t *references;
    json_t *header_references;
    json_t *loops;
    json_t *loop; /* of the last LX, NULL in the header */
    json_t *events;
    json_t *kept;
    json_t *event_problem;            /* borrowed: of the first event whose time cannot be read */
    struct hansa_codec_x12_loop at;   /* the loop being read */
    struct hansa_codec_view set_date; /* the set's own date, for events that say none */
    size_t position;                  /* of the segment being read */
    size_t readable_events;
    char repetition; /* parts repeated elements; NUL: nothing does */
    bool has_key;    /* a number that can say which shipment it is about */
    bool has_header; /* B10 was read */
    bool has_told_numbers;
    bool has_told_kept;
    bool is_reason_optional; /* release 4030 and later */
    bool allows_short_year;  /* before release 4010 */
};

/* Begins to read into `set`. `release` is GS08, `repetition` the separator of ISA11 or NUL. */
void hansa_codec_x12_214_init(struct hansa_codec_x12_214 *reader, struct hansa_codec_scribe *scribe, json_t *set,
                              json_t *warnings, json_t *seen_qualifiers, struct hansa_codec_view release,
                              char repetition);

/* One segment between ST and SE; position counts from ST = 1. */
void hansa_codec_x12_214_segment(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                                 size_t position);

/* The set has ended: says what is missing. */
void hansa_codec_x12_214_done(struct hansa_codec_x12_214 *reader);

/* Rejects a set for a first reason; later ones are not told. Works for sets of every kind. */
void hansa_codec_x12_reject(struct hansa_codec_scribe *scribe, json_t *set, struct hansa_codec_place place,
                            const char *code, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same for a finding that is there already. */
void hansa_codec_x12_reject_for(struct hansa_codec_scribe *scribe, json_t *set, json_t *problem);

#endif
