/* Who calls, may they, and is what they say in form: door, address, media types, then the body. */
#include "call_state.h"

#include <hansa/config.h>
#include <hansa/error.h>
#include <stdio.h>
#include <string.h>

static void enter(struct hansa_call *call, const struct hansa_principal *principal) {
    if (!principal->is_live) {
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_UNAUTHENTICATED), NULL, NULL);
        return;
    }
    memcpy(call->actor, principal->actor, sizeof call->actor);
    if (!hansa_principal_may(principal, call->endpoint->scope)) {
        char detail[128];
        snprintf(detail, sizeof detail, "This needs the scope %s.", call->endpoint->scope);
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_FORBIDDEN), NULL, detail);
        return;
    }
    if (hansa_params_read(call) && hansa_params_negotiate(call)) hansa_body_read(call);
}

static void principal_done(struct hansa_unit *unit) {
    struct hansa_call *call = unit->owner;
    hansa_call_unit_done(unit);
    const struct hansa_principal *principal = hansa_principal_learn(call->loop->principals, &call->credential, unit);
    if (principal == NULL)
        hansa_call_unit_failed(call, unit);
    else
        enter(call, principal);
}

void hansa_call_begin(struct hansa_call *call, const struct hansa_bytes *values, size_t value_count) {
    memcpy(call->path_values, values, value_count * sizeof *values);
    call->path_value_count = value_count;
    call->phase = PHASE_DOOR;
    if (call->endpoint->lane == HANSA_LANE_SLOW)
        call->deadline_at = call->started_at + (uint64_t)hansa_config()->slow_deadline_ms;
    if (call->endpoint->scope == NULL) {
        if (hansa_params_read(call) && hansa_params_negotiate(call)) hansa_body_read(call);
        return;
    }
    if (!call->loop->door->read(hansa_call_header(call, "authorization"), &call->credential)) {
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_UNAUTHENTICATED), NULL, NULL);
        return;
    }
    memcpy(call->tenant, call->credential.tenant, sizeof call->tenant);
    const struct hansa_principal *principal = hansa_principal_find(call->loop->principals, &call->credential);
    if (principal != NULL)
        enter(call, principal);
    else
        hansa_call_submit(call, hansa_principal_unit(call->loop->principals, &call->credential, call->credential_hex),
                          principal_done);
}
