/* API keys as texts: hansa_live_<tenant, 22 base62>_<reference, 8>_<secret, 32><check, 6>.
 *
 * A key hansa_test_… names the tenant's sandbox (its twin, core/uuid.h) and never the tenant: which rows a key can work in is told by
 * its text. Its own row is the tenant's, who made it. One that was made before there were sandboxes names the tenant and is read
 * as if it named the sandbox.
 *
 * The key names its tenant, so the tenant is known before the database is asked; the check sum lets a scanner, and us,
 * tell a key from noise without a look-up (promise A8). Pure but for the random bytes; any thread.
 */
#ifndef HANSA_IDENTITY_KEY_H
#define HANSA_IDENTITY_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HANSA_KEY_LEN = 11 + 22 + 1 + 8 + 1 + 32 + 6, HANSA_KEY_REFERENCE_LEN = 8 };

struct hansa_identity_key {
    char tenant[37];                             /* uuid text: in whose rows it works; of a test key the sandbox */
    char home[37];                               /* whose key it is */
    char reference[HANSA_KEY_REFERENCE_LEN + 1]; /* finds the row; not secret */
    uint8_t digest[32];                          /* SHA-256 of the whole key: what is stored */
    bool is_test;
};

/* Makes a new key of the tenant (uuid text), a test key for its sandbox; with a `reference`, the same key with another secret, else
 * reference is NULL. False = no random bytes, or no uuid. `ret_text` is to be shown once. */
bool hansa_identity_key_make(const char *tenant, const char *reference, bool is_test, char ret_text[HANSA_KEY_LEN + 1],
                             struct hansa_identity_key *ret_key);
/* Reads a key; false = it is none of ours (length, prefix, alphabet, tenant, check sum; a live key that names a sandbox). */
bool hansa_identity_key_read(const char *text, size_t len, struct hansa_identity_key *ret_key);

#endif
