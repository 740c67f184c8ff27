/* Tables made of words.def. The longest has 250 lines and a page asks some 60 times, so a plain walk is quick enough. */
#include "track_page_words.h"

#include <stddef.h>
#include <string.h>

static const char *const words[][HANSA_TRACKING_LANG_COUNT] = {
#define HANSA_WORD(key, english, chinese) {english, chinese},
#define HANSA_COUNTRY(code, english, chinese)
#include "words.def"
#undef HANSA_WORD
#undef HANSA_COUNTRY
};

struct entry {
    const char *key;
    const char *text[HANSA_TRACKING_LANG_COUNT];
};

static const struct entry countries[] = {
#define HANSA_WORD(key, english, chinese)
#define HANSA_COUNTRY(code, english, chinese) {#code, {english, chinese}},
#include "words.def"
#undef HANSA_WORD
#undef HANSA_COUNTRY
};

/* Codes of others with their words. The codes come from the lists of server/codec, so that one without a word here is an
 * error of the compiler. */
struct named {
    const char *name;
    enum hansa_tracking_word word;
};

static const struct named events[] = {
#define HANSA_EVENT_CODE(code, english, chinese, status, is_terminal, flag) {#code, HANSA_TRACKING_WORD_EVENT_##code},
#include "../codec/event_codes.def"
#undef HANSA_EVENT_CODE
};

static const struct named statuses[] = {
#define HANSA_SHIPMENT_STATUS(name, number, is_terminal) {#name, HANSA_TRACKING_WORD_STATUS_##name},
#include "../codec/shipment_status.def"
#undef HANSA_SHIPMENT_STATUS
};

static const struct named tells[] = {
#define HANSA_SHIPMENT_STATUS(name, number, is_terminal) {#name, HANSA_TRACKING_WORD_TELL_##name},
#include "../codec/shipment_status.def"
#undef HANSA_SHIPMENT_STATUS
};

static const struct named flags[] = {
    {"DELAYED", HANSA_TRACKING_WORD_FLAG_DELAYED},
    {"HELD", HANSA_TRACKING_WORD_FLAG_HELD},
    {"DAMAGED", HANSA_TRACKING_WORD_FLAG_DAMAGED},
};

const char *hansa_tracking_word(enum hansa_tracking_word word, enum hansa_tracking_lang lang) {
    return words[word][lang];
}

static const struct named *named_of(const struct named *list, size_t count, const char *name) {
    for (size_t i = 0; name && i < count; i++)
        if (strcmp(list[i].name, name) == 0) return &list[i];
    return NULL;
}

enum hansa_tracking_word hansa_tracking_event_word(const char *code) {
    const struct named *event = named_of(events, sizeof events / sizeof *events, code);
    return event ? event->word : HANSA_TRACKING_WORD_EVENT_OTH;
}

enum hansa_tracking_word hansa_tracking_status_word(const char *status) {
    const struct named *found = named_of(statuses, sizeof statuses / sizeof *statuses, status);
    return found ? found->word : HANSA_TRACKING_WORD_STATUS_OTHER;
}

enum hansa_tracking_word hansa_tracking_status_tell(const char *status) {
    const struct named *found = named_of(tells, sizeof tells / sizeof *tells, status);
    return found ? found->word : HANSA_TRACKING_WORD_TELL_OTHER;
}

bool hansa_tracking_flag_word(const char *flag, enum hansa_tracking_word *ret_word) {
    const struct named *found = named_of(flags, sizeof flags / sizeof *flags, flag);
    if (found) *ret_word = found->word;
    return found != NULL;
}

const char *hansa_tracking_country(const char *code, enum hansa_tracking_lang lang) {
    for (size_t i = 0; code && i < sizeof countries / sizeof *countries; i++)
        if (strcmp(countries[i].key, code) == 0) return countries[i].text[lang];
    return code;
}
