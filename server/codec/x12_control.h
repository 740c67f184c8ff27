/* Counts and control numbers of X12 envelopes. Pure; any thread. */
#ifndef HANSA_CODEC_X12_CONTROL_H
#define HANSA_CODEC_X12_CONTROL_H

#include "codec/x12.h"

/* A whole number of at most nine digits; false for anything else. */
bool hansa_codec_x12_count(struct hansa_codec_view view, size_t *ret_count);

/* Control numbers are the same when they are the same text or the same number: senders drop leading zeros. */
bool hansa_codec_x12_is_same_control(struct hansa_codec_view one, struct hansa_codec_view other);

#endif
