/* A tenant is its 128 bits as one number. */
#include "base62.h"

#include "core/uuid.h"

#include <openssl/rand.h>
#include <string.h>

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

int hansa_identity_base62_digit(char c) {
    const char *at = c == '\0' ? NULL : memchr(digits, c, 62);
    return at == NULL ? -1 : (int)(at - digits);
}

static void number_write(unsigned __int128 number, char *text, size_t len) {
    while (len-- > 0) {
        text[len] = digits[number % 62];
        number /= 62;
    }
}

void hansa_identity_base62_number(uint64_t number, char *text, size_t len) {
    number_write(number, text, len);
}

static bool number_read(const char *text, size_t len, unsigned __int128 *ret_number) {
    unsigned __int128 number = 0, most = ~(unsigned __int128)0;
    for (size_t i = 0; i < len; i++) {
        int value = hansa_identity_base62_digit(text[i]);
        if (value < 0 || number > (most - (unsigned)value) / 62) return false;
        number = number * 62 + (unsigned)value;
    }
    *ret_number = number;
    return true;
}

static bool uuid_read(const char *text, unsigned __int128 *ret_number) {
    uint8_t bytes[HANSA_UUID_BYTES];
    if (!hansa_uuid_read(text, bytes)) return false;
    *ret_number = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        *ret_number = *ret_number << 8 | bytes[i];
    return true;
}

static void uuid_write(unsigned __int128 number, char text[HANSA_UUID_LEN + 1]) {
    uint8_t bytes[HANSA_UUID_BYTES];
    for (size_t i = sizeof bytes; i-- > 0; number >>= 8)
        bytes[i] = (uint8_t)number;
    hansa_uuid_write(bytes, text);
}

/* Bytes of 248 and above are thrown away, so that each digit is as likely as the next. */
bool hansa_identity_base62_random(char *text, size_t len) {
    for (size_t at = 0; at < len;) {
        unsigned char bytes[64];
        if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
        for (size_t i = 0; i < sizeof bytes && at < len; i++)
            if (bytes[i] < 248) text[at++] = digits[bytes[i] % 62];
    }
    return true;
}

bool hansa_identity_base62_tenant_write(const char *tenant, char text[HANSA_BASE62_TENANT_LEN]) {
    unsigned __int128 number;
    if (!uuid_read(tenant, &number)) return false;
    number_write(number, text, HANSA_BASE62_TENANT_LEN);
    return true;
}

bool hansa_identity_base62_tenant_read(const char text[HANSA_BASE62_TENANT_LEN], char ret_tenant[37]) {
    unsigned __int128 number;
    if (!number_read(text, HANSA_BASE62_TENANT_LEN, &number)) return false;
    uuid_write(number, ret_tenant);
    return true;
}
