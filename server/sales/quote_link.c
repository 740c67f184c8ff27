/* Steps of the endpoints about a quote's link: making its token, and reading it. Whatever is wrong with a link gets one and the
 * same answer. On the call's thread. */
#include "../core/link_token.h"

enum hansa_step_result hansa_sales_quote_send_mint(struct hansa_call *call);
enum hansa_step_result hansa_sales_quote_link_get_token(struct hansa_call *call);
enum hansa_step_result hansa_sales_quote_link_get_viewed(struct hansa_call *call);
enum hansa_step_result hansa_sales_quote_link_accept_token(struct hansa_call *call);
enum hansa_step_result hansa_sales_quote_link_reject_token(struct hansa_call *call);

static enum hansa_step_result token_take(struct hansa_call *call) {
    hansa_call_answer_header(call, "cache-control", "no-store");
    hansa_call_answer_header(call, "referrer-policy", "no-referrer");
    hansa_call_answer_header(call, "x-robots-tag", "noindex, nofollow");
    if (hansa_link_token_take(call, "quote_token")) return HANSA_STEP_NEXT;
    return hansa_call_problem(call, hansa_error(HANSA_ERROR_SALES_QUOTE_NOT_FOUND), NULL, NULL);
}

enum hansa_step_result hansa_sales_quote_send_mint(struct hansa_call *call) {
    return hansa_link_token_mint(call, "/v1/quote-links/");
}

enum hansa_step_result hansa_sales_quote_link_get_token(struct hansa_call *call) {
    return token_take(call);
}

enum hansa_step_result hansa_sales_quote_link_accept_token(struct hansa_call *call) {
    return token_take(call);
}

enum hansa_step_result hansa_sales_quote_link_reject_token(struct hansa_call *call) {
    return token_take(call);
}

/* A read leaves a trace by a unit of its own, off the answer's path. */
enum hansa_step_result hansa_sales_quote_link_get_viewed(struct hansa_call *call) {
    size_t len;
    if (hansa_call_column(call, "body", &len)) hansa_call_aside(call, "sales/quote_viewed");
    return HANSA_STEP_NEXT;
}
