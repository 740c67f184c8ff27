/* What somebody says to prove who they are: the body of a sign-in and its like, taken apart.
 *
 * Secrets never travel on in the body: the claim takes it, wipes it, and the steps bind to :body only what a statement needs.
 * Lives in the call's pool; loop thread.
 */
#ifndef HANSA_IDENTITY_SESSION_CLAIM_H
#define HANSA_IDENTITY_SESSION_CLAIM_H

#include "password.h"
#include "session_token.h"

#include <jansson.h>

struct hansa_identity_claim {
    /* as sent; NULL when absent */
    const char *tenant, *email, *name, *password, *new_password, *totp, *recovery_code, *token, *code;
    /* as found */
    const char *user_id, *phc, *password_set_at, *subject, *totp_secret, *account;
    int64_t totp_last_step, totp_step;
    struct hansa_identity_token link;
    struct hansa_identity_verdict verdict;
    char token_text[HANSA_TOKEN_LEN + 1];
    char recovery_codes[10][20];
};

/* Takes the body apart and wipes it. The call's notes are the claim from then on. */
struct hansa_identity_claim *hansa_identity_claim_take(struct hansa_call *call);
struct hansa_identity_claim *hansa_identity_claim(const struct hansa_call *call);
/* What :body binds to from now on; takes the reference. */
void hansa_identity_claim_bind(struct hansa_call *call, json_t *value);
/* A column of the present row, copied; NULL when null. */
const char *hansa_identity_claim_column(struct hansa_call *call, const char *name);
/* Sets value `name` to bytes in PostgreSQL's hex form. */
void hansa_identity_claim_bytes(struct hansa_call *call, const char *name, const uint8_t *bytes, size_t len);
/* Hex as PostgreSQL writes bytea (\x…) into bytes; the count, 0 = none or too many. */
size_t hansa_identity_claim_unhex(const char *text, uint8_t *ret_bytes, size_t size);
/* Column `wait`: seconds to wait until the next try. True = answered 429. */
bool hansa_identity_claim_waits(struct hansa_call *call);
/* The statement that finds a tenant by the claim's slug or the host, and counts a try of the client's address. */
enum hansa_step_result hansa_identity_claim_tenant(struct hansa_call *call);
/* The step after it: sets the tenant when one was found. True = answered 429. */
bool hansa_identity_claim_tenant_found(struct hansa_call *call);

#endif
