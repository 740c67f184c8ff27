/* base62 digits are 0-9 A-Z a-z. The tenant is its 128 bits as one number; the check is CRC-32 of what stands before it. */
#include "key.h"

#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum {
    TENANT_LEN = 22,
    SECRET_LEN = 32,
    CHECK_LEN = 6,
    PREFIX_LEN = 11,
    TENANT_AT = PREFIX_LEN,
    REFERENCE_AT = TENANT_AT + TENANT_LEN + 1,
    SECRET_AT = REFERENCE_AT + HANSA_KEY_REFERENCE_LEN + 1,
    CHECK_AT = SECRET_AT + SECRET_LEN
};

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char hex_digits[] = "0123456789abcdef";
static const char live_prefix[] = "hansa_live_", test_prefix[] = "hansa_test_";

static int digit_value(char c) {
    const char *at = c == '\0' ? NULL : memchr(digits, c, 62);
    return at == NULL ? -1 : (int)(at - digits);
}

static void number_write(unsigned __int128 number, char *text, size_t len) {
    while (len-- > 0) {
        text[len] = digits[number % 62];
        number /= 62;
    }
}

static bool number_read(const char *text, size_t len, unsigned __int128 *ret_number) {
    unsigned __int128 number = 0, most = ~(unsigned __int128)0;
    for (size_t i = 0; i < len; i++) {
        int value = digit_value(text[i]);
        if (value < 0 || number > (most - (unsigned)value) / 62) return false;
        number = number * 62 + (unsigned)value;
    }
    *ret_number = number;
    return true;
}

static bool uuid_read(const char *text, unsigned __int128 *ret_number) {
    unsigned __int128 number = 0;
    if (strlen(text) != 36) return false;
    for (size_t i = 0; i < 36; i++) {
        const char *at = memchr(hex_digits, text[i], 16);
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_hyphen ? text[i] != '-' : at == NULL) return false;
        if (!is_hyphen) number = number << 4 | (unsigned)(at - hex_digits);
    }
    *ret_number = number;
    return true;
}

static void uuid_write(unsigned __int128 number, char text[37]) {
    for (size_t i = 36; i-- > 0;) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            text[i] = '-';
            continue;
        }
        text[i] = hex_digits[number & 15];
        number >>= 4;
    }
    text[36] = '\0';
}

/* Each digit is drawn evenly: bytes of 248 and above are thrown away. */
static bool random_digits(char *text, size_t len) {
    for (size_t at = 0; at < len;) {
        unsigned char bytes[64];
        if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
        for (size_t i = 0; i < sizeof bytes && at < len; i++)
            if (bytes[i] < 248) text[at++] = digits[bytes[i] % 62];
    }
    return true;
}

static void check_write(const char *text, char check[CHECK_LEN]) {
    number_write((uint32_t)crc32(0, (const unsigned char *)text, CHECK_AT), check, CHECK_LEN);
}

bool hansa_identity_key_make(const char *tenant, bool is_test, char ret_text[HANSA_KEY_LEN + 1],
                             struct hansa_identity_key *ret_key) {
    unsigned __int128 number;
    if (!uuid_read(tenant, &number)) return false;
    memcpy(ret_text, is_test ? test_prefix : live_prefix, PREFIX_LEN);
    number_write(number, ret_text + TENANT_AT, TENANT_LEN);
    ret_text[REFERENCE_AT - 1] = ret_text[SECRET_AT - 1] = '_';
    if (!random_digits(ret_text + REFERENCE_AT, HANSA_KEY_REFERENCE_LEN) ||
        !random_digits(ret_text + SECRET_AT, SECRET_LEN))
        return false;
    check_write(ret_text, ret_text + CHECK_AT);
    ret_text[HANSA_KEY_LEN] = '\0';
    return hansa_identity_key_read(ret_text, HANSA_KEY_LEN, ret_key);
}

bool hansa_identity_key_read(const char *text, size_t len, struct hansa_identity_key *ret_key) {
    unsigned __int128 tenant;
    char check[CHECK_LEN];
    if (len != HANSA_KEY_LEN) return false;
    bool is_live = memcmp(text, live_prefix, PREFIX_LEN) == 0, is_test = memcmp(text, test_prefix, PREFIX_LEN) == 0;
    if ((!is_live && !is_test) || text[REFERENCE_AT - 1] != '_' || text[SECRET_AT - 1] != '_') return false;
    for (size_t i = REFERENCE_AT; i < HANSA_KEY_LEN; i++)
        if (i != SECRET_AT - 1 && digit_value(text[i]) < 0) return false;
    check_write(text, check);
    if (memcmp(check, text + CHECK_AT, CHECK_LEN) != 0 || !number_read(text + TENANT_AT, TENANT_LEN, &tenant))
        return false;
    *ret_key = (struct hansa_identity_key){.is_test = is_test};
    uuid_write(tenant, ret_key->tenant);
    memcpy(ret_key->reference, text + REFERENCE_AT, HANSA_KEY_REFERENCE_LEN);
    SHA256((const unsigned char *)text, len, ret_key->digest);
    return true;
}
