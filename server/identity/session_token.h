/* What people carry: the session in their cookie, and the tokens of links. <tenant, 22 base62>_<256 random bits, 43 base62>.
 *
 * The token names its tenant, so the tenant is known before the database is asked. Only its SHA-256 is stored: 256 random
 * bits need no slow hash. Pure but for the random bytes; any thread.
 */
#ifndef HANSA_IDENTITY_SESSION_TOKEN_H
#define HANSA_IDENTITY_SESSION_TOKEN_H

#include <hansa/call.h>
#include <stdbool.h>
#include <stdint.h>

enum { HANSA_TOKEN_LEN = 22 + 1 + 43 };

struct hansa_identity_token {
    char tenant[37]; /* uuid text */
    uint8_t digest[32];
};

/* False = no random bytes, or no uuid. */
bool hansa_identity_token_make(const char *tenant, char ret_text[HANSA_TOKEN_LEN + 1],
                               struct hansa_identity_token *ret_token);
/* False = it is none of ours. */
bool hansa_identity_token_read(const char *text, size_t len, struct hansa_identity_token *ret_token);
/* Finds our cookie among those that came; false = there is none, or it is malformed. */
bool hansa_identity_cookie_read(struct hansa_bytes cookies, struct hansa_identity_token *ret_token);
/* Has the browser keep the session, or (NULL) forget it. */
void hansa_identity_cookie_set(struct hansa_call *call, const char *token);

#endif
