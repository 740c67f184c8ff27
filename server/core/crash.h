/* What a crash leaves behind (promise O5): one JSON line with the signal, the request and endpoint that the thread was at work
 * for, where that is known, and the way there as MODULE+0xOFFSET, to be read by `addr2line -e MODULE 0xOFFSET`.
 *
 * A mark says what a thread works for. It lives on the stack of the function that makes it and goes with its scope; marks
 * nest. It holds copies, so it may outlive the call. Any thread.
 */
#ifndef HANSA_CRASH_H
#define HANSA_CRASH_H

#include <hansa/endpoint.h>
#include <stdbool.h>

struct hansa_crash_mark {
    char request_id[37];
    const struct hansa_endpoint *endpoint; /* NULL: not routed yet */
    const struct hansa_crash_mark *around;
};

/* From here to the end of the scope this thread works for that request. */
#define HANSA_CRASH_MARK(request_id_, endpoint_)                                                                       \
    __attribute__((cleanup(hansa_crash_leave))) struct hansa_crash_mark crash_mark_;                                   \
    hansa_crash_enter(&crash_mark_, request_id_, endpoint_)

void hansa_crash_enter(struct hansa_crash_mark *mark, const char request_id[37], const struct hansa_endpoint *endpoint);
void hansa_crash_leave(struct hansa_crash_mark *mark);

/* Once, at start, on the main thread. Leaves a signal alone that somebody handles already (a sanitizer). */
void hansa_crash_watch(void);
/* At the start of each thread: gives it a stack of its own for the handler, so that an overflow of the other one is told. */
void hansa_crash_thread(void);

#endif
