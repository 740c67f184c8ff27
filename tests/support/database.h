/* A database of one's own for a C test: a clone of the migrated template, dropped at the end. Needs the environment that
 * tests/run gives (HANSA_TEST_DB_ADMIN, _OWNER, _APP, _TEMPLATE). Not thread-safe. */
#ifndef HANSA_TESTS_DATABASE_H
#define HANSA_TESTS_DATABASE_H

#include <libpq-fe.h>

struct hansa_test_database {
    char name[64];
    char app[512], owner[512], admin[512]; /* connection strings */
};

/* Aborts the test when there is no cluster. */
struct hansa_test_database hansa_test_database_make(void);
void hansa_test_database_drop(const struct hansa_test_database *database);
/* Runs SQL on a connection of its own; asserts success; returns the first value, malloc'd, or NULL. */
char *hansa_test_sql(const char *conninfo, const char *sql);
/* The same in another database of the same cluster. */
char *hansa_test_sql_in(const char *conninfo, const char *name, const char *sql);

#endif
