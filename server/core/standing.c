/* What the server says of itself: alive, ready, counted. No database, no tenant. */
#include "call_state.h"

#include <hansa/error.h>
#include <hansa_steps.h>
#include <stdlib.h>
#include <string.h>

static enum hansa_step_result say(struct hansa_call *call, const char *text) {
    hansa_call_answer_header(call, "cache-control", "no-store");
    return hansa_call_answer(call, 200, "application/json", text, strlen(text));
}

enum hansa_step_result hansa_core_healthz_answer(struct hansa_call *call) {
    return say(call, "{\"status\":\"alive\"}");
}

enum hansa_step_result hansa_core_readyz_answer(struct hansa_call *call) {
    if (!hansa_loops_are_ready())
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_UNAVAILABLE), NULL, NULL);
    return say(call, "{\"status\":\"ready\"}");
}

enum hansa_step_result hansa_core_metrics_answer(struct hansa_call *call) {
    if (call->client == NULL || call->client->is_edge)
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_NOT_FOUND), NULL, NULL);
    size_t len;
    char *text = hansa_metrics_text(&len);
    hansa_call_answer_header(call, "cache-control", "no-store");
    enum hansa_step_result result = hansa_call_answer(call, 200, "text/plain; version=0.0.4; charset=utf-8", text, len);
    free(text);
    return result;
}
