/* The string formats of include/hansa/formats.def. Each is a small hand-written reader: no locale, no strptime, no regex. */
#include <hansa/schema.h>

#include "codec/checked_number.h"
#include "codec/code_lists.h"
#include "codec/identifiers.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

enum {
    DAY = 24 * 60,
    OFFSET_MAX = 14 * 60,
    DECIMAL_DIGITS_MAX = 18,
    NUMBER_MAX = 64,
    ZONE_MAX = 64,
    SLUG_MAX = 40,
    CODE_MAX = 64,
    PHONE_MAX = 60,
    PHONE_DIGITS_MIN = 3,
    TOLD_TIME_MAX = 40
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

static bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* `count` digits as a number, or -1. */
static int number(const char *digits, size_t count) {
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_digit(digits[i])) return -1;
        value = value * 10 + (digits[i] - '0');
    }
    return value;
}

static bool is_uuid(const char *text, size_t len) {
    if (len != 36) return false;
    for (size_t i = 0; i < len; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_hyphen ? text[i] != '-' : !is_hex(text[i])) return false;
    }
    return true;
}

/* Gregorian calendar; there is no year 0. */
static bool is_date(const char *text, size_t len) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (len != 10 || text[4] != '-' || text[7] != '-') return false;
    int year = number(text, 4), month = number(text + 5, 2), day = number(text + 8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1) return false;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

/* Reads Z, +hh:mm or -hh:mm to the end. Writes minutes east of Greenwich. */
static bool is_offset(const char *text, size_t len, int *ret_minutes) {
    if (len == 1) {
        *ret_minutes = 0;
        return text[0] == 'Z' || text[0] == 'z';
    }
    if (len != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
    int hours = number(text + 1, 2), minutes = number(text + 4, 2);
    if (hours < 0 || minutes < 0 || minutes > 59 || hours * 60 + minutes > OFFSET_MAX) return false;
    *ret_minutes = (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

/* RFC 3339 section 5.6. A leap second stands at 23:59:60 UTC only (5.7). */
static bool is_date_time(const char *text, size_t len) {
    if (len < 20 || !is_date(text, 10) || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':')
        return false;
    int hour = number(text + 11, 2), minute = number(text + 14, 2), second = number(text + 17, 2), offset;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false;
    size_t at = 19;
    if (text[at] == '.') {
        size_t digits = 0;
        for (at++; at < len && is_digit(text[at]); at++)
            digits++;
        if (digits < 1 || digits > 9 || at == len) return false;
    }
    if (!is_offset(text + at, len - at, &offset)) return false;
    int minutes = hour * 60 + minute - offset; /* of the day in UTC; may lie in the day before or after */
    if (minutes < 0 && memcmp(text, "0001-01-01", 10) == 0)
        return false; /* the year must have four digits in UTC too */
    if (minutes + second / 60 >= DAY && memcmp(text, "9999-12-31", 10) == 0) return false;
    return second < 60 || (minutes + DAY) % DAY == DAY - 1;
}

/* The shape of a name of the IANA time zone database: words of letters with / between them. Whether it exists, PostgreSQL
 * knows. */
static bool is_zone(const char *text, size_t len) {
    if (len == 0 || len > ZONE_MAX) return false;
    for (size_t i = 0; i < len; i++) {
        bool is_first = i == 0 || text[i - 1] == '/';
        bool is_letter = is_upper(text[i]) || is_lower(text[i]);
        bool is_inner = is_digit(text[i]) || text[i] == '_' || text[i] == '-' || text[i] == '+';
        if (!is_letter && (is_first || !(is_inner || (text[i] == '/' && i + 1 < len)))) return false;
    }
    return true;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)? with at most 18 digits (a single 0 before the point is not counted); no negative zero,
 * because it would not survive (promise I3). */
static bool is_decimal(const char *text, size_t len) {
    size_t at = len > 0 && text[0] == '-' ? 1 : 0;
    bool is_negative = at == 1, has_value = false;
    size_t whole = 0, fraction = 0, start = at;
    for (; at < len && is_digit(text[at]); at++, whole++)
        has_value = has_value || text[at] != '0';
    if (whole == 0 || (whole > 1 && text[start] == '0')) return false;
    if (at < len) {
        if (text[at++] != '.') return false;
        for (; at < len && is_digit(text[at]); at++, fraction++)
            has_value = has_value || text[at] != '0';
        if (fraction == 0 || at < len) return false;
    }
    size_t counted = (whole == 1 && text[start] == '0' && fraction > 0 ? 0 : whole) + fraction;
    return counted <= DECIMAL_DIGITS_MAX && (has_value || !is_negative);
}

static bool is_slug(const char *text, size_t len) {
    if (len < 2 || len > SLUG_MAX || !is_lower(text[0])) return false;
    for (size_t i = 1; i < len; i++)
        if (!is_lower(text[i]) && !is_digit(text[i]) && text[i] != '-') return false;
    return true;
}

static bool is_code(const char *text, size_t len) {
    if (len == 0 || len > CODE_MAX || !is_upper(text[0])) return false;
    for (size_t i = 1; i < len; i++)
        if (!is_upper(text[i]) && !is_digit(text[i]) && text[i] != '_') return false;
    return true;
}

/* The characters of RFC 3986 section 2, with whole percent-encodings and one fragment at most. */
static bool is_uri(const char *text, size_t len) {
    bool has_fragment = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            if (len - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
            i += 2;
        } else if (c == '#') {
            if (has_fragment) return false;
            has_fragment = true;
        } else if (!is_upper(c) && !is_lower(c) && !is_digit(c) &&
                   (c == '\0' || strchr("-._~:/?[]@!$&'()*+,;=", c) == NULL)) {
            return false;
        }
    }
    return true;
}

/* UN/LOCODE begins with the country; XZ stands for installations in international waters. */
static bool is_unlocode(const char *text, size_t len) {
    return hansa_codec_unlocode_has_form(text, len) &&
           (hansa_codec_country_is_known(text, 2) || memcmp(text, "XZ", 2) == 0);
}

/* People write phone numbers in a hundred ways, so little is asked: digits, and no e-mail address. */
static bool is_phone(const char *text, size_t len) {
    return hansa_text_digits(text, len) >= PHONE_DIGITS_MIN && memchr(text, '@', len) == NULL &&
           hansa_text_length(text, len) <= PHONE_MAX && hansa_text_check(text, len, HANSA_TEXT_LINE) == NULL;
}

/* NULL, or what is expected, with the right check digit where only that is wrong. */
static const char *checked_digit(enum hansa_codec_number kind, const char *text, size_t len, const char *expected) {
    static _Thread_local char said[128];
    char right;
    switch (hansa_codec_number_check(kind, text, len, &right)) {
    case HANSA_CODEC_NUMBER_RIGHT:
        return NULL;
    case HANSA_CODEC_NUMBER_WRONG_DIGIT:
        snprintf(said, sizeof said, "check digit %c in %s", right, hansa_codec_number_name(kind));
        return said;
    case HANSA_CODEC_NUMBER_NO_FORM:
        break;
    }
    return expected;
}

const char *hansa_format_check_kind(const char *kind, const char *text, size_t len) {
    enum hansa_codec_number number;
    char clean[HANSA_CODEC_NUMBER_MAX + 2];
    if (!hansa_codec_number_kind(kind, &number)) return NULL;
    size_t used = hansa_codec_number_clean(number, text, len, clean);
    return checked_digit(number, clean, used, hansa_codec_number_form(number));
}

bool hansa_money_is_too_fine(const char *amount, const char *currency, int *ret_places) {
    const char *point = strchr(amount, '.');
    *ret_places = hansa_codec_currency_places(currency, strlen(currency));
    return *ret_places >= 0 && point != NULL && strlen(point + 1) > (size_t)*ret_places;
}

void hansa_time_settle(char *text, size_t len) {
    if (len < 17 || text[4] != '-' || text[7] != '-' || text[13] != ':') return;
    if (text[10] == 't') text[10] = 'T';
    if (text[len - 1] == 'z') text[len - 1] = 'Z';
    if (len < 19 || memcmp(text + 16, ":60", 3) != 0) return;
    bool is_local = text[len - 1] != 'Z' && text[len - 6] != '+' &&
                    text[len - 6] != '-'; /* no offset: the zone tells when it was */
    if (is_local || is_date_time(text, len)) memcpy(text + 17, "59", 2);
}

static bool fits(enum hansa_format format, const char *text, size_t len) {
    switch (format) {
    case HANSA_FORMAT_UUID:
        return is_uuid(text, len);
    case HANSA_FORMAT_DATE:
        return is_date(text, len);
    case HANSA_FORMAT_DATE_TIME:
        return is_date_time(text, len);
    case HANSA_FORMAT_ZONE:
        return is_zone(text, len);
    case HANSA_FORMAT_TOLD_TIME: /* judged event by event, in SQL */
        return hansa_text_check(text, len, HANSA_TEXT_LINE) == NULL && len <= TOLD_TIME_MAX;
    case HANSA_FORMAT_PHONE:
        return is_phone(text, len);
    case HANSA_FORMAT_MONEY:
    case HANSA_FORMAT_DECIMAL:
        return is_decimal(text, len);
    case HANSA_FORMAT_COUNTRY:
        return hansa_codec_country_is_known(text, len);
    case HANSA_FORMAT_CURRENCY:
        return hansa_codec_currency_places(text, len) >= 0;
    case HANSA_FORMAT_UNLOCODE:
        return is_unlocode(text, len);
    case HANSA_FORMAT_SCAC:
        return hansa_codec_scac_has_form(text, len);
    case HANSA_FORMAT_SLUG:
        return is_slug(text, len);
    case HANSA_FORMAT_CODE:
        return is_code(text, len);
    case HANSA_FORMAT_URI:
        return is_uri(text, len);
    case HANSA_FORMAT_LINE:
    case HANSA_FORMAT_ASKED:
    case HANSA_FORMAT_SECRET:
    case HANSA_FORMAT_MULTILINE:
    case HANSA_FORMAT_NUMBER:
    case HANSA_FORMAT_SSCC:
    case HANSA_FORMAT_GLN:
    case HANSA_FORMAT_CONTAINER:
        break; /* see hansa_format_check */
    }
    return true;
}

const char *hansa_format_check(enum hansa_format format, const char *text, size_t len) {
    static const char *const expected[] = {
#define HANSA_FORMAT(name, json_name, longest, detail) detail,
#include <hansa/formats.def>
#undef HANSA_FORMAT
    };
    switch (format) {
    case HANSA_FORMAT_LINE:
    case HANSA_FORMAT_ASKED:
    case HANSA_FORMAT_SECRET:
        return hansa_text_check(text, len, HANSA_TEXT_LINE);
    case HANSA_FORMAT_MULTILINE:
        return hansa_text_check(text, len, HANSA_TEXT_MULTILINE);
    case HANSA_FORMAT_NUMBER:
        if (hansa_text_length(text, len) > NUMBER_MAX) return expected[format];
        return hansa_text_check(text, len, HANSA_TEXT_TOKEN);
    case HANSA_FORMAT_SSCC:
        return checked_digit(HANSA_CODEC_SSCC, text, len, expected[format]);
    case HANSA_FORMAT_GLN:
        return checked_digit(HANSA_CODEC_GLN, text, len, expected[format]);
    case HANSA_FORMAT_CONTAINER:
        return checked_digit(HANSA_CODEC_CONTAINER, text, len, expected[format]);
    default:
        return fits(format, text, len) ? NULL : expected[format];
    }
}
