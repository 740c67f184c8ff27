/* `hansa ready`: asks a running server of this machine whether it is ready. For health checks in places that have no other
 * program to ask with, such as our container images. Blocking, in a process of its own. */
#ifndef HANSA_READY_H
#define HANSA_READY_H

/* Exit code 0 when the private listener (listen_loopback) answers GET /readyz with 200, 1 when not or when nobody answers
 * within two seconds, 2 for settings that cannot be used. Tells on stderr what it got when that is not 200. */
int hansa_ready_command(int argc, char **argv);

#endif
