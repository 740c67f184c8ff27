/* The guarded way into jansson: every JSON body and every JSON column comes through here.
 *
 * Pure: nothing is kept; any thread. The tree that comes back belongs to the caller (json_decref).
 * Rules: promise I1 and I3, standards.md section 6.
 */
#ifndef HANSA_CORE_JSON_H
#define HANSA_CORE_JSON_H

#include <hansa/schema.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    HANSA_JSON_DEPTH_MAX = 32,      /* arrays and objects inside one another */
    HANSA_JSON_VALUES_MAX = 200000, /* in one document; member names do not count */
    HANSA_JSON_NUMBER_MAX = 40,     /* characters of one number */
    HANSA_JSON_EXPONENT_MAX = 99,   /* of a real number, either way; with NUMBER_MAX no double overflows or vanishes */
};

/* Reads one UTF-8 document of at most `most_bytes`. On failure returns NULL, writes one fault and the HTTP status that fits:
 * 413 too large; 400 it is no JSON (syntax, NUL, BOM, more than one document, a member twice, lone surrogates, not UTF-8);
 * 422 it is JSON beyond what we take (depth, number of values, integers beyond 64 bits, numbers too long or too far);
 * 500 memory is out. Size, depth, values and numbers are looked at in one linear scan before anything is built. */
json_t *hansa_json_read(const char *text, size_t len, size_t most_bytes, struct hansa_fault *ret_fault,
                        int *ret_status);

/* The same, and says whether the document is plain: no character beyond ASCII, no escapes, no blanks at the ends of texts, no real
 * numbers and no times in an unusual dress; then hansa_tidy would change nothing. Costs nothing beside the scan. */
json_t *hansa_json_read_noting(const char *text, size_t len, size_t most_bytes, struct hansa_fault *ret_fault,
                               int *ret_status, bool *ret_is_plain);

#endif
