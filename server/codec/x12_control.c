/* Senders pad, drop zeros and put letters where numbers belong; nothing here trusts them further than nine digits. */
#include "codec/x12_control.h"

#include <string.h>

bool hansa_codec_x12_count(struct hansa_codec_view view, size_t *ret_count) {
    size_t count = 0;
    while (view.len > 1 && view.at[0] == '0') {
        view.at++;
        view.len--;
    }
    if (view.len == 0 || view.len > 9) return false;
    for (size_t i = 0; i < view.len; i++) {
        if (view.at[i] < '0' || view.at[i] > '9') return false;
        count = count * 10 + (size_t)(view.at[i] - '0');
    }
    *ret_count = count;
    return true;
}

bool hansa_codec_x12_is_same_control(struct hansa_codec_view one, struct hansa_codec_view other) {
    size_t first = 0;
    size_t second = 0;
    if (one.len == other.len && memcmp(one.at, other.at, one.len) == 0) return true;
    return hansa_codec_x12_count(one, &first) && hansa_codec_x12_count(other, &second) && first == second;
}
