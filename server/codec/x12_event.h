/* One event of a 214: its AT7, and the MS1 that says where. Used by x12_214.c alone; same thread and lifetimes. */
#ifndef HANSA_CODEC_X12_EVENT_H
#define HANSA_CODEC_X12_EVENT_H

#include "codec/x12_214.h"

/* Adds the event of an AT7 to reader->events; an AT7 that names nothing adds none. One whose time cannot be read has a
 * "problem" and no time: it is lost by itself (standards.md 3). Returns whether there is an event. */
bool hansa_codec_x12_event_read(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                                struct hansa_codec_place place);

/* Reads an MS1; place->at is the caller's. */
void hansa_codec_x12_event_place_read(struct hansa_codec_x12_event_place *place, struct hansa_codec_x12_214 *reader,
                                      const struct hansa_codec_x12_segment *segment, struct hansa_codec_place where);
void hansa_codec_x12_event_place_put(const struct hansa_codec_x12_event_place *place,
                                     struct hansa_codec_x12_214 *reader, json_t *event);

#endif
