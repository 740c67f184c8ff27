/* The part of a sign-in that asks the provider: its document at the start; at the end the code against tokens, the
 * tokens against its keys. Everything here is for worker threads but the two counters of who is at it.
 */
#ifndef HANSA_IDENTITY_OIDC_EXCHANGE_H
#define HANSA_IDENTITY_OIDC_EXCHANGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum hansa_identity_exchange_outcome {
    HANSA_EXCHANGE_DONE,
    HANSA_EXCHANGE_DENIED,   /* the provider does not take the code */
    HANSA_EXCHANGE_DISTRUST, /* what it answered cannot be trusted */
    HANSA_EXCHANGE_FAILED    /* it cannot be reached, or answers wrongly */
};

/* What an exchange needs. Texts are owned: hansa_identity_exchange_free wipes and frees them all. */
struct hansa_identity_exchange {
    char tenant[37];
    char *issuer;
    /* for the exchange of a code alone; NULL at the start */
    char *client_id, *client_secret /* NULL = a public client */, *code, *verifier, *redirect_uri, *role_claim;
    bool has_issuer; /* the provider named itself beside the code (RFC 9207) */
    uint8_t nonce_hash[32];
};

struct hansa_identity_exchanged {
    enum hansa_identity_exchange_outcome outcome;
    const char *why; /* for the log: static, no secret in it */
    json_t *value;   /* the provider's document, or the person (hansa_identity_claims_person) */
};

/* NULL = this tenant has as many at it as it may (a provider that hangs takes no more than its part of the threads):
 * the caller answers 503. Loop thread. */
struct hansa_identity_exchange *hansa_identity_exchange_new(const char *tenant, const char *issuer);
void hansa_identity_exchange_free(void *data);
/* Works of struct hansa_work: take an exchange over, give a struct hansa_identity_exchanged. */
void *hansa_identity_exchange_discover(void *data);
void *hansa_identity_exchange_code(void *data);
void hansa_identity_exchanged_free(void *data);

#endif
