#include "fields.h"

#include "call_state.h"

#include <string.h>

const char *hansa_fields_take(struct hansa_call *call, const char *text) {
    const struct hansa_schema *schema = call->endpoint->reply;
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ","), which = hansa_schema_find(schema, at, len);
        if (which == schema->member_count || which >= CUT_WANTED_MAX)
            return "Expected names of members of the answer with commas between them.";
        call->fields.wanted[which] = true;
        at += len;
        if (*at == '\0') return NULL;
    }
}

const char *hansa_expand_take(struct hansa_call *call, const char *text) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ","), i = 0;
        for (; i < endpoint->param_count; i++) {
            const struct hansa_param *param = &endpoint->params[i];
            if (param->place == HANSA_IN_EXPAND && strlen(param->name) == len + 7 &&
                memcmp(param->name + 7, at, len) == 0) /* behind "expand_" */
                break;
        }
        if (i == endpoint->param_count) return "Expected words that the API reference lists, with commas between them.";
        call->params[i] = "yes";
        at += len;
        if (*at == '\0') return NULL;
    }
}

struct hansa_bytes hansa_call_shown(struct hansa_call *call, struct hansa_bytes json) {
    const struct hansa_schema *schema = call->endpoint == NULL ? NULL : call->endpoint->reply;
    if (schema == NULL || (call->audience == HANSA_AUDIENCE_STAFF && !call->fields.is_given)) return json;
    char *text = hansa_call_alloc(call, json.len + 1);
    const struct hansa_cut cut = {call->audience, call->fields.is_given ? call->fields.wanted : NULL};
    return (struct hansa_bytes){text, hansa_cut(schema, &cut, json, text)};
}
