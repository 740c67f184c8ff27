/* One bounded queue, a few threads. Results travel back to the loop as messages. */
#include "work.h"

#include "call_state.h"

#include <pthread.h>
#include <stdlib.h>

enum { JOBS_MAX = 64, WORKERS_MAX = 64, STACK_BYTES = 1 << 20 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t some;
    struct hansa_job *first, *last;
    size_t waiting, thread_count;
    bool is_ending;
    pthread_t threads[WORKERS_MAX];
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .some = PTHREAD_COND_INITIALIZER};

static struct hansa_job *job_take(void) {
    pthread_mutex_lock(&pool.lock);
    while (pool.first == NULL && !pool.is_ending)
        pthread_cond_wait(&pool.some, &pool.lock);
    struct hansa_job *job = pool.first;
    if (job != NULL) {
        pool.first = job->next;
        if (pool.first == NULL) pool.last = NULL;
        pool.waiting--;
    }
    pthread_mutex_unlock(&pool.lock);
    return job;
}

static void *worker(void *unused) {
    (void)unused;
    for (struct hansa_job *job; (job = job_take()) != NULL;) {
        job->output = job->work->run(job->input);
        job->input = NULL;
        h2o_multithread_send_message(&job->loop->jobs, &job->message);
    }
    return NULL;
}

bool hansa_workers_start(size_t count) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    while (pool.thread_count < count &&
           pthread_create(&pool.threads[pool.thread_count], &attributes, worker, NULL) == 0)
        pool.thread_count++;
    pthread_attr_destroy(&attributes);
    return pool.thread_count == count;
}

void hansa_workers_stop(void) {
    pthread_mutex_lock(&pool.lock);
    pool.is_ending = true;
    pthread_cond_broadcast(&pool.some);
    pthread_mutex_unlock(&pool.lock);
    for (size_t i = 0; i < pool.thread_count; i++)
        pthread_join(pool.threads[i], NULL);
    pool.thread_count = 0;
}

bool hansa_work_submit(struct hansa_job *job) {
    pthread_mutex_lock(&pool.lock);
    bool has_room = pool.waiting < JOBS_MAX && !pool.is_ending;
    if (has_room) {
        job->next = NULL;
        if (pool.last != NULL)
            pool.last->next = job;
        else
            pool.first = job;
        pool.last = job;
        pool.waiting++;
        pthread_cond_signal(&pool.some);
    }
    pthread_mutex_unlock(&pool.lock);
    return has_room;
}

void hansa_work_receive(h2o_multithread_receiver_t *receiver, h2o_linklist_t *messages) {
    (void)receiver;
    while (!h2o_linklist_is_empty(messages)) {
        struct hansa_job *job = H2O_STRUCT_FROM_MEMBER(struct hansa_job, message.link, messages->next);
        h2o_linklist_unlink(&job->message.link);
        struct hansa_call *call = job->call;
        struct hansa_ticket *ticket = job->ticket;
        if (call != NULL) {
            call->job = NULL;
            hansa_call_resume(call, job->work->done(call, job->output));
        } else {
            job->work->drop(job->output);
        }
        free(job);
        if (ticket != NULL) hansa_ticket_unref(ticket);
    }
}
