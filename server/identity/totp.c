/* HMAC-SHA-1 is what authenticators speak; nothing here rests on SHA-1 being free of collisions. */
#include "totp.h"

#include "core/hex.h"
#include "core/seal.h"
#include "session_token.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS = 6, STEPS_EITHER_WAY = 1, RECOVERY_BYTES = 10, RECOVERY_DIGITS = 16 };

static const char base32_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

uint32_t hansa_identity_totp_code(const uint8_t *secret, size_t secret_len, uint64_t step, int digits) {
    uint8_t counter[8], mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    for (size_t i = 8; i-- > 0; step >>= 8)
        counter[i] = (uint8_t)(step & 255);
    HMAC(EVP_sha1(), secret, (int)secret_len, counter, sizeof counter, mac, &mac_len);
    size_t at = mac[19] & 15; /* RFC 4226, 5.3 */
    uint32_t number = (uint32_t)(mac[at] & 127) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 |
                      (uint32_t)mac[at + 3];
    uint32_t modulus = 1;
    for (int i = 0; i < digits; i++)
        modulus *= 10;
    return number % modulus;
}

int64_t hansa_identity_totp_find(const uint8_t secret[HANSA_TOTP_SECRET_LEN], const char *code, int64_t now_s,
                                 int64_t last_step) {
    int64_t now = now_s / HANSA_TOTP_STEP_S, found = -1;
    char expected[16];
    if (strlen(code) != DIGITS) return -1;
    for (int64_t step = now - STEPS_EITHER_WAY; step <= now + STEPS_EITHER_WAY; step++) {
        snprintf(expected, sizeof expected, "%06u",
                 hansa_identity_totp_code(secret, HANSA_TOTP_SECRET_LEN, (uint64_t)step, DIGITS));
        if (CRYPTO_memcmp(expected, code, DIGITS) == 0 && step > last_step && found < 0) found = step;
    }
    return found;
}

void hansa_identity_base32(const uint8_t *bytes, size_t len, char *ret_text) {
    for (size_t at = 0; at + 5 <= len; at += 5) {
        uint64_t group = 0;
        for (size_t i = 0; i < 5; i++)
            group = group << 8 | bytes[at + i];
        for (size_t i = 8; i-- > 0; group >>= 5)
            ret_text[at / 5 * 8 + i] = base32_digits[group & 31];
    }
    ret_text[len / 5 * 8] = '\0';
}

/* Percent-encodes what is not unreserved (RFC 3986); returns the new end, cut at size. */
static size_t escape(const char *plain, char *text, size_t at, size_t size) {
    for (; *plain != '\0' && at + 4 < size; plain++) {
        unsigned char c = (unsigned char)*plain;
        if (isalnum(c) || strchr("-._~", c) != NULL)
            text[at++] = (char)c;
        else
            at += (size_t)snprintf(text + at, 4, "%%%02X", c);
    }
    text[at] = '\0';
    return at;
}

void hansa_identity_totp_uri(const uint8_t secret[HANSA_TOTP_SECRET_LEN], const char *tenant, const char *account,
                             char *ret_text, size_t size) {
    char key[HANSA_TOTP_SECRET_TEXT + 1];
    hansa_identity_base32(secret, HANSA_TOTP_SECRET_LEN, key);
    size_t at = (size_t)snprintf(ret_text, size, "otpauth://totp/");
    at = escape(tenant, ret_text, at, size);
    at += (size_t)snprintf(ret_text + at, size - at, ":");
    at = escape(account, ret_text, at, size);
    at += (size_t)snprintf(ret_text + at, size - at, "?secret=%s&issuer=", key);
    at = escape(tenant, ret_text, at, size);
    snprintf(ret_text + at, size - at, "&algorithm=SHA1&digits=6&period=30");
    OPENSSL_cleanse(key, sizeof key);
}

bool hansa_identity_recovery_make(char ret_code[HANSA_RECOVERY_CODE_LEN + 1]) {
    uint8_t bytes[RECOVERY_BYTES];
    char text[RECOVERY_DIGITS + 1];
    if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
    hansa_identity_base32(bytes, sizeof bytes, text);
    snprintf(ret_code, HANSA_RECOVERY_CODE_LEN + 1, "%.4s-%.4s-%.4s-%.4s", text, text + 4, text + 8, text + 12);
    OPENSSL_cleanse(bytes, sizeof bytes);
    OPENSSL_cleanse(text, sizeof text);
    return true;
}

bool hansa_identity_recovery_hash(const char *code, char ret_hex[65]) {
    char plain[RECOVERY_DIGITS];
    size_t len = 0;
    uint8_t key[32], mac[32];
    unsigned mac_len = 0;
    for (; *code != '\0'; code++) {
        int c = toupper((unsigned char)*code);
        if (c == '-' || c == ' ') continue;
        if (len == RECOVERY_DIGITS || strchr(base32_digits, c) == NULL) return false;
        plain[len++] = (char)c;
    }
    if (len != RECOVERY_DIGITS || !hansa_secret_derive("hansa recovery codes", key)) return false;
    HMAC(EVP_sha256(), key, sizeof key, (const unsigned char *)plain, len, mac, &mac_len);
    hansa_hex_write(mac, sizeof mac, ret_hex);
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(plain, sizeof plain);
    return true;
}
