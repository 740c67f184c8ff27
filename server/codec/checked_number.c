/* One row for each kind; the arithmetic is in identifiers.c. */
#include "codec/checked_number.h"

#include "codec/code_lists.h"
#include "codec/identifiers.h"

#include <string.h>

static const struct {
    const char *word, *name, *form;
} rows[] = {
    [HANSA_CODEC_SSCC] = {"SSCC", "this SSCC", "an SSCC of 18 digits with a right check digit"},
    [HANSA_CODEC_GLN] = {"GLN", "this GLN", "a GLN of 13 digits with a right check digit"},
    [HANSA_CODEC_CONTAINER] = {"CONTAINER", "this container number",
                               "an ISO 6346 container number such as CSQU3054383"},
    [HANSA_CODEC_AWB] =
        {"AWB", "this air waybill",
         "an air waybill of 11 digits, the last of which is the seven before it modulo 7, such as 020-12345675"},
    [HANSA_CODEC_S10] = {"S10", "this postal item",
                         "a number of UPU S10: two letters, nine digits, the country, such as RB123456785GB"},
};

/* A check digit that is wrong: each of the ten is tried, so that there is one arithmetic and no second one here. */
static char right_digit(bool (*is_valid)(const char *, size_t), const char *text, size_t len, size_t place) {
    char tried[HANSA_CODEC_NUMBER_MAX];
    if (len > sizeof tried) return '\0';
    memcpy(tried, text, len);
    for (int digit = 0; digit <= 9; digit++) {
        tried[place] = (char)('0' + digit);
        if (is_valid(tried, len)) return tried[place];
    }
    return '\0';
}

static bool s10_is_valid(const char *text, size_t len) {
    return hansa_codec_s10_is_valid(text, len) && hansa_codec_country_is_known(text + 11, 2);
}

enum hansa_codec_number_verdict hansa_codec_number_check(enum hansa_codec_number kind, const char *text, size_t len,
                                                         char *ret_digit) {
    static bool (*const valid[])(const char *, size_t) = {
        [HANSA_CODEC_SSCC] = hansa_codec_sscc_is_valid,
        [HANSA_CODEC_GLN] = hansa_codec_gln_is_valid,
        [HANSA_CODEC_CONTAINER] = hansa_codec_container_is_valid,
        [HANSA_CODEC_AWB] = hansa_codec_air_waybill_is_valid,
        [HANSA_CODEC_S10] = s10_is_valid,
    };
    if (valid[kind](text, len)) return HANSA_CODEC_NUMBER_RIGHT;
    size_t place = kind == HANSA_CODEC_S10 ? 10 : len - 1;
    char digit =
        len <= place || text[place] < '0' || text[place] > '9' ? '\0' : right_digit(valid[kind], text, len, place);
    if (digit == '\0') return HANSA_CODEC_NUMBER_NO_FORM;
    *ret_digit = digit;
    return HANSA_CODEC_NUMBER_WRONG_DIGIT;
}

size_t hansa_codec_number_clean(enum hansa_codec_number kind, const char *text, size_t len,
                                char ret_text[HANSA_CODEC_NUMBER_MAX + 2]) {
    static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t used = 0;
    if (kind == HANSA_CODEC_SSCC && hansa_codec_sscc_normalise(text, len, ret_text)) return HANSA_CODEC_SSCC_LEN;
    for (size_t i = 0; i < len && used <= HANSA_CODEC_NUMBER_MAX; i++) {
        char c = text[i];
        if (strchr(" -./", c) != NULL && c != '\0') continue;
        ret_text[used++] = (char)(c >= 'a' && c <= 'z' ? capitals[c - 'a'] : c);
    }
    ret_text[used] = '\0';
    return used;
}

bool hansa_codec_number_kind(const char *word, enum hansa_codec_number *ret_kind) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].word, word) == 0) {
            *ret_kind = (enum hansa_codec_number)i;
            return true;
        }
    return false;
}

const char *hansa_codec_number_form(enum hansa_codec_number kind) {
    return rows[kind].form;
}

const char *hansa_codec_number_name(enum hansa_codec_number kind) {
    return rows[kind].name;
}
