/* The token stands behind # in the address: browsers do not send that part, so it reaches no log and no Referer. */
#include "invitation_link.h"

#include "core/hex.h"
#include "core/seal.h"
#include "session_claim.h"

#include <hansa/config.h>
#include <hansa_steps.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

static void link_owner(const char *tenant, const uint8_t hash[32], char ret_owner[37 + 1 + 64]) {
    char hex[65];
    hansa_hex_write(hash, 32, hex);
    snprintf(ret_owner, 37 + 1 + 64, "%s/%s", tenant, hex);
}

bool hansa_identity_link_make(const char *tenant, const char *page, uint8_t ret_hash[32], uint8_t *ret_sealed,
                              size_t *ret_sealed_len, char ret_url[HANSA_LINK_URL_MAX]) {
    struct hansa_identity_token token;
    char text[HANSA_TOKEN_LEN + 1], owner[37 + 1 + 64];
    const char *base = hansa_config()->public_url;
    size_t base_len = strlen(base);
    while (base_len > 0 && base[base_len - 1] == '/')
        base_len--;
    if (!hansa_identity_token_make(tenant, text, &token)) return false;
    int len = snprintf(ret_url, HANSA_LINK_URL_MAX, "%.*s/account/%s#%s", (int)base_len, base, page, text);
    memcpy(ret_hash, token.digest, 32);
    link_owner(tenant, ret_hash, owner);
    OPENSSL_cleanse(text, sizeof text);
    *ret_sealed_len = (size_t)len + HANSA_SEAL_EXTRA;
    return len < HANSA_LINK_URL_MAX && hansa_seal("hansa links", owner, ret_url, (size_t)len, ret_sealed);
}

bool hansa_identity_link_open(const char *tenant, const uint8_t hash[32], const uint8_t *sealed, size_t sealed_len,
                              char ret_url[HANSA_LINK_URL_MAX]) {
    char owner[37 + 1 + 64];
    if (sealed_len < HANSA_SEAL_EXTRA || sealed_len >= HANSA_LINK_URL_MAX + HANSA_SEAL_EXTRA) return false;
    link_owner(tenant, hash, owner);
    ret_url[sealed_len - HANSA_SEAL_EXTRA] = '\0';
    return hansa_unseal("hansa links", owner, sealed, sealed_len, ret_url);
}

enum hansa_step_result hansa_identity_link_mint(struct hansa_call *call, const char *page) {
    uint8_t hash[32], sealed[HANSA_LINK_URL_MAX + HANSA_SEAL_EXTRA];
    char url[HANSA_LINK_URL_MAX];
    size_t sealed_len;
    if (!hansa_identity_link_make(hansa_call_tenant(call), page, hash, sealed, &sealed_len, url))
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_INTERNAL), NULL, NULL);
    hansa_identity_claim_bytes(call, "token_hash", hash, sizeof hash);
    hansa_identity_claim_bytes(call, "sealed", sealed, sealed_len);
    OPENSSL_cleanse(url, sizeof url);
    return HANSA_STEP_NEXT;
}

enum hansa_step_result hansa_identity_user_create_mint(struct hansa_call *call) {
    return hansa_identity_link_mint(call, "invitation");
}

enum hansa_step_result hansa_identity_user_invite_mint(struct hansa_call *call) {
    return hansa_identity_link_mint(call, "invitation");
}

/* --- used --- */

static enum hansa_step_result missing(struct hansa_call *call) {
    return hansa_call_problem(call, hansa_error(HANSA_ERROR_IDENTITY_LINK_NOT_FOUND), NULL, NULL);
}

static json_t *hash_of(const struct hansa_identity_claim *claim) {
    char hex[65];
    hansa_hex_write(claim->link.digest, sizeof claim->link.digest, hex);
    return json_string(hex);
}

/* Looks whether the link is live before a hash is spent on it. */
static enum hansa_step_result link_look(struct hansa_call *call, const char *kind) {
    struct hansa_identity_claim *claim = hansa_identity_claim_take(call);
    if (!hansa_identity_token_read(claim->token, strlen(claim->token), &claim->link)) return missing(call);
    hansa_call_tenant_set(call, claim->link.tenant);
    hansa_identity_claim_bind(call, json_pack("{s:o, s:s}", "token_hash", hash_of(claim), "kind", kind));
    return hansa_call_statement(call, "identity/login_link");
}

static enum hansa_step_result link_hash(struct hansa_call *call) {
    struct hansa_identity_claim *claim = hansa_identity_claim(call);
    if (hansa_call_column(call, "body", NULL) == NULL) return missing(call);
    return hansa_identity_password_make(call, claim->password, &claim->verdict);
}

static enum hansa_step_result link_use(struct hansa_call *call, const char *statement) {
    const struct hansa_identity_claim *claim = hansa_identity_claim(call);
    hansa_identity_claim_bind(call, json_pack("{s:o, s:s, s:s?}", "token_hash", hash_of(claim), "phc",
                                              claim->verdict.phc, "name", claim->name));
    return hansa_call_statement(call, statement);
}

static enum hansa_step_result link_answer(struct hansa_call *call) {
    size_t len;
    const char *body = hansa_call_column(call, "body", &len);
    if (body == NULL) return missing(call);
    hansa_call_answer_header(call, "cache-control", "no-store");
    return hansa_call_answer(call, 200, "application/json", body, len);
}

enum hansa_step_result hansa_identity_invitation_accept_look(struct hansa_call *call) {
    return link_look(call, "INVITATION");
}

enum hansa_step_result hansa_identity_invitation_accept_hash(struct hansa_call *call) {
    return link_hash(call);
}

enum hansa_step_result hansa_identity_invitation_accept_use(struct hansa_call *call) {
    return link_use(call, "identity/invitation_use");
}

enum hansa_step_result hansa_identity_invitation_accept_answer(struct hansa_call *call) {
    return link_answer(call);
}

enum hansa_step_result hansa_identity_password_reset_complete_look(struct hansa_call *call) {
    return link_look(call, "PASSWORD_RESET");
}

enum hansa_step_result hansa_identity_password_reset_complete_hash(struct hansa_call *call) {
    return link_hash(call);
}

enum hansa_step_result hansa_identity_password_reset_complete_use(struct hansa_call *call) {
    return link_use(call, "identity/password_reset_use");
}

enum hansa_step_result hansa_identity_password_reset_complete_answer(struct hansa_call *call) {
    return link_answer(call);
}

enum hansa_step_result hansa_identity_email_change_complete_look(struct hansa_call *call) {
    return link_look(call, "EMAIL_CHANGE");
}

enum hansa_step_result hansa_identity_email_change_complete_use(struct hansa_call *call) {
    if (hansa_call_column(call, "body", NULL) == NULL) return missing(call);
    return link_use(call, "identity/email_change_use");
}

enum hansa_step_result hansa_identity_email_change_complete_answer(struct hansa_call *call) {
    return link_answer(call);
}

/* --- asked for by who forgot --- */

enum hansa_step_result hansa_identity_password_reset_create_read(struct hansa_call *call) {
    hansa_identity_claim_take(call);
    return hansa_identity_claim_tenant(call);
}

/* What there is to do is done off the answer's path: the answer and its time tell nobody who has an account. */
enum hansa_step_result hansa_identity_password_reset_create_answer(struct hansa_call *call) {
    static const char text[] = "{\"expires_in_minutes\":60}";
    const struct hansa_identity_claim *claim = hansa_identity_claim(call);
    uint8_t hash[32], sealed[HANSA_LINK_URL_MAX + HANSA_SEAL_EXTRA];
    char url[HANSA_LINK_URL_MAX], hash_hex[65], sealed_hex[2 * sizeof sealed + 1];
    size_t sealed_len;
    if (hansa_identity_claim_tenant_found(call)) return HANSA_STEP_END;
    if (hansa_call_tenant(call) != NULL) {
        if (!hansa_identity_link_make(hansa_call_tenant(call), "password-reset", hash, sealed, &sealed_len, url))
            return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_INTERNAL), NULL, NULL);
        hansa_hex_write(hash, sizeof hash, hash_hex);
        hansa_hex_write(sealed, sealed_len, sealed_hex);
        OPENSSL_cleanse(url, sizeof url);
        hansa_identity_claim_bind(
            call, json_pack("{s:s, s:s, s:s}", "email", claim->email, "token_hash", hash_hex, "sealed", sealed_hex));
        hansa_call_aside(call, "identity/password_reset_make");
    }
    return hansa_call_answer(call, 202, "application/json", text, sizeof text - 1);
}
