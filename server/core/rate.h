/* Rates: how many requests a key (or person) and a tenant may send in a minute (promise F1, standards.md 5.5).
 *
 * A window of sixty slots of a second each, not a bucket (docs/decisions/0016-rates.md): within any minute at most the quota
 * is let in, and a caller who was quiet may spend all of it at once, which is what the RateLimit fields say. One table for
 * the process, written by every loop with atomics; servers tell one another every quarter of a second through PostgreSQL.
 */
#ifndef HANSA_RATE_H
#define HANSA_RATE_H

#include <hansa/call.h>

struct hansa_loop;
struct hansa_principal;

/* Counts the request and adds the RateLimit fields to the answer; false = answered with 429. */
bool hansa_rate_admit(struct hansa_call *call, const struct hansa_principal *principal);

/* The window alone, for tests and for rate_share.c: any thread; seconds since 1970. */
enum { HANSA_RATE_WINDOW = 60 };
struct hansa_rate_view {
    int64_t left;  /* of the quota, after this use */
    int64_t reset; /* seconds until something of it comes back */
    bool is_admitted;
};
struct hansa_rate_view hansa_rate_look(uint64_t id, int64_t quota, int64_t now);
void hansa_rate_count(uint64_t id, int64_t now);
/* Subjects used since the last time, at most `most`. */
bool hansa_rate_is_busy(void);
size_t hansa_rate_busy(uint64_t *ids, size_t most);
/* What this server let in, second by second, up to `now`; its quota; and how much of it since its lease began. */
int64_t hansa_rate_own(uint64_t id, int64_t now, uint32_t ret_uses[HANSA_RATE_WINDOW], uint32_t *ret_since);
/* What the other servers let in, up to `second`. */
void hansa_rate_others(uint64_t id, int64_t second, const uint32_t uses[HANSA_RATE_WINDOW], int64_t now);
/* How many more this server may let in; `told` of those since the last lease are known to the others. */
void hansa_rate_lease(uint64_t id, uint32_t lease, uint32_t told, int64_t now);
/* How many servers count, this one too; leases matter when it is more than one. */
void hansa_rate_servers(unsigned count);
bool hansa_rate_is_alone(void);

/* rate_share.c: each tick of each loop; the first loop that comes keeps the sharing. */
void hansa_rate_tick(struct hansa_loop *loop);

#endif
