/* One event of a 214: its AT7, and the MS1 that says where. Used by x12_214.c alone; same thread and lifetimes. */
#ifndef HANSA_CODEC_X12_EVENT_H
#define HANSA_CODEC_X12_EVENT_H

#include "codec/x12_214.h"
#include "codec/x12_position.h"

/* Adds the event of an AT7 to reader->events; an AT7 that names nothing adds none. An unreadable date rejects the set. */
void hansa_codec_x12_event_read(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                                struct hansa_codec_place place);

/* What an MS1 says, ready to be put into several events. */
struct hansa_codec_x12_event_place {
    json_t *at;       /* owned: {city, state, country, lon, lat}, those that were sent */
    const char *zone; /* IANA zone of the place or NULL */
    bool has_latitude;
    bool has_longitude;
    char latitude[HANSA_CODEC_DEGREES_SIZE];
    char longitude[HANSA_CODEC_DEGREES_SIZE];
};

void hansa_codec_x12_event_place_read(struct hansa_codec_x12_event_place *place, struct hansa_codec_x12_214 *reader,
                                      const struct hansa_codec_x12_segment *segment, struct hansa_codec_place where);
void hansa_codec_x12_event_place_put(const struct hansa_codec_x12_event_place *place,
                                     struct hansa_codec_x12_214 *reader, json_t *event);

#endif
