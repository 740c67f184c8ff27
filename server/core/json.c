/* The problem: jansson is careful about syntax, but builds what it reads while it reads it, turns 1e-400 into 0 without a
 * word and knows places only as line and column.
 * The idea: a scan of our own goes first. It knows no grammar (jansson is the judge of that), only strings, brackets and
 * numbers; so it can count, and can say at any byte in which member it stands. The same scan, stopped at the byte where
 * jansson failed, gives the JSON Pointer of a syntax fault. */
#include "json.h"

#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* One open array or object: where we stand in it. */
struct level {
    bool is_object, is_key_next;
    size_t index;
    const char *key; /* into the document, without quotes, escapes left as they are */
    size_t key_len;
};

struct scan {
    const char *text;
    size_t len, at;
    size_t depth, values;
    struct level levels[HANSA_JSON_DEPTH_MAX];
    bool is_plain;    /* so far nothing that tidying could change: see hansa_json_read_noting */
    const char *code; /* of the fault that ended the scan, or NULL */
    const char *detail;
};

static void append(char *pointer, size_t size, size_t *used, char c) {
    if (*used + 1 < size) pointer[(*used)++] = c;
}

/* A key that is written with escapes is shown as what it means; jansson does the decoding, as it does in the document. */
static json_t *key_decoded(const struct level *level) {
    char text[256];
    if (memchr(level->key, '\\', level->key_len) == NULL || level->key_len + 3 > sizeof text) return NULL;
    int len = snprintf(text, sizeof text, "\"%.*s\"", (int)level->key_len, level->key);
    return json_loadb(text, (size_t)len, JSON_DECODE_ANY, NULL);
}

static void append_key(char *pointer, size_t size, size_t *used, const struct level *level) {
    json_t *decoded = key_decoded(level);
    const char *key = decoded != NULL ? json_string_value(decoded) : level->key;
    size_t key_len = decoded != NULL ? json_string_length(decoded) : level->key_len;
    for (size_t i = 0; i < key_len; i++) {
        char c = key[i];
        if (c == '~' || c == '/') append(pointer, size, used, '~');
        append(pointer, size, used, (char)(c == '~' ? '0' : c == '/' ? '1' : c));
    }
    json_decref(decoded);
}

/* The pointer to where the scan stands. */
static void write_pointer(const struct scan *scan, char *pointer, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < scan->depth; i++) {
        const struct level *level = &scan->levels[i];
        if (level->is_object && level->key == NULL) break; /* before the first member: the object itself */
        append(pointer, size, &used, '/');
        if (level->is_object) {
            append_key(pointer, size, &used, level);
            continue;
        }
        char number[24];
        snprintf(number, sizeof number, "%zu", level->index);
        for (const char *c = number; *c != '\0'; c++)
            append(pointer, size, &used, *c);
    }
    /* Cutting may have split the last character; and the document may be broken anywhere, but what we tell is UTF-8. */
    for (int i = 0; i < 3 && used > 0 && !hansa_text_is_utf8(pointer, used); i++)
        used--;
    pointer[hansa_text_is_utf8(pointer, used) ? used : 0] = '\0';
}

static bool fail(struct scan *scan, const char *code, const char *detail) {
    scan->code = code;
    scan->detail = detail;
    return false;
}

static bool count_value(struct scan *scan) {
    if (++scan->values <= HANSA_JSON_VALUES_MAX) return true;
    return fail(scan, "too_many_values", "The document holds more than 200000 values.");
}

static bool open_level(struct scan *scan, char bracket) {
    if (!count_value(scan)) return false;
    if (scan->depth == HANSA_JSON_DEPTH_MAX)
        return fail(scan, "too_deep", "Arrays and objects stand in one another more than 32 deep.");
    scan->levels[scan->depth++] = (struct level){.is_object = bracket == '{', .is_key_next = bracket == '{'};
    scan->at++;
    return true;
}

/* Has a text of visible ASCII the look of a time that RFC 3339 lets people write in another way? Cheap, and often wrong: it
 * only says that a slow look is needed. */
static bool looks_like_time(const char *text, size_t len) {
    return len > 16 && text[4] == '-' && (text[10] == 't' || text[len - 1] == 'z' || (len > 18 && text[17] == '6'));
}

/* Steps over a string; a string without end ends the scan, and jansson will say so. */
static bool pass_string(struct scan *scan) {
    size_t start = ++scan->at;
    unsigned char seen = 0; /* the bits of all bytes */
    bool has_escape = false;
    while (scan->at < scan->len && scan->text[scan->at] != '"') {
        seen |= (unsigned char)scan->text[scan->at];
        bool is_escape = scan->text[scan->at] == '\\';
        has_escape |= is_escape;
        scan->at += is_escape ? 2 : 1;
    }
    if (scan->at > scan->len) scan->at = scan->len;
    size_t end = scan->at;
    bool has_edge = end > start && (scan->text[start] == ' ' || scan->text[end - 1] == ' ');
    if (seen >= 0x80 || has_escape || has_edge || looks_like_time(scan->text + start, end - start))
        scan->is_plain = false;
    if (scan->at < scan->len) scan->at++;
    struct level *level = scan->depth > 0 ? &scan->levels[scan->depth - 1] : NULL;
    if (level == NULL || !level->is_key_next) return count_value(scan);
    level->is_key_next = false;
    level->key = scan->text + start;
    level->key_len = end - start;
    return true;
}

static bool is_number_char(char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* True when `digits` without sign fit an int64; `is_negative` admits one more. */
static bool fits_int64(const char *digits, size_t len, bool is_negative) {
    uint64_t value = 0, most = is_negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    for (size_t i = 0; i < len; i++) {
        uint64_t digit = (uint64_t)(digits[i] - '0');
        if (value > (most - digit) / 10) return false;
        value = value * 10 + digit;
    }
    return true;
}

/* The exponent's digits say a power beyond +-99? */
static bool is_far(const char *exponent, size_t len) {
    size_t at = len > 0 && (exponent[0] == '-' || exponent[0] == '+') ? 1 : 0;
    while (at < len && exponent[at] == '0')
        at++;
    return len - at > 2;
}

static bool pass_number(struct scan *scan) {
    const char *start = scan->text + scan->at;
    size_t len = 0, exponent = 0;
    bool is_real = false;
    for (; scan->at + len < scan->len && is_number_char(start[len]); len++) {
        if (start[len] == 'e' || start[len] == 'E') exponent = len + 1;
        is_real = is_real || start[len] == '.' || start[len] == '+' || exponent > 0;
    }
    if (!count_value(scan)) return false;
    if (is_real) scan->is_plain = false;
    if (len > HANSA_JSON_NUMBER_MAX) return fail(scan, "number_too_long", "A number has more than 40 characters.");
    if (exponent > 0 && is_far(start + exponent, len - exponent))
        return fail(scan, "number_out_of_range", "A number has an exponent beyond 99.");
    bool is_negative = start[0] == '-';
    size_t sign = is_negative ? 1 : 0;
    bool is_digits = !is_real && memchr(start + sign, '-', len - sign) == NULL;
    if (is_digits && !fits_int64(start + sign, len - sign, is_negative))
        return fail(scan, "number_out_of_range", "An integer does not fit 64 bits.");
    scan->at += len;
    return true;
}

static bool pass_word(struct scan *scan) {
    while (scan->at < scan->len && scan->text[scan->at] >= 'a' && scan->text[scan->at] <= 'z')
        scan->at++;
    return count_value(scan);
}

/* Handles the one token at `at`. False ends the scan. */
static bool pass_token(struct scan *scan) {
    char c = scan->text[scan->at];
    struct level *level = scan->depth > 0 ? &scan->levels[scan->depth - 1] : NULL;
    if (c == '{' || c == '[') return open_level(scan, c);
    if (c == '"') return pass_string(scan);
    if (c == '-' || (c >= '0' && c <= '9')) return pass_number(scan);
    if (c >= 'a' && c <= 'z') return pass_word(scan);
    if ((c == '}' || c == ']') && level != NULL) scan->depth--;
    if (c == ',' && level != NULL) {
        level->is_key_next = level->is_object;
        level->index++;
    }
    scan->at++;
    return true;
}

static bool scan_until(struct scan *scan, const char *text, size_t len, size_t stop) {
    *scan = (struct scan){.text = text, .len = len, .is_plain = true};
    while (scan->at < stop)
        if (!pass_token(scan)) return false;
    return true;
}

static void tell(struct hansa_fault *fault, const struct scan *scan, const char *code, const char *detail) {
    fault->code = code;
    snprintf(fault->detail, sizeof fault->detail, "%s", detail);
    write_pointer(scan, fault->pointer, sizeof fault->pointer);
}

/* Our own words for what jansson found: its messages quote the document, which may hold anything. */
static const char *syntax_detail(enum json_error_code code) {
    switch (code) {
    case json_error_invalid_utf8:
        return "The document is not UTF-8.";
    case json_error_premature_end_of_input:
        return "The document ends too early.";
    case json_error_end_of_input_expected:
        return "There is more after the end of the document.";
    case json_error_duplicate_key:
        return "A member stands twice in one object.";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "A string holds the character NUL.";
    default:
        return "This is not JSON.";
    }
}

static void tell_syntax(struct hansa_fault *fault, const char *text, size_t len, const json_error_t *error) {
    struct scan scan;
    size_t stop = error->position > 0 ? (size_t)error->position : 0;
    scan_until(&scan, text, len, stop < len ? stop : len);
    enum json_error_code code = json_error_code(error);
    tell(fault, &scan, code == json_error_duplicate_key ? "duplicate_member" : "bad_json", syntax_detail(code));
    size_t used = strlen(fault->detail);
    if (error->line > 0)
        snprintf(fault->detail + used, sizeof fault->detail - used, " Line %d, column %d.", error->line, error->column);
}

json_t *hansa_json_read(const char *text, size_t len, size_t most_bytes, struct hansa_fault *ret_fault,
                        int *ret_status) {
    bool is_plain;
    return hansa_json_read_noting(text, len, most_bytes, ret_fault, ret_status, &is_plain);
}

json_t *hansa_json_read_noting(const char *text, size_t len, size_t most_bytes, struct hansa_fault *ret_fault,
                               int *ret_status, bool *ret_is_plain) {
    struct scan scan = {.text = text};
    if (len > most_bytes) {
        tell(ret_fault, &scan, "too_large", "The document is too large.");
        *ret_status = 413;
        return NULL;
    }
    /* jansson takes a NUL behind a number for the end of it and goes on, where others would stop */
    const char *nul = memchr(text, '\0', len);
    if (nul != NULL) {
        scan_until(&scan, text, len, (size_t)(nul - text));
        tell(ret_fault, &scan, "bad_json", "The document holds the character NUL.");
        *ret_status = 400;
        return NULL;
    }
    if (!scan_until(&scan, text, len, len)) {
        tell(ret_fault, &scan, scan.code, scan.detail);
        *ret_status = 422;
        return NULL;
    }
    *ret_is_plain = scan.is_plain;
    json_error_t error;
    json_t *read = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (read != NULL) return read;
    enum json_error_code code = json_error_code(&error);
    *ret_status = code == json_error_out_of_memory ? 500 : code == json_error_numeric_overflow ? 422 : 400;
    tell_syntax(ret_fault, text, len, &error);
    return NULL;
}
