/* A call: one request on its way through the house. What C steps of a room may do with it.
 *
 * Lives in the request's pool; dies when the client leaves or the answer is out. Only the loop thread that accepted the
 * request may touch it. Texts returned here live as long as the call.
 */
#ifndef HANSA_CALL_H
#define HANSA_CALL_H

#include <hansa/endpoint.h>
#include <hansa/error.h>
#include <stdbool.h>
#include <stddef.h>

struct hansa_call;

struct hansa_bytes {
    const char *at;
    size_t len;
};

/* What the client sent. */
struct hansa_bytes hansa_call_body(const struct hansa_call *call);
struct hansa_bytes hansa_call_header(const struct hansa_call *call,
                                     const char *lower_case_name);             /* len 0 when absent */
const char *hansa_call_param(const struct hansa_call *call, const char *name); /* NULL when absent */
const char *hansa_call_request_id(const struct hansa_call *call);
const char *hansa_call_tenant(const struct hansa_call *call); /* uuid text or NULL before it is known */

/* What a step hands on. `text` is copied into the call's pool. */
void hansa_call_tenant_set(struct hansa_call *call, const char *tenant_id);
/* Operators' endpoints only: the units from here on are of that tenant, behind its wall; NULL = of the operator's again. */
void hansa_call_operate(struct hansa_call *call, const char *tenant_id);
/* Tenant-wide endpoints only: the units from here on are of the twin of the caller's tenant (core/uuid.h), or of that itself again.
 * Who works in a twin anyway stays there. */
void hansa_call_twin(struct hansa_call *call, bool is_inside);
void hansa_call_value_set(struct hansa_call *call, const char *name, const char *text,
                          size_t len); /* a `value:` param */
/* The same without a copy: text is malloc'd, NUL-terminated, and the call's from now on. */
void hansa_call_value_take(struct hansa_call *call, const char *name, char *text);
void hansa_call_body_set(struct hansa_call *call, const char *text, size_t len); /* what :body binds to */
/* A step has hashed a large body at a worker: its digest as text stands for it under an Idempotency-Key. */
void hansa_call_body_digest_set(struct hansa_call *call, const char *text);
void *hansa_call_alloc(struct hansa_call *call, size_t size); /* the call's pool; never NULL; zeroed */
/* One pointer that the steps of an endpoint share; into the call's pool. NULL until it is set. */
void hansa_call_notes_set(struct hansa_call *call, void *notes);
void *hansa_call_notes(const struct hansa_call *call);

/* Column of the first row that the unit brought back; NULL when absent or SQL null. Valid after step `unit`. */
const char *hansa_call_column(const struct hansa_call *call, const char *name, size_t *ret_len);

/* What this caller may see of a document of the endpoint's reply schema (docs/audiences.md), with ?fields applied; the same bytes
 * for staff. Whatever answers JSON cuts by itself; a step that makes something else of it asks here. */
struct hansa_bytes hansa_call_shown(struct hansa_call *call, struct hansa_bytes json);

/* Answers. Each returns HANSA_STEP_END so that a step may end with `return hansa_call_…`. Texts are copied. */
enum hansa_step_result hansa_call_answer(struct hansa_call *call, int status, const char *media_type, const char *text,
                                         size_t len);
enum hansa_step_result hansa_call_problem(struct hansa_call *call, const struct hansa_error *error, const char *pointer,
                                          const char *detail);
/* The same problem as a page for people: logged and put on record like it. */
enum hansa_step_result hansa_call_problem_page(struct hansa_call *call, const struct hansa_error *error,
                                               const char *html, size_t len);
void hansa_call_answer_header(struct hansa_call *call, const char *lower_case_name,
                              const char *value); /* before the answer */

/* Who calls: uuid text, or NULL before the door or on public endpoints. */
const char *hansa_call_actor(const struct hansa_call *call);
const char *hansa_call_session(const struct hansa_call *call);
/* The client's address as text. */
const char *hansa_call_source(const struct hansa_call *call);
/* SHA-256 of the credential that the door let in, 32 bytes; NULL on public endpoints. */
const uint8_t *hansa_call_credential_digest(const struct hansa_call *call);

/* Runs an internal statement as a unit of its own and waits; its columns are then what hansa_call_column reads, and the next
 * step runs, also when there is no row. Parameters are taken by name from the call's. A unit that fails is answered. */
enum hansa_step_result hansa_call_statement(struct hansa_call *call, const char *room_and_name);

/* Sends an internal writing statement as a unit of its own, off the answer's path: what a read leaves behind (house.md 3).
 * Its parameters are taken by name from the call's; its outcome is told to nobody. */
void hansa_call_aside(struct hansa_call *call, const char *room_and_name);

/* For a call that takes much memory, before it does: waits until few enough of its tenant and of all are at work (settings
 * max_bulky…), then the next step runs. The place is the call's until it ends. A line that is too long is answered 503. */
enum hansa_step_result hansa_call_bulky(struct hansa_call *call);

/* Hands `work` to a worker thread; the call waits. `work` sees only `input` (malloc'd by the step, owned by the work from now
 * on) and returns malloc'd `output`; `done` runs on the loop thread if the call is still alive, with output owned by it, and
 * says how to go on. If the call died meanwhile, output is freed with `drop`. */
struct hansa_work {
    bool is_heavy;             /* burns a processor and much memory for long: has a line and two threads of its own */
    bool is_far;               /* waits for another host (core/fetch.h): has a line and threads of its own */
    void *(*run)(void *input); /* worker thread; owns input */
    enum hansa_step_result (*done)(struct hansa_call *call, void *output); /* loop thread; owns output */
    void (*drop)(void *output);                                            /* any thread */
};
enum hansa_step_result hansa_call_work(struct hansa_call *call, const struct hansa_work *work, void *input,
                                       void (*drop_input)(void *));

#endif
