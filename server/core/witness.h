/* The witness: refused accesses of a tenant are put on record, off the answer's path. The core knows no room, so main.c
 * hands in the statement.
 *
 * Bounded: of each tenant thirty a minute and loop are noted one by one, the rest as one sum when the minute is over; so a
 * flood of bad keys can neither fill the trail nor hide in it. Per thread, without locks.
 */
#ifndef HANSA_WITNESS_H
#define HANSA_WITNESS_H

#include <hansa/call.h>

struct hansa_loop;

/* Internal statement that takes `code` (the error's) and `times` (null for one access, else how many it sums up), and may
 * bind :tenant and :context. */
struct hansa_witness {
    const char *statement;
};

/* Before the loops are made; `witness` lives as long as the process. */
void hansa_witness_set(const struct hansa_witness *witness);
/* The call is answered with this error: 401 and 403 and 429 are noted when its tenant is known. */
void hansa_witness_refusal(struct hansa_call *call, const struct hansa_error *error);
/* Each tick of each loop: sums whose minute is over. */
void hansa_witness_tick(struct hansa_loop *loop);

#endif
