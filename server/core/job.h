/* A worker: does the work that waits in core.job, on a loop of its own (decision 0030).
 *
 * A job is a file that begins with `--! job`. Its effect and its end are one transaction, so it is there once, however often
 * it was tried; what kills its worker is tried again by another when the lease is over, and given up after so many tries.
 * Workers know nothing of one another: any number of threads and processes takes from the same queue.
 *
 * One struct hansa_jobs a loop; only its thread may touch it. Lifetime: the loop's.
 */
#ifndef HANSA_JOB_H
#define HANSA_JOB_H

#include <stdbool.h>
#include <stdio.h>

struct hansa_jobs;
struct hansa_loop;

struct hansa_jobs *hansa_jobs_new(struct hansa_loop *loop);
/* After the loop's database is closed: nothing is at work any more. */
void hansa_jobs_free(struct hansa_jobs *jobs);

/* Every 100 ms. */
void hansa_jobs_tick(struct hansa_jobs *jobs);
/* Nothing is at work. Once the loop drains, nothing is taken either. */
bool hansa_jobs_are_done(const struct hansa_jobs *jobs);

/* What this process did, and how full the queue is, in Prometheus' words. Any thread. */
void hansa_jobs_metrics(FILE *out);

#endif
