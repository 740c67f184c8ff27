/* Sign-in: which tenant, who, the password, the second factor, then a session.
 *
 * Whatever is wrong costs one hash and gets one answer, so that nobody learns who has an account (promise A2). The try is
 * counted before the hash and given back when it succeeds (promise A4). The password goes to a worker and to no statement. */
#include "core/csrf.h"
#include "core/hex.h"
#include "core/seal.h"
#include "session_claim.h"
#include "totp.h"

#include <hansa/config.h>
#include <hansa_steps.h>
#include <openssl/crypto.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { AGENT_MAX = 200 };

static enum hansa_step_result refuse(struct hansa_call *call, enum hansa_error_id id) {
    return hansa_call_problem(call, hansa_error(id), NULL, NULL);
}

enum hansa_step_result hansa_identity_session_create_read(struct hansa_call *call) {
    struct hansa_bytes site = hansa_call_header(call, "sec-fetch-site");
    hansa_identity_claim_take(call);
    /* another's page must not sign a browser in to an account of its choice */
    if (site.len == 10 && strncasecmp(site.at, "cross-site", 10) == 0) return refuse(call, HANSA_ERROR_CORE_CROSS_SITE);
    return hansa_identity_claim_tenant(call);
}

enum hansa_step_result hansa_identity_session_create_tenant(struct hansa_call *call) {
    const struct hansa_identity_claim *claim = hansa_identity_claim(call);
    if (hansa_identity_claim_tenant_found(call)) return HANSA_STEP_END;
    if (hansa_call_tenant(call) == NULL) return HANSA_STEP_NEXT;
    hansa_identity_claim_bind(
        call, json_pack("{s:s, s:I}", "email", claim->email, "limit", (json_int_t)hansa_config()->login_account_max));
    return hansa_call_statement(call, "identity/login_begin");
}

enum hansa_step_result hansa_identity_session_create_hash(struct hansa_call *call) {
    struct hansa_identity_claim *claim = hansa_identity_claim(call);
    if (hansa_call_tenant(call) != NULL) {
        if (hansa_identity_claim_waits(call)) return HANSA_STEP_END;
        claim->user_id = hansa_identity_claim_column(call, "user_id");
        claim->phc = hansa_identity_claim_column(call, "password_phc");
        claim->password_set_at = hansa_identity_claim_column(call, "password_set_at");
        claim->subject = hansa_identity_claim_column(call, "subject");
        claim->totp_secret = hansa_identity_claim_column(call, "totp_secret");
        const char *step = hansa_identity_claim_column(call, "totp_last_step");
        claim->totp_last_step = step == NULL ? 0 : strtoll(step, NULL, 10);
    }
    return hansa_identity_password_check(call, claim->password, claim->phc, &claim->verdict);
}

/* Which step the code is of; -1 = none, or it was used. */
static int64_t totp_step(struct hansa_call *call, const struct hansa_identity_claim *claim) {
    uint8_t sealed[HANSA_TOTP_SECRET_LEN + HANSA_SEAL_EXTRA], secret[HANSA_TOTP_SECRET_LEN];
    size_t len = hansa_identity_claim_unhex(claim->totp_secret, sealed, sizeof sealed);
    char owner[80];
    snprintf(owner, sizeof owner, "%s/%s", hansa_call_tenant(call), claim->user_id);
    if (len != sizeof sealed || !hansa_unseal("hansa totp", owner, sealed, len, secret)) return -1;
    int64_t step = hansa_identity_totp_find(secret, claim->totp, time(NULL), claim->totp_last_step);
    OPENSSL_cleanse(secret, sizeof secret);
    return step;
}

/* Adds what the second factor gave; false = answered. */
static bool factor_add(struct hansa_call *call, const struct hansa_identity_claim *claim, json_t *in) {
    char hash[65];
    if (claim->totp_secret == NULL) return true;
    if (claim->totp != NULL) {
        int64_t step = totp_step(call, claim);
        if (step >= 0) return json_object_set_new(in, "totp_step", json_integer(step)) == 0;
    } else if (claim->recovery_code == NULL) {
        refuse(call, HANSA_ERROR_IDENTITY_SECOND_FACTOR_NEEDED);
        return false;
    } else if (hansa_identity_recovery_hash(claim->recovery_code, hash)) {
        return json_object_set_new(in, "recovery_hash", json_string(hash)) == 0;
    }
    refuse(call, HANSA_ERROR_IDENTITY_SECOND_FACTOR_REFUSED);
    return false;
}

static json_t *agent(struct hansa_call *call) {
    struct hansa_bytes text = hansa_call_header(call, "user-agent");
    size_t len = text.len < AGENT_MAX ? text.len : AGENT_MAX;
    char plain[AGENT_MAX];
    for (size_t i = 0; i < len; i++)
        plain[i] = text.at[i] >= ' ' && text.at[i] < 127 ? text.at[i] : '?';
    return len == 0 ? json_null() : json_stringn(plain, len);
}

enum hansa_step_result hansa_identity_session_create_open(struct hansa_call *call) {
    struct hansa_identity_claim *claim = hansa_identity_claim(call);
    struct hansa_identity_token token, old;
    char hash[65], old_hash[65], csrf[HANSA_CSRF_LEN + 1];
    if (!claim->verdict.is_right || claim->user_id == NULL) return refuse(call, HANSA_ERROR_IDENTITY_LOGIN_REFUSED);
    if (!hansa_identity_token_make(hansa_call_tenant(call), claim->token_text, &token))
        return refuse(call, HANSA_ERROR_CORE_INTERNAL);
    hansa_hex_write(token.digest, sizeof token.digest, hash);
    hansa_csrf_token(token.digest, csrf);
    bool has_old = hansa_identity_cookie_read(hansa_call_header(call, "cookie"), &old);
    if (has_old) hansa_hex_write(old.digest, sizeof old.digest, old_hash);
    json_t *in = json_pack(
        "{s:s, s:s?, s:s?, s:s, s:s?, s:s, s:I, s:I, s:o, s:s}", "user_id", claim->user_id, "password_set_at",
        claim->password_set_at, "new_phc", claim->verdict.phc[0] != '\0' ? claim->verdict.phc : NULL, "secret_hash",
        hash, "old_hash", has_old ? old_hash : NULL, "csrf_token", csrf, "idle_seconds",
        (json_int_t)hansa_config()->session_idle_s, "absolute_seconds", (json_int_t)hansa_config()->session_absolute_s,
        "user_agent", agent(call), "subject", claim->subject + 2);
    if (!factor_add(call, claim, in)) {
        json_decref(in);
        return HANSA_STEP_END;
    }
    hansa_identity_claim_bind(call, in);
    return hansa_call_statement(call, "identity/session_open");
}

enum hansa_step_result hansa_identity_session_create_answer(struct hansa_call *call) {
    struct hansa_identity_claim *claim = hansa_identity_claim(call);
    size_t len;
    const char *body = hansa_call_column(call, "body", &len), *refused = hansa_call_column(call, "refused", NULL);
    if (refused != NULL)
        return refuse(call, strcmp(refused, "second_factor_needed") == 0    ? HANSA_ERROR_IDENTITY_SECOND_FACTOR_NEEDED
                            : strcmp(refused, "second_factor_refused") == 0 ? HANSA_ERROR_IDENTITY_SECOND_FACTOR_REFUSED
                                                                            : HANSA_ERROR_IDENTITY_LOGIN_REFUSED);
    if (body == NULL) return refuse(call, HANSA_ERROR_CORE_INTERNAL);
    hansa_identity_cookie_set(call, claim->token_text);
    hansa_call_answer_header(call, "location", "/v1/session");
    OPENSSL_cleanse(claim->token_text, sizeof claim->token_text);
    return hansa_call_answer(call, 201, "application/json", body, len);
}
