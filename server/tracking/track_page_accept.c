/* Which page for which client: the small part of RFC 9110 section 12 that a page in two forms and two languages needs. A
 * header that is no header by the standard's grammar counts as far as it can be read; negotiation never refuses. */
#include "track_page.h"

#include <string.h>
#include <strings.h>

/* One element of the list: its value and its weight in thousandths. */
struct wish {
    const char *at;
    size_t len;
    int weight;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* "0.8" → 800; what is no qvalue counts as 1000. */
static int weight_of(const char *at, const char *end) {
    if (at == end || (*at != '0' && *at != '1')) return 1000;
    int weight = (*at - '0') * 1000;
    at++;
    if (at < end && *at == '.') {
        int unit = 100;
        for (at++; at < end && *at >= '0' && *at <= '9' && unit > 0; at++, unit /= 10)
            weight += (*at - '0') * unit;
    }
    return weight > 1000 ? 1000 : weight;
}

/* Takes the next element off the list; false at its end. */
static bool wish_take(struct hansa_bytes *list, struct wish *ret_wish) {
    const char *at = list->at, *end = list->at + list->len;
    while (at < end && (is_blank(*at) || *at == ','))
        at++;
    if (at == end) return false;
    const char *stop = memchr(at, ',', (size_t)(end - at));
    stop = stop ? stop : end;
    list->at = stop;
    list->len = (size_t)(end - stop);

    const char *params = memchr(at, ';', (size_t)(stop - at));
    const char *value_end = params ? params : stop;
    while (value_end > at && is_blank(value_end[-1]))
        value_end--;
    struct wish wish = {at, (size_t)(value_end - at), 1000};
    while (params && params < stop) {
        for (params++; params < stop && is_blank(*params); params++)
            ;
        if (stop - params > 1 && (*params == 'q' || *params == 'Q') && params[1] == '=')
            wish.weight = weight_of(params + 2, stop);
        params = memchr(params, ';', (size_t)(stop - params));
    }
    *ret_wish = wish;
    return true;
}

static bool is_value(const struct wish *wish, const char *value) {
    return wish->len == strlen(value) && strncasecmp(wish->at, value, wish->len) == 0;
}

/* How much a client wants a media type: weight of the most precise range that names it (RFC 9110: precision beats order). */
struct want {
    int precision; /* 0 not named, 1 by star, 2 by its family, 3 by name */
    int weight;
};

static void want_note(struct want *want, const struct wish *wish, const char *type, const char *family) {
    int precision = is_value(wish, type) ? 3 : is_value(wish, family) ? 2 : is_value(wish, "*/*") ? 1 : 0;
    if (precision > want->precision) *want = (struct want){precision, wish->weight};
}

bool hansa_tracking_wants_json(struct hansa_bytes accept) {
    struct want json = {0, 0}, page = {0, 0};
    struct wish wish;
    while (wish_take(&accept, &wish)) {
        want_note(&json, &wish, "application/json", "application/*");
        want_note(&page, &wish, "text/html", "text/*");
    }
    if (json.weight != page.weight) return json.weight > page.weight;
    return json.weight > 0 && json.precision == 3 && page.precision < 3;
}

/* "zh", "zh-CN", "zh-Hans-CN", not "zhx". */
static bool is_language(const struct wish *wish, const char *tag) {
    size_t len = strlen(tag);
    return wish->len >= len && strncasecmp(wish->at, tag, len) == 0 && (wish->len == len || wish->at[len] == '-');
}

enum hansa_tracking_lang hansa_tracking_lang_of(struct hansa_bytes accept_language) {
    int best_weight = 0;
    enum hansa_tracking_lang best = HANSA_TRACKING_ENGLISH;
    struct wish wish;
    while (wish_take(&accept_language, &wish)) {
        bool is_chinese = is_language(&wish, "zh");
        if (!is_chinese && !is_language(&wish, "en")) continue;
        if (wish.weight > best_weight) {
            best_weight = wish.weight;
            best = is_chinese ? HANSA_TRACKING_CHINESE : HANSA_TRACKING_ENGLISH;
        }
    }
    return best;
}
