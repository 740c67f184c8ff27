/* The browser is back from the provider. The sign-in it began is used up first, whatever comes of it; then the provider
 * is asked (oidc_exchange.h), and the person whom it vouches for gets a session.
 *
 * Mix-up of providers: the row says which one the sign-in was begun at, and code, verifier and secret go to that one
 * alone; a provider that names itself must be that one (RFC 9207). */
#include "oidc_claims.h"
#include "oidc_exchange.h"
#include "oidc_page.h"

#include "core/hex.h"
#include "core/seal.h"
#include "session_claim.h"

#include <hansa/config.h>
#include <hansa_steps.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_MAX = 4096, AGENT_MAX = 200 };

/* Lives in the call's pool. */
struct callback {
    const char *idp_id, *issuer, *return_to;
    char state_hash[65], token[HANSA_TOKEN_LEN + 1];
};

static enum hansa_step_result refuse(struct hansa_call *call, enum hansa_error_id id, const char *why) {
    hansa_identity_oidc_cookie_set(call, NULL);
    return hansa_identity_oidc_refuse(call, id, why);
}

enum hansa_step_result hansa_identity_oidc_callback_arrive(struct hansa_call *call) {
    const char *text = hansa_call_param(call, "state");
    struct hansa_identity_token state, binding;
    char browser_hash[65];
    bool is_bare = text == NULL && hansa_call_param(call, "code") == NULL && hansa_call_param(call, "error") == NULL;
    if (is_bare) return hansa_identity_oidc_go(call, "/"); /* somebody opened the address by itself */
    if (text == NULL || !hansa_identity_token_read(text, strlen(text), &state))
        return hansa_identity_oidc_refuse(call, HANSA_ERROR_IDENTITY_SSO_ENDED, "no state of ours");
    if (!hansa_identity_oidc_cookie_read(call, &binding) || strcmp(binding.tenant, state.tenant) != 0)
        return hansa_identity_oidc_refuse(call, HANSA_ERROR_IDENTITY_SSO_ENDED, "no cookie of this sign-in");
    struct callback *callback = hansa_call_alloc(call, sizeof *callback);
    hansa_call_notes_set(call, callback);
    hansa_call_tenant_set(call, state.tenant);
    hansa_hex_write(state.digest, sizeof state.digest, callback->state_hash);
    hansa_hex_write(binding.digest, sizeof binding.digest, browser_hash);
    hansa_identity_claim_bind(
        call, json_pack("{s:s, s:s}", "state_hash", callback->state_hash, "browser_hash", browser_hash));
    return hansa_call_statement(call, "identity/idp_login_use");
}

/* A sealed column as a text of its own; NULL = it does not open. */
static char *unsealed(struct hansa_call *call, const char *column, const char *purpose, const char *owner) {
    uint8_t sealed[SECRET_MAX];
    size_t len = hansa_identity_claim_unhex(hansa_call_column(call, column, NULL), sealed, sizeof sealed);
    if (len <= HANSA_SEAL_EXTRA) return NULL;
    char *plain = calloc(1, len - HANSA_SEAL_EXTRA + 1);
    if (plain != NULL && hansa_unseal(purpose, owner, sealed, len, plain)) return plain;
    free(plain);
    return NULL;
}

/* False = something sealed does not open. */
static bool exchange_fill(struct hansa_call *call, const struct callback *callback,
                          struct hansa_identity_exchange *exchange) {
    char owner[37 + 1024], redirect_uri[1024];
    const char *client_id = hansa_call_column(call, "client_id", NULL),
               *role_claim = hansa_call_column(call, "role_claim", NULL);
    bool has_secret = hansa_call_column(call, "client_secret", NULL) != NULL;
    hansa_identity_oidc_redirect_uri(redirect_uri, sizeof redirect_uri);
    exchange->client_id = strdup(client_id);
    exchange->code = strdup(hansa_call_param(call, "code"));
    exchange->redirect_uri = strdup(redirect_uri);
    exchange->role_claim = role_claim == NULL ? NULL : strdup(role_claim);
    exchange->has_issuer = hansa_call_param(call, "iss") != NULL;
    snprintf(owner, sizeof owner, "%s/%s", hansa_call_tenant(call), callback->state_hash);
    exchange->verifier = unsealed(call, "verifier", "hansa sso verifier", owner);
    snprintf(owner, sizeof owner, "%s/%s/%s", hansa_call_tenant(call), callback->issuer, client_id);
    exchange->client_secret = has_secret ? unsealed(call, "client_secret", "hansa sso client", owner) : NULL;
    size_t len = hansa_identity_claim_unhex(hansa_call_column(call, "nonce_hash", NULL), exchange->nonce_hash,
                                            sizeof exchange->nonce_hash);
    return len == sizeof exchange->nonce_hash && exchange->verifier != NULL &&
           (!has_secret || exchange->client_secret != NULL);
}

static enum hansa_step_result exchanged(struct hansa_call *call, void *output) {
    struct hansa_identity_exchanged *made = output;
    enum hansa_step_result result = HANSA_STEP_NEXT;
    if (made->outcome == HANSA_EXCHANGE_DONE)
        hansa_identity_claim_bind(call, json_incref(made->value)); /* what :body is, until the next step adds to it */
    else
        result = refuse(call,
                        made->outcome == HANSA_EXCHANGE_DENIED     ? HANSA_ERROR_IDENTITY_SSO_DENIED
                        : made->outcome == HANSA_EXCHANGE_DISTRUST ? HANSA_ERROR_IDENTITY_SSO_REFUSED
                                                                   : HANSA_ERROR_IDENTITY_SSO_PROVIDER_FAILED,
                        made->why);
    hansa_identity_exchanged_free(made);
    return result;
}

enum hansa_step_result hansa_identity_oidc_callback_redeem(struct hansa_call *call) {
    static const struct hansa_work exchange_code = {
        .is_far = true, .run = hansa_identity_exchange_code, .done = exchanged, .drop = hansa_identity_exchanged_free};
    struct callback *callback = hansa_call_notes(call);
    const char *iss = hansa_call_param(call, "iss");
    callback->idp_id = hansa_identity_claim_column(call, "idp_id");
    callback->issuer = hansa_identity_claim_column(call, "issuer");
    callback->return_to = hansa_identity_claim_column(call, "return_to");
    if (callback->idp_id == NULL)
        return refuse(call, HANSA_ERROR_IDENTITY_SSO_ENDED, "no such sign-in of this browser");
    if (iss != NULL && strcmp(iss, callback->issuer) != 0)
        return refuse(call, HANSA_ERROR_IDENTITY_SSO_REFUSED, "another issuer answers than was asked");
    if (hansa_call_param(call, "error") != NULL || hansa_call_param(call, "code") == NULL)
        return refuse(call, HANSA_ERROR_IDENTITY_SSO_DENIED, "the provider answers with an error");
    struct hansa_identity_exchange *exchange = hansa_identity_exchange_new(hansa_call_tenant(call), callback->issuer);
    if (exchange == NULL) return refuse(call, HANSA_ERROR_CORE_OVERLOADED, NULL);
    if (!exchange_fill(call, callback, exchange)) {
        hansa_identity_exchange_free(exchange);
        return refuse(call, HANSA_ERROR_CORE_INTERNAL, "a secret of the provider does not open");
    }
    return hansa_call_work(call, &exchange_code, exchange, hansa_identity_exchange_free);
}

static json_t *agent(struct hansa_call *call) {
    struct hansa_bytes text = hansa_call_header(call, "user-agent");
    size_t len = text.len < AGENT_MAX ? text.len : AGENT_MAX;
    char plain[AGENT_MAX];
    for (size_t i = 0; i < len; i++)
        plain[i] = text.at[i] >= ' ' && text.at[i] < 127 ? text.at[i] : '?';
    return len == 0 ? json_null() : json_stringn(plain, len);
}

enum hansa_step_result hansa_identity_oidc_callback_enter(struct hansa_call *call) {
    struct callback *callback = hansa_call_notes(call);
    struct hansa_identity_token token, old;
    char hash[65], old_hash[65];
    struct hansa_bytes person = hansa_call_body(call);
    json_t *in = json_loadb(person.at, person.len, 0, NULL);
    if (!json_is_object(in) || !hansa_identity_token_make(hansa_call_tenant(call), callback->token, &token)) {
        json_decref(in);
        return refuse(call, HANSA_ERROR_CORE_INTERNAL, "no random bytes");
    }
    hansa_hex_write(token.digest, sizeof token.digest, hash);
    bool has_old = hansa_identity_cookie_read(hansa_call_header(call, "cookie"), &old);
    if (has_old) hansa_hex_write(old.digest, sizeof old.digest, old_hash);
    json_t *session = json_pack("{s:s, s:s, s:s, s:s?, s:I, s:I, s:o}", "idp_id", callback->idp_id, "issuer",
                                callback->issuer, "secret_hash", hash, "old_hash", has_old ? old_hash : NULL,
                                "idle_seconds", (json_int_t)hansa_config()->session_idle_s, "absolute_seconds",
                                (json_int_t)hansa_config()->session_absolute_s, "user_agent", agent(call));
    json_object_update(in, session);
    json_decref(session);
    hansa_identity_claim_bind(call, in);
    return hansa_call_statement(call, "identity/idp_session_open");
}

/* What identity.idp_session_open refuses with. */
static enum hansa_error_id error_of(const char *refused) {
    static const struct {
        const char *name;
        enum hansa_error_id id;
    } errors[] = {{"sso_user_disabled", HANSA_ERROR_IDENTITY_SSO_USER_DISABLED},
                  {"sso_email_missing", HANSA_ERROR_IDENTITY_SSO_EMAIL_MISSING},
                  {"sso_email_refused", HANSA_ERROR_IDENTITY_SSO_EMAIL_REFUSED},
                  {"sso_no_role", HANSA_ERROR_IDENTITY_SSO_NO_ROLE}};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (strcmp(errors[i].name, refused) == 0) return errors[i].id;
    return HANSA_ERROR_IDENTITY_SSO_ENDED;
}

enum hansa_step_result hansa_identity_oidc_callback_leave(struct hansa_call *call) {
    struct callback *callback = hansa_call_notes(call);
    const char *refused = hansa_call_column(call, "refused", NULL);
    if (refused != NULL) return refuse(call, error_of(refused), NULL);
    if (hansa_call_column(call, "session_id", NULL) == NULL)
        return refuse(call, HANSA_ERROR_CORE_INTERNAL, "no session was opened");
    hansa_identity_oidc_cookie_set(call, NULL);
    hansa_identity_cookie_set(call, callback->token);
    OPENSSL_cleanse(callback->token, sizeof callback->token);
    return hansa_identity_oidc_go(call, callback->return_to);
}
