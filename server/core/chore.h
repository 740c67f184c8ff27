/* Chores: housekeeping that blocks, such as walking through a directory. All of them share one thread of the process, beside
 * the loops and the workers; the core knows no room, so main.c hands them in.
 *
 * Every server of an installation does them: what they do must be harmless when it is done twice at once.
 */
#ifndef HANSA_CHORE_H
#define HANSA_CHORE_H

#include <stdbool.h>
#include <stddef.h>

/* Const data of the process. */
struct hansa_chore {
    const char *name;
    unsigned (*period_ms)(void); /* from the end of one round to the beginning of the next; 0 = never */
    void (*run)(void);           /* the chores' thread; may block, but looks at hansa_is_draining now and then */
};

/* Before the server starts. `chores` is the caller's and lives as long as the process. */
void hansa_chores_set(const struct hansa_chore *const *chores, size_t count);
bool hansa_chores_start(void);
/* Waits for the one that is being done. */
void hansa_chores_stop(void);

#endif
