/* The parent of what serves (promise O5): holds the listening sockets and starts the serving process again when something kills
 * it. Knows no TLS, no database and no protocol. Main thread, before any other thread is made; decision 0039.
 */
#ifndef HANSA_PARENT_H
#define HANSA_PARENT_H

#include <stdbool.h>

/* Returns in each child with true: the caller serves, and ends the process with its code. Signals are blocked until the child
 * has its handlers and calls hansa_child_signals_open. Returns in the parent, with false and the code to end with, when a child
 * has ended in order (its own code, whatever it is) or when the parent was asked to end.
 *
 * `listen` opens the listeners that are closed (false = told on stderr), `unlisten` closes those of this process. They are open
 * at the call. */
bool hansa_parent_run(bool (*listen)(void), void (*unlisten)(void), int *ret_code);
void hansa_child_signals_open(void);

/* How many children were killed before this one. Any thread. */
unsigned hansa_parent_restarts(void);

#endif
