/* The command `hansa admin`: tenants and their keys, as owner of the database. Main thread. */
#ifndef HANSA_IDENTITY_ADMIN_H
#define HANSA_IDENTITY_ADMIN_H

/* Exit code: 0 done, 1 refused or failed (told on stderr), 2 usage. */
int hansa_identity_admin_command(int argc, char **argv);

#endif
