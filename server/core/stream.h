/* Streams: answers that go on until somebody ends them, as Server-Sent Events (WHATWG HTML, section 9.2).
 *
 * An endpoint that says `stream: yes` has step `stream` and two statements. Its own tells a page of the events behind the
 * position `since` and before `until`, in order, in the columns id, event and data; a last row without data says that the page
 * ends at its id and that there is more behind it. So a page may look at many events and tell few. "<room>/<name>_beat"
 * (internal, parameter `since`) tells `head`, the position before which nothing will appear any more; has_news, whether there
 * is anything between; is_lost, whether what follows `since` cannot be told any more. A position is a text of the room's own.
 *
 * One beat a tenant and endpoint, shared by all its streams, asks every 300 ms while anybody listens. Reach and filters of a
 * stream are in its own statement, which is only sent when the beat has found something.
 * Lifetime of a stream: from its step until the call is disposed. One loop's thread only.
 */
#ifndef HANSA_STREAM_H
#define HANSA_STREAM_H

#include <stddef.h>

struct hansa_loop;
struct hansa_stream;

/* Called by the call's dispose; lets go of everything that works for the stream. */
void hansa_stream_free(struct hansa_stream *stream);
/* Each tick of the loop: beats, doors, keep-alives, the end when the loop drains. */
void hansa_streams_tick(struct hansa_loop *loop);
/* Open ones of this loop. */
size_t hansa_streams_count(const struct hansa_loop *loop);

#endif
