#include "database.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *hansa_test_sql(const char *conninfo, const char *sql) {
    return hansa_test_sql_in(conninfo, NULL, sql);
}

char *hansa_test_sql_in(const char *conninfo, const char *name, const char *sql) {
    /* the first dbname is expanded as a connection string, the second only names a database */
    const char *const keys[] = {"dbname", name == NULL ? NULL : "dbname", NULL}, *const values[] = {conninfo, name,
                                                                                                    NULL};
    PGconn *pg = PQconnectdbParams(keys, values, 1);
    cr_assert(PQstatus(pg) == CONNECTION_OK, "%s", PQerrorMessage(pg));
    PGresult *result = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(result);
    cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql, PQresultErrorMessage(result));
    bool has_value = status == PGRES_TUPLES_OK && PQntuples(result) > 0 && !PQgetisnull(result, 0, 0);
    char *value = has_value ? strdup(PQgetvalue(result, 0, 0)) : NULL;
    PQclear(result);
    PQfinish(pg);
    return value;
}

struct hansa_test_database hansa_test_database_make(void) {
    static int count;
    const char *admin = getenv("HANSA_TEST_DB_ADMIN"), *owner = getenv("HANSA_TEST_OWNER"),
               *app = getenv("HANSA_TEST_APP"), *template = getenv("HANSA_TEST_TEMPLATE");
    cr_assert(admin != NULL && owner != NULL && app != NULL && template != NULL, "run by tests/run");
    struct hansa_test_database database;
    char sql[256];
    snprintf(database.name, sizeof database.name, "hansa_c_%d_%d", (int)getpid(), count++);
    snprintf(database.admin, sizeof database.admin, "%s", admin);
    snprintf(database.owner, sizeof database.owner, "%s%s", owner, database.name);
    snprintf(database.app, sizeof database.app, "%s%s", app, database.name);
    snprintf(sql, sizeof sql, "create database %s template %s owner hansa_owner", database.name, template);
    free(hansa_test_sql(admin, sql));
    return database;
}

void hansa_test_database_drop(const struct hansa_test_database *database) {
    char sql[128];
    snprintf(sql, sizeof sql, "drop database %s with (force)", database->name);
    free(hansa_test_sql(database->admin, sql));
}
