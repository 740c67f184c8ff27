/* Timers: work that the server does by itself for one tenant after another, such as sealing. The core knows no room, so
 * main.c hands in what is to be run.
 *
 * They run on the loop that ticks first, one unit at a time each, off the answers' path. Every server of an installation
 * runs them: what may happen once only is up to the statement (an advisory lock, a row that is there already).
 */
#ifndef HANSA_TIMER_H
#define HANSA_TIMER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct hansa_loop;

/* Const data of the process. */
struct hansa_timer {
    const char *name;
    unsigned period_ms;  /* from the end of one round to the beginning of the next */
    const char *tenants; /* internal statement; its body is an array of tenant ids */
    const char *each;    /* internal statement for one tenant; body null = nothing more to do for it */
    /* NULL, or what is done with the body of `each`: adds members to it that `then` takes. False = `then` is left out. */
    bool (*between)(const char *tenant, json_t *body);
    /* NULL, or an internal statement whose parameters are members of the body by name. A body of `each` whose member
     * `more` is true has `each` run again at once. */
    const char *then;
};

/* Before the loops are made. `timers` is the caller's and lives as long as the process. */
void hansa_timers_set(const struct hansa_timer *const *timers, size_t count);
/* Each tick of each loop; the first loop that comes keeps them. */
void hansa_timers_tick(struct hansa_loop *loop);

#endif
