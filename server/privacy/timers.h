/* What room privacy has the server do by itself (core/timer.h). Const; any thread. */
#ifndef HANSA_PRIVACY_TIMERS_H
#define HANSA_PRIVACY_TIMERS_H

#include "core/timer.h"

extern const struct hansa_timer hansa_privacy_retention; /* every hour */

#endif
