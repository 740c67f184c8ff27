/* The listening sockets of the process, one a leg. Held by the parent (parent.h), inherited by what serves; main thread.
 *
 * The UNIX sockets are made under a temporary name and renamed over the old one, so a new server takes over from a running
 * one without a moment in which the edge finds nothing: while another answers at the path, not before it is ready itself. The
 * old one removes the path only if it is still its own.
 */
#ifndef HANSA_LISTEN_H
#define HANSA_LISTEN_H

#include "loop.h"

/* Opens what the settings name and is not open. `is_work`: work_listen alone. False = told on stderr, naming the setting. A path
 * that somebody has taken over since it was ours is left to them, and its leg closed. */
bool hansa_listen_open(bool is_work);
/* Takes the paths over from who answered there when ours were opened. The serving process, once it is ready. */
void hansa_listen_publish(void);
/* Descriptors by leg, -1 = none; the array is always the same. */
const int *hansa_listen_fds(void);
/* Gives the descriptors back; nobody is let in by this process any more. */
void hansa_listen_close(void);
/* Removes the paths that are still ours; for the end of the process. */
void hansa_listen_remove(void);

#endif
