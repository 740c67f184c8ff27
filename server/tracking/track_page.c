/* Puts the parts of track_page.html one behind the other and fills their slots.
 *
 * Invariants: slots and words get in through hansa_tracking_text_escaped only; every text of the view is shortened first; a
 * milestone is added only while there is room for the largest one and the rest of the page. So the page never overflows
 * its buffer, and its size does not depend on what a carrier typed. */
#include "track_page.h"

#include "track_page_parts.h"
#include "track_page_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_POINTS = 80,       /* longest text of the view that is shown, in code points */
    MILESTONE_ROOM = 8192,  /* more than one milestone or the rest of the page can take */
    MILESTONES_SHOWN = 100, /* the newest ones */
    STAGES = 5,
};

struct page {
    struct hansa_tracking_text out;
    enum hansa_tracking_lang lang;
};

/* The slots of a part, in the way that `(struct slots){.text = {[HANSA_TRACKING_SLOT_x] = …}}` fills them. */
struct slots {
    const char *text[HANSA_TRACKING_SLOT_COUNT];
};

#define SLOT(name, value) .text[HANSA_TRACKING_SLOT_##name] = (value)

static void put(struct page *page, enum hansa_tracking_part part, struct slots slots) {
    for (size_t i = 0; i < hansa_tracking_parts[part].count; i++) {
        const struct hansa_tracking_piece *piece = &hansa_tracking_parts[part].at[i];
        const char *text = NULL;
        if (piece->kind == HANSA_TRACKING_LITERAL)
            hansa_tracking_text_add(&page->out, piece->text, piece->len);
        else if (piece->kind == HANSA_TRACKING_WORD)
            text = hansa_tracking_word((enum hansa_tracking_word)piece->id, page->lang);
        else
            text = slots.text[piece->id];
        if (text) hansa_tracking_text_escaped(&page->out, text);
    }
}

#define PUT(page, part, ...) put((page), HANSA_TRACKING_PART_##part, (struct slots){__VA_ARGS__})

static const char *word(const struct page *page, enum hansa_tracking_word word) {
    return hansa_tracking_word(word, page->lang);
}

/* Text member of an object; NULL when there is none or it is empty. */
static const char *member(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text && *text ? text : NULL;
}

/* Where the journey stands: stage 1 to 5, 0 before the first or where stages say nothing, and how to colour it. */
struct standing {
    const char *status;
    int stage;
    const char *tone;
    bool has_stages;
};

static struct standing standing_of(const char *status) {
    static const struct standing standings[] = {
        {"PLANNED", 0, "going", true},
        {"BOOKED", 1, "going", true},
        {"PICKED_UP", 2, "going", true},
        {"IN_TRANSIT", 3, "going", true},
        {"CUSTOMS", 3, "uneasy", true},
        {"AT_HUB", 3, "going", true},
        {"OUT_FOR_DELIVERY", 4, "going", true},
        {"READY_FOR_PICKUP", 4, "going", true},
        {"ATTEMPTED", 4, "uneasy", true},
        {"RETURNING", 0, "uneasy", false},
        {"DELIVERED", 5, "arrived", true},
        {"RETURNED", 0, "uneasy", false},
        {"LOST", 0, "ended", false},
        {"CANCELLED", 0, "ended", false},
    };
    for (size_t i = 0; status && i < sizeof standings / sizeof *standings; i++)
        if (strcmp(standings[i].status, status) == 0) return standings[i];
    return (struct standing){status, 0, "going", false};
}

/* "Lagos, Nigeria"; in Chinese the larger comes first. False when the place says nothing. */
static bool place_say(struct hansa_tracking_text *text, const json_t *place, enum hansa_tracking_lang lang) {
    char city_text[512] = "";
    struct hansa_tracking_text spelled = HANSA_TRACKING_TEXT(city_text);
    const char *city = member(place, "city");
    if (city) hansa_tracking_text_spelled(&spelled, city, TEXT_POINTS);
    const char *country = hansa_tracking_country(member(place, "country"), lang);
    bool is_country_first = lang == HANSA_TRACKING_CHINESE;
    const char *first = is_country_first ? country : city_text, *second = is_country_first ? city_text : country;
    bool has_first = first && *first, has_second = second && *second;
    if (has_first) hansa_tracking_text_short(text, first, TEXT_POINTS + 1);
    if (has_first && has_second) hansa_tracking_text_put(text, is_country_first ? " " : ", ");
    if (has_second) hansa_tracking_text_short(text, second, TEXT_POINTS + 1);
    return has_first || has_second;
}

/* A time in the three forms that the page needs. */
struct said {
    char machine[64], time[160], zone[32];
};

static bool moment_say(struct said *ret_said, const char *text, enum hansa_tracking_length length,
                       enum hansa_tracking_lang lang) {
    struct hansa_tracking_moment moment;
    if (!hansa_tracking_moment_read(text, &moment)) return false;
    struct said said = {{0}, {0}, {0}};
    struct hansa_tracking_text machine = HANSA_TRACKING_TEXT(said.machine);
    struct hansa_tracking_text time = HANSA_TRACKING_TEXT(said.time);
    struct hansa_tracking_text zone = HANSA_TRACKING_TEXT(said.zone);
    hansa_tracking_moment_machine(&machine, &moment);
    hansa_tracking_moment_say(&time, &moment, length, lang);
    hansa_tracking_moment_zone(&zone, &moment);
    *ret_said = said;
    return true;
}

static void put_flag(struct page *page, const char *text, bool *is_begun) {
    if (!*is_begun) PUT(page, flags_begin, SLOT(flag, NULL));
    *is_begun = true;
    PUT(page, flag, SLOT(flag, text));
}

/* What a part of the pieces has done already: "Delivered: 2/5 pieces". */
static void put_part(struct page *page, const json_t *part, bool *is_begun) {
    json_int_t units = json_integer_value(json_object_get(part, "units"));
    json_int_t of = json_integer_value(json_object_get(part, "of"));
    const char *status = member(part, "status");
    if (!status || units <= 0 || of <= 0) return;
    char number[64], said_text[160] = "";
    snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT, units, of);
    struct hansa_tracking_text said = HANSA_TRACKING_TEXT(said_text);
    hansa_tracking_text_phrase(&said, word(page, HANSA_TRACKING_WORD_PART),
                               word(page, hansa_tracking_status_word(status)), number);
    put_flag(page, said_text, is_begun);
}

static const json_int_t hour_minutes = 60, day_minutes = 1440;

/* "Later than planned by 3 days": in the largest unit of which there are two. False = it is not, or nobody knows. */
static bool late_say(struct hansa_tracking_text *text, const struct page *page, const json_t *view) {
    json_int_t minutes = json_integer_value(json_object_get(view, "delayed_by_minutes"));
    enum hansa_tracking_word unit = HANSA_TRACKING_WORD_MINUTES;
    char number[32], span_text[64] = "";
    if (minutes <= 0) return false;
    if (minutes >= 2 * day_minutes)
        unit = HANSA_TRACKING_WORD_DAYS, minutes /= day_minutes;
    else if (minutes >= 2 * hour_minutes)
        unit = HANSA_TRACKING_WORD_HOURS, minutes /= hour_minutes;
    snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, minutes);
    struct hansa_tracking_text span = HANSA_TRACKING_TEXT(span_text);
    hansa_tracking_text_phrase(&span, word(page, unit), number, NULL);
    hansa_tracking_text_phrase(text, word(page, HANSA_TRACKING_WORD_LATE), span_text, NULL);
    return true;
}

static void put_flags(struct page *page, const json_t *view) {
    size_t at;
    json_t *flag;
    char late_text[160] = "";
    struct hansa_tracking_text late = HANSA_TRACKING_TEXT(late_text);
    bool is_begun = false, is_late = late_say(&late, page, view);
    if (is_late) put_flag(page, late_text, &is_begun);
    json_array_foreach(json_object_get(view, "flags"), at, flag) {
        enum hansa_tracking_word found;
        if (at >= 8 || !hansa_tracking_flag_word(json_string_value(flag), &found)) continue;
        if (!is_late || found != HANSA_TRACKING_WORD_FLAG_DELAYED) put_flag(page, word(page, found), &is_begun);
    }
    put_part(page, json_object_get(view, "part"), &is_begun);
    if (is_begun) PUT(page, flags_end, SLOT(flag, NULL));
}

/* Time of the newest event that says "delivered"; NULL when none does. Milestones come newest first. */
static const char *delivered_at(const json_t *view) {
    size_t at;
    json_t *milestone;
    json_array_foreach(json_object_get(view, "milestones"), at, milestone) {
        const char *code = member(milestone, "code");
        if (code && strcmp(code, "DLV") == 0) return member(milestone, "event_time");
    }
    return NULL;
}

static void put_eta(struct page *page, const json_t *view, const struct standing *standing) {
    bool is_delivered = standing->stage == STAGES;
    if (!standing->has_stages) return;
    struct said said;
    if (moment_say(&said, is_delivered ? delivered_at(view) : member(view, "eta"), HANSA_TRACKING_LONG, page->lang))
        PUT(page, eta,
            SLOT(eta_label, word(page, is_delivered ? HANSA_TRACKING_WORD_ARRIVED : HANSA_TRACKING_WORD_ETA)),
            SLOT(datetime, said.machine), SLOT(time, said.time), SLOT(zone, said.zone));
}

static void put_planned(struct page *page, const json_t *view, const struct standing *standing) {
    struct said said;
    char planned_text[224] = "";
    struct hansa_tracking_text planned = HANSA_TRACKING_TEXT(planned_text);
    if (!standing->has_stages || !moment_say(&said, member(view, "planned_delivery"), HANSA_TRACKING_LONG, page->lang))
        return;
    hansa_tracking_text_phrase(&planned, word(page, HANSA_TRACKING_WORD_PLANNED_FOR), said.time, NULL);
    PUT(page, planned, SLOT(planned, planned_text));
}

/* Has an event told that this stage was reached? What nobody told has no tick. */
static bool is_told(const json_t *view, int stage) {
    size_t at;
    json_t *status;
    json_array_foreach(json_object_get(view, "told"), at, status) {
        if (json_string_value(status) && standing_of(json_string_value(status)).stage == stage) return true;
    }
    return false;
}

static const char *stage_name(const struct page *page, int stage) {
    return word(page, (enum hansa_tracking_word)(HANSA_TRACKING_WORD_STAGE_1 + (unsigned)stage - 1));
}

static void put_steps(struct page *page, const json_t *view, const struct standing *standing) {
    if (!standing->has_stages) return;
    char sentence[160], number[2] = {(char)('0' + standing->stage), 0};
    struct hansa_tracking_text step = HANSA_TRACKING_TEXT(sentence);
    if (standing->stage > 0)
        hansa_tracking_text_phrase(&step, word(page, HANSA_TRACKING_WORD_STEP), number,
                                   stage_name(page, standing->stage));
    else
        hansa_tracking_text_put(&step, word(page, HANSA_TRACKING_WORD_STEP_NONE));
    PUT(page, steps_begin, SLOT(step, sentence));
    for (int stage = 1; stage <= STAGES; stage++) {
        const char *name = stage_name(page, stage);
        if (stage > standing->stage)
            PUT(page, step_next, SLOT(stage, name));
        else if (stage == standing->stage && stage < STAGES)
            PUT(page, step_now, SLOT(stage, name));
        else if (stage == STAGES || is_told(view, stage))
            PUT(page, step_done, SLOT(stage, name));
        else
            PUT(page, step_untold, SLOT(stage, name));
    }
    PUT(page, steps_end, SLOT(stage, NULL));
}

static void put_route(struct page *page, const json_t *view) {
    char from_text[1024] = "", to_text[1024] = "";
    struct hansa_tracking_text from = HANSA_TRACKING_TEXT(from_text), to = HANSA_TRACKING_TEXT(to_text);
    bool has_from = place_say(&from, json_object_get(view, "origin"), page->lang);
    bool has_to = place_say(&to, json_object_get(view, "destination"), page->lang);
    if (!has_from && !has_to) return;
    PUT(page, route_begin, SLOT(place, NULL));
    if (has_from) PUT(page, from, SLOT(place, from_text));
    if (has_to) PUT(page, to, SLOT(place, to_text));
    PUT(page, route_end, SLOT(place, NULL));
}

/* `is_after_delivery`: a departure is then the empty vehicle's (X12 code CD), not the goods'. */
static void put_milestone(struct page *page, const json_t *milestone, bool is_after_delivery) {
    char place_text[1024] = "";
    struct hansa_tracking_text place = HANSA_TRACKING_TEXT(place_text);
    struct said said;
    enum hansa_tracking_word event = hansa_tracking_event_word(member(milestone, "code"));
    if (is_after_delivery && event == HANSA_TRACKING_WORD_EVENT_DEP) event = HANSA_TRACKING_WORD_LEFT;
    PUT(page, milestone, SLOT(event, word(page, event)));
    if (place_say(&place, json_object_get(milestone, "place"), page->lang))
        PUT(page, milestone_place, SLOT(place, place_text));
    if (moment_say(&said, member(milestone, "event_time"), HANSA_TRACKING_SHORT, page->lang))
        PUT(page, milestone_time, SLOT(datetime, said.machine), SLOT(time, said.time), SLOT(zone, said.zone));
    PUT(page, milestone_end, SLOT(time, NULL));
}

static void put_history(struct page *page, const json_t *view) {
    const json_t *milestones = json_object_get(view, "milestones");
    size_t count = json_array_size(milestones), at = 0;
    bool is_after_delivery = delivered_at(view) != NULL; /* newest first: until the delivery comes */
    PUT(page, history_begin, SLOT(place, NULL));
    if (count == 0) {
        PUT(page, story_empty, SLOT(place, NULL));
        return;
    }
    PUT(page, story_begin, SLOT(place, NULL));
    for (; at < count && at < MILESTONES_SHOWN && page->out.max - page->out.len > MILESTONE_ROOM; at++) {
        const json_t *milestone = json_array_get(milestones, at);
        const char *code = member(milestone, "code");
        if (code && strcmp(code, "DLV") == 0) is_after_delivery = false;
        put_milestone(page, milestone, is_after_delivery);
    }
    PUT(page, story_end, SLOT(place, NULL));
    if (at == count) return;
    char number[32], cut_text[160];
    snprintf(number, sizeof number, "%zu", count - at);
    struct hansa_tracking_text cut = HANSA_TRACKING_TEXT(cut_text);
    hansa_tracking_text_phrase(&cut, word(page, HANSA_TRACKING_WORD_EARLIER), number, NULL);
    PUT(page, story_cut, SLOT(cut, cut_text));
}

static void put_bottom(struct page *page, const json_t *view) {
    char until_text[224] = "", expires_text[320] = "";
    struct hansa_tracking_text until = HANSA_TRACKING_TEXT(until_text), expires = HANSA_TRACKING_TEXT(expires_text);
    struct said said;
    if (moment_say(&said, member(view, "expires_at"), HANSA_TRACKING_SHORT, page->lang)) {
        hansa_tracking_text_put(&until, said.time);
        hansa_tracking_text_put(&until, " ");
        hansa_tracking_text_put(&until, said.zone);
        hansa_tracking_text_phrase(&expires, word(page, HANSA_TRACKING_WORD_EXPIRES), until_text, NULL);
    }
    PUT(page, bottom, SLOT(firm, NULL));
    if (member(view, "firm")) {
        char name_text[512] = "", firm_text[1024] = "";
        struct hansa_tracking_text name = HANSA_TRACKING_TEXT(name_text), firm = HANSA_TRACKING_TEXT(firm_text);
        hansa_tracking_text_short(&name, member(view, "firm"), TEXT_POINTS);
        hansa_tracking_text_phrase(&firm, word(page, HANSA_TRACKING_WORD_FIRM), name_text, NULL);
        PUT(page, firm, SLOT(firm, firm_text));
    }
    if (member(view, "firm_phone")) {
        char phone_text[512] = "";
        struct hansa_tracking_text phone = HANSA_TRACKING_TEXT(phone_text);
        hansa_tracking_text_short(&phone, member(view, "firm_phone"), TEXT_POINTS);
        PUT(page, firm_phone, SLOT(phone, phone_text));
    }
    PUT(page, foot, SLOT(expires, expires_text));
}

static struct page page_new(enum hansa_tracking_lang lang) {
    char *at = calloc(1, HANSA_TRACKING_PAGE_MAX);
    if (!at) abort(); /* as h2o_mem_alloc does: without memory there is no service */
    return (struct page){.out = {.at = at, .max = HANSA_TRACKING_PAGE_MAX}, .lang = lang};
}

static const char *tag_of(enum hansa_tracking_lang lang) {
    return lang == HANSA_TRACKING_CHINESE ? "zh-Hans" : "en";
}

char *hansa_tracking_page_render(const json_t *view, enum hansa_tracking_lang lang, size_t *ret_len) {
    struct page page = page_new(lang);
    const char *code = member(view, "status");
    struct standing standing = standing_of(code);
    const char *status = word(&page, hansa_tracking_status_word(code));
    char number_text[512] = "";
    struct hansa_tracking_text number = HANSA_TRACKING_TEXT(number_text);
    if (member(view, "tracking_number"))
        hansa_tracking_text_short(&number, member(view, "tracking_number"), TEXT_POINTS);

    PUT(&page, top, SLOT(lang, tag_of(lang)), SLOT(title, status), SLOT(tone, standing.tone));
    PUT(&page, status, SLOT(number, number_text), SLOT(status, status),
        SLOT(tell, word(&page, hansa_tracking_status_tell(code))));
    put_flags(&page, view);
    put_eta(&page, view, &standing);
    put_planned(&page, view, &standing);
    put_steps(&page, view, &standing);
    put_route(&page, view);
    put_history(&page, view);
    put_bottom(&page, view);
    *ret_len = page.out.len;
    return page.out.at;
}

char *hansa_tracking_page_missing(enum hansa_tracking_lang lang, size_t *ret_len) {
    struct page page = page_new(lang);
    PUT(&page, top, SLOT(lang, tag_of(lang)), SLOT(title, word(&page, HANSA_TRACKING_WORD_MISSING)),
        SLOT(tone, "uneasy"));
    PUT(&page, missing, SLOT(title, NULL));
    *ret_len = page.out.len;
    return page.out.at;
}

const char *hansa_tracking_page_csp(void) {
    return hansa_tracking_page_policy;
}
