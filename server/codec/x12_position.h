/* Geographic positions as MS1 writes them. Pure; any thread. */
#ifndef HANSA_CODEC_X12_POSITION_H
#define HANSA_CODEC_X12_POSITION_H

#include "codec/x12.h"

#define HANSA_CODEC_DEGREES_SIZE 24

enum hansa_codec_position_result {
    HANSA_CODEC_POSITION_OK,
    HANSA_CODEC_POSITION_CONFLICT,  /* written, but sign and direction letter disagree: the sign was believed */
    HANSA_CODEC_POSITION_UNREADABLE /* nothing written */
};

/* Turns a longitude (max_degrees 180, west 'W', east 'E') or latitude (90, 'S', 'N') into decimal degrees as text with at most
 * 8 decimals, negative in the west and south. `value` is DDDMMSS (or DDMMSS), or decimal degrees that may carry a sign.
 * A minus sign together with W or S is negated once, not twice (standards.md 4.4). Without a letter only decimal degrees
 * can be believed. */
enum hansa_codec_position_result hansa_codec_x12_degrees(struct hansa_codec_view value,
                                                         struct hansa_codec_view direction, unsigned max_degrees,
                                                         char ret_degrees[HANSA_CODEC_DEGREES_SIZE]);

#endif
