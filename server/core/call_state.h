/* Inside of a call. Only the stations of the corridor (server/core) include this; rooms see <hansa/call.h>.
 *
 * Lifetime: a shared block in the request's pool; call_dispose runs when the pool goes: answer out, reset, or connection
 * lost. Whatever works for the call (unit, job, waiter) points at it and is pointed at; who dies first cuts the string.
 */
#ifndef HANSA_CALL_STATE_H
#define HANSA_CALL_STATE_H

#include "connection.h"
#include "db.h"
#include "door.h"
#include "fields.h"
#include "gate.h"
#include "idempotency.h"
#include "loop.h"
#include "stream.h"
#include "work.h"

#include <hansa/call.h>

enum { CALL_MAGIC = 0x43414c4c, ANSWER_HEADERS_MAX = 20, CURSOR_BYTES_MAX = 512 };

enum call_phase { PHASE_ARRIVED, PHASE_DOOR, PHASE_BODY, PHASE_STEPS, PHASE_ANSWERED };

struct hansa_call {
    uint32_t magic;
    enum call_phase phase;
    h2o_req_t *req;
    struct hansa_loop *loop;
    struct hansa_client *client;
    const struct hansa_endpoint *endpoint; /* NULL before routing */
    size_t step_at;
    h2o_timeout_entry_t soon;

    char request_id[37], trace_id[33], span_id[17], parent_id[17];
    char tenant[37], actor[37], source[48]; /* source: the client's address */
    char actor_kind[12], session[37];
    enum hansa_audience audience; /* for whom the answer is cut; PUBLIC until the door says more */
    const char *reach;            /* in the pool; NULL = the whole tenant */
    const char *context;          /* in the pool; made when a statement binds it */
    void *notes;                  /* of the endpoint's steps */
    struct hansa_credential credential;
    char credential_hex[67];

    struct hansa_bytes path_values[8]; /* raw, from the route */
    size_t path_value_count;
    const char **params;         /* by endpoint param index; NULL = absent */
    struct hansa_bytes body;     /* what :body binds to */
    const char *limit, *after;   /* keyset lists */
    unsigned char list_key[32];  /* what a cursor of this list or stream is bound to */
    struct hansa_stream *stream; /* of an endpoint that streams */
    struct hansa_fields fields;
    struct hansa_idempotency_state once;
    const char *if_match; /* what :if_match binds to */
    const char *violated; /* the rate that a 429 is about */
    const char *steps;    /* of a 409: what is possible instead, as core.steps wrote it; NULL = not told */

    struct hansa_waiter waiter, bulky;
    struct hansa_unit *unit;      /* in flight, or NULL */
    struct hansa_unit *held_unit; /* ready to go, waiting at the gate */
    struct hansa_job *job;        /* at a worker, or NULL */
    struct hansa_job *held_job;
    PGresult *result;

    struct {
        const char *name, *value;
    } headers[ANSWER_HEADERS_MAX];
    size_t header_count;

    uint64_t started_at, deadline_at; /* ms of the loop */
    struct timespec began;            /* monotonic, for durations */
    uint32_t db_ms;
    int status;
    const char *error_code;
    size_t bytes_out;
};

/* call.c: life and runner; call_door.c: begin; call_work.c: submit */
struct hansa_call *hansa_call_new(h2o_req_t *req, struct hansa_loop *loop);
/* The request has been routed to `endpoint`: door, then address, then body. `values` are the path's, raw. */
void hansa_call_begin(struct hansa_call *call, const struct hansa_bytes *values, size_t value_count);
void hansa_call_go_on(struct hansa_call *call); /* next step, until one waits or ends */
void hansa_call_resume(struct hansa_call *call, enum hansa_step_result how);
char *hansa_call_copy(struct hansa_call *call, const char *text, size_t len); /* NUL-terminated, in the pool */
/* A unit of the endpoint's own statement, with the clauses and values that the call has. */
struct hansa_unit *hansa_call_unit_make(struct hansa_call *call);
/* Puts a unit on its way through the gate; the call waits. `done` is called with the call alive. */
void hansa_call_submit(struct hansa_call *call, struct hansa_unit *unit, void (*done)(struct hansa_unit *));
/* Answers for a unit that did not commit. */
enum hansa_step_result hansa_call_unit_failed(struct hansa_call *call, const struct hansa_unit *unit);

/* Every unit of a call ends here first. */
void hansa_call_unit_done(struct hansa_unit *unit);
/* Takes over who the principal is; false = answered (not live, scope, reach, address, cross-site). */
bool hansa_call_admit(struct hansa_call *call, const struct hansa_principal *principal);
/* {"actor_id","actor_kind","session_id","address","endpoint","method","request_id","trace_id"} */
const char *hansa_call_context(struct hansa_call *call);
/* The text that a $ of a statement is bound to; NULL = SQL null. */
const char *hansa_call_bound(struct hansa_call *call, uint8_t bind);

/* body.c: checks the body, then lets the steps begin, or answers */
void hansa_body_read(struct hansa_call *call);

/* params.c */
/* Reads path and query by their declared types; false = answered. */
bool hansa_params_read(struct hansa_call *call);
/* Accept and Content-Type; false = answered. */
bool hansa_params_negotiate(struct hansa_call *call);
/* Is there a row to be answered with? */
bool hansa_call_has_row(const struct hansa_call *call);

/* route.c */
enum { ROUTE_VALUES_MAX = 8 };
struct hansa_route {
    const struct hansa_endpoint *endpoint; /* NULL: none for this method */
    struct hansa_bytes values[ROUTE_VALUES_MAX];
    size_t value_count;
    char allow[64]; /* methods of the path; empty = no such path */
};
void hansa_route_init(void);
void hansa_route_find(struct hansa_bytes method, struct hansa_bytes path, struct hansa_route *ret_route);

/* reply.c */
enum hansa_step_result hansa_reply_bytes(struct hansa_call *call, int status, const char *media_type,
                                         h2o_iovec_t *parts, size_t part_count);
enum hansa_step_result hansa_reply_problem(struct hansa_call *call, const struct hansa_error *error, const char *detail,
                                           const struct hansa_fault *faults, size_t fault_count);
/* Headers and bytes as they are; `coding`: gzip or NULL. The only function that starts a libh2o response. */
enum hansa_step_result hansa_reply_send(struct hansa_call *call, int status, const char *media_type, h2o_iovec_t *parts,
                                        size_t part_count, const char *coding);
/* Begins an answer of unknown length; the caller sends its parts through libh2o. False = that was all: HEAD. */
bool hansa_reply_begin(struct hansa_call *call, const char *media_type, h2o_generator_t *generator);
/* The same as hansa_reply_bytes, but a large answer may go by way of a worker: the result may be WAIT. */
enum hansa_step_result hansa_reply_large(struct hansa_call *call, int status, const char *media_type,
                                         h2o_iovec_t *parts, size_t part_count);

/* reply_sql.c: what PostgreSQL raised; any of them may be NULL. The hint of a refusal may be core.steps(…). */
struct hansa_sql_fault {
    const char *state, *message, *column, *detail, *constraint, *hint;
};
enum hansa_step_result hansa_reply_sql_fault(struct hansa_call *call, const struct hansa_sql_fault *fault);
enum hansa_step_result hansa_reply_sql_error(struct hansa_call *call, const PGresult *result);

/* cursor.c: signed positions in lists */
bool hansa_cursor_init(const char *secret_file);
bool hansa_cursor_open(struct hansa_call *call, struct hansa_bytes cursor);
const char *hansa_cursor_seal(struct hansa_call *call, const char *position);
/* The same without the pool; its length, 0 when the position is too long. */
size_t hansa_cursor_write(const struct hansa_call *call, const char *position, char text[CURSOR_BYTES_MAX]);

#endif
