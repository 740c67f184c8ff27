/* A person's own affairs: the present session, its end, the password, the second factor, the address.
 *
 * What changes how a person signs in asks for the password again; such tries are counted like sign-ins. */
#include "core/csrf.h"
#include "core/seal.h"
#include "invitation_link.h"
#include "session_claim.h"
#include "totp.h"

#include <hansa/config.h>
#include <hansa_steps.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static enum hansa_step_result refuse(struct hansa_call *call, enum hansa_error_id id, const char *pointer) {
    return hansa_call_problem(call, hansa_error(id), pointer, NULL);
}

/* --- the session itself --- */

enum hansa_step_result hansa_identity_session_get_csrf(struct hansa_call *call) {
    char csrf[HANSA_CSRF_LEN + 1];
    hansa_csrf_token(hansa_call_credential_digest(call), csrf);
    hansa_call_value_set(call, "csrf_token", csrf, HANSA_CSRF_LEN);
    hansa_call_answer_header(call, "cache-control", "no-store");
    return HANSA_STEP_NEXT;
}

enum hansa_step_result hansa_identity_session_delete_forget(struct hansa_call *call) {
    hansa_identity_cookie_set(call, NULL);
    return HANSA_STEP_NEXT;
}

/* --- the password, asked for again --- */

static enum hansa_step_result password_ask(struct hansa_call *call) {
    hansa_identity_claim_take(call);
    hansa_identity_claim_bind(call, json_pack("{s:I}", "limit", (json_int_t)hansa_config()->login_account_max));
    return hansa_call_statement(call, "identity/login_own");
}

static enum hansa_step_result password_check(struct hansa_call *call) {
    struct hansa_identity_claim *claim = hansa_identity_claim(call);
    if (hansa_identity_claim_waits(call)) return HANSA_STEP_END;
    claim->phc = hansa_identity_claim_column(call, "password_phc");
    claim->account = hansa_identity_claim_column(call, "account");
    claim->tenant = hansa_identity_claim_column(call, "tenant_name");
    claim->subject = hansa_identity_claim_column(call, "subject");
    return hansa_identity_password_check(call, claim->password, claim->phc, &claim->verdict);
}

/* False = answered. Otherwise value `subject` is set: the statement forgives the try. */
static bool password_was_right(struct hansa_call *call) {
    const struct hansa_identity_claim *claim = hansa_identity_claim(call);
    if (!claim->verdict.is_right || claim->subject == NULL) {
        refuse(call, HANSA_ERROR_IDENTITY_PASSWORD_WRONG, "/password");
        return false;
    }
    hansa_call_value_set(call, "subject", claim->subject, strlen(claim->subject));
    return true;
}

enum hansa_step_result hansa_identity_session_password_ask(struct hansa_call *call) {
    return password_ask(call);
}

enum hansa_step_result hansa_identity_session_password_check(struct hansa_call *call) {
    return password_check(call);
}

enum hansa_step_result hansa_identity_session_password_make(struct hansa_call *call) {
    struct hansa_identity_claim *claim = hansa_identity_claim(call);
    if (!password_was_right(call)) return HANSA_STEP_END;
    return hansa_identity_password_make(call, claim->new_password, &claim->verdict);
}

enum hansa_step_result hansa_identity_session_password_store(struct hansa_call *call) {
    const struct hansa_identity_claim *claim = hansa_identity_claim(call);
    hansa_call_value_set(call, "password_phc", claim->verdict.phc, strlen(claim->verdict.phc));
    return HANSA_STEP_NEXT;
}

/* --- another address --- */

enum hansa_step_result hansa_identity_session_email_ask(struct hansa_call *call) {
    return password_ask(call);
}

enum hansa_step_result hansa_identity_session_email_check(struct hansa_call *call) {
    return password_check(call);
}

enum hansa_step_result hansa_identity_session_email_mint(struct hansa_call *call) {
    const struct hansa_identity_claim *claim = hansa_identity_claim(call);
    if (!password_was_right(call)) return HANSA_STEP_END;
    hansa_call_value_set(call, "email", claim->email, strlen(claim->email));
    return hansa_identity_link_mint(call, "email-change");
}

/* --- the second factor --- */

enum hansa_step_result hansa_identity_session_totp_begin_ask(struct hansa_call *call) {
    return password_ask(call);
}

enum hansa_step_result hansa_identity_session_totp_begin_check(struct hansa_call *call) {
    return password_check(call);
}

/* The sealed secret is bound to its person: moved to another's row it does not open. */
static void factor_owner(const struct hansa_call *call, char ret_owner[80]) {
    snprintf(ret_owner, 80, "%s/%s", hansa_call_tenant(call), hansa_call_actor(call));
}

enum hansa_step_result hansa_identity_session_totp_begin_mint(struct hansa_call *call) {
    const struct hansa_identity_claim *claim = hansa_identity_claim(call);
    uint8_t secret[HANSA_TOTP_SECRET_LEN], sealed[HANSA_TOTP_SECRET_LEN + HANSA_SEAL_EXTRA];
    char owner[80], text[HANSA_TOTP_SECRET_TEXT + 1], uri[1024];
    if (!password_was_right(call)) return HANSA_STEP_END;
    factor_owner(call, owner);
    if (RAND_bytes(secret, sizeof secret) != 1 || !hansa_seal("hansa totp", owner, secret, sizeof secret, sealed))
        return refuse(call, HANSA_ERROR_CORE_INTERNAL, NULL);
    hansa_identity_claim_bytes(call, "sealed", sealed, sizeof sealed);
    hansa_identity_base32(secret, sizeof secret, text);
    hansa_identity_totp_uri(secret, claim->tenant == NULL ? "Hansa" : claim->tenant,
                            claim->account == NULL ? "" : claim->account, uri, sizeof uri);
    char *answer = hansa_call_alloc(call, sizeof text + sizeof uri + 64);
    int len = snprintf(answer, sizeof text + sizeof uri + 64, "{\"secret\":\"%s\",\"otpauth_uri\":\"%s\"}", text, uri);
    hansa_identity_claim(call)->code = len > 0 ? answer : NULL;
    OPENSSL_cleanse(secret, sizeof secret);
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(uri, sizeof uri);
    return HANSA_STEP_NEXT;
}

enum hansa_step_result hansa_identity_session_totp_begin_answer(struct hansa_call *call) {
    const struct hansa_identity_claim *claim = hansa_identity_claim(call);
    hansa_call_answer_header(call, "cache-control", "no-store");
    return hansa_call_answer(call, 200, "application/json", claim->code, strlen(claim->code));
}

enum hansa_step_result hansa_identity_session_totp_confirm_ask(struct hansa_call *call) {
    hansa_identity_claim_take(call);
    hansa_identity_claim_bind(call, json_pack("{s:I}", "limit", (json_int_t)hansa_config()->login_account_max));
    return hansa_call_statement(call, "identity/totp_pending");
}

static bool recovery_codes_make(struct hansa_identity_claim *claim, json_t *hashes) {
    for (size_t i = 0; i < HANSA_RECOVERY_CODES; i++) {
        char hash[65];
        if (!hansa_identity_recovery_make(claim->recovery_codes[i]) ||
            !hansa_identity_recovery_hash(claim->recovery_codes[i], hash))
            return false;
        json_array_append_new(hashes, json_string(hash));
    }
    return true;
}

enum hansa_step_result hansa_identity_session_totp_confirm_check(struct hansa_call *call) {
    struct hansa_identity_claim *claim = hansa_identity_claim(call);
    uint8_t secret[HANSA_TOTP_SECRET_LEN], sealed[HANSA_TOTP_SECRET_LEN + HANSA_SEAL_EXTRA];
    char owner[80];
    if (hansa_identity_claim_waits(call)) return HANSA_STEP_END;
    const char *step = hansa_identity_claim_column(call, "totp_last_step");
    size_t len = hansa_identity_claim_unhex(hansa_identity_claim_column(call, "totp_secret"), sealed, sizeof sealed);
    factor_owner(call, owner);
    if (len == 0) return refuse(call, HANSA_ERROR_IDENTITY_SECOND_FACTOR_NOT_BEGUN, NULL);
    if (len != sizeof sealed || !hansa_unseal("hansa totp", owner, sealed, len, secret))
        return refuse(call, HANSA_ERROR_CORE_INTERNAL, NULL);
    int64_t found =
        hansa_identity_totp_find(secret, claim->code, time(NULL), step == NULL ? 0 : strtoll(step, NULL, 10));
    OPENSSL_cleanse(secret, sizeof secret);
    if (found < 0) return refuse(call, HANSA_ERROR_IDENTITY_CODE_REFUSED, "/code");
    json_t *hashes = json_array();
    if (!recovery_codes_make(claim, hashes)) {
        json_decref(hashes);
        return refuse(call, HANSA_ERROR_CORE_INTERNAL, NULL);
    }
    hansa_identity_claim_bind(call, json_pack("{s:I, s:o}", "totp_step", (json_int_t)found, "recovery_hashes", hashes));
    return HANSA_STEP_NEXT;
}

enum hansa_step_result hansa_identity_session_totp_confirm_answer(struct hansa_call *call) {
    struct hansa_identity_claim *claim = hansa_identity_claim(call);
    if (hansa_call_column(call, "body", NULL) == NULL) return refuse(call, HANSA_ERROR_IDENTITY_CODE_REFUSED, "/code");
    char text[32 + HANSA_RECOVERY_CODES * (HANSA_RECOVERY_CODE_LEN + 3)];
    size_t at = (size_t)snprintf(text, sizeof text, "{\"recovery_codes\":");
    for (size_t i = 0; i < HANSA_RECOVERY_CODES; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%c\"%s\"", i == 0 ? '[' : ',', claim->recovery_codes[i]);
    at += (size_t)snprintf(text + at, sizeof text - at, "]}");
    hansa_call_answer_header(call, "cache-control", "no-store");
    enum hansa_step_result result = hansa_call_answer(call, 200, "application/json", text, at);
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(claim->recovery_codes, sizeof claim->recovery_codes);
    return result;
}
