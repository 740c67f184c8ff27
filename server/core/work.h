/* Worker threads for what would hold an event loop up: big parses, page-sized documents, hashes.
 *
 * A job knows its call only by a pointer that the loop's thread sets and clears; the worker sees `input` alone.
 */
#ifndef HANSA_WORK_H
#define HANSA_WORK_H

#include <h2o.h>
#include <hansa/call.h>

struct hansa_loop;
struct hansa_ticket;

struct hansa_job {
    h2o_multithread_message_t message; /* first: how it comes back */
    struct hansa_job *next;
    const struct hansa_work *work;
    void *input, *output;
    void (*drop_input)(void *);
    struct hansa_loop *loop;
    struct hansa_call *call;             /* loop thread only; NULL = the call died */
    struct hansa_ticket *ticket, *bulky; /* bulky: NULL for what takes little memory */
    char request_id[37];                 /* of the call, for the worker (crash.h) */
    const struct hansa_endpoint *endpoint;
};

bool hansa_workers_start(size_t count);
/* Lets running jobs end, drops waiting ones. */
void hansa_workers_stop(void);
/* False = too many wait; the job is still the caller's. */
bool hansa_work_submit(struct hansa_job *job);
/* Receiver of finished jobs on the loop's thread. */
void hansa_work_receive(h2o_multithread_receiver_t *receiver, h2o_linklist_t *messages);

#endif
