/* The problem: normalising is dear and can be made quadratic by a long run of combining characters, yet nearly every text
 * is ASCII or Chinese, where normal form C is plain to see.
 * The idea: one pass over the code points finds what is forbidden and whether a slow look is needed at all. Runs of
 * combining characters are bounded before libutf8proc sorts them. */
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { COMBINING_RUN_MAX = 30 };

static const char expects_utf8[] = "valid UTF-8";
static const char expects_nfc[] = "text in Unicode normal form C";
static const char expects_line[] = "one line of text without control characters";
static const char expects_multiline[] = "text without control characters other than line feed and tab";
static const char expects_no_bidi[] = "text without bidirectional control characters";
static const char expects_short_run[] = "text with at most 30 combining characters in a row";
static const char expects_visible[] = "visible characters, with blanks only between them";

/* Steps over one code point; returns its bytes, 0 when they are not UTF-8. `len` > 0. */
static size_t next(const char *text, size_t len, int32_t *ret_point) {
    if ((unsigned char)text[0] < 0x80) {
        *ret_point = (unsigned char)text[0];
        return 1;
    }
    /* Four bytes are enough to see, and keep the length inside utf8proc's signed type. */
    utf8proc_ssize_t used =
        utf8proc_iterate((const utf8proc_uint8_t *)text, len < 4 ? (utf8proc_ssize_t)len : 4, ret_point);
    return used > 0 ? (size_t)used : 0;
}

static bool is_control(int32_t point) {
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x2028 || point == 0x2029;
}

/* UAX 9, table of the explicit formatting characters, and the three marks. */
static bool is_bidi_control(int32_t point) {
    return point == 0x061c || point == 0x200e || point == 0x200f || (point >= 0x202a && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

/* True when a character is in normal form C whatever stands beside it: below the first combining mark, or a unified
 * ideograph, or full-width. False only says that a slow look is needed. */
static bool is_plainly_nfc(int32_t point) {
    return point < 0x300 || (point >= 0x4e00 && point <= 0x9fff) || (point >= 0x3400 && point <= 0x4dbf) ||
           (point >= 0x3001 && point <= 0x3029) || (point >= 0xff01 && point <= 0xff60);
}

static bool is_visible(int32_t point) {
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
        return false;
    default:
        return true;
    }
}

bool hansa_text_is_utf8(const char *text, size_t len) {
    for (size_t at = 0; at < len;) {
        int32_t point;
        size_t used = next(text + at, len - at, &point);
        if (used == 0) return false;
        at += used;
    }
    return true;
}

size_t hansa_text_length(const char *text, size_t len) {
    size_t count = 0;
    for (size_t at = 0; at < len; at++)
        count += ((unsigned char)text[at] & 0xc0) != 0x80;
    return count;
}

static bool is_digit_within(int32_t point, int32_t zero) {
    return point >= zero && point <= zero + 9;
}

size_t hansa_text_digits(const char *text, size_t len) {
    size_t count = 0;
    for (size_t at = 0; at < len;) {
        int32_t point;
        size_t used = next(text + at, len - at, &point);
        if (used == 0) return count;
        count += is_digit_within(point, '0') || is_digit_within(point, 0xff10) || is_digit_within(point, 0x660) ||
                 is_digit_within(point, 0x6f0) || is_digit_within(point, 0x966);
        at += used;
    }
    return count;
}

/* Walks the text; NULL when nothing in it is forbidden. `kind` NULL: controls and bidi are not looked at. */
static const char *walk(const char *text, size_t len, const enum hansa_text_kind *kind, bool *ret_is_plain) {
    size_t run = 0;
    bool is_plain = true;
    for (size_t at = 0; at < len;) {
        int32_t point;
        size_t used = next(text + at, len - at, &point);
        if (used == 0) return expects_utf8;
        at += used;
        if (kind != NULL && is_control(point)) {
            if (*kind != HANSA_TEXT_MULTILINE) return expects_line;
            if (point != '\n' && point != '\t') return expects_multiline;
        }
        if (kind != NULL && is_bidi_control(point)) return expects_no_bidi;
        if (is_plainly_nfc(point)) {
            run = 0;
            continue;
        }
        is_plain = false;
        run = utf8proc_get_property(point)->combining_class != 0 ? run + 1 : 0;
        if (run > COMBINING_RUN_MAX) return expects_short_run;
    }
    *ret_is_plain = is_plain;
    return NULL;
}

static char *compose(const char *text, size_t len, size_t *ret_len) {
    utf8proc_uint8_t *made = NULL;
    utf8proc_ssize_t made_len =
        utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &made, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (made_len < 0) return NULL;
    *ret_len = (size_t)made_len;
    return (char *)made;
}

static const char *check_token(const char *text, size_t len) {
    if (len == 0 || text[0] == ' ' || text[len - 1] == ' ') return expects_visible;
    for (size_t at = 0; at < len;) {
        int32_t point;
        at += next(text + at, len - at, &point);
        if (point != ' ' && !is_visible(point)) return expects_visible;
    }
    return NULL;
}

const char *hansa_text_check(const char *text, size_t len, enum hansa_text_kind kind) {
    bool is_plain = true;
    const char *expected = walk(text, len, &kind, &is_plain);
    if (expected != NULL) return expected;
    if (kind == HANSA_TEXT_TOKEN && (expected = check_token(text, len)) != NULL) return expected;
    if (is_plain) return NULL;
    size_t made_len = 0;
    char *made = compose(text, len, &made_len);
    bool is_same = made != NULL && made_len == len && memcmp(made, text, len) == 0;
    free(made);
    return is_same ? NULL : expects_nfc;
}

char *hansa_text_nfc(const char *text, size_t len, size_t *ret_len) {
    bool is_plain = true;
    if (memchr(text, '\0', len) != NULL || walk(text, len, NULL, &is_plain) != NULL) return NULL;
    if (!is_plain) return compose(text, len, ret_len);
    char *copy = malloc(len + 1);
    if (copy == NULL) return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    *ret_len = len;
    return copy;
}

/* Blanks of all kinds, as the web, word processors and Asian keyboards make them; U+200B, U+2060 and U+180E have no width. */
static bool is_blank(int32_t point) {
    if (point < 0x80) return point == ' ' || (point >= '\t' && point <= '\r');
    utf8proc_category_t category = utf8proc_category(point);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP ||
           point == 0x85 || point == 0x200b || point == 0x2060 || point == 0x180e;
}

/* Letters by their category, and nothing to see: the Hangul fillers and the empty Braille cell. */
static bool is_filler(int32_t point) {
    return point == 0x115f || point == 0x1160 || point == 0x3164 || point == 0xffa0 || point == 0x2800 ||
           point == 0x34f;
}

bool hansa_text_is_blank(const char *text, size_t len) {
    for (size_t at = 0; at < len;) {
        int32_t point;
        size_t used = next(text + at, len - at, &point);
        if (used == 0 || (is_visible(point) && !is_filler(point))) return false;
        at += used;
    }
    return true;
}

/* Copies what stays; `out` has room for `len` bytes. Returns the bytes written. */
static size_t keep(const char *text, size_t len, enum hansa_text_care care, char *out) {
    size_t written = 0, end = 0; /* `end`: behind the last character that is no blank */
    for (size_t at = 0; at < len;) {
        int32_t point;
        size_t used = next(text + at, len - at, &point);
        if (used == 0) { /* not UTF-8: all the rest, for the check to refuse */
            memcpy(out + written, text + at, len - at);
            return written + len - at;
        }
        bool is_space = care != HANSA_TEXT_KEPT && is_blank(point);
        bool is_dropped = point == 0xfeff || (is_space && end == 0) ||
                          (care == HANSA_TEXT_DIGITS && utf8proc_category(point) == UTF8PROC_CATEGORY_CF);
        if (!is_dropped && is_space && care == HANSA_TEXT_DIGITS) {
            out[written++] = ' ';
        } else if (!is_dropped) {
            memcpy(out + written, text + at, used);
            written += used;
        }
        if (!is_dropped && !is_space) end = written;
        at += used;
    }
    return care == HANSA_TEXT_KEPT ? written : end;
}

char *hansa_text_tidy(const char *text, size_t len, enum hansa_text_care care, size_t *ret_len) {
    char *kept = malloc(len + 1);
    if (kept == NULL) return NULL;
    *ret_len = keep(text, len, care, kept);
    kept[*ret_len] = '\0';
    size_t made_len;
    char *made = hansa_text_nfc(kept, *ret_len, &made_len);
    if (made == NULL) return kept;
    free(kept);
    *ret_len = made_len;
    return made;
}

size_t hansa_text_cut(const char *text, size_t len, size_t most) {
    if (len <= most) return len;
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    return most;
}

void hansa_text_words(char *to, size_t size, const char *lead, const char *const *words) {
    size_t used = (size_t)snprintf(to, size, "%s", lead), room = size - sizeof " …";
    for (; *words != NULL; words++) {
        if (used + strlen(*words) + 2 > room) {
            snprintf(to + used, size - used, " …");
            return;
        }
        used += (size_t)snprintf(to + used, size - used, " %s%s", *words, words[1] == NULL ? "." : ",");
    }
}
