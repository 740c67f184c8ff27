/* Asks another host by https, for worker threads: blocking, guarded (egress.h), bounded in time and size.
 *
 * Never on a loop's thread: use hansa_call_work with `is_far`. No redirect is followed, no proxy, cookie, netrc or
 * compression is used, nothing of one request is kept for the next. Connect 5 s, the whole at most 10 s (or what the
 * caller gives), slower than 100 bytes/s for 5 s ends it, an answer is at most 256 KiB (promise W4).
 */
#ifndef HANSA_FETCH_H
#define HANSA_FETCH_H

#include <stdbool.h>
#include <stddef.h>

enum { HANSA_FETCH_BYTES_MAX = 262144, HANSA_FETCH_MS_MAX = 10000 };

struct hansa_fetch {
    const char *url;
    const char *body; /* NULL = GET, else POST */
    size_t body_len;
    const char *const *headers; /* "name: value", NULL-terminated; or NULL */
    long most_ms;               /* 0 = HANSA_FETCH_MS_MAX */
};

enum hansa_fetch_outcome {
    HANSA_FETCH_DONE,    /* an answer came, whatever its status */
    HANSA_FETCH_REFUSED, /* the address is not asked: form, port, or not public */
    HANSA_FETCH_FAILED,  /* no connection, TLS, late, cut off */
    HANSA_FETCH_TOO_LARGE
};

struct hansa_fetched {
    int status;
    char *body; /* malloc'd, NUL-terminated; NULL when there is none */
    size_t len;
    char media_type[64]; /* lower case, without parameters; may be empty */
    const char *why;     /* for the log: libcurl's word, static; never holds the address */
};

/* Fills `ret_fetched` whatever the outcome; end it with hansa_fetched_done. */
enum hansa_fetch_outcome hansa_fetch(const struct hansa_fetch *fetch, struct hansa_fetched *ret_fetched);
/* Wipes and frees the body. */
void hansa_fetched_done(struct hansa_fetched *fetched);

#endif
