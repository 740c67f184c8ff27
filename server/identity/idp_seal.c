/* The step before an identity provider is written: is its issuer one that may be asked, and its secret sealed.
 *
 * The seal names tenant, issuer and client: a secret that was given for one provider opens for no other, so changing
 * the issuer cannot send it elsewhere. The plain secret goes to no statement. */
#include "core/egress.h"
#include "core/seal.h"
#include "session_claim.h"

#include <hansa_steps.h>
#include <openssl/crypto.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_BYTES_MAX = 2000 };

static const char *issuer_check(const char *issuer) {
    if (strchr(issuer, '?') != NULL) return "An issuer has no query.";
    return hansa_egress_url_check(issuer);
}

static bool secret_seal(struct hansa_call *call, const json_t *body, const char *secret, size_t len) {
    char owner[37 + 1024];
    uint8_t sealed[SECRET_BYTES_MAX + HANSA_SEAL_EXTRA];
    snprintf(owner, sizeof owner, "%s/%s/%s", hansa_call_tenant(call),
             json_string_value(json_object_get(body, "issuer")), json_string_value(json_object_get(body, "client_id")));
    if (len > SECRET_BYTES_MAX || !hansa_seal("hansa sso client", owner, secret, len, sealed)) return false;
    hansa_identity_claim_bytes(call, "sealed", sealed, len + HANSA_SEAL_EXTRA);
    return true;
}

static enum hansa_step_result seal(struct hansa_call *call) {
    struct hansa_bytes text = hansa_call_body(call);
    json_t *body = json_loadb(text.at, text.len, 0, NULL);
    const char *issuer = json_string_value(json_object_get(body, "issuer")), *fault = issuer_check(issuer);
    if (fault != NULL) {
        json_decref(body);
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_IDENTITY_IDP_ISSUER_REFUSED), "/issuer", fault);
    }
    const json_t *secret = json_object_get(body, "client_secret");
    bool ok = !json_is_string(secret) || secret_seal(call, body, json_string_value(secret), json_string_length(secret));
    json_object_del(body, "client_secret");
    OPENSSL_cleanse((void *)(uintptr_t)text.at, text.len);
    hansa_identity_claim_bind(call, body);
    return ok ? HANSA_STEP_NEXT : hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_INTERNAL), NULL, NULL);
}

enum hansa_step_result hansa_identity_idp_create_seal(struct hansa_call *call) {
    return seal(call);
}

enum hansa_step_result hansa_identity_idp_replace_seal(struct hansa_call *call) {
    struct hansa_bytes text = hansa_call_body(call);
    json_t *body = json_loadb(text.at, text.len, 0, NULL);
    bool keeps = json_object_get(body, "client_secret") == NULL;
    json_decref(body);
    hansa_call_value_set(call, "keeps_secret", keeps ? "true" : "false", keeps ? 4 : 5);
    return seal(call);
}
