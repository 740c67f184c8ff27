/* One round of a timer is: list the tenants, then unit after unit. Its state lives in a static table that only the loop
 * which came first touches; a unit's values live in the round until the unit is done. A round that meets an error goes on
 * with the next tenant: the one after it tries again. */
#include "timer.h"

#include "log.h"
#include "loop.h"

#include <assert.h>
#include <hansa/config.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMERS_MAX = 8, VALUES_MAX = 16, NUMBER_TEXT = 24 };

struct round {
    const struct hansa_timer *timer;
    const struct hansa_endpoint *tenants, *each, *then;
    uint64_t due_at; /* ms of the loop */
    bool is_running;
    json_t *list; /* of tenant ids, or NULL */
    size_t at;    /* tenant at work */
    json_t *body; /* what `each` answered, while `then` runs */
    char numbers[VALUES_MAX][NUMBER_TEXT];
};

static struct round rounds[TIMERS_MAX];
static size_t round_count;
static _Atomic(struct hansa_loop *) keeper;

void hansa_timers_set(const struct hansa_timer *const *timers, size_t count) {
    assert(count <= TIMERS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct hansa_timer *timer = timers[i];
        rounds[i] = (struct round){.timer = timer,
                                   .tenants = hansa_endpoint_find(timer->tenants),
                                   .each = hansa_endpoint_find(timer->each),
                                   .then = timer->then == NULL ? NULL : hansa_endpoint_find(timer->then)};
        assert(rounds[i].tenants != NULL && rounds[i].each != NULL);
        assert((timer->then == NULL) == (rounds[i].then == NULL));
    }
    round_count = count;
}

static void round_end(struct round *round) {
    json_decref(round->list);
    json_decref(round->body);
    round->list = round->body = NULL;
    round->is_running = false;
    round->due_at = h2o_now(atomic_load(&keeper)->loop) + round->timer->period_ms;
}

/* A member of the body as the text that a parameter takes; NULL = SQL null. */
static const char *value_text(struct round *round, size_t place, const char *name) {
    const json_t *value = json_object_get(round->body, name);
    if (json_is_string(value)) return json_string_value(value);
    if (!json_is_integer(value)) return NULL;
    assert(place < VALUES_MAX);
    snprintf(round->numbers[place], NUMBER_TEXT, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return round->numbers[place];
}

static void unit_send(struct round *round, const struct hansa_endpoint *endpoint, void (*done)(struct hansa_unit *)) {
    struct hansa_loop *loop = atomic_load(&keeper);
    const struct hansa_statement *statement = &endpoint->statements[0];
    struct hansa_unit *unit = hansa_unit_new(statement, endpoint->lane, false);
    const char *tenant = json_string_value(json_array_get(round->list, round->at));
    for (size_t i = 0; i < statement->bind_count; i++) {
        uint8_t bind = statement->binds[i];
        if (bind == HANSA_BIND_TENANT) unit->values[i] = tenant;
        if (bind >= HANSA_BIND_PARAM)
            unit->values[i] = value_text(round, i, endpoint->params[bind - HANSA_BIND_PARAM].name);
    }
    if (tenant != NULL && strlen(tenant) < sizeof unit->tenant) memcpy(unit->tenant, tenant, strlen(tenant) + 1);
    unit->owner = round;
    unit->done = done;
    unit->deadline_at = h2o_now(loop->loop) + (uint64_t)hansa_config()->slow_deadline_ms;
    hansa_db_submit(loop->db, unit);
}

/* The unit's body; NULL when there is none or it failed, which is told once in the log. */
static json_t *body_of(const struct round *round, const struct hansa_unit *unit) {
    if (unit->outcome != HANSA_UNIT_DONE) {
        hansa_log_event(HANSA_LOG_WARNING, "a timer's unit failed", round->timer->name,
                        unit->result == NULL ? NULL : PQresultErrorField(unit->result, PG_DIAG_SQLSTATE));
        return NULL;
    }
    int column = PQfnumber(unit->result, "body");
    if (column < 0 || PQntuples(unit->result) == 0 || PQgetisnull(unit->result, 0, column)) return NULL;
    return json_loads(PQgetvalue(unit->result, 0, column), JSON_DECODE_ANY, NULL);
}

static void each_done(struct hansa_unit *unit);

static void each_next(struct round *round) {
    bool is_over = atomic_load(&keeper)->is_draining || round->at >= json_array_size(round->list);
    if (is_over)
        round_end(round);
    else
        unit_send(round, round->each, each_done);
}

static void then_done(struct hansa_unit *unit) {
    struct round *round = unit->owner;
    json_t *answer = body_of(round, unit);
    json_decref(answer);
    if (!json_is_true(json_object_get(round->body, "more")) || unit->outcome != HANSA_UNIT_DONE) round->at++;
    json_decref(round->body);
    round->body = NULL;
    each_next(round);
}

static void each_done(struct hansa_unit *unit) {
    struct round *round = unit->owner;
    const char *tenant = json_string_value(json_array_get(round->list, round->at));
    round->body = body_of(round, unit);
    bool has_then = json_is_object(round->body) && round->then != NULL;
    if (has_then && (round->timer->between == NULL || round->timer->between(tenant, round->body))) {
        unit_send(round, round->then, then_done);
        return;
    }
    if (!json_is_true(json_object_get(round->body, "more"))) round->at++;
    json_decref(round->body);
    round->body = NULL;
    each_next(round);
}

static void tenants_done(struct hansa_unit *unit) {
    struct round *round = unit->owner;
    round->list = body_of(round, unit);
    round->at = 0;
    each_next(round);
}

void hansa_timers_tick(struct hansa_loop *loop) {
    struct hansa_loop *none = NULL;
    if (round_count == 0) return;
    if (atomic_compare_exchange_strong(&keeper, &none, loop)) {
        for (size_t i = 0; i < round_count; i++)
            rounds[i].due_at = h2o_now(loop->loop) + 1000;
    }
    if (atomic_load(&keeper) != loop || loop->is_draining || !hansa_db_is_ready(loop->db)) return;
    for (size_t i = 0; i < round_count; i++) {
        struct round *round = &rounds[i];
        if (round->is_running || h2o_now(loop->loop) < round->due_at) continue;
        round->is_running = true;
        unit_send(round, round->tenants, tenants_done);
    }
}
