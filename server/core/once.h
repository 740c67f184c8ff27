/* One statement of the endpoint table, run at once by a command: its own connection, its own transaction, no event loop.
 * Main thread of a command. */
#ifndef HANSA_ONCE_H
#define HANSA_ONCE_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>

struct hansa_once_value {
    const char *name, *text; /* a value: parameter and its text form; NULL text = SQL null */
};

/* Connects as owner_database_url; NULL = told on stderr, as when secret_file is set and is not this database's. */
PGconn *hansa_once_connect(void);
/* Runs "room/name" for `tenant` (NULL: none) with values ended by a NULL name. Returns the body (caller decrefs), a JSON
 * null when there was no row, or NULL after telling the error on stderr. */
json_t *hansa_once_run(PGconn *pg, const char *room_and_name, const char *tenant,
                       const struct hansa_once_value *values);

#endif
