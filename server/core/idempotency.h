/* Idempotency-Key (standards.md 5.4): a request that is sent twice has its effect once and its answer twice.
 *
 * A key belongs to one caller and one route. With it, step `unit` runs the endpoint's statement inside core.once, which
 * keeps the answer in the same transaction as the effect. Without it nothing here costs anything. Embedded in the call; loop
 * thread; texts live in the call's pool.
 */
#ifndef HANSA_IDEMPOTENCY_H
#define HANSA_IDEMPOTENCY_H

#include <hansa/call.h>
#include <jansson.h>

enum { IDEMPOTENCY_KEY_MAX = 255 };

enum hansa_once_outcome { HANSA_ONCE_NOT, HANSA_ONCE_ROW, HANSA_ONCE_NONE, HANSA_ONCE_ERROR };

struct hansa_idempotency_state {
    const char *key;         /* NULL = the unit runs as it is */
    const char *body_digest; /* what stands for a large body in the request's hash; NULL = the body itself */
    enum hansa_once_outcome outcome;
    bool is_replay;
    json_t *columns; /* of the row, beside body; or what the statement raised; freed with the call */
};

struct hansa_unit;

/* Reads the field; false = answered (400). */
bool hansa_idempotency_read(struct hansa_call *call);
/* The unit that runs `statement` under the call's key. */
struct hansa_unit *hansa_idempotency_unit(struct hansa_call *call, const struct hansa_statement *statement);
/* The unit is back and its row is call->result: NEXT = go on as if the statement had been run; END = answered. */
enum hansa_step_result hansa_idempotency_done(struct hansa_call *call);
/* A column of the row other than body as text; NULL when absent or null. */
const char *hansa_idempotency_column(const struct hansa_call *call, const char *name, size_t *ret_len);
void hansa_idempotency_end(struct hansa_idempotency_state *state);

#endif
