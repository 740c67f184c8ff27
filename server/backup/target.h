/* The database that a backup is restored into, seen by its owner. Main thread of a command. False = told on stderr. */
#ifndef HANSA_BACKUP_TARGET_H
#define HANSA_BACKUP_TARGET_H

#include "backup.h"

/* May a backup be loaded here: the roles are there, `reader` is in the same database, nothing is in it and no server at work? */
bool hansa_target_check(PGconn *owner, PGconn *reader);
/* Keeps the server's role out of the database, and says why in the database's comment. It stays so whatever becomes of us. */
bool hansa_target_close(PGconn *owner);
/* Lets it in again. */
bool hansa_target_open(PGconn *owner);
/* Gathers what the planner wants to know: a dump does not hold it. */
bool hansa_target_analyze(PGconn *owner);

#endif
