/* What an ID token says, and whether it says it to us, now, about this sign-in (OpenID Connect Core 3.1.3.7).
 *
 * Pure; any thread. Fuzzed.
 */
#ifndef HANSA_IDENTITY_OIDC_CLAIMS_H
#define HANSA_IDENTITY_OIDC_CLAIMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { HANSA_OIDC_SKEW_S = 60, HANSA_OIDC_AGE_MAX_S = 600, HANSA_OIDC_ROLES_MAX = 200 };

/* What a good token must say. */
struct hansa_identity_expected {
    const char *issuer, *client_id;
    uint8_t nonce_hash[32];   /* SHA-256 of the nonce that the sign-in began with */
    const char *access_token; /* against at_hash; NULL = none came */
    time_t now;
};

/* NULL = it is for this sign-in; else a static phrase of what is wrong, for the log. */
const char *hansa_identity_claims_check(const json_t *claims, const struct hansa_identity_expected *expected);

/* What identity.idp_session_open takes of the claims: {"subject", "email", "email_verified", "name", "roles",
 * "has_second_factor"}. `role_claim` (NULL = none) is a member, or a path of members with dots between them. */
json_t *hansa_identity_claims_person(const json_t *claims, const char *role_claim);
/* Has the claim of this name or path any value? */
bool hansa_identity_claims_have(const json_t *claims, const char *path);

#endif
