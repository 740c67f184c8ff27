/* A subject is a hash of a key's or tenant's id. Its slots lie in a set-associative table of fixed size: the subject of a set
 * that was quiet longest makes room. A slot packs its second with its count, so a slot of an older minute is told from one of
 * this minute without anybody clearing it.
 *
 * While other servers count too, a server lets in no more than its lease until it is heard again (rate_share.c), so even a flood
 * at every server at once stays within the quota. Before its first lease it may let in a twentieth of its share. */
#include "rate.h"

#include "call_state.h"
#include "uuid.h"

#include <hansa/config.h>
#include <hansa/error.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 512, WAYS = 8, WINDOW = HANSA_RATE_WINDOW, COUNT_BITS = 24, FIRST_LEASE = 3 };

struct subject {
    _Atomic uint64_t id;          /* 0 = free */
    _Atomic int64_t used_at;      /* second */
    _Atomic uint64_t own[WINDOW]; /* second << COUNT_BITS | count, at second % WINDOW */
    _Atomic uint64_t others[WINDOW];
    _Atomic int64_t quota;  /* as of the last look */
    _Atomic uint32_t since; /* let in since this server told of itself */
    _Atomic uint32_t lease; /* how many that may be while other servers count too; 0 = none given yet */
    atomic_bool is_dirty, has_others;
};

static struct subject table[SETS][WAYS];
static _Atomic unsigned servers = 1;
static atomic_bool is_any_dirty;
static size_t next_set; /* whoever shares goes round the table */

static uint64_t count_of(uint64_t slot) {
    return slot & ((1U << COUNT_BITS) - 1);
}

static uint64_t pack(int64_t second, uint64_t count) {
    return (uint64_t)second << COUNT_BITS | count_of(count);
}

static uint64_t id_of(const char *kind, const char *text) {
    uint64_t hash = 1469598103934665603U; /* FNV-1a; ids are ours, nobody can choose them to collide */
    for (; *kind != '\0'; kind++)
        hash = (hash ^ (unsigned char)*kind) * 1099511628211U;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211U;
    hash &= INT64_MAX; /* PostgreSQL's bigint */
    return hash == 0 ? 1 : hash;
}

static struct subject *subject_get(uint64_t id, int64_t now) {
    struct subject *set = table[(id ^ id >> 32) % SETS], *oldest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (atomic_load_explicit(&set[i].id, memory_order_relaxed) == id) return &set[i];
        if (atomic_load_explicit(&set[i].used_at, memory_order_relaxed) <
            atomic_load_explicit(&oldest->used_at, memory_order_relaxed))
            oldest = &set[i];
    }
    atomic_store(&oldest->used_at, now);
    atomic_store(&oldest->id, id);
    for (size_t i = 0; i < WINDOW; i++) {
        atomic_store_explicit(&oldest->own[i], 0, memory_order_relaxed);
        atomic_store_explicit(&oldest->others[i], 0, memory_order_relaxed);
    }
    atomic_store(&oldest->since, 0);
    atomic_store(&oldest->lease, 0);
    atomic_store(&oldest->has_others, false);
    return oldest;
}

/* Uses within the last minute; the second of the oldest one goes to `ret_first`. */
static int64_t total(struct subject *subject, int64_t now, int64_t *ret_first) {
    int64_t sum = 0;
    *ret_first = now;
    size_t count_of_slots = atomic_load_explicit(&subject->has_others, memory_order_relaxed) ? 2 * WINDOW : WINDOW;
    for (size_t i = 0; i < count_of_slots; i++) {
        uint64_t slot =
            atomic_load_explicit(i < WINDOW ? &subject->own[i] : &subject->others[i - WINDOW], memory_order_relaxed);
        int64_t second = (int64_t)(slot >> COUNT_BITS), count = (int64_t)count_of(slot);
        if (second <= now - WINDOW || count == 0) continue;
        sum += count;
        if (second < *ret_first) *ret_first = second;
    }
    return sum;
}

struct hansa_rate_view hansa_rate_look(uint64_t id, int64_t quota, int64_t now) {
    struct subject *subject = subject_get(id, now);
    int64_t first, used = total(subject, now, &first),
                   since = atomic_load_explicit(&subject->since, memory_order_relaxed);
    unsigned sharers = atomic_load_explicit(&servers, memory_order_relaxed);
    struct hansa_rate_view view = {
        .left = quota - used - 1, .reset = first + WINDOW - now, .is_admitted = used < quota};
    atomic_store_explicit(&subject->quota, quota, memory_order_relaxed);
    if (view.is_admitted && sharers > 1) {
        int64_t lease = atomic_load_explicit(&subject->lease, memory_order_relaxed), first_lease = quota / 20 / sharers;
        if (lease == 0) lease = first_lease > FIRST_LEASE ? first_lease : FIRST_LEASE;
        if (since >= lease) {
            atomic_store_explicit(&subject->is_dirty, true, memory_order_relaxed); /* asks for another lease */
            atomic_store(&is_any_dirty, true);
            view.is_admitted = false;
            view.reset = 1;
        }
    }
    if (view.left < 0 || !view.is_admitted) view.left = 0;
    if (view.reset < 1) view.reset = 1;
    return view;
}

void hansa_rate_count(uint64_t id, int64_t now) {
    struct subject *subject = subject_get(id, now);
    _Atomic uint64_t *slot = &subject->own[now % WINDOW];
    uint64_t old = atomic_load_explicit(slot, memory_order_relaxed), new;
    do {
        new = (int64_t)(old >> COUNT_BITS) == now ? old + 1 : pack(now, 1);
    } while (!atomic_compare_exchange_weak_explicit(slot, &old, new, memory_order_relaxed, memory_order_relaxed));
    atomic_store_explicit(&subject->used_at, now, memory_order_relaxed);
    atomic_fetch_add_explicit(&subject->since, 1, memory_order_relaxed);
    atomic_store_explicit(&subject->is_dirty, true, memory_order_relaxed);
    if (!atomic_load_explicit(&is_any_dirty, memory_order_relaxed)) atomic_store(&is_any_dirty, true);
}

void hansa_rate_others(uint64_t id, int64_t second, const uint32_t uses[HANSA_RATE_WINDOW], int64_t now) {
    struct subject *subject = subject_get(id, now);
    bool has_any = false;
    for (int64_t i = 0; i < WINDOW; i++) {
        int64_t at = second - (WINDOW - 1) + i;
        has_any |= uses[i] > 0;
        atomic_store_explicit(&subject->others[at % WINDOW], pack(at, uses[i]), memory_order_relaxed);
    }
    atomic_store(&subject->has_others, has_any);
}

void hansa_rate_lease(uint64_t id, uint32_t lease, uint32_t told, int64_t now) {
    struct subject *subject = subject_get(id, now);
    uint32_t since = atomic_load(&subject->since);
    atomic_fetch_sub(&subject->since, told < since ? told : since);
    atomic_store(&subject->lease, lease > 0 ? lease : 1);
    if (lease == 0) atomic_fetch_add(&subject->since, 1);
}

void hansa_rate_servers(unsigned count) {
    atomic_store(&servers, count < 1 ? 1 : count);
}

bool hansa_rate_is_alone(void) {
    return atomic_load_explicit(&servers, memory_order_relaxed) == 1;
}

bool hansa_rate_is_busy(void) {
    return atomic_load(&is_any_dirty);
}

size_t hansa_rate_busy(uint64_t *ids, size_t most) {
    size_t count = 0;
    atomic_store(&is_any_dirty, false);
    for (size_t seen = 0; seen < SETS && count + WAYS <= most; seen++, next_set = (next_set + 1) % SETS)
        for (size_t w = 0; w < WAYS; w++)
            if (atomic_exchange(&table[next_set][w].is_dirty, false))
                ids[count++] = atomic_load(&table[next_set][w].id);
    if (count + WAYS > most) atomic_store(&is_any_dirty, true);
    return count;
}

int64_t hansa_rate_own(uint64_t id, int64_t now, uint32_t ret_uses[HANSA_RATE_WINDOW], uint32_t *ret_since) {
    struct subject *subject = subject_get(id, now);
    for (int64_t i = 0; i < WINDOW; i++) {
        int64_t at = now - (WINDOW - 1) + i;
        uint64_t slot = atomic_load_explicit(&subject->own[at % WINDOW], memory_order_relaxed);
        ret_uses[i] = (int64_t)(slot >> COUNT_BITS) == at ? (uint32_t)count_of(slot) : 0;
    }
    *ret_since = atomic_load(&subject->since);
    return atomic_load(&subject->quota);
}

/* --- requests --- */

/* The only place that knows how the fields of draft-ietf-httpapi-ratelimit-headers are written. */
static void fields_add(struct hansa_call *call, const int64_t quota[2], const struct hansa_rate_view view[2]) {
    char text[160];
    snprintf(text, sizeof text, "\"key\";q=%lld;w=60, \"tenant\";q=%lld;w=60", (long long)quota[0],
             (long long)quota[1]);
    hansa_call_answer_header(call, "ratelimit-policy", text);
    snprintf(text, sizeof text, "\"key\";r=%lld;t=%lld, \"tenant\";r=%lld;t=%lld", (long long)view[0].left,
             (long long)view[0].reset, (long long)view[1].left, (long long)view[1].reset);
    hansa_call_answer_header(call, "ratelimit", text);
}

bool hansa_rate_admit(struct hansa_call *call, const struct hansa_principal *principal) {
    const struct hansa_config *config = hansa_config();
    int64_t now = (int64_t)(call->started_at / 1000);
    const int64_t usual[2] = {hansa_uuid_share(principal->tenant, config->rate_key_minute),
                              hansa_uuid_share(principal->tenant, config->rate_tenant_minute)};
    const int64_t quota[2] = {principal->key_rate > 0 ? principal->key_rate : usual[0],
                              principal->tenant_rate > 0 ? principal->tenant_rate : usual[1]};
    const uint64_t ids[2] = {id_of("key", principal->actor), id_of("tenant", principal->tenant)};
    const struct hansa_rate_view views[2] = {hansa_rate_look(ids[0], quota[0], now),
                                             hansa_rate_look(ids[1], quota[1], now)};
    fields_add(call, quota, views);
    if (views[0].is_admitted && views[1].is_admitted) {
        hansa_rate_count(ids[0], now);
        hansa_rate_count(ids[1], now);
        return true;
    }
    int64_t wait = 1;
    call->violated = !views[0].is_admitted ? "key" : "tenant";
    for (size_t i = 0; i < 2; i++)
        if (!views[i].is_admitted && views[i].reset > wait) wait = views[i].reset;
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)wait);
    hansa_call_answer_header(call, "retry-after", text);
    hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_QUOTA_EXCEEDED), NULL,
                       views[0].is_admitted ? "The tenant as a whole has sent as many requests as it may in a minute."
                                            : "This key or person has sent as many requests as it may in a minute.");
    return false;
}
