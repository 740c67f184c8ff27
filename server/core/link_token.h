/* The token of a public link: 48 characters of base64url (RFC 4648 section 5, no padding) for 36 bytes, the tenant's id (16) and
 * a secret (20 random bytes, 160 bits). The tenant stands in it because a request must know its tenant before it asks the
 * database; the token leaves the house in the one answer that makes it, and what is stored is the SHA-256 of its secret, so a
 * table of links alone opens nothing. Read, write and hash are pure functions; mint and take are for steps, on the call's thread.
 */
#ifndef HANSA_CORE_LINK_TOKEN_H
#define HANSA_CORE_LINK_TOKEN_H

#include <hansa/call.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    HANSA_LINK_SECRET_LEN = 20,
    HANSA_LINK_TOKEN_LEN = 48, /* characters */
};

struct hansa_link_token {
    char tenant_id[37]; /* UUID text, lower case */
    unsigned char secret[HANSA_LINK_SECRET_LEN];
};

/* Strict: 48 characters of the alphabet, nothing else. */
bool hansa_link_token_read(const char *text, struct hansa_link_token *ret_token);
/* False when tenant_id is no UUID text. `ret_text` takes HANSA_LINK_TOKEN_LEN characters and a NUL. */
bool hansa_link_token_write(const struct hansa_link_token *token, char ret_text[HANSA_LINK_TOKEN_LEN + 1]);

/* SHA-256 of the secret as PostgreSQL reads bytea: "\x" and 64 digits. False when libcrypto fails. */
bool hansa_link_token_hash(const struct hansa_link_token *token, char ret_text[2 + 64 + 1]);

/* Makes a new token of the call's tenant: sets the values token, hint (its last characters, to tell links apart by),
 * secret_hash and url (public_url, `path`, token). The answer is no-store. */
enum hansa_step_result hansa_link_token_mint(struct hansa_call *call, const char *path);

/* Sets the call's tenant and the value secret_hash from the token in a path parameter. False when that is no token; the caller
 * answers then exactly as for an unknown one. */
bool hansa_link_token_take(struct hansa_call *call, const char *param);

#endif
