/* Is the database closed to the server? Whoever restores a backup takes the right to connect away from the server's role until all of it is
 * in place, so that no server of any version works on half of it. The serving process, at its start. */
#ifndef HANSA_CLOSED_H
#define HANSA_CLOSED_H

#include <stdbool.h>

/* Asks once, for at most a few seconds. False also when there is no answer: a database that is down is waited for while serving. */
bool hansa_database_is_closed(void);

#endif
