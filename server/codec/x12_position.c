/* No floating point: degrees are kept as a whole number of 10^-8 degrees, so that what was given comes out digit by digit. */
#include "codec/x12_position.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define UNIT INT64_C(100000000) /* one degree */

/* DDDMMSS or DDMMSS. */
static bool read_sexagesimal(struct hansa_codec_view digits, int64_t *ret_units) {
    unsigned number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9') return false;
        number = number * 10 + (unsigned)(digits.at[i] - '0');
    }
    unsigned minutes = number / 100 % 100;
    unsigned seconds = number % 100;
    if (minutes > 59 || seconds > 59) return false;
    *ret_units = (int64_t)(number / 10000) * UNIT + ((int64_t)(minutes * 60 + seconds) * UNIT + 1800) / 3600;
    return true;
}

/* One to three digits, then perhaps a point and digits, of which those beyond the eighth are dropped. */
static bool read_decimal(struct hansa_codec_view text, int64_t *ret_units) {
    int64_t units = 0;
    int64_t unit = UNIT;
    bool has_point = false;
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '.' && !has_point && digits > 0) {
            has_point = true;
            continue;
        }
        if (c < '0' || c > '9' || (!has_point && ++digits > 3)) return false;
        if (has_point) {
            unit /= 10;
            units += unit * (c - '0');
        } else {
            units = units * 10 + UNIT * (c - '0');
        }
    }
    *ret_units = units;
    return digits > 0;
}

/* Writes units as decimal degrees with as many decimals as they need. */
static void write_degrees(int64_t units, bool is_negative, char *out) {
    int used = snprintf(out, HANSA_CODEC_DEGREES_SIZE, "%s%d.%08d", is_negative && units != 0 ? "-" : "",
                        (int)(units / UNIT), (int)(units % UNIT));
    while (used > 0 && out[used - 1] == '0')
        used--;
    if (used > 0 && out[used - 1] == '.') used--;
    out[used > 0 ? used : 0] = '\0';
}

enum hansa_codec_position_result hansa_codec_x12_degrees(struct hansa_codec_view value,
                                                         struct hansa_codec_view direction, unsigned max_degrees,
                                                         char ret_degrees[HANSA_CODEC_DEGREES_SIZE]) {
    const char *negative = max_degrees == 90 ? "S" : "W";
    const char *positive = max_degrees == 90 ? "N" : "E";
    bool has_minus = value.len > 0 && value.at[0] == '-';
    bool has_sign = has_minus || (value.len > 0 && value.at[0] == '+');
    struct hansa_codec_view digits = {.at = value.at + has_sign, .len = value.len - has_sign};
    bool is_west = hansa_codec_view_equals(direction, negative);
    bool is_east = hansa_codec_view_equals(direction, positive);
    bool is_sexagesimal = digits.len == 6 || digits.len == 7;
    int64_t units = 0;
    for (size_t i = 0; i < digits.len && is_sexagesimal; i++)
        is_sexagesimal = digits.at[i] != '.';
    if (is_sexagesimal ? !read_sexagesimal(digits, &units) : !read_decimal(digits, &units))
        return HANSA_CODEC_POSITION_UNREADABLE;
    if (units > (int64_t)max_degrees * UNIT || (direction.len > 0 && !is_west && !is_east))
        return HANSA_CODEC_POSITION_UNREADABLE;
    if (is_sexagesimal && direction.len == 0 && !has_sign) return HANSA_CODEC_POSITION_UNREADABLE;
    write_degrees(units, has_minus || is_west, ret_degrees);
    bool is_conflict = (has_minus && is_east) || (has_sign && !has_minus && is_west);
    return is_conflict ? HANSA_CODEC_POSITION_CONFLICT : HANSA_CODEC_POSITION_OK;
}
