/* Servers tell one another what they let in: every quarter of a second while there is something to tell, every second
 * otherwise or when a server is alone, so that each knows how many count. What a round has to tell goes a few subjects at a time,
 * one unit behind the other, since answers wait behind a unit; when PostgreSQL is away each server counts by itself. */
#include "rate.h"

#include "loop.h"
#include "uuid.h"

#include <hansa/config.h>
#include <jansson.h>
#include <openssl/rand.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHARE_MS = 250, IDLE_MS = 1000, SUBJECTS_MAX = 512, A_UNIT = 16 };

static _Atomic(struct hansa_loop *) keeper;

/* Of the keeper's thread. */
static struct {
    bool is_running;
    uint64_t sent_at;
    char server_id[37], *uses;
    uint64_t ids[SUBJECTS_MAX];
    uint32_t told[SUBJECTS_MAX]; /* of each, what was let in since its lease began */
    size_t count, next;          /* of this round; those before `next` are told */
} share;

static void server_id_make(void) {
    unsigned char bytes[16];
    RAND_bytes(bytes, sizeof bytes);
    hansa_uuid_write(bytes, share.server_id);
}

static json_t *told_of(size_t place, int64_t now) {
    uint32_t own[HANSA_RATE_WINDOW];
    uint64_t id = share.ids[place];
    int64_t quota = hansa_rate_own(id, now, own, &share.told[place]);
    char uses[HANSA_RATE_WINDOW * 11 + 2], *at = uses; /* as PostgreSQL reads an array */
    for (size_t i = 0; i < HANSA_RATE_WINDOW; i++)
        at += sprintf(at, "%c%u", i == 0 ? '{' : ',', own[i]);
    memcpy(at, "}", 2);
    return json_pack("{s:I, s:I, s:I, s:s}", "subject", (json_int_t)id, "second", (json_int_t)now, "quota",
                     (json_int_t)quota, "uses", uses);
}

static uint32_t told_since(uint64_t id) {
    for (size_t i = 0; i < share.count; i++)
        if (share.ids[i] == id) return share.told[i];
    return 0;
}

static void others_learn(const json_t *body, int64_t now) {
    hansa_rate_servers((unsigned)json_integer_value(json_object_get(body, "servers")));
    size_t index, second;
    json_t *heard, *use;
    json_array_foreach(json_object_get(body, "subjects"), index, heard) {
        uint32_t uses[HANSA_RATE_WINDOW] = {0};
        uint64_t id = (uint64_t)json_integer_value(json_object_get(heard, "subject"));
        json_array_foreach(json_object_get(heard, "others"), second, use) {
            if (second < HANSA_RATE_WINDOW) uses[second] = (uint32_t)json_integer_value(use);
        }
        hansa_rate_others(id, json_integer_value(json_object_get(heard, "second")), uses, now);
        hansa_rate_lease(id, (uint32_t)json_integer_value(json_object_get(heard, "lease")), told_since(id), now);
    }
}

static void part_send(void);

static void shared(struct hansa_unit *unit) {
    bool is_done = unit->outcome == HANSA_UNIT_DONE && PQntuples(unit->result) == 1;
    if (is_done) {
        json_t *body = json_loads(PQgetvalue(unit->result, 0, 0), 0, NULL);
        others_learn(body, (int64_t)(unit->done_at / 1000));
        json_decref(body);
    }
    free(share.uses);
    share.uses = NULL;
    share.is_running = is_done && share.next < share.count && !atomic_load(&keeper)->is_draining;
    if (share.is_running) part_send();
}

/* Of a round with nothing to tell there is one part too: this server is there. */
static void part_send(void) {
    struct hansa_loop *loop = atomic_load(&keeper);
    const struct hansa_endpoint *endpoint = hansa_endpoint_find("core/rate_share");
    const struct hansa_statement *sql = &endpoint->statements[0];
    uint64_t now = h2o_now(loop->loop);
    json_t *list = json_array();
    for (size_t i = 0; i < A_UNIT && share.next < share.count; i++)
        json_array_append_new(list, told_of(share.next++, (int64_t)(now / 1000)));
    share.uses = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    struct hansa_unit *unit = hansa_unit_new(sql, HANSA_LANE_FAST, false);
    for (size_t i = 0; i < sql->bind_count; i++) {
        const char *name = endpoint->params[sql->binds[i] - HANSA_BIND_PARAM].name;
        unit->values[i] = strcmp(name, "uses") == 0 ? share.uses : share.server_id;
    }
    unit->owner = &share;
    unit->done = shared;
    unit->deadline_at = now + IDLE_MS;
    hansa_db_submit(loop->db, unit);
}

void hansa_rate_tick(struct hansa_loop *loop) {
    struct hansa_loop *none = NULL;
    if (!hansa_config()->rate_shared || loop->is_draining) return;
    if (atomic_load(&keeper) != loop && !atomic_compare_exchange_strong(&keeper, &none, loop)) return;
    uint64_t now = h2o_now(loop->loop), wait = hansa_rate_is_busy() && !hansa_rate_is_alone() ? SHARE_MS : IDLE_MS;
    if (share.is_running || now - share.sent_at < wait) return;
    if (share.server_id[0] == '\0') server_id_make();
    share.count = hansa_rate_busy(share.ids, SUBJECTS_MAX);
    share.next = 0;
    share.is_running = true;
    share.sent_at = now;
    part_send();
}
