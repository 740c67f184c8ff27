/* Text for the public tracking page: a growing buffer with a maximum, escaping, and times, places and sentences in the
 * reader's language. Pure functions; a buffer lives as long as its owner wants, one thread at a time.
 */
#ifndef HANSA_TRACKING_TRACK_PAGE_TEXT_H
#define HANSA_TRACKING_TRACK_PAGE_TEXT_H

#include "track_page_words.h"

#include <stdbool.h>
#include <stddef.h>

/* What does not fit is left out and `is_cut` set; `at` is always NUL-terminated. */
struct hansa_tracking_text {
    char *at;
    size_t len;
    size_t max; /* bytes at `at`, the NUL included */
    bool is_cut;
};

#define HANSA_TRACKING_TEXT(array)                                                                                     \
    { .at = (array), .max = sizeof(array) }

void hansa_tracking_text_add(struct hansa_tracking_text *text, const char *bytes, size_t len);
void hansa_tracking_text_put(struct hansa_tracking_text *text, const char *string);

/* Adds valid UTF-8 so that a browser shows it as text, in an element and in a quoted attribute alike. Control characters
 * are dropped. */
void hansa_tracking_text_escaped(struct hansa_tracking_text *text, const char *string);

/* Adds at most `points` code points of valid UTF-8, with an ellipsis in place of the rest. */
void hansa_tracking_text_short(struct hansa_tracking_text *text, const char *string, size_t points);

/* The same for the name of a place; one all in capitals, as EDI has it, is spelled "San Luis Potosi". */
void hansa_tracking_text_spelled(struct hansa_tracking_text *text, const char *name, size_t points);

/* Adds a word of words.def, {1} and {2} replaced. `second` may be NULL. */
void hansa_tracking_text_phrase(struct hansa_tracking_text *text, const char *phrase, const char *first,
                                const char *second);

/* A point in time as its place's clock shows it, or a day. */
struct hansa_tracking_moment {
    int year, month, day, hour, minute;
    int offset_min; /* minutes east of UTC */
    bool has_time;  /* false: a day only, offset unknown */
};

/* Reads an RFC 3339 time (also as PostgreSQL writes it into JSON, "+00" for the zone) or a day YYYY-MM-DD. */
bool hansa_tracking_moment_read(const char *text, struct hansa_tracking_moment *ret_moment);

enum hansa_tracking_length { HANSA_TRACKING_LONG, HANSA_TRACKING_SHORT };

/* "Tuesday 10 March 2026, 10:42", short "Tue 10 Mar 2026, 10:42", or "2026年3月10日 星期二 10:42". */
void hansa_tracking_moment_say(struct hansa_tracking_text *text, const struct hansa_tracking_moment *moment,
                               enum hansa_tracking_length length, enum hansa_tracking_lang lang);
/* As HTML's <time datetime> wants it: "2026-03-10T10:42-06:00" or "2026-03-10". */
void hansa_tracking_moment_machine(struct hansa_tracking_text *text, const struct hansa_tracking_moment *moment);
/* "UTC+5:30", "UTC−6", "UTC"; nothing for a day. */
void hansa_tracking_moment_zone(struct hansa_tracking_text *text, const struct hansa_tracking_moment *moment);

#endif
