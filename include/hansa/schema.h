/* A closed subset of JSON Schema, compiled from the *.json files beside the endpoints into const tables.
 *
 * The endpoint compiler (server/compiler) writes the tables; server/core/schema.c walks them over a parsed jansson tree.
 * Everything here is const data of the process: no ownership, any thread.
 */
#ifndef HANSA_SCHEMA_H
#define HANSA_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hansa_json_type {
    HANSA_JSON_NULL = 1 << 0,
    HANSA_JSON_BOOLEAN = 1 << 1,
    HANSA_JSON_INTEGER = 1 << 2,
    HANSA_JSON_NUMBER = 1 << 3, /* integer or real; for coordinates only (promise I3) */
    HANSA_JSON_STRING = 1 << 4,
    HANSA_JSON_ARRAY = 1 << 5,
    HANSA_JSON_OBJECT = 1 << 6,
    HANSA_JSON_ANY = 1 << 7, /* any value; only in replies (problem extensions) and free-form members */
};

/* "format" of a string. The list lives in include/hansa/formats.def, from which enum, names and checks come. */
enum hansa_format {
#define HANSA_FORMAT(name, text, longest, detail) HANSA_FORMAT_##name,
#include <hansa/formats.def>
#undef HANSA_FORMAT
};

struct hansa_schema_member;

struct hansa_schema {
    uint32_t types;           /* set of enum hansa_json_type */
    enum hansa_format format; /* strings only; LINE when the file names none */
    bool has_minimum, has_maximum;
    int64_t minimum, maximum;         /* numbers, inclusive */
    uint32_t min_length, max_length;  /* strings: code points */
    uint32_t min_items, max_items;    /* arrays */
    const char *const *choices;       /* enum, NULL-terminated, or NULL */
    const struct hansa_schema *items; /* arrays */
    const struct hansa_schema_member *members;
    size_t member_count; /* an object refuses members that are not in this list (promise Z2) */
};

struct hansa_schema_member {
    const char *name;
    const struct hansa_schema *schema;
    bool is_required;
};

/* What is wrong, where. Texts point into static storage or into `pointer`; lives as long as the caller's struct. */
struct hansa_fault {
    char pointer[256]; /* JSON Pointer (RFC 6901), cut at the end if longer */
    const char *code;  /* stable word: required, unknown_member, wrong_type, too_long, bad_format … */
    char detail[256];  /* one English sentence */
};

/* Checks `value`; returns how many faults it found and writes at most `limit` of them. 0 = valid. */
size_t hansa_schema_check(const struct hansa_schema *schema, const json_t *value, struct hansa_fault *faults,
                          size_t limit);

/* Checks one text against a format; returns NULL when it fits, else a static sentence that says what is expected. */
const char *hansa_format_check(enum hansa_format format, const char *text, size_t len);

#endif
