/* The list of scopes is the endpoint table itself: what no endpoint asks for is a slip of the pen. */
#include "scope.h"

#include <hansa/error.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

bool hansa_identity_scope_is_known(const char *scope, size_t len) {
    if (len == 1 && *scope == '*') return true;
    const char *colon = memchr(scope, ':', len);
    if (colon == NULL) return false;
    size_t room_len = (size_t)(colon - scope), verb_len = len - room_len - 1;
    bool any_room = room_len == 1 && *scope == '*', any_verb = verb_len == 1 && colon[1] == '*';
    for (size_t e = 0; e < hansa_endpoint_count; e++) {
        const char *known = hansa_endpoints[e].scope, *known_colon = known == NULL ? NULL : strchr(known, ':');
        if (known_colon == NULL) continue;
        bool room_fits = any_room || ((size_t)(known_colon - known) == room_len && memcmp(known, scope, room_len) == 0);
        bool verb_fits =
            any_verb || (strlen(known_colon + 1) == verb_len && memcmp(known_colon + 1, colon + 1, verb_len) == 0);
        if (room_fits && verb_fits) return true;
    }
    return false;
}

/* Step `scopes`. */
enum hansa_step_result hansa_identity_role_create_scopes(struct hansa_call *call);
enum hansa_step_result hansa_identity_role_change_scopes(struct hansa_call *call);

enum hansa_step_result hansa_identity_scopes_check(struct hansa_call *call) {
    struct hansa_bytes text = hansa_call_body(call);
    json_t *body = json_loadb(text.at, text.len, 0, NULL), *scope;
    size_t i;
    enum hansa_step_result result = HANSA_STEP_NEXT;
    json_array_foreach(json_object_get(body, "scopes"), i, scope) {
        if (hansa_identity_scope_is_known(json_string_value(scope), json_string_length(scope))) continue;
        char pointer[32];
        snprintf(pointer, sizeof pointer, "/scopes/%zu", i);
        result = hansa_call_problem(call, hansa_error(HANSA_ERROR_IDENTITY_SCOPE_UNKNOWN), pointer,
                                    "No endpoint asks for this scope.");
        break;
    }
    json_decref(body);
    return result;
}

enum hansa_step_result hansa_identity_role_create_scopes(struct hansa_call *call) {
    return hansa_identity_scopes_check(call);
}

enum hansa_step_result hansa_identity_role_change_scopes(struct hansa_call *call) {
    return hansa_identity_scopes_check(call);
}
