/* What the serving process can never ask of the kernel again, whatever takes it over: decision 0039, promise K4. Main thread, at
 * start, before other threads are made. For good.
 */
#ifndef HANSA_CONFINE_H
#define HANSA_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/* False = the kernel, or what is around us, does not do this; nothing has changed then. */
bool hansa_confine(void);

/* Names of the calls that are refused with EPERM, for the test; const. */
const char *const *hansa_confine_denied(size_t *ret_count);

#endif
