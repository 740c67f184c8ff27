#include "hex.h"

void hansa_hex_write(const uint8_t *bytes, size_t len, char *ret_text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        ret_text[2 * i] = digits[bytes[i] >> 4];
        ret_text[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret_text[2 * len] = '\0';
}

void hansa_hex_bytea(const uint8_t *bytes, size_t len, char *ret_text) {
    ret_text[0] = '\\';
    ret_text[1] = 'x';
    hansa_hex_write(bytes, len, ret_text + 2);
}

static int digit_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool hansa_hex_read(const char *text, size_t len, uint8_t *ret_bytes) {
    for (size_t i = 0; i < len; i++) {
        int high = digit_of(text[2 * i]), low = high < 0 ? -1 : digit_of(text[2 * i + 1]);
        if (low < 0) return false;
        ret_bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
