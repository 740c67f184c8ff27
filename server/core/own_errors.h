/* libh2o answers some faults by itself, in plain text (413 for a body that is too large, 400 for a head it cannot use). This
 * filter gives those answers the house's form, problem+json (standards.md 5.1: the same format from every layer). */
#ifndef HANSA_OWN_ERRORS_H
#define HANSA_OWN_ERRORS_H

#include <h2o.h>

void hansa_own_errors_register(h2o_pathconf_t *path);

#endif
