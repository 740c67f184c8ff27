/* The words of the public tracking page, from words.def. Const data of the process; any thread. */
#ifndef HANSA_TRACKING_TRACK_PAGE_WORDS_H
#define HANSA_TRACKING_TRACK_PAGE_WORDS_H

#include <stdbool.h>

enum hansa_tracking_lang { HANSA_TRACKING_ENGLISH, HANSA_TRACKING_CHINESE, HANSA_TRACKING_LANG_COUNT };

enum hansa_tracking_word {
#define HANSA_WORD(key, english, chinese) HANSA_TRACKING_WORD_##key,
#define HANSA_COUNTRY(code, english, chinese)
#include "words.def"
#undef HANSA_WORD
#undef HANSA_COUNTRY
    HANSA_TRACKING_WORD_COUNT
};

const char *hansa_tracking_word(enum hansa_tracking_word word, enum hansa_tracking_lang lang);

/* What to call an event or a status (codes of server/codec: every one of them has its word, or this does not compile), and
 * the sentence that tells more of a status. Unknown or NULL: EVENT_OTH, STATUS_OTHER, TELL_OTHER. */
enum hansa_tracking_word hansa_tracking_event_word(const char *code);
enum hansa_tracking_word hansa_tracking_status_word(const char *status);
enum hansa_tracking_word hansa_tracking_status_tell(const char *status);

/* DELAYED, HELD, DAMAGED; false for another. */
bool hansa_tracking_flag_word(const char *flag, enum hansa_tracking_word *ret_word);

/* Name of a country (ISO 3166-1 alpha-2); an unknown code is its own name. NULL gives NULL. */
const char *hansa_tracking_country(const char *code, enum hansa_tracking_lang lang);

#endif
