/* A small table of tenants by the hash of their id, one for each thread. Two tenants that fall on one place share its thirty:
 * the one that comes later takes the place over once the earlier one's sum is written. */
#include "witness.h"

#include "call_state.h"

#include <assert.h>
#include <hansa/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 256, NOTED_MAX = 30, MINUTE_MS = 60000 };

struct place {
    char tenant[37];
    uint64_t began_at; /* ms of the loop; 0 = empty */
    unsigned noted, summed;
};

/* What a unit's values point into, for as long as it is on its way. */
struct note {
    char tenant[37], code[96], times[16], *context;
};

static const struct hansa_endpoint *statement;
static _Thread_local struct place places[PLACES];
static _Thread_local size_t summing; /* places with a sum to write */

void hansa_witness_set(const struct hansa_witness *witness) {
    statement = hansa_endpoint_find(witness->statement);
    assert(statement != NULL && statement->method == NULL && statement->statement_count == 1);
}

static void note_sent(struct hansa_unit *unit) {
    struct note *note = unit->owner;
    free(note->context);
    free(note);
}

static void note_send(struct hansa_loop *loop, const char *tenant, const char *code, const char *context,
                      unsigned times) {
    const struct hansa_statement *sql = &statement->statements[0];
    struct note *note = h2o_mem_alloc(sizeof *note);
    snprintf(note->tenant, sizeof note->tenant, "%s", tenant);
    snprintf(note->code, sizeof note->code, "%s", code == NULL ? "" : code);
    snprintf(note->times, sizeof note->times, "%u", times);
    note->context = strdup(context);
    struct hansa_unit *unit = hansa_unit_new(sql, statement->lane, false);
    for (size_t i = 0; i < sql->bind_count; i++) {
        uint8_t bind = sql->binds[i];
        const char *name = bind >= HANSA_BIND_PARAM ? statement->params[bind - HANSA_BIND_PARAM].name : "";
        if (bind == HANSA_BIND_TENANT) unit->values[i] = note->tenant;
        if (bind == HANSA_BIND_CONTEXT) unit->values[i] = note->context;
        if (strcmp(name, "code") == 0 && code != NULL) unit->values[i] = note->code;
        if (strcmp(name, "times") == 0 && times > 0) unit->values[i] = note->times;
    }
    memcpy(unit->tenant, note->tenant, sizeof unit->tenant);
    unit->owner = note;
    unit->done = note_sent;
    unit->deadline_at = h2o_now(loop->loop) + (uint64_t)hansa_config()->call_deadline_ms;
    hansa_db_submit(loop->db, unit);
}

static void place_close(struct hansa_loop *loop, struct place *place) {
    if (place->summed > 0) {
        note_send(loop, place->tenant, NULL, "{}", place->summed);
        summing--;
    }
    *place = (struct place){0};
}

static struct place *place_of(struct hansa_loop *loop, const char *tenant) {
    uint32_t hash = 2166136261u;
    for (const char *at = tenant; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    struct place *place = &places[hash % PLACES];
    uint64_t now = h2o_now(loop->loop);
    bool is_over = place->began_at != 0 && now - place->began_at >= MINUTE_MS;
    if (is_over) place_close(loop, place);
    if (place->began_at == 0) {
        memcpy(place->tenant, tenant, sizeof place->tenant);
        place->began_at = now;
    }
    return place;
}

void hansa_witness_refusal(struct hansa_call *call, const struct hansa_error *error) {
    bool is_refusal = error->status == 401 || error->status == 403 || error->status == 429;
    if (statement == NULL || !is_refusal || call->tenant[0] == '\0' || call->endpoint == NULL) return;
    struct place *place = place_of(call->loop, call->tenant);
    bool is_shared = memcmp(place->tenant, call->tenant, sizeof place->tenant) != 0;
    if (place->noted < NOTED_MAX) {
        place->noted++;
        note_send(call->loop, call->tenant, error->code, hansa_call_context(call), 0);
    } else if (!is_shared) {
        summing += place->summed == 0;
        place->summed++;
    }
}

void hansa_witness_tick(struct hansa_loop *loop) {
    if (summing == 0) return;
    uint64_t now = h2o_now(loop->loop);
    for (size_t i = 0; i < PLACES && summing > 0; i++)
        if (places[i].summed > 0 && now - places[i].began_at >= MINUTE_MS) place_close(loop, &places[i]);
}
