/* Who calls, may they, and is what they say in form: door, address, media types, then the body. */
#include "call_state.h"
#include "crash.h"
#include "csrf.h"
#include "cut.h"
#include "etag.h"
#include "network.h"
#include "rate.h"
#include "uuid.h"

#include <assert.h>
#include <hansa/config.h>
#include <hansa/error.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/* A cookie rides along with any request of the browser: an unsafe one must show that our own page made it (promise A7). */
static bool is_same_site(struct hansa_call *call) {
    h2o_req_t *req = call->req;
    if (h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET")) ||
        h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD")))
        return true;
    struct hansa_bytes origin = hansa_call_header(call, "origin"),
                       fetch_site = hansa_call_header(call, "sec-fetch-site");
    const char *own = hansa_config()->public_url;
    size_t own_len = strlen(own);
    while (own_len > 0 && own[own_len - 1] == '/')
        own_len--;
    if (fetch_site.at != NULL && !(fetch_site.len == 11 && memcmp(fetch_site.at, "same-origin", 11) == 0)) return false;
    if (origin.at == NULL || origin.len != own_len || memcmp(origin.at, own, own_len) != 0) return false;
    char expected[HANSA_CSRF_LEN + 1];
    struct hansa_bytes token = hansa_call_header(call, "x-csrf-token");
    hansa_csrf_token(call->credential.digest, expected);
    return token.len == HANSA_CSRF_LEN && CRYPTO_memcmp(token.at, expected, HANSA_CSRF_LEN) == 0;
}

bool hansa_call_admit(struct hansa_call *call, const struct hansa_principal *principal) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    if (!principal->is_live || !hansa_network_allows(principal->addresses, call->source)) {
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_UNAUTHENTICATED), NULL, NULL);
        return false;
    }
    memcpy(call->actor, principal->actor, sizeof call->actor);
    memcpy(call->actor_kind, principal->actor_kind, sizeof call->actor_kind);
    memcpy(call->session, principal->session, sizeof call->session);
    call->audience = principal->audience;
    if (principal->reach != NULL) call->reach = hansa_call_copy(call, principal->reach, strlen(principal->reach));
    if (!hansa_rate_admit(call, principal)) return false;
    if (principal->kind == HANSA_CREDENTIAL_SESSION && !is_same_site(call)) {
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_CROSS_SITE), NULL, NULL);
        return false;
    }
    bool may = hansa_principal_may(principal, endpoint->scope);
    /* an operator works for no tenant and a tenant's caller for no other, whatever patterns their scopes have */
    bool is_own_side = (strcmp(principal->actor_kind, "OPERATOR") == 0) == endpoint->is_operator;
    bool has_session = principal->kind == HANSA_CREDENTIAL_SESSION || !endpoint->is_own;
    bool is_for_them =
        hansa_cut_is_for(endpoint->reply, call->audience) && hansa_cut_is_for(endpoint->body, call->audience);
    if (may && is_own_side && has_session && is_for_them && (call->reach == NULL || !endpoint->is_tenant_wide))
        return true;
    char detail[160];
    if (may && !has_session)
        snprintf(detail, sizeof detail, "This is a person's own affair: it needs a session, not a key.");
    else if (!is_own_side)
        snprintf(detail, sizeof detail, "This is for %s.",
                 endpoint->is_operator ? "operators of the platform" : "callers of a tenant");
    else if (may && !is_for_them)
        snprintf(detail, sizeof detail, "There is nothing in it for somebody from outside the firm.");
    else if (may)
        snprintf(detail, sizeof detail, "This is for callers who reach the whole tenant.");
    else
        snprintf(detail, sizeof detail, "This needs the scope %s.", endpoint->scope);
    hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_FORBIDDEN), NULL, detail);
    return false;
}

static void enter(struct hansa_call *call, const struct hansa_principal *principal) {
    if (hansa_call_admit(call, principal) && hansa_params_read(call) && hansa_params_negotiate(call) &&
        hansa_idempotency_read(call) && hansa_etag_read(call))
        hansa_body_read(call);
}

static void principal_done(struct hansa_unit *unit) {
    struct hansa_call *call = unit->owner;
    hansa_call_unit_done(unit);
    const struct hansa_principal *principal =
        hansa_principal_learn(call->loop->principals, &call->credential, unit, true);
    if (principal == NULL)
        hansa_call_unit_failed(call, unit);
    else
        enter(call, principal);
}

void hansa_call_begin(struct hansa_call *call, const struct hansa_bytes *values, size_t value_count) {
    HANSA_CRASH_MARK(call->request_id, call->endpoint);
    memcpy(call->path_values, values, value_count * sizeof *values);
    call->path_value_count = value_count;
    call->phase = PHASE_DOOR;
    if (call->endpoint->lane == HANSA_LANE_SLOW)
        call->deadline_at = call->started_at + (uint64_t)hansa_config()->slow_deadline_ms;
    if (call->endpoint->scope == NULL) {
        if (hansa_params_read(call) && hansa_params_negotiate(call)) hansa_body_read(call);
        return;
    }
    if (!call->loop->door->read(hansa_call_header(call, "authorization"), hansa_call_header(call, "cookie"),
                                &call->credential)) {
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

void hansa_call_twin(struct hansa_call *call, bool is_inside) {
    assert(call->endpoint->is_tenant_wide && !call->endpoint->is_operator && call->actor[0] != '\0');
    memcpy(call->tenant, call->credential.tenant, sizeof call->tenant);
    if (is_inside) hansa_uuid_to_twin(call->tenant);
}

void hansa_call_operate(struct hansa_call *call, const char *tenant_id) {
    assert(call->endpoint->is_operator && call->actor[0] != '\0');
    if (tenant_id == NULL) tenant_id = call->credential.tenant;
    assert(strlen(tenant_id) == 36);
    memcpy(call->tenant, tenant_id, sizeof call->tenant);
}
