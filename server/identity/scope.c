/* The list of scopes is the endpoint table itself: what no endpoint asks for is a slip of the pen. What only the operator's
 * endpoints ask for is none of a tenant's: it would open nothing, and yet look as if it did. */
#include "scope.h"

#include <hansa/error.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

bool hansa_identity_scope_is_known(const char *scope, size_t len, bool is_operators) {
    if (len == 1 && *scope == '*') return true;
    const char *colon = memchr(scope, ':', len);
    if (colon == NULL) return false;
    size_t room_len = (size_t)(colon - scope), verb_len = len - room_len - 1;
    bool any_room = room_len == 1 && *scope == '*', any_verb = verb_len == 1 && colon[1] == '*';
    for (size_t e = 0; e < hansa_endpoint_count; e++) {
        const char *known = hansa_endpoints[e].scope, *known_colon = known == NULL ? NULL : strchr(known, ':');
        if (known_colon == NULL || hansa_endpoints[e].is_operator != is_operators) continue;
        bool room_fits = any_room || ((size_t)(known_colon - known) == room_len && memcmp(known, scope, room_len) == 0);
        bool verb_fits =
            any_verb || (strlen(known_colon + 1) == verb_len && memcmp(known_colon + 1, colon + 1, verb_len) == 0);
        if (room_fits && verb_fits) return true;
    }
    return false;
}

/* The scope that follows `after` in the alphabet; NULL when none does. */
static const char *scope_next(const char *after, bool is_operators) {
    const char *next = NULL;
    for (size_t e = 0; e < hansa_endpoint_count; e++) {
        const char *scope = hansa_endpoints[e].scope;
        if (scope == NULL || hansa_endpoints[e].is_operator != is_operators || hansa_endpoints[e].is_own) continue;
        if (strcmp(scope, after) > 0 && (next == NULL || strcmp(scope, next) < 0)) next = scope;
    }
    return next;
}

void hansa_identity_scopes_tell(bool is_operators, char ret_text[HANSA_SCOPES_TOLD_MAX]) {
    size_t used = (size_t)snprintf(ret_text, HANSA_SCOPES_TOLD_MAX, "Scopes are");
    for (const char *scope = scope_next("", is_operators); scope != NULL && used < HANSA_SCOPES_TOLD_MAX;
         scope = scope_next(scope, is_operators))
        used += (size_t)snprintf(ret_text + used, HANSA_SCOPES_TOLD_MAX - used, " %s,", scope);
    if (used < HANSA_SCOPES_TOLD_MAX)
        snprintf(ret_text + used, HANSA_SCOPES_TOLD_MAX - used, " or * in place of the room, the verb or both.");
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
        if (hansa_identity_scope_is_known(json_string_value(scope), json_string_length(scope), false)) continue;
        char pointer[32], told[HANSA_SCOPES_TOLD_MAX];
        snprintf(pointer, sizeof pointer, "/scopes/%zu", i);
        hansa_identity_scopes_tell(false, told);
        result = hansa_call_problem(call, hansa_error(HANSA_ERROR_IDENTITY_SCOPE_UNKNOWN), pointer, told);
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
