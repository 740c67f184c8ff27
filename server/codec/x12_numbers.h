/* The numbers that a 214 tells: those that say which shipment it is about (keys), and all others (numbers), which are kept so
 * that the shipment is found by them. Used by x12_214.c alone; same thread and lifetimes. */
#ifndef HANSA_CODEC_X12_NUMBERS_H
#define HANSA_CODEC_X12_NUMBERS_H

#include "codec/x12_214.h"

/* [first, second] */
json_t *hansa_codec_x12_pair(struct hansa_codec_x12_214 *reader, struct hansa_codec_view first,
                             struct hansa_codec_view second);

/* Each adds to the open loop, or to the set before any, what is not there yet. */
void hansa_codec_x12_key_add(struct hansa_codec_x12_214 *reader, const char *kind, struct hansa_codec_view value);
void hansa_codec_x12_number_add(struct hansa_codec_x12_214 *reader, const char *kind, struct hansa_codec_view value);

void hansa_codec_x12_l11_read(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                              struct hansa_codec_place place);
/* MAN: the SSCC of a handling unit. Returns false for marks of other kinds. */
bool hansa_codec_x12_man_read(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                              struct hansa_codec_place place);
/* OID (01 reference, 02 purchase order) and M7 (seals); the segment itself is kept too. */
void hansa_codec_x12_oid_read(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment);
void hansa_codec_x12_m7_read(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment);
/* Prefix and number of MS2 may be a container's; then it can be asked for by that number. */
void hansa_codec_x12_container_read(struct hansa_codec_x12_214 *reader, const struct hansa_codec_x12_segment *segment,
                                    struct hansa_codec_place place);

#endif
