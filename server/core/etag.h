/* Entity tags and the conditions on them (RFC 9110 section 13, RFC 6585; standards.md 5.2).
 *
 * A tag is "<hash>" of the bytes sent, or "r<version>-<hash>" when the statement gives the row's version in a column
 * `version`. The hash makes it strong: whatever changes the representation (fields=, expand=, a derived status) changes the
 * tag. Changes are held against the version alone, inside their own UPDATE: :if_match binds the versions that If-Match
 * names, for core.is_match. Loop thread; texts live in the call's pool.
 */
#ifndef HANSA_ETAG_H
#define HANSA_ETAG_H

#include <h2o.h>
#include <hansa/call.h>

/* Reads If-Match where the endpoint takes it; false = answered (400, 428). */
bool hansa_etag_read(struct hansa_call *call);
/* The tag of these bytes; NULL when none is given: not versioned and too large. */
const char *hansa_etag_make(struct hansa_call *call, const char *version, const h2o_iovec_t *parts, size_t part_count);
/* 304 or 412 for a GET whose present tag is `etag`; 0 = the whole answer. */
int hansa_etag_condition(struct hansa_call *call, const char *etag);
/* The tag of the same representation under a content coding. */
const char *hansa_etag_coded(struct hansa_call *call, const char *etag);

#endif
