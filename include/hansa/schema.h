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

/* Who a member is for, as bits. Staff see and send every member; the others those that the files mark (docs/audiences.md). */
enum hansa_audience {
    HANSA_AUDIENCE_STAFF = 1 << 0,
    HANSA_AUDIENCE_PARTNER = 1 << 1,
    HANSA_AUDIENCE_CUSTOMER = 1 << 2,
    HANSA_AUDIENCE_PUBLIC = 1 << 3
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
    bool is_each_alone;               /* arrays: a faulty item is told of and does not make the whole faulty */
    const char *form_by;              /* strings: the member beside it that says what kind of number it is, or NULL */
    const struct hansa_schema_member *members;
    size_t member_count; /* an object refuses members that are not in this list (promise Z2) */
};

struct hansa_schema_member {
    const char *name;
    const struct hansa_schema *schema;
    bool is_required;
    uint8_t audiences; /* set of enum hansa_audience */
};

/* What is wrong, where. Texts point into static storage or into `pointer`; lives as long as the caller's struct. */
struct hansa_fault {
    char pointer[256]; /* JSON Pointer (RFC 6901), cut at the end if longer */
    const char *code;  /* stable word: required, unknown_member, wrong_type, too_long, bad_format … */
    char detail[256];  /* one English sentence */
};

/* A faulty item of the array that stands alone, with its first fault. */
struct hansa_alone_fault {
    size_t index;
    size_t item_used; /* bytes of the fault's pointer that lead to the item */
    struct hansa_fault fault;
};

/* Faulty items by their index; the caller frees `faults`. */
struct hansa_alone {
    struct hansa_alone_fault *faults;
    size_t count, size;
};

/* Checks `value`; returns how many faults it found and writes at most `limit` of them. 0 = valid. */
size_t hansa_schema_check(const struct hansa_schema *schema, const json_t *value, struct hansa_fault *faults,
                          size_t limit);
/* The same for what `audience` sent: to an outsider a member that is not his to send is as unknown as one that nobody knows. Faults
 * inside the items of an array with is_each_alone are put into `alone` (which starts zeroed; NULL = counted like others). */
size_t hansa_schema_check_each(enum hansa_audience audience, const struct hansa_schema *schema, const json_t *value,
                               struct hansa_fault *faults, size_t limit, struct hansa_alone *alone);

/* Is a real number whole, and small enough that a double tells it from its neighbours? */
bool hansa_schema_is_whole(const json_t *real);

/* Checks one text against a format; returns NULL when it fits, else words that say what is expected. They are static or the
 * thread's own until its next call: a wrong check digit is told with the right one. */
const char *hansa_format_check(enum hansa_format format, const char *text, size_t len);

/* The same for a number whose kind is told beside it: CONTAINER, AWB, SSCC, GLN and S10 have a form and a check digit, however they
 * are grouped; of other kinds NULL. */
const char *hansa_format_check_kind(const char *kind, const char *text, size_t len);

/* Puts a time in the dress that PostgreSQL takes: capital T and Z, and a leap second as second 59 (standards.md 6). Changes
 * `text` in place and leaves alone what is no time. */
void hansa_time_settle(char *text, size_t len);

/* Has a decimal more places than its currency has (ISO 4217)? Writes how many it may have. */
bool hansa_money_is_too_fine(const char *amount, const char *currency, int *ret_places);

#endif
