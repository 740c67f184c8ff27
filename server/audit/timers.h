/* What room audit has the server do by itself (core/timer.h). Const; any thread. */
#ifndef HANSA_AUDIT_TIMERS_H
#define HANSA_AUDIT_TIMERS_H

#include "core/timer.h"
#include "core/witness.h"

extern const struct hansa_timer hansa_audit_sealing;   /* every ten seconds */
extern const struct hansa_witness hansa_audit_witness; /* refused accesses */

#endif
