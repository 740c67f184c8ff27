/* Errors by name: every code of every room's errors.def, as an enum made by the compiler, and the table behind it. */
#ifndef HANSA_ERROR_H
#define HANSA_ERROR_H

#include <hansa/endpoint.h>
#include <hansa_error_ids.h> /* generated: enum hansa_error_id { HANSA_ERROR_ORDERS_NOT_FOUND, … } */

static inline const struct hansa_error *hansa_error(enum hansa_error_id id) {
    return &hansa_errors[id];
}

#endif
