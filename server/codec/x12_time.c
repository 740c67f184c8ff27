/* The clock of an event is told apart from its zone: the codec reads both as text and PostgreSQL, which knows the zone rules,
 * puts them together (standards.md 6). */
#include "codec/x12_time.h"

#include <stdio.h>
#include <string.h>

struct pair {
    const char *key;
    const char *zone;
};

struct place {
    const char *country;
    const char *state;
    const char *zone;
};

static const struct pair time_codes[] = {
#define HANSA_X12_TIME_CODE(code, zone) {code, zone},
#include "codec/zones.def"
#undef HANSA_X12_TIME_CODE
};

static const struct place places[] = {
#define HANSA_PLACE_ZONE(country, state, zone) {country, state, zone},
#include "codec/zones.def"
#undef HANSA_PLACE_ZONE
};

/* Reads `len` digits from `from`; false when one of them is none. */
static bool read_digits(struct hansa_codec_view view, size_t from, size_t len, unsigned *ret_number) {
    unsigned number = 0;
    for (size_t i = from; i < from + len; i++) {
        if (i >= view.len || view.at[i] < '0' || view.at[i] > '9') return false;
        number = number * 10 + (unsigned)(view.at[i] - '0');
    }
    *ret_number = number;
    return true;
}

static unsigned month_days(unsigned year, unsigned month) {
    static const unsigned char days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && is_leap ? 29 : days[month - 1];
}

struct day {
    unsigned year, month, day;
};

static bool read_date(struct hansa_codec_view view, bool allows_short_year, struct day *ret_day) {
    struct day found;
    size_t year_len = view.len == 6 && allows_short_year ? 2 : 4;
    if (view.len != year_len + 4 || !read_digits(view, 0, year_len, &found.year) ||
        !read_digits(view, year_len, 2, &found.month) || !read_digits(view, year_len + 2, 2, &found.day))
        return false;
    if (year_len == 2) found.year += found.year >= 80 ? 1900 : 2000;
    if (found.year < 1980 || found.year > 2099 || found.month < 1 || found.month > 12) return false;
    if (found.day < 1 || found.day > month_days(found.year, found.month)) return false;
    *ret_day = found;
    return true;
}

static struct day next_day(struct day day) {
    if (++day.day > month_days(day.year, day.month)) {
        day.day = 1;
        day.month++;
    }
    if (day.month > 12) {
        day.month = 1;
        day.year++;
    }
    return day;
}

enum hansa_codec_x12_time_result hansa_codec_x12_local_time(struct hansa_codec_view date, struct hansa_codec_view time,
                                                            bool allows_short_year,
                                                            char ret_time[HANSA_CODEC_LOCAL_TIME_SIZE]) {
    struct day day;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    unsigned decimals = 0;
    if (!read_date(date, allows_short_year, &day)) return HANSA_CODEC_X12_DATE_UNREADABLE;
    if (time.len > 0) {
        bool is_short = time.len == 4;
        if (!read_digits(time, 0, 2, &hour) || !read_digits(time, 2, 2, &minute) || time.len > 8 ||
            (!is_short && (!read_digits(time, 4, 2, &second) || !read_digits(time, 6, time.len - 6, &decimals))))
            return HANSA_CODEC_X12_TIME_UNREADABLE;
    }
    if (hour == 24 && minute == 0 && second == 0) {
        hour = 0;
        day = next_day(day);
    }
    second = second == 60 ? 59 : second;
    if (hour > 23 || minute > 59 || second > 59) return HANSA_CODEC_X12_TIME_UNREADABLE;
    int used = snprintf(ret_time, HANSA_CODEC_LOCAL_TIME_SIZE, "%04u-%02u-%02uT%02u:%02u", day.year % 10000,
                        day.month % 100, day.day % 100, hour, minute);
    if (time.len > 4 && used > 0)
        (void)snprintf(ret_time + used, HANSA_CODEC_LOCAL_TIME_SIZE - (size_t)used, ":%02u", second);
    return time.len > 0 ? HANSA_CODEC_X12_TIME_OK : HANSA_CODEC_X12_TIME_ASSUMED;
}

static enum hansa_codec_x12_zone_result write_offset(char sign, unsigned hours, unsigned minutes, char *ret_zone) {
    if (hours > 14 || minutes > 59) return HANSA_CODEC_X12_ZONE_UNKNOWN;
    (void)snprintf(ret_zone, HANSA_CODEC_ZONE_SIZE, "%c%02u:%02u", sign, hours, minutes);
    return HANSA_CODEC_X12_ZONE_GIVEN;
}

enum hansa_codec_x12_zone_result hansa_codec_x12_zone(struct hansa_codec_view code,
                                                      char ret_zone[HANSA_CODEC_ZONE_SIZE]) {
    unsigned hours = 0;
    unsigned minutes = 0;
    if (code.len == 0 || hansa_codec_view_equals(code, "LT")) return HANSA_CODEC_X12_ZONE_LOCAL;
    for (size_t i = 0; i < sizeof time_codes / sizeof time_codes[0]; i++) {
        if (!hansa_codec_view_equals(code, time_codes[i].key)) continue;
        (void)snprintf(ret_zone, HANSA_CODEC_ZONE_SIZE, "%s", time_codes[i].zone);
        return HANSA_CODEC_X12_ZONE_GIVEN;
    }
    if (code.at[0] == 'P' || code.at[0] == 'M') {
        char sign = code.at[0] == 'P' ? '+' : '-';
        if ((code.len == 2 || code.len == 3) && read_digits(code, 1, code.len - 1, &hours))
            return write_offset(sign, hours, 0, ret_zone);
        if (code.len == 5 && read_digits(code, 1, 2, &hours) && read_digits(code, 3, 2, &minutes))
            return write_offset(sign, hours, minutes, ret_zone);
    } else if (code.len == 2 && read_digits(code, 0, 2, &hours) && hours >= 1 && hours <= 24) {
        return hours <= 12 ? write_offset('+', hours, 0, ret_zone) : write_offset('-', 25 - hours, 0, ret_zone);
    }
    return HANSA_CODEC_X12_ZONE_UNKNOWN;
}

/* The ISO 3166 alpha-2 code of what senders write; NULL when no country is given. */
static const char *country_code(struct hansa_codec_view country, char ret_code[3]) {
    static const struct pair others[] = {{"USA", "US"}, {"CAN", "CA"}, {"MEX", "MX"}, {"UK", "GB"}, {"GBR", "GB"}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (hansa_codec_view_equals(country, others[i].key)) return others[i].zone;
    }
    if (country.len != 2) return country.len == 0 ? NULL : "";
    memcpy(ret_code, country.at, 2);
    ret_code[2] = '\0';
    return ret_code;
}

const char *hansa_codec_place_zone(struct hansa_codec_view country, struct hansa_codec_view state) {
    char buffer[3];
    const char *wanted = country_code(country, buffer);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        bool has_states = places[i].state[0] != '\0';
        if (wanted != NULL && strcmp(wanted, places[i].country) != 0) continue;
        if (wanted == NULL && !has_states) continue;
        if (!has_states || hansa_codec_view_equals(state, places[i].state)) return places[i].zone;
    }
    return NULL;
}
