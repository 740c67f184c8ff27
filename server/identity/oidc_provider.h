/* Identity providers as they describe themselves: discovery document and signing keys, fetched and kept for a while.
 *
 * Kept for the process, by issuer: what is kept of an issuer comes from that issuer's own address alone, so tenants
 * that name the same issuer may share it. For worker threads; blocks while it fetches. Both are kept for an hour; keys
 * are fetched anew for an unknown key id at most once in five minutes (promise A9); a failure is remembered for five
 * seconds.
 */
#ifndef HANSA_IDENTITY_OIDC_PROVIDER_H
#define HANSA_IDENTITY_OIDC_PROVIDER_H

#include <jansson.h>
#include <stdbool.h>

/* The issuer's discovery document (OpenID Connect Discovery 4), json_decref it; NULL = none to be had, `ret_why` says
 * why. */
json_t *hansa_identity_provider_document(const char *issuer, const char **ret_why);

struct hansa_identity_keys {
    json_t *set;   /* JWK set; json_decref it */
    bool is_fresh; /* fetched by this very call */
};
/* `is_missed`: the kept keys were tried and lacked one. Then false when none may be fetched again yet. */
bool hansa_identity_provider_keys(const char *issuer, bool is_missed, struct hansa_identity_keys *ret_keys,
                                  const char **ret_why);

/* A member that is an https address without odd characters; NULL = it is not. */
const char *hansa_identity_provider_address(const json_t *document, const char *member);

#endif
