/* A table of tenants by the hash of their id; when it is full, it is written early. */
#include "usage.h"

#include "call_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 1024, FULL = 768, PERIOD_MS = 60000, UNIT_MAX_MS = 5000 };

struct place {
    char tenant[37]; /* empty = free */
    uint64_t requests, refused, bytes_out;
};

static const struct hansa_endpoint *statement;
static _Thread_local struct place places[PLACES];
static _Thread_local size_t count;
static _Thread_local uint64_t written_at;

void hansa_usage_set(const char *room_and_name) {
    statement = hansa_endpoint_find(room_and_name);
    assert(statement != NULL && statement->method == NULL && statement->statement_count == 1);
}

void hansa_usage_count(const struct hansa_call *call) {
    if (statement == NULL || call->actor[0] == '\0' || count == PLACES) return;
    uint32_t hash = 2166136261u;
    const char *tenant = call->credential.tenant; /* whose key it is, also when an operator works at another tenant */
    for (const char *at = tenant; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    struct place *place = &places[hash % PLACES];
    while (place->tenant[0] != '\0' && memcmp(place->tenant, tenant, sizeof place->tenant) != 0)
        if (++place == places + PLACES) place = places;
    count += place->tenant[0] == '\0';
    memcpy(place->tenant, tenant, sizeof place->tenant);
    place->requests++;
    place->refused += call->status == 429 || call->status == 503;
    place->bytes_out += call->bytes_out;
}

static void written(struct hansa_unit *unit) {
    free(unit->owner);
}

void hansa_usage_flush(struct hansa_loop *loop) {
    written_at = h2o_now(loop->loop);
    if (count == 0) return;
    json_t *list = json_array();
    for (size_t i = 0; i < PLACES; i++)
        if (places[i].tenant[0] != '\0')
            json_array_append_new(list,
                                  json_pack("{s:s, s:I, s:I, s:I}", "tenant", places[i].tenant, "requests",
                                            (json_int_t)places[i].requests, "refused", (json_int_t)places[i].refused,
                                            "bytes_out", (json_int_t)places[i].bytes_out));
    memset(places, 0, sizeof places);
    count = 0;
    char *batch = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    if (batch == NULL) return;
    const struct hansa_statement *sql = &statement->statements[0];
    struct hansa_unit *unit = hansa_unit_new(sql, statement->lane, false);
    for (size_t i = 0; i < sql->bind_count; i++)
        unit->values[i] = batch;
    unit->owner = batch;
    unit->done = written;
    unit->deadline_at = h2o_now(loop->loop) + UNIT_MAX_MS;
    hansa_db_submit(loop->db, unit);
}

void hansa_usage_tick(struct hansa_loop *loop) {
    uint64_t now = h2o_now(loop->loop);
    if (written_at == 0) written_at = now;
    if (count >= FULL || now - written_at >= PERIOD_MS) hansa_usage_flush(loop);
}
