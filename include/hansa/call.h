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
const char *hansa_call_tenant(const struct hansa_call *call); /* uuid text or NULL before it is known */

/* What a step hands on. `text` is copied into the call's pool. */
void hansa_call_tenant_set(struct hansa_call *call, const char *tenant_id);
void hansa_call_value_set(struct hansa_call *call, const char *name, const char *text,
                          size_t len);                        /* a `value:` param */
void *hansa_call_alloc(struct hansa_call *call, size_t size); /* the call's pool; never NULL; zeroed */

/* Column of the first row that the unit brought back; NULL when absent or SQL null. Valid after step `unit`. */
const char *hansa_call_column(const struct hansa_call *call, const char *name, size_t *ret_len);

/* Answers. Each returns HANSA_STEP_END so that a step may end with `return hansa_call_…`. Texts are copied. */
enum hansa_step_result hansa_call_answer(struct hansa_call *call, int status, const char *media_type, const char *text,
                                         size_t len);
enum hansa_step_result hansa_call_problem(struct hansa_call *call, const struct hansa_error *error, const char *pointer,
                                          const char *detail);
void hansa_call_answer_header(struct hansa_call *call, const char *lower_case_name,
                              const char *value); /* before the answer */

/* Sends an internal writing statement as a unit of its own, off the answer's path: what a read leaves behind (house.md 3).
 * Its parameters are taken by name from the call's; its outcome is told to nobody. */
void hansa_call_aside(struct hansa_call *call, const char *room_and_name);

/* Hands `work` to a worker thread; the call waits. `work` sees only `input` (malloc'd by the step, owned by the work from now
 * on) and returns malloc'd `output`; `done` runs on the loop thread if the call is still alive, with output owned by it, and
 * says how to go on. If the call died meanwhile, output is freed with `drop`. */
struct hansa_work {
    void *(*run)(void *input);                                             /* worker thread; owns input */
    enum hansa_step_result (*done)(struct hansa_call *call, void *output); /* loop thread; owns output */
    void (*drop)(void *output);                                            /* any thread */
};
enum hansa_step_result hansa_call_work(struct hansa_call *call, const struct hansa_work *work, void *input,
                                       void (*drop_input)(void *));

#endif
