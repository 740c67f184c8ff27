/* The check digits of the trade (standards.md 4.15). Locale functions such as isalpha() are not used: these alphabets are
 * ASCII whatever the process speaks. */
#include "codec/identifiers.h"

#include <string.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

static bool are_digits(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(text[i])) return false;
    }
    return true;
}

static bool are_capitals(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (!is_capital(text[i])) return false;
    }
    return true;
}

static bool are_zeros(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '0') return false;
    }
    return true;
}

/* Copies text without the characters of `drop`, letters made capital. Returns the length, or size + 1 when it does not fit. */
static size_t squeeze(const char *text, size_t len, const char *drop, char *out, size_t size) {
    static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c != '\0' && strchr(drop, c) != NULL) continue;
        if (used == size) return size + 1;
        if (c >= 'a' && c <= 'z') c = capitals[c - 'a'];
        out[used++] = c;
    }
    return used;
}

int hansa_codec_gs1_check_digit(const char *digits, size_t len) {
    if (len == 0 || !are_digits(digits, len)) return -1;
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned weight = (len - i) % 2 == 1 ? 3 : 1; /* the last digit before the check digit weighs 3 */
        sum = (sum + weight * (unsigned)(digits[i] - '0')) % 10;
    }
    return (int)((10 - sum) % 10);
}

/* A GS1 key of fixed length whose last digit is the check digit. */
static bool is_gs1_key(const char *text, size_t len, size_t wanted_len) {
    if (len != wanted_len || !are_digits(text, len) || are_zeros(text, len)) return false;
    return hansa_codec_gs1_check_digit(text, len - 1) == text[len - 1] - '0';
}

bool hansa_codec_sscc_is_valid(const char *text, size_t len) {
    return is_gs1_key(text, len, HANSA_CODEC_SSCC_LEN);
}

bool hansa_codec_gln_is_valid(const char *text, size_t len) {
    return is_gs1_key(text, len, HANSA_CODEC_GLN_LEN);
}

bool hansa_codec_sscc_normalise(const char *text, size_t len, char ret_sscc[HANSA_CODEC_SSCC_LEN + 1]) {
    static const char *const symbologies[] = {"]C1", "]E0", "]D2", "]Q3"};
    char clean[32];
    size_t used = squeeze(text, len, " \t\x1d", clean, sizeof clean);
    if (used > sizeof clean) return false;
    const char *at = clean;
    for (size_t i = 0; i < sizeof symbologies / sizeof symbologies[0]; i++) {
        if (used > 3 && memcmp(at, symbologies[i], 3) == 0) {
            at += 3;
            used -= 3;
            break;
        }
    }
    if (used == HANSA_CODEC_SSCC_LEN + 4 && memcmp(at, "(00)", 4) == 0) {
        at += 4;
        used -= 4;
    } else if (used == HANSA_CODEC_SSCC_LEN + 2 && memcmp(at, "00", 2) == 0) {
        at += 2;
        used -= 2;
    }
    if (used != HANSA_CODEC_SSCC_LEN || !are_digits(at, used)) return false;
    memcpy(ret_sscc, at, used);
    ret_sscc[used] = '\0';
    return true;
}

/* A is 10 and the letters go on from there, but multiples of 11 are skipped because they would not change the remainder. */
static unsigned container_value(char c) {
    if (is_digit(c)) return (unsigned)(c - '0');
    unsigned letter = (unsigned)(c - 'A');
    return 10 + letter + (letter > 0) + (letter > 10) + (letter > 20);
}

int hansa_codec_container_check_digit(const char *text, size_t len) {
    if (len != HANSA_CODEC_CONTAINER_LEN - 1 || !are_capitals(text, 4) || !are_digits(text + 4, 6)) return -1;
    if (text[3] != 'U' && text[3] != 'J' && text[3] != 'Z') return -1;
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += container_value(text[i]) << i;
    return (int)(sum % 11 % 10);
}

bool hansa_codec_container_is_valid(const char *text, size_t len) {
    if (len != HANSA_CODEC_CONTAINER_LEN || !is_digit(text[len - 1])) return false;
    return hansa_codec_container_check_digit(text, len - 1) == text[len - 1] - '0';
}

bool hansa_codec_container_normalise(const char *text, size_t len, char ret_number[HANSA_CODEC_CONTAINER_LEN + 1]) {
    char clean[HANSA_CODEC_CONTAINER_LEN];
    if (squeeze(text, len, " -", clean, sizeof clean) != sizeof clean) return false;
    if (hansa_codec_container_check_digit(clean, sizeof clean - 1) < 0 || !is_digit(clean[sizeof clean - 1]))
        return false;
    memcpy(ret_number, clean, sizeof clean);
    ret_number[sizeof clean] = '\0';
    return true;
}

int hansa_codec_s10_check_digit(const char *digits, size_t len) {
    static const unsigned weights[8] = {8, 6, 4, 2, 3, 5, 9, 7};
    if (len != 8 || !are_digits(digits, len)) return -1;
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += weights[i] * (unsigned)(digits[i] - '0');
    unsigned check = 11 - sum % 11;
    if (check == 10) return 0;
    return check == 11 ? 5 : (int)check;
}

bool hansa_codec_s10_is_valid(const char *text, size_t len) {
    if (len != HANSA_CODEC_S10_LEN || !are_capitals(text, 2) || !are_digits(text + 2, 9) || !are_capitals(text + 11, 2))
        return false;
    return hansa_codec_s10_check_digit(text + 2, 8) == text[10] - '0';
}

bool hansa_codec_unlocode_has_form(const char *text, size_t len) {
    if (len != 5 || !are_capitals(text, 2)) return false;
    for (size_t i = 2; i < len; i++) {
        if (!is_capital(text[i]) && (text[i] < '2' || text[i] > '9')) return false;
    }
    return true;
}

bool hansa_codec_scac_has_form(const char *text, size_t len) {
    return len >= 2 && len <= 4 && are_capitals(text, len);
}

bool hansa_codec_air_waybill_is_valid(const char *text, size_t len) {
    if (len != HANSA_CODEC_AIR_WAYBILL_LEN || !are_digits(text, len)) return false;
    unsigned serial = 0;
    for (size_t i = 3; i < len - 1; i++)
        serial = serial * 10 + (unsigned)(text[i] - '0');
    return serial % 7 == (unsigned)(text[len - 1] - '0');
}

bool hansa_codec_air_waybill_normalise(const char *text, size_t len, char ret_number[HANSA_CODEC_AIR_WAYBILL_LEN + 1]) {
    char clean[HANSA_CODEC_AIR_WAYBILL_LEN];
    if (squeeze(text, len, " -", clean, sizeof clean) != sizeof clean || !are_digits(clean, sizeof clean)) return false;
    memcpy(ret_number, clean, sizeof clean);
    ret_number[sizeof clean] = '\0';
    return true;
}
