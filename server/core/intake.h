/* Intake: from libh2o's callback to a routed call. Per loop; only its thread. */
#ifndef HANSA_INTAKE_H
#define HANSA_INTAKE_H

#include <h2o.h>

struct hansa_loop;

/* Registers the one handler (on "/", libh2o matches by prefix) for this configuration. */
void hansa_intake_register(h2o_hostconf_t *host, struct hansa_loop *loop);

#endif
