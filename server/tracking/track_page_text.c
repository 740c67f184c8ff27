/* The page is for a stranger's browser and holds what carriers typed, so there is exactly one way for a text to get into it,
 * hansa_tracking_text_escaped. Times are shown on the clock of the place where they happened: the view brings each with that
 * place's offset, so no zone data is needed here. */
#include "track_page_text.h"

#include <stdio.h>
#include <string.h>

void hansa_tracking_text_add(struct hansa_tracking_text *text, const char *bytes, size_t len) {
    if (text->is_cut || len >= text->max - text->len) {
        text->is_cut = true;
        return;
    }
    memcpy(text->at + text->len, bytes, len);
    text->len += len;
    text->at[text->len] = '\0';
}

void hansa_tracking_text_put(struct hansa_tracking_text *text, const char *string) {
    hansa_tracking_text_add(text, string, strlen(string));
}

static const char *entity_of(unsigned char byte) {
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return byte < 0x20 || byte == 0x7f ? "" : NULL;
    }
}

void hansa_tracking_text_escaped(struct hansa_tracking_text *text, const char *string) {
    const char *plain = string; /* what was not added yet begins here */
    for (; *string; string++) {
        const char *entity = entity_of((unsigned char)*string);
        if (!entity) continue;
        hansa_tracking_text_add(text, plain, (size_t)(string - plain));
        hansa_tracking_text_put(text, entity);
        plain = string + 1;
    }
    hansa_tracking_text_add(text, plain, (size_t)(string - plain));
}

void hansa_tracking_text_short(struct hansa_tracking_text *text, const char *string, size_t points) {
    size_t len = 0;
    for (; string[len]; len++)
        if (((unsigned char)string[len] & 0xc0) != 0x80 && points-- == 0) break;
    hansa_tracking_text_add(text, string, len);
    if (string[len]) hansa_tracking_text_put(text, "…");
}

void hansa_tracking_text_spelled(struct hansa_tracking_text *text, const char *name, size_t points) {
    bool has_small = false, is_inside = false;
    for (const char *at = name; *at; at++)
        has_small |= *at >= 'a' && *at <= 'z';
    size_t begin = text->len;
    hansa_tracking_text_short(text, name, points);
    for (char *at = text->at + begin; !has_small && *at; at++) {
        bool is_letter = (*at >= 'A' && *at <= 'Z') || ((unsigned char)*at & 0x80);
        if (is_inside && *at >= 'A' && *at <= 'Z') *at = (char)(*at - 'A' + 'a');
        is_inside = is_letter;
    }
}

void hansa_tracking_text_phrase(struct hansa_tracking_text *text, const char *phrase, const char *first,
                                const char *second) {
    for (const char *mark; (mark = strchr(phrase, '{')); phrase = mark + 3) {
        hansa_tracking_text_add(text, phrase, (size_t)(mark - phrase));
        const char *value = mark[1] == '1' ? first : second;
        if (value) hansa_tracking_text_put(text, value);
    }
    hansa_tracking_text_put(text, phrase);
}

/* Reads exactly `count` digits; -1 when there are fewer. */
static int digits(const char **at, int count) {
    int value = 0;
    for (; count > 0; count--, (*at)++) {
        if (**at < '0' || **at > '9') return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool skip(const char **at, char wanted) {
    if (**at != wanted) return false;
    (*at)++;
    return true;
}

/* "Z", "+05:30", "-06", at the end of the text. */
static bool offset_read(const char *at, int *ret_offset_min) {
    if ((*at == 'Z' || *at == 'z') && !at[1]) {
        *ret_offset_min = 0;
        return true;
    }
    int sign = *at == '+' ? 1 : *at == '-' ? -1 : 0;
    if (!sign) return false;
    at++;
    int hours = digits(&at, 2);
    skip(&at, ':');
    int minutes = *at ? digits(&at, 2) : 0;
    if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59 || *at) return false;
    *ret_offset_min = sign * (hours * 60 + minutes);
    return true;
}

static int days_of(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && is_leap ? 29 : days[month - 1];
}

bool hansa_tracking_moment_read(const char *text, struct hansa_tracking_moment *ret_moment) {
    struct hansa_tracking_moment moment = {0};
    if (!text) return false;
    moment.year = digits(&text, 4);
    if (moment.year < 0 || !skip(&text, '-') || (moment.month = digits(&text, 2)) < 1 || moment.month > 12 ||
        !skip(&text, '-') || (moment.day = digits(&text, 2)) < 1 || moment.day > days_of(moment.year, moment.month))
        return false;
    if (*text) {
        moment.has_time = true;
        if ((!skip(&text, 'T') && !skip(&text, ' ')) || (moment.hour = digits(&text, 2)) < 0 || moment.hour > 23 ||
            !skip(&text, ':') || (moment.minute = digits(&text, 2)) < 0 || moment.minute > 59)
            return false;
        if (skip(&text, ':') && digits(&text, 2) < 0) return false;
        if (skip(&text, '.'))
            while (*text >= '0' && *text <= '9')
                text++;
        if (!offset_read(text, &moment.offset_min)) return false;
    }
    *ret_moment = moment;
    return true;
}

/* 0 = Sunday. Gregorian calendar; years that begin in March make the leap day the last one (after C. F. Gauss). */
static int weekday(int year, int month, int day) {
    static const int shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
    if (month < 3) year--;
    return (year + year / 4 - year / 100 + year / 400 + shift[month - 1] + day) % 7;
}

void hansa_tracking_moment_say(struct hansa_tracking_text *text, const struct hansa_tracking_moment *moment,
                               enum hansa_tracking_length length, enum hansa_tracking_lang lang) {
    unsigned month_at = HANSA_TRACKING_WORD_MONTH_1 + (unsigned)moment->month - 1;
    unsigned day_at = HANSA_TRACKING_WORD_DAY_0 + (unsigned)weekday(moment->year + 400, moment->month, moment->day);
    const char *month = hansa_tracking_word((enum hansa_tracking_word)month_at, lang);
    const char *day = hansa_tracking_word((enum hansa_tracking_word)day_at, lang);
    int letters = length == HANSA_TRACKING_SHORT ? 3 : 16; /* English days and months all shorten to three */
    char said[160];
    if (lang == HANSA_TRACKING_CHINESE)
        snprintf(said, sizeof said, "%d年%s%d日 %s", moment->year, month, moment->day, day);
    else
        snprintf(said, sizeof said, "%.*s %d %.*s %d", letters, day, moment->day, letters, month, moment->year);
    hansa_tracking_text_put(text, said);
    if (!moment->has_time) return;
    snprintf(said, sizeof said, "%s %02d:%02d", lang == HANSA_TRACKING_CHINESE ? "" : ",", moment->hour,
             moment->minute);
    hansa_tracking_text_put(text, said);
}

void hansa_tracking_moment_machine(struct hansa_tracking_text *text, const struct hansa_tracking_moment *moment) {
    int minutes = moment->offset_min < 0 ? -moment->offset_min : moment->offset_min;
    char said[96];
    snprintf(said, sizeof said, "%04d-%02d-%02d", moment->year, moment->month, moment->day);
    hansa_tracking_text_put(text, said);
    if (!moment->has_time) return;
    snprintf(said, sizeof said, "T%02d:%02d%c%02d:%02d", moment->hour, moment->minute,
             moment->offset_min < 0 ? '-' : '+', minutes / 60, minutes % 60);
    hansa_tracking_text_put(text, said);
}

void hansa_tracking_moment_zone(struct hansa_tracking_text *text, const struct hansa_tracking_moment *moment) {
    if (!moment->has_time) return;
    int minutes = moment->offset_min < 0 ? -moment->offset_min : moment->offset_min;
    char said[32] = "UTC";
    const char *sign = moment->offset_min < 0 ? "−" : "+";
    if (minutes % 60)
        snprintf(said, sizeof said, "UTC%s%d:%02d", sign, minutes / 60, minutes % 60);
    else if (minutes)
        snprintf(said, sizeof said, "UTC%s%d", sign, minutes / 60);
    hansa_tracking_text_put(text, said);
}
