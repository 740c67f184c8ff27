/* The same statements, the same SET LOCAL, as the pipelined unit; only sent one by one. */
#include "once.h"

#include "secret_mark.h"

#include <assert.h>
#include <hansa/config.h>
#include <hansa/endpoint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

PGconn *hansa_once_connect(void) {
    if (hansa_config()->owner_database_url[0] == '\0') {
        fputs("hansa: owner_database_url: must be set (HANSA_OWNER_DATABASE_URL)\n", stderr);
        return NULL;
    }
    PGconn *pg = PQconnectdb(hansa_config()->owner_database_url);
    if (PQstatus(pg) != CONNECTION_OK)
        fprintf(stderr, "hansa: %s", PQerrorMessage(pg));
    else if (access(hansa_config()->secret_file, R_OK) == 0 && hansa_secret_ask(pg) == HANSA_SECRET_OTHER)
        fprintf(stderr, "hansa: secret_file: %s\n", hansa_secret_fault(HANSA_SECRET_OTHER));
    else
        return pg;
    PQfinish(pg);
    return NULL;
}

static bool run(PGconn *pg, const char *sql) {
    PGresult *result = PQexec(pg, sql);
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return ok;
}

static const char *value_of(const struct hansa_endpoint *endpoint, uint8_t bind, const char *tenant,
                            const struct hansa_once_value *values) {
    if (bind == HANSA_BIND_TENANT) return tenant;
    if (bind < HANSA_BIND_PARAM) return NULL;
    const char *name = endpoint->params[bind - HANSA_BIND_PARAM].name;
    for (; values->name != NULL; values++)
        if (strcmp(values->name, name) == 0) return values->text;
    return NULL;
}

/* What a person at the terminal is told: our own title, or PostgreSQL's message. */
static void tell(const PGresult *result) {
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME),
               *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    for (size_t i = 0; i < hansa_error_count; i++) {
        bool fits = (constraint != NULL && hansa_errors[i].constraint != NULL &&
                     strcmp(hansa_errors[i].constraint, constraint) == 0) ||
                    (message != NULL && strcmp(hansa_errors[i].code, message) == 0);
        if (!fits) continue;
        fprintf(stderr, "hansa: %s%s%s\n", hansa_errors[i].title, detail != NULL ? ": " : "",
                detail != NULL ? detail : "");
        return;
    }
    fprintf(stderr, "hansa: %s\n", message != NULL ? message : "the database did not answer");
}

json_t *hansa_once_run(PGconn *pg, const char *room_and_name, const char *tenant,
                       const struct hansa_once_value *values) {
    const struct hansa_endpoint *endpoint = hansa_endpoint_find(room_and_name);
    assert(endpoint != NULL && endpoint->statement_count == 1);
    const struct hansa_statement *statement = &endpoint->statements[0];
    const char *bound[32];
    assert(statement->bind_count <= 32);
    for (size_t i = 0; i < statement->bind_count; i++)
        bound[i] = value_of(endpoint, statement->binds[i], tenant, values);
    char set[96];
    snprintf(set, sizeof set, "SET LOCAL hansa.tenant_id = '%s'", tenant == NULL ? "" : tenant);
    json_t *body = NULL;
    PGresult *result = NULL;
    if (run(pg, "BEGIN") && run(pg, set)) {
        result = PQexecParams(pg, statement->sql, statement->bind_count, statement->types, bound, NULL, NULL, 0);
        int column = PQfnumber(result, "body");
        if (PQresultStatus(result) != PGRES_TUPLES_OK)
            tell(result);
        else if (PQntuples(result) == 0 || column < 0 || PQgetisnull(result, 0, column))
            body = json_null();
        else
            body = json_loads(PQgetvalue(result, 0, column), JSON_DECODE_ANY, NULL);
    }
    PQclear(result);
    if (body != NULL && run(pg, "COMMIT")) return body;
    json_decref(body);
    run(pg, "ROLLBACK");
    return NULL;
}
