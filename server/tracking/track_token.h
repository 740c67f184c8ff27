/* The token of a public tracking link: 48 characters of base64url (RFC 4648 section 5, no padding) for 36 bytes, the tenant's
 * id (16) and a secret (20 random bytes, 160 bits). The tenant stands in it because a request must know its tenant before it
 * asks the database; the secret is stored as its SHA-256 only. Pure functions; any thread.
 */
#ifndef HANSA_TRACKING_TRACK_TOKEN_H
#define HANSA_TRACKING_TRACK_TOKEN_H

#include <hansa/call.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    HANSA_TRACKING_SECRET_LEN = 20,
    HANSA_TRACKING_TOKEN_LEN = 48, /* characters */
};

struct hansa_tracking_token {
    char tenant_id[37]; /* UUID text, lower case */
    unsigned char secret[HANSA_TRACKING_SECRET_LEN];
};

/* Strict: 48 characters of the alphabet, nothing else. */
bool hansa_tracking_token_read(const char *text, struct hansa_tracking_token *ret_token);
/* False when tenant_id is no UUID text. `ret_text` takes HANSA_TRACKING_TOKEN_LEN characters and a NUL. */
bool hansa_tracking_token_write(const struct hansa_tracking_token *token, char ret_text[HANSA_TRACKING_TOKEN_LEN + 1]);

/* SHA-256 of the secret as PostgreSQL reads bytea: "\x" and 64 digits. False when libcrypto fails. */
bool hansa_tracking_token_hash(const struct hansa_tracking_token *token, char ret_text[2 + 64 + 1]);

/* First step of the endpoint `track`: sets tenant and secret_hash from the path. A token that is none is answered exactly as
 * an unknown one. */
enum hansa_step_result hansa_tracking_track_token(struct hansa_call *call);

#endif
