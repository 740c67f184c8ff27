/* The command `hansa migrate`: brings a database to this binary's schema. One short-lived connection as owner. */
#ifndef HANSA_MIGRATE_H
#define HANSA_MIGRATE_H

/* Exit code: 0 done (or nothing to do), 1 failed and rolled back, 2 usage. */
int hansa_migrate_command(int argc, char **argv);

#endif
