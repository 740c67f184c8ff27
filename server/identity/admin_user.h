/* `hansa admin user …` and `hansa admin link …`: the first people of a tenant, and the links that wait to be handed over.
 * Main thread of the command. */
#ifndef HANSA_IDENTITY_ADMIN_USER_H
#define HANSA_IDENTITY_ADMIN_USER_H

#include <libpq-fe.h>

/* argv: the noun (user, link), the verb, then options. Exit code: 0 done, 1 refused or failed (told on stderr), 2 usage. */
int hansa_identity_admin_user(PGconn *pg, int argc, char **argv);
extern const char hansa_identity_admin_user_help[];

#endif
