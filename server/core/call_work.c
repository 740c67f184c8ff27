/* What works for a call: units in PostgreSQL and jobs at worker threads, both let through the gate first. */
#include "call_state.h"
#include "crash.h"

#include <assert.h>
#include <hansa/error.h>
#include <stdlib.h>
#include <string.h>

/* Every unit of a call ends here first. */
void hansa_call_unit_done(struct hansa_unit *unit) {
    struct hansa_call *call = unit->owner;
    assert(call->magic == CALL_MAGIC && call->unit == unit);
    call->unit = NULL;
    if (unit->sent_at != 0) call->db_ms += (uint32_t)(unit->done_at - unit->sent_at);
}

static void ticket_release(void *ticket) {
    hansa_ticket_unref(ticket);
}

static void unit_start(struct hansa_call *call, struct hansa_unit *unit) {
    call->unit = unit;
    unit->ticket = call->waiter.ticket;
    unit->on_free = ticket_release;
    hansa_ticket_ref(call->waiter.ticket);
    hansa_db_submit(call->loop->db, unit);
}

static void job_start(struct hansa_call *call, struct hansa_job *job) {
    if (!hansa_work_submit(job)) {
        job->drop_input(job->input);
        free(job);
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
        return;
    }
    call->job = job;
    job->ticket = call->waiter.ticket;
    hansa_ticket_ref(call->waiter.ticket);
    job->bulky = call->bulky.ticket;
    if (job->bulky != NULL) hansa_ticket_ref(job->bulky);
}

/* The gate has let the call through, or (no ticket) has found the next line too long. */
static void admitted(struct hansa_waiter *waiter) {
    struct hansa_call *call = H2O_STRUCT_FROM_MEMBER(struct hansa_call, waiter, waiter);
    HANSA_CRASH_MARK(call->request_id, call->endpoint);
    struct hansa_unit *unit = call->held_unit;
    struct hansa_job *job = call->held_job;
    if (waiter->ticket == NULL) {
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
        return;
    }
    call->held_unit = NULL;
    call->held_job = NULL;
    if (unit != NULL) unit_start(call, unit);
    if (job != NULL) job_start(call, job);
}

/* Sends the held unit or job on its way, now or when the gate opens. */
static void pass_gate(struct hansa_call *call) {
    if (call->waiter.ticket != NULL) {
        admitted(&call->waiter);
        return;
    }
    memcpy(call->waiter.names[1], call->tenant, sizeof call->tenant);
    /* who reaches the private listener is one of us: no limit an address */
    if (call->client != NULL && call->client->is_edge) memcpy(call->waiter.names[0], call->source, sizeof call->source);
    call->waiter.admitted = admitted;
    if (hansa_gate_enter(call->loop->gate, &call->waiter) != HANSA_GATE_WAIT) admitted(&call->waiter);
}

void hansa_call_submit(struct hansa_call *call, struct hansa_unit *unit, void (*done)(struct hansa_unit *)) {
    unit->owner = call;
    unit->done = done;
    unit->deadline_at = call->deadline_at;
    call->held_unit = unit;
    pass_gate(call);
}

enum hansa_step_result hansa_call_work(struct hansa_call *call, const struct hansa_work *work, void *input,
                                       void (*drop_input)(void *)) {
    struct hansa_job *job = h2o_mem_alloc(sizeof *job);
    *job = (struct hansa_job){.work = work, .input = input, .drop_input = drop_input, .loop = call->loop, .call = call};
    call->held_job = job;
    pass_gate(call);
    return call->phase == PHASE_ANSWERED ? HANSA_STEP_END : HANSA_STEP_WAIT;
}

/* --- calls that take much memory --- */

static void bulky_admitted(struct hansa_waiter *waiter) {
    struct hansa_call *call = H2O_STRUCT_FROM_MEMBER(struct hansa_call, bulky, waiter);
    if (waiter->ticket == NULL)
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    else if (h2o_now(call->loop->loop) >= call->deadline_at)
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_DEADLINE), NULL, NULL);
    else
        hansa_call_go_on(call);
}

enum hansa_step_result hansa_call_bulky(struct hansa_call *call) {
    assert(call->bulky.ticket == NULL && call->unit == NULL && call->job == NULL);
    memcpy(call->bulky.names[0], call->tenant, sizeof call->tenant);
    memcpy(call->bulky.names[1], "all", sizeof "all");
    call->bulky.admitted = bulky_admitted;
    switch (hansa_gate_enter(call->loop->bulky, &call->bulky)) {
    case HANSA_GATE_OPEN:
        return HANSA_STEP_NEXT;
    case HANSA_GATE_FULL:
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    case HANSA_GATE_WAIT:
        break;
    }
    /* who waits for this does not stand in the way of his neighbours' small calls */
    struct hansa_ticket *ticket = call->waiter.ticket;
    call->waiter.ticket = NULL;
    if (ticket != NULL) hansa_ticket_unref(ticket);
    return HANSA_STEP_WAIT;
}

enum hansa_step_result hansa_call_unit_failed(struct hansa_call *call, const struct hansa_unit *unit) {
    switch (unit->outcome) {
    case HANSA_UNIT_REFUSED:
        return hansa_reply_sql_error(call, unit->result);
    case HANSA_UNIT_BUSY:
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    case HANSA_UNIT_LOCKED:
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_LOCKED), NULL, NULL);
    case HANSA_UNIT_LATE:
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_DEADLINE), NULL, NULL);
    case HANSA_UNIT_LOST:
        return hansa_call_problem(
            call, hansa_error(unit->is_read_only ? HANSA_ERROR_CORE_UNAVAILABLE : HANSA_ERROR_CORE_OUTCOME_UNKNOWN),
            NULL, NULL);
    case HANSA_UNIT_DOWN:
    case HANSA_UNIT_DONE:
        break;
    }
    return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_UNAVAILABLE), NULL, NULL);
}
