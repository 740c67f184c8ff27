/* How much each tenant asked for: requests, refusals (429, 503) and bytes answered, handed to the room that keeps such counts.
 *
 * The core knows no room, so main.c hands in the statement. Counted per thread without locks, written once a minute and at
 * the end of the loop; what a killed process had not written is lost.
 */
#ifndef HANSA_USAGE_H
#define HANSA_USAGE_H

#include <hansa/call.h>

struct hansa_loop;

/* Before the loops are made. An internal statement that takes `batch`: [{"tenant", "requests", "refused", "bytes_out"}]. */
void hansa_usage_set(const char *room_and_name);
/* The call of a known tenant is over. */
void hansa_usage_count(const struct hansa_call *call);
/* Each tick of each loop. */
void hansa_usage_tick(struct hansa_loop *loop);
/* Writes what is left; for the end of the loop. */
void hansa_usage_flush(struct hansa_loop *loop);

#endif
