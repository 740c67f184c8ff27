/* The command `hansa serve`: listeners, loops, workers, signals. Main thread. */
#ifndef HANSA_SERVE_H
#define HANSA_SERVE_H

#include "door.h"

/* Exit code of the process: 0 drained, 1 could not start or drain, 2 usage. */
int hansa_serve_command(int argc, char **argv, const struct hansa_door *door);
/* The same for `hansa work`, which does queued work and answers nobody but /healthz and /metrics on work_listen. */
int hansa_work_command(int argc, char **argv, const struct hansa_door *door);

#endif
