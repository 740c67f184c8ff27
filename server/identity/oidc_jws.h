/* Signed tokens of identity providers: compact JWS (RFC 7515) under the provider's public keys (JWK set, RFC 7517).
 *
 * What may be signed how is decided here, before libcjose is asked: RS256, PS256 and ES256, each under a key of its
 * type and size; never `none`, never a secret shared with anybody (standards.md 5.15, RFC 8725). Pure; any thread.
 * Fuzzed.
 */
#ifndef HANSA_IDENTITY_OIDC_JWS_H
#define HANSA_IDENTITY_OIDC_JWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HANSA_JWS_BYTES_MAX = 8192 };

enum hansa_identity_jws_verdict {
    HANSA_JWS_GOOD,
    HANSA_JWS_BAD,
    HANSA_JWS_KEY_UNKNOWN /* well-formed, but the set has no such key: perhaps the provider has changed its keys */
};

/* `algorithms`: array of what this provider says it signs with, or NULL. On GOOD `ret_payload` is the signed JSON
 * object (json_decref it). `ret_why`: a static phrase for the log. */
enum hansa_identity_jws_verdict hansa_identity_jws_read(const char *token, size_t len, const json_t *key_set,
                                                        const json_t *algorithms, json_t **ret_payload,
                                                        const char **ret_why);

/* Strict base64url without padding (RFC 4648, 5; no stray bits at the end) into at most `size` bytes. False = it is
 * not. */
bool hansa_identity_base64url_read(const char *text, size_t len, uint8_t *ret_bytes, size_t size, size_t *ret_len);
/* `ret_text`: (len * 4 + 2) / 3 characters and a NUL. */
void hansa_identity_base64url_write(const uint8_t *bytes, size_t len, char *ret_text);

#endif
