/* Content coding of answers: gzip for what is large, textual and no secret, when Accept-Encoding admits it.
 *
 * Never on an answer that is no-store: those tell secrets, and the length of a compressed secret tells of it (BREACH). Small
 * answers are compressed on the loop, larger ones at a worker thread. Loop thread.
 */
#ifndef HANSA_CODING_H
#define HANSA_CODING_H

#include <h2o.h>
#include <hansa/call.h>

enum { CODING_MIN = 4096, CODING_INLINE_MAX = 65536 };

/* Shall these `len` bytes of an answer go out compressed? Looks at the call's headers: cache-control, content-encoding. */
bool hansa_coding_is_wanted(const struct hansa_call *call, int status, const char *media_type, size_t len);
/* Compresses `parts` here and now into the call's pool; false = it would not get shorter. */
bool hansa_coding_here(struct hansa_call *call, const h2o_iovec_t *parts, size_t part_count, h2o_iovec_t *ret_part);
/* Has a worker compress them and then sends the answer; the step's result. */
enum hansa_step_result hansa_coding_at_worker(struct hansa_call *call, int status, const char *media_type,
                                              const h2o_iovec_t *parts, size_t part_count);
/* gzip of `len` bytes, malloc'd, or NULL when it would not get shorter. Any thread. */
char *hansa_coding_gzip(const char *text, size_t len, int level, size_t *ret_len);
/* Does Accept-Encoding admit gzip and not prefer the plain bytes? */
bool hansa_coding_accepts_gzip(struct hansa_bytes field);

#endif
