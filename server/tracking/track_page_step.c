/* The step that answers GET /track/{token}. Whatever goes wrong with a link gets one and the same answer (promise T12). */
#include "../core/link_token.h"
#include "track_page.h"

#include <stdlib.h>
#include <string.h>

/* The core adds nosniff. */
static void headers(struct hansa_call *call) {
    hansa_call_answer_header(call, "cache-control", "no-store");
    hansa_call_answer_header(call, "referrer-policy", "no-referrer");
    hansa_call_answer_header(call, "x-robots-tag", "noindex, nofollow");
    hansa_call_answer_header(call, "vary", "accept, accept-language");
}

/* Takes `page` (malloc'd) over. */
static enum hansa_step_result page_answer(struct hansa_call *call, int status, enum hansa_tracking_lang lang,
                                          char *page, size_t len) {
    hansa_call_answer_header(call, "content-security-policy", hansa_tracking_page_csp());
    hansa_call_answer_header(call, "content-language", lang == HANSA_TRACKING_CHINESE ? "zh-Hans" : "en");
    enum hansa_step_result result = hansa_call_answer(call, status, "text/html; charset=utf-8", page, len);
    free(page);
    return result;
}

enum hansa_step_result hansa_tracking_track_missing(struct hansa_call *call) {
    headers(call);
    if (hansa_tracking_wants_json(hansa_call_header(call, "accept")))
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_TRACKING_LINK_NOT_FOUND), NULL, NULL);
    enum hansa_tracking_lang lang = hansa_tracking_lang_of(hansa_call_header(call, "accept-language"));
    size_t len;
    char *page = hansa_tracking_page_missing(lang, &len);
    return page_answer(call, 404, lang, page, len);
}

enum hansa_step_result hansa_tracking_track_token(struct hansa_call *call) {
    return hansa_link_token_take(call, "token") ? HANSA_STEP_NEXT : hansa_tracking_track_missing(call);
}

enum hansa_step_result hansa_tracking_track_page(struct hansa_call *call) {
    size_t view_len = 0;
    const char *view_text = hansa_call_column(call, "body", &view_len);
    if (!view_text) return hansa_tracking_track_missing(call);
    const struct hansa_bytes shown = hansa_call_shown(call, (struct hansa_bytes){view_text, view_len});
    hansa_call_aside(call, "tracking/link_viewed");
    if (hansa_tracking_wants_json(hansa_call_header(call, "accept"))) {
        headers(call);
        return hansa_call_answer(call, 200, "application/json", shown.at, shown.len);
    }
    json_t *view = json_loadb(shown.at, shown.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(view)) {
        json_decref(view);
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_INTERNAL), NULL, NULL);
    }
    headers(call);
    enum hansa_tracking_lang lang = hansa_tracking_lang_of(hansa_call_header(call, "accept-language"));
    size_t len;
    char *page = hansa_tracking_page_render(view, lang, &len);
    json_decref(view);
    return page_answer(call, 200, lang, page, len);
}
