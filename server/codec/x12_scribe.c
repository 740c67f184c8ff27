/* EDI knows no character set and no limits; JSON, PostgreSQL and pages do. So every value passes through here on its way
 * out: UTF-8 in normal form C (ISO 8859-1 converted), no NUL, no control or bidi characters (promise I4), a bounded length. */
#include "codec/x12_scribe.h"

#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Decodes one character at `at`. Returns its length, 0 when it is not UTF-8 (RFC 3629: no overlong forms, no surrogates). */
static size_t decode_utf8(const unsigned char *at, size_t left, unsigned *ret_point) {
    static const unsigned smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned first = at[0];
    size_t len = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (len == 0 || len > left) return 0;
    unsigned point = len == 1 ? first : first & (0x7FU >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xC0) != 0x80) return 0;
        point = point << 6 | (at[i] & 0x3FU);
    }
    if (point < smallest[len] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return 0;
    *ret_point = point;
    return len;
}

static size_t encode_utf8(unsigned point, char out[4]) {
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    out[0] = (char)(lead[len] | point);
    return len;
}

/* Characters that a name must not hold: controls, what turns the direction of text, line separators, noncharacters. */
static bool is_forbidden(unsigned point) {
    return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x061C || point == 0x200E || point == 0x200F ||
           (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF ||
           (point >= 0xFDD0 && point <= 0xFDEF) || (point & 0xFFFE) == 0xFFFE;
}

void hansa_codec_scribe_init(struct hansa_codec_scribe *scribe, const char *bytes, size_t len) {
    *scribe = (struct hansa_codec_scribe){.values_left = HANSA_CODEC_SCRIBE_VALUES,
                                          .warnings_left = HANSA_CODEC_SCRIBE_WARNINGS,
                                          .is_latin1 = !hansa_text_is_utf8(bytes, len)};
}

/* Brings clean text of `used` bytes into normal form C, in place. Text that has none (a character under dozens of accents)
 * keeps only its ASCII. Returns the new length. */
static size_t compose(struct hansa_codec_scribe *scribe, char *out, size_t used, size_t size) {
    size_t len = 0;
    char *made = hansa_text_nfc(out, used, &len);
    if (made != NULL && hansa_text_check(made, len, HANSA_TEXT_LINE) == NULL) {
        scribe->has_cut |= len > size;
        used = hansa_text_cut(made, len, size);
        memcpy(out, made, used);
    } else {
        scribe->has_controls = true;
        for (size_t i = 0; i < used; i++)
            if ((unsigned char)out[i] >= 0x80) out[i] = ' ';
    }
    free(made);
    return used;
}

/* Copies a view into out, clean, at most size bytes. Returns the length. */
static size_t clean(struct hansa_codec_scribe *scribe, struct hansa_codec_view view, char *out, size_t size) {
    const unsigned char *at = (const unsigned char *)view.at;
    bool is_latin1 =
        scribe->is_latin1 || !hansa_text_is_utf8(view.at, view.len); /* a separator may cut a character in two */
    bool has_wide = false;
    size_t used = 0;
    for (size_t i = 0; i < view.len;) {
        unsigned point = at[i];
        size_t step = is_latin1 ? 1 : decode_utf8(at + i, view.len - i, &point);
        char encoded[4];
        if (is_forbidden(point)) {
            scribe->has_controls = true;
            point = ' ';
        }
        scribe->has_converted |= is_latin1 && point >= 0x80;
        size_t len = encode_utf8(point, encoded);
        if (used + len > size) {
            scribe->has_cut = true;
            break;
        }
        memcpy(out + used, encoded, len);
        used += len;
        has_wide |= point >= 0x80;
        i += step;
    }
    if (has_wide) used = compose(scribe, out, used, size);
    while (used > 0 && out[used - 1] == ' ')
        used--;
    return used;
}

static bool is_plain(struct hansa_codec_view view) {
    for (size_t i = 0; i < view.len; i++) {
        if (view.at[i] < ' ' || view.at[i] > '~') return false;
    }
    return true;
}

json_t *hansa_codec_scribe_text(struct hansa_codec_scribe *scribe, struct hansa_codec_view view, size_t max_len) {
    char out[HANSA_CODEC_SCRIBE_RAW];
    view = hansa_codec_view_trim(view);
    if (view.len <= max_len && is_plain(view)) return json_stringn_nocheck(view.at, view.len);
    size_t used = clean(scribe, view, out, max_len < sizeof out ? max_len : sizeof out);
    return json_stringn_nocheck(out, used);
}

json_t *hansa_codec_scribe_raw(struct hansa_codec_scribe *scribe, const struct hansa_codec_x12_segment *segment) {
    char copy[HANSA_CODEC_SCRIBE_RAW + 1]; /* one byte more than is kept, so that a cut is noticed */
    struct hansa_codec_view view = segment->raw;
    if (segment->separator > ' ' && segment->separator <= '~')
        return hansa_codec_scribe_text(scribe, view, HANSA_CODEC_SCRIBE_RAW);
    if (view.len > sizeof copy) view.len = sizeof copy;
    for (size_t i = 0; i < view.len; i++) {
        copy[i] = view.at[i];
        if (copy[i] == segment->separator) copy[i] = '*';
    }
    view.at = copy;
    return hansa_codec_scribe_text(scribe, view, HANSA_CODEC_SCRIBE_RAW);
}

static void count_value(struct hansa_codec_scribe *scribe, int result) {
    if (result != 0) scribe->has_failed = true;
    if (scribe->values_left > 0) scribe->values_left--;
}

void hansa_codec_scribe_put(struct hansa_codec_scribe *scribe, json_t *object, const char *key, json_t *value) {
    count_value(scribe, json_object_set_new_nocheck(object, key, value));
}

void hansa_codec_scribe_put_text(struct hansa_codec_scribe *scribe, json_t *object, const char *key,
                                 struct hansa_codec_view view) {
    hansa_codec_scribe_put(scribe, object, key, hansa_codec_scribe_text(scribe, view, HANSA_CODEC_SCRIBE_TEXT));
}

void hansa_codec_scribe_put_string(struct hansa_codec_scribe *scribe, json_t *object, const char *key,
                                   const char *text_or_null) {
    hansa_codec_scribe_put(scribe, object, key, text_or_null == NULL ? json_null() : json_string_nocheck(text_or_null));
}

void hansa_codec_scribe_add(struct hansa_codec_scribe *scribe, json_t *array, json_t *value) {
    count_value(scribe, json_array_append_new(array, value));
}

void hansa_codec_scribe_add_text(struct hansa_codec_scribe *scribe, json_t *array, struct hansa_codec_view view) {
    hansa_codec_scribe_add(scribe, array, hansa_codec_scribe_text(scribe, view, HANSA_CODEC_SCRIBE_TEXT));
}

json_t *hansa_codec_scribe_put_new(struct hansa_codec_scribe *scribe, json_t *parent, const char *key, json_t *fresh) {
    hansa_codec_scribe_put(scribe, parent, key, fresh);
    return scribe->has_failed ? NULL : fresh;
}

json_t *hansa_codec_scribe_add_new(struct hansa_codec_scribe *scribe, json_t *parent, json_t *fresh) {
    hansa_codec_scribe_add(scribe, parent, fresh);
    return scribe->has_failed ? NULL : fresh;
}

const char *hansa_codec_scribe_word(struct hansa_codec_scribe *scribe, struct hansa_codec_view view,
                                    char buffer[HANSA_CODEC_SCRIBE_WORD]) {
    struct hansa_codec_scribe silent = *scribe; /* words in a sentence raise no warnings of their own */
    size_t used = clean(&silent, hansa_codec_view_trim(view), buffer, HANSA_CODEC_SCRIBE_WORD - 1);
    buffer[used] = '\0';
    return buffer;
}

json_t *hansa_codec_scribe_finding(struct hansa_codec_scribe *scribe, struct hansa_codec_place place, const char *code,
                                   const char *detail) {
    size_t len =
        hansa_text_cut(detail, strlen(detail), HANSA_CODEC_SCRIBE_DETAIL - 5); /* no half character at the end */
    json_t *finding = json_object();
    hansa_codec_scribe_put_string(scribe, finding, "code", code);
    hansa_codec_scribe_put_string(scribe, finding, "segment", place.segment);
    hansa_codec_scribe_put(scribe, finding, "position", json_integer((json_int_t)place.position));
    if (place.element > 0) hansa_codec_scribe_put(scribe, finding, "element", json_integer((json_int_t)place.element));
    hansa_codec_scribe_put(scribe, finding, "detail", json_stringn_nocheck(detail, len));
    return finding;
}

void hansa_codec_scribe_warn(struct hansa_codec_scribe *scribe, json_t *warnings, struct hansa_codec_place place,
                             const char *code, const char *format, ...) {
    char detail[HANSA_CODEC_SCRIBE_DETAIL] = "";
    if (scribe->warnings_left == 0) return;
    if (--scribe->warnings_left == 0) {
        code = "more_warnings";
        (void)snprintf(detail, sizeof detail, "there are more warnings than are told");
    } else {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(detail, sizeof detail, format, arguments);
        va_end(arguments);
    }
    hansa_codec_scribe_add(scribe, warnings, hansa_codec_scribe_finding(scribe, place, code, detail));
}
