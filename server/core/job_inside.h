/* Inside of a worker: what job.c (taking), job_run.c (doing) and job_metrics.c (counting) share. Only they include this. */
#ifndef HANSA_JOB_INSIDE_H
#define HANSA_JOB_INSIDE_H

#include "job.h"
#include "loop.h"

#include <hansa/endpoint.h>
#include <jansson.h>

enum { ID_TEXT = 37, ERROR_TEXT = 300, NUMBER_TEXT = 24, CONTEXT_TEXT = 256, PICKERS = 2 };

/* Work of one lane, taken by itself so that what is slow holds up nothing that is fast. */
struct picker {
    struct hansa_jobs *jobs;
    enum hansa_lane lane;
    char *kinds;                 /* {"room.name": tries} of this lane; NULL = there are none */
    char last_tenant[ID_TEXT];   /* where the round goes on */
    char most_text[NUMBER_TEXT]; /* while a taking is on its way */
    size_t running, most, limit; /* `most` follows how long jobs take, up to `limit` */
    bool wants;                  /* look again as soon as there is room */
};

/* One job that is being done. Lifetime: from being taken until its last unit is told. */
struct run {
    struct hansa_jobs *jobs;
    struct picker *picker;
    struct run *next;
    const struct hansa_job_kind *kind;
    char job_id[ID_TEXT], tenant[ID_TEXT], lease[ID_TEXT], hand_to[ID_TEXT];
    char *payload, *body; /* JSON text: the job's, and what is handed on */
    char context[CONTEXT_TEXT], error[ERROR_TEXT], tries_most[NUMBER_TEXT];
    uint64_t began_at;
    struct hansa_unit_lead leads[HANSA_UNIT_LEADS_MAX];
};

struct hansa_jobs {
    struct hansa_loop *loop;
    struct picker pickers[PICKERS];
    struct run *runs;
    size_t running; /* of both pickers */
    uint64_t ticks;
    char *schedule;  /* {"room.name": seconds}; NULL = nothing is scheduled */
    char *held;      /* jobs told to job_hold, while that is on its way */
    bool is_taking;  /* one taking at a time */
    bool is_waiting; /* what a dead worker left is to be taken when nothing else is at work */
    bool is_alone;   /* and now it is: nothing beside it */
    bool is_scheduling, is_sampling;
    size_t turn; /* picker that comes first */
};

enum hansa_job_outcome { JOB_DONE, JOB_FAILED, JOB_DEAD, JOB_OUTCOMES };

/* job.c */
/* The job has left the worker's hands: frees the run and looks for more. */
void hansa_jobs_leave(struct run *run);
/* An internal statement over common tables, for `owner`. `values` by name, ended by a NULL name. */
struct job_value {
    const char *name, *text;
};
void hansa_jobs_send(struct hansa_jobs *jobs, const char *room_and_name, enum hansa_lane lane,
                     const struct job_value *values, void *owner, void (*done)(struct hansa_unit *));

/* job_run.c */
void hansa_job_begin(struct run *run);
/* Gives it back: it was taken and not begun. */
void hansa_job_release(struct run *run);

/* job_metrics.c */
void hansa_jobs_count(const struct hansa_job_kind *kind, enum hansa_job_outcome outcome);
/* What core/job_depth told. */
void hansa_jobs_sample(const json_t *depth);
const struct hansa_job_kind *hansa_job_kind_find(const char *name);
void hansa_job_log(const struct hansa_job_kind *kind, const char *job_id, const char *message, const char *error,
                   int64_t ms);

#endif
