/* A sign-in begins: which tenant, which provider, what does it say of itself, then off to it.
 *
 * Three secrets are made. The state comes back beside the code, the binding stays in the browser's cookie, the nonce
 * comes back inside the signed token; only together do they open the row that idp_login_begin writes, once (promise
 * A10). The PKCE verifier stays here, sealed. */
#include "oidc_exchange.h"
#include "oidc_jws.h"
#include "oidc_page.h"
#include "oidc_provider.h"

#include "base62.h"
#include "core/hex.h"
#include "core/seal.h"
#include "session_claim.h"

#include <hansa_steps.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

enum { RANDOM_LEN = 43 }; /* of 62 characters: 256 bits */

/* Lives in the call's pool. */
struct start {
    const char *idp_id, *issuer, *client_id, *scopes, *authorization_endpoint;
    char state[HANSA_TOKEN_LEN + 1], binding[HANSA_TOKEN_LEN + 1], nonce[RANDOM_LEN + 1], challenge[RANDOM_LEN + 1];
};

enum hansa_step_result hansa_identity_oidc_start_tenant(struct hansa_call *call) {
    if (!hansa_identity_oidc_is_own_path(hansa_call_param(call, "return_to")))
        return hansa_identity_oidc_refuse(call, HANSA_ERROR_IDENTITY_SSO_RETURN_REFUSED, NULL);
    hansa_call_notes_set(call, hansa_call_alloc(call, sizeof(struct start)));
    hansa_identity_claim_bind(call, json_pack("{s:s}", "tenant_slug", hansa_call_param(call, "tenant_slug")));
    return hansa_call_statement(call, "identity/idp_tenant");
}

enum hansa_step_result hansa_identity_oidc_start_idp(struct hansa_call *call) {
    const char *tenant = hansa_call_column(call, "tenant_id", NULL);
    if (tenant == NULL) return hansa_identity_oidc_refuse(call, HANSA_ERROR_IDENTITY_IDP_NOT_FOUND, NULL);
    hansa_call_tenant_set(call, tenant);
    hansa_identity_claim_bind(call, json_pack("{s:s}", "idp_slug", hansa_call_param(call, "idp_slug")));
    return hansa_call_statement(call, "identity/idp_named");
}

static enum hansa_step_result discovered(struct hansa_call *call, void *output) {
    struct hansa_identity_exchanged *made = output;
    struct start *start = hansa_call_notes(call);
    const char *address = hansa_identity_provider_address(made->value, "authorization_endpoint");
    enum hansa_step_result result = HANSA_STEP_NEXT;
    if (made->outcome == HANSA_EXCHANGE_DONE && address != NULL) {
        size_t len = strlen(address) + 1;
        start->authorization_endpoint = memcpy(hansa_call_alloc(call, len), address, len);
    } else {
        result = hansa_identity_oidc_refuse(call, HANSA_ERROR_IDENTITY_SSO_PROVIDER_FAILED, made->why);
    }
    hansa_identity_exchanged_free(made);
    return result;
}

enum hansa_step_result hansa_identity_oidc_start_discover(struct hansa_call *call) {
    static const struct hansa_work discovery = {.is_far = true,
                                                .run = hansa_identity_exchange_discover,
                                                .done = discovered,
                                                .drop = hansa_identity_exchanged_free};
    struct start *start = hansa_call_notes(call);
    start->idp_id = hansa_identity_claim_column(call, "idp_id");
    start->issuer = hansa_identity_claim_column(call, "issuer");
    start->client_id = hansa_identity_claim_column(call, "client_id");
    start->scopes = hansa_identity_claim_column(call, "scopes");
    if (start->idp_id == NULL) return hansa_identity_oidc_refuse(call, HANSA_ERROR_IDENTITY_IDP_NOT_FOUND, NULL);
    struct hansa_identity_exchange *exchange = hansa_identity_exchange_new(hansa_call_tenant(call), start->issuer);
    if (exchange == NULL) return hansa_identity_oidc_refuse(call, HANSA_ERROR_CORE_OVERLOADED, NULL);
    return hansa_call_work(call, &discovery, exchange, hansa_identity_exchange_free);
}

/* The verifier as hex of its seal; false = no random bytes, no key. */
static bool verifier_make(struct hansa_call *call, struct start *start, const char *state_hash, char *ret_hex) {
    char verifier[RANDOM_LEN + 1] = "", owner[37 + 65];
    uint8_t digest[SHA256_DIGEST_LENGTH], sealed[RANDOM_LEN + HANSA_SEAL_EXTRA];
    snprintf(owner, sizeof owner, "%s/%s", hansa_call_tenant(call), state_hash);
    bool ok = hansa_identity_base62_random(verifier, RANDOM_LEN) &&
              hansa_seal("hansa sso verifier", owner, verifier, RANDOM_LEN, sealed);
    SHA256((const uint8_t *)verifier, RANDOM_LEN, digest);
    hansa_identity_base64url_write(digest, sizeof digest, start->challenge);
    hansa_hex_write(sealed, sizeof sealed, ret_hex);
    OPENSSL_cleanse(verifier, sizeof verifier);
    return ok;
}

enum hansa_step_result hansa_identity_oidc_start_begin(struct hansa_call *call) {
    struct start *start = hansa_call_notes(call);
    struct hansa_identity_token state, binding;
    uint8_t nonce_digest[SHA256_DIGEST_LENGTH];
    char state_hash[65], browser_hash[65], nonce_hash[65], verifier[2 * (RANDOM_LEN + HANSA_SEAL_EXTRA) + 1];
    const char *tenant = hansa_call_tenant(call);
    bool ok = hansa_identity_token_make(tenant, start->state, &state) &&
              hansa_identity_token_make(tenant, start->binding, &binding) &&
              hansa_identity_base62_random(start->nonce, RANDOM_LEN);
    if (!ok) return hansa_identity_oidc_refuse(call, HANSA_ERROR_CORE_INTERNAL, "no random bytes");
    SHA256((const uint8_t *)start->nonce, RANDOM_LEN, nonce_digest);
    hansa_hex_write(state.digest, sizeof state.digest, state_hash);
    hansa_hex_write(binding.digest, sizeof binding.digest, browser_hash);
    hansa_hex_write(nonce_digest, sizeof nonce_digest, nonce_hash);
    if (!verifier_make(call, start, state_hash, verifier))
        return hansa_identity_oidc_refuse(call, HANSA_ERROR_CORE_INTERNAL, "nothing can be sealed");
    hansa_identity_claim_bind(call, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "idp_id", start->idp_id, "state_hash",
                                              state_hash, "browser_hash", browser_hash, "nonce_hash", nonce_hash,
                                              "verifier", verifier, "return_to", hansa_call_param(call, "return_to")));
    return hansa_call_statement(call, "identity/idp_login_begin");
}

/* Appends "name=value", encoded for a query. */
static void query_add(char *text, size_t size, size_t *at, const char *name, const char *value) {
    static const char digits[] = "0123456789ABCDEF";
    int len = snprintf(text + *at, size - *at, "%c%s=", strchr(text, '?') == NULL ? '?' : '&', name);
    *at += (size_t)len;
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0' && *at + 4 < size; c++) {
        bool is_plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
                        strchr("-._~", *c) != NULL;
        if (!is_plain) text[(*at)++] = '%';
        if (!is_plain) text[(*at)++] = digits[*c >> 4];
        text[(*at)++] = is_plain ? (char)*c : digits[*c & 15];
    }
    text[*at] = '\0';
}

enum hansa_step_result hansa_identity_oidc_start_leave(struct hansa_call *call) {
    const struct start *start = hansa_call_notes(call);
    char redirect_uri[1024];
    hansa_identity_oidc_redirect_uri(redirect_uri, sizeof redirect_uri);
    const struct {
        const char *name, *value;
    } query[] = {{"response_type", "code"},
                 {"client_id", start->client_id},
                 {"redirect_uri", redirect_uri},
                 {"scope", start->scopes},
                 {"state", start->state},
                 {"nonce", start->nonce},
                 {"code_challenge", start->challenge},
                 {"code_challenge_method", "S256"}};
    size_t size = strlen(start->authorization_endpoint) + 1, at = strlen(start->authorization_endpoint);
    for (size_t i = 0; i < sizeof query / sizeof query[0]; i++)
        size += strlen(query[i].name) + 3 * strlen(query[i].value) + 8;
    char *address = hansa_call_alloc(call, size);
    memcpy(address, start->authorization_endpoint, at);
    for (size_t i = 0; i < sizeof query / sizeof query[0]; i++)
        query_add(address, size, &at, query[i].name, query[i].value);
    hansa_identity_oidc_cookie_set(call, start->binding);
    hansa_call_answer_header(call, "cache-control", "no-store");
    return hansa_identity_oidc_go(call, address);
}
