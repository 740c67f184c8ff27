/* Secrets at rest: sealed with AES-256-GCM under keys derived (HKDF-SHA-256) from the installation's secret_file, one key a
 * purpose (promise K2).
 *
 * A seal is: version 1, key id (4 bytes), nonce (12), ciphertext, tag (16). It opens only for the purpose and the owner text
 * (tenant and row, say) that it was made for. While secret_file is being changed, previous_secret_file opens what the old
 * one sealed; hansa_seal_is_old tells what is to be sealed anew. Any thread; the files are read at first use.
 */
#ifndef HANSA_SEAL_H
#define HANSA_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HANSA_SEAL_EXTRA = 1 + 4 + 12 + 16 };

/* Seals into `ret_sealed` (len + HANSA_SEAL_EXTRA bytes). False = no secret_file, or no random bytes. */
bool hansa_seal(const char *purpose, const char *owner, const void *plain, size_t len, uint8_t *ret_sealed);
/* Opens into `ret_plain` (sealed_len - HANSA_SEAL_EXTRA bytes). False = not ours: another key, purpose, owner, or touched. */
bool hansa_unseal(const char *purpose, const char *owner, const uint8_t *sealed, size_t sealed_len, void *ret_plain);
/* Was it sealed under another secret than today's? */
bool hansa_seal_is_old(const char *purpose, const uint8_t *sealed, size_t sealed_len);
/* A key for a keyed hash of this purpose; false = no secret_file. */
bool hansa_secret_derive(const char *purpose, uint8_t ret_key[32]);
/* The same of previous_secret_file. */
bool hansa_secret_derive_previous(const char *purpose, uint8_t ret_key[32]);

#endif
