/* Three bounded lines with threads of their own: a flood of sign-ins must not hold up the reading of files, nor the other way
 * round (promise A3), and a host that hangs must hold up neither (promise W4). Results travel back to the loop as messages. */
#include "work.h"

#include "call_state.h"
#include "crash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    JOBS_MAX = 64,
    WORKERS_MAX = 64,
    STACK_BYTES = 1 << 20,
    HEAVY_JOBS_MAX = 50,
    HEAVY_WORKERS = 2,
    HEAVY_NICE = 10,
    FAR_WORKERS = 8
};

struct line {
    pthread_mutex_t lock;
    pthread_cond_t some;
    struct hansa_job *first, *last;
    size_t waiting, most, thread_count;
    bool is_ending, is_heavy;
    pthread_t threads[WORKERS_MAX];
};

static struct line light = {.lock = PTHREAD_MUTEX_INITIALIZER, .some = PTHREAD_COND_INITIALIZER, .most = JOBS_MAX},
                   heavy = {.lock = PTHREAD_MUTEX_INITIALIZER,
                            .some = PTHREAD_COND_INITIALIZER,
                            .most = HEAVY_JOBS_MAX,
                            .is_heavy = true},
                   far = {.lock = PTHREAD_MUTEX_INITIALIZER, .some = PTHREAD_COND_INITIALIZER, .most = JOBS_MAX};

static struct hansa_job *job_take(struct line *line) {
    pthread_mutex_lock(&line->lock);
    while (line->first == NULL && !line->is_ending)
        pthread_cond_wait(&line->some, &line->lock);
    struct hansa_job *job = line->first;
    if (job != NULL) {
        line->first = job->next;
        if (line->first == NULL) line->last = NULL;
        line->waiting--;
    }
    pthread_mutex_unlock(&line->lock);
    return job;
}

static void *worker(void *data) {
    struct line *line = data;
    /* on Linux a thread has a niceness of its own: the loops go first */
    hansa_crash_thread();
    if (line->is_heavy) setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), HEAVY_NICE);
    for (struct hansa_job *job; (job = job_take(line)) != NULL;) {
        {
            HANSA_CRASH_MARK(job->request_id, job->endpoint);
            job->output = job->work->run(job->input);
        }
        job->input = NULL;
        h2o_multithread_send_message(&job->loop->jobs, &job->message);
    }
    return NULL;
}

static bool line_start(struct line *line, size_t count) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    while (line->thread_count < count &&
           pthread_create(&line->threads[line->thread_count], &attributes, worker, line) == 0)
        line->thread_count++;
    pthread_attr_destroy(&attributes);
    return line->thread_count == count;
}

static void line_stop(struct line *line) {
    pthread_mutex_lock(&line->lock);
    line->is_ending = true;
    pthread_cond_broadcast(&line->some);
    pthread_mutex_unlock(&line->lock);
    for (size_t i = 0; i < line->thread_count; i++)
        pthread_join(line->threads[i], NULL);
    line->thread_count = 0;
}

bool hansa_workers_start(size_t count) {
    return line_start(&light, count) && line_start(&heavy, HEAVY_WORKERS) && line_start(&far, FAR_WORKERS);
}

void hansa_workers_stop(void) {
    line_stop(&light);
    line_stop(&heavy);
    line_stop(&far);
}

bool hansa_work_submit(struct hansa_job *job) {
    struct line *line = job->work->is_heavy ? &heavy : job->work->is_far ? &far : &light;
    pthread_mutex_lock(&line->lock);
    bool has_room = line->waiting < line->most && !line->is_ending;
    if (has_room) {
        job->next = NULL;
        memcpy(job->request_id, job->call->request_id, sizeof job->request_id);
        job->endpoint = job->call->endpoint;
        if (line->last != NULL)
            line->last->next = job;
        else
            line->first = job;
        line->last = job;
        line->waiting++;
        pthread_cond_signal(&line->some);
    }
    pthread_mutex_unlock(&line->lock);
    return has_room;
}

void hansa_work_receive(h2o_multithread_receiver_t *receiver, h2o_linklist_t *messages) {
    (void)receiver;
    while (!h2o_linklist_is_empty(messages)) {
        struct hansa_job *job = H2O_STRUCT_FROM_MEMBER(struct hansa_job, message.link, messages->next);
        h2o_linklist_unlink(&job->message.link);
        struct hansa_call *call = job->call;
        struct hansa_ticket *ticket = job->ticket, *bulky = job->bulky;
        if (call != NULL) {
            HANSA_CRASH_MARK(call->request_id, call->endpoint);
            call->job = NULL;
            hansa_call_resume(call, job->work->done(call, job->output));
        } else {
            job->work->drop(job->output);
        }
        free(job);
        if (ticket != NULL) hansa_ticket_unref(ticket);
        if (bulky != NULL) hansa_ticket_unref(bulky);
    }
}
