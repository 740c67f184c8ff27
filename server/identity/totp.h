/* The second factor: TOTP (RFC 6238: SHA-1, 30 s, six digits, one step either way) and recovery codes. Pure but for random
 * bytes and keys; any thread. */
#ifndef HANSA_IDENTITY_TOTP_H
#define HANSA_IDENTITY_TOTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HANSA_TOTP_SECRET_LEN = 20, /* bytes, as RFC 4226 advises */
    HANSA_TOTP_SECRET_TEXT = 32,
    HANSA_TOTP_STEP_S = 30,
    HANSA_RECOVERY_CODES = 10,
    HANSA_RECOVERY_CODE_LEN = 19 /* 80 bits: four groups of four base32 digits */
};

/* The code of a step as a number below 10^digits. */
uint32_t hansa_identity_totp_code(const uint8_t *secret, size_t secret_len, uint64_t step, int digits);
/* The step within ±1 of now whose code this is and that is later than last_step; -1 = none. Looks at all steps always. */
int64_t hansa_identity_totp_find(const uint8_t secret[HANSA_TOTP_SECRET_LEN], const char *code, int64_t now_s,
                                 int64_t last_step);
/* base32 (RFC 4648) without padding, NUL-terminated; len is a multiple of 5. */
void hansa_identity_base32(const uint8_t *bytes, size_t len, char *ret_text);
/* otpauth:// as authenticators read it, from tenant and account; cut when it does not fit. */
void hansa_identity_totp_uri(const uint8_t secret[HANSA_TOTP_SECRET_LEN], const char *tenant, const char *account,
                             char *ret_text, size_t size);

/* A new recovery code, such as 7KQF-… ; false = no random bytes. */
bool hansa_identity_recovery_make(char ret_code[HANSA_RECOVERY_CODE_LEN + 1]);
/* What is stored of a code, as hex: HMAC-SHA256 under a key derived from secret_file. Blanks, hyphens and case do not
 * count. False = it is none, or there is no secret_file. */
bool hansa_identity_recovery_hash(const char *code, char ret_hex[65]);

#endif
