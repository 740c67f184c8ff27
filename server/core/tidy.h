/* A body as people mean it: the client's own text, with only that rewritten which would otherwise be refused or stand for
 * something else than what is seen (docs/decisions/0044).
 *
 * Any thread. The tidied text belongs to the caller (free).
 */
#ifndef HANSA_CORE_TIDY_H
#define HANSA_CORE_TIDY_H

#include <hansa/schema.h>
#include <stddef.h>

/* Rewrites `text`, JSON that hansa_json_read took: texts in normal form C, without U+FEFF and without blanks around them (secrets
 * keep theirs), numbers of papers and phones without invisible characters, times of RFC 3339 with T, Z and second 59 for 60,
 * integers that are written 1.0 or 1e3 as 1 and 1000. Every other byte stays. Returns NULL when nothing was to be changed or
 * memory is out. */
char *hansa_tidy(const struct hansa_schema *schema, const char *text, size_t len, size_t *ret_len);

/* Puts in the place of each item of the array that stands alone (x-each-alone) an object {"fault": "pointer in the item|detail"}
 * when hansa_schema_check_each found one. NULL when memory is out. */
char *hansa_tidy_faults(const struct hansa_schema *schema, const char *text, size_t len,
                        const struct hansa_alone *alone, size_t *ret_len);

#endif
