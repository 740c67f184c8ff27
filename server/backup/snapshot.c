/* Rows are hashed as the text that PostgreSQL makes of them; the settings that this text hangs on are set here, so that two servers
 * give the same. Tables are named by the catalogue: a new one is counted without anybody thinking of it. */
#include "snapshot.h"

#include <hansa/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char settings_sql[] =
    "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set row_security = off; set search_path = "
    "'';"
    "set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres'; set extra_float_digits = 1;"
    "set bytea_output = 'hex'; set client_encoding = 'UTF8'; set client_min_messages = warning";
static const char right_sql[] = "select rolbypassrls or rolsuper from pg_roles where rolname = current_user";
static const char begin_sql[] = "begin isolation level repeatable read, read only";
static const char name_sql[] = "select pg_export_snapshot()";
static const char tables_sql[] = "select format('%I.%I', n.nspname, c.relname)"
                                 "  from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                                 " where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"
                                 "   and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')"
                                 " order by 1";
static const char rows_sql[] =
    "select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from only %s as t";
static const char ends_sql[] =
    "select json_build_object('tenant_id', l.tenant_id, 'seal_no', l.seal_no, 'hash', encode(l.hash, 'hex'))"
    "  from audit.v_last l order by l.tenant_id";
static const char files_sql[] = "select s.tenant_id, encode(s.sha256, 'hex') from files.v_stored s order by 1, 2";
static const char named_sql[] =
    "select 1 from files.v_stored s where s.tenant_id = $1::uuid and s.sha256 = decode($2, 'hex')";

static void tell(const PGresult *result) {
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    fprintf(stderr, "hansa: %s", PQresultErrorMessage(result));
    if (state != NULL && (strcmp(state, "42P01") == 0 || strcmp(state, "3F000") == 0))
        fputs("hansa: the database is not at this binary's schema: run hansa migrate\n", stderr);
    if (state != NULL && strcmp(state, "42501") == 0)
        fputs("hansa: what the backup's role may read is said by deploy/database.sql: run it again\n", stderr);
}

/* The result, or NULL after telling. */
static PGresult *ask(PGconn *pg, const char *sql) {
    PGresult *result = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return result;
    tell(result);
    PQclear(result);
    return NULL;
}

PGconn *hansa_backup_connect(void) {
    if (hansa_config()->backup_database_url[0] == '\0') {
        fputs("hansa: backup_database_url: must be set (HANSA_BACKUP_DATABASE_URL)\n", stderr);
        return NULL;
    }
    PGconn *pg = PQconnectdb(hansa_config()->backup_database_url);
    bool ok = PQstatus(pg) == CONNECTION_OK;
    if (!ok) fprintf(stderr, "hansa: backup_database_url: %s", PQerrorMessage(pg));
    PGresult *right = ok ? ask(pg, right_sql) : NULL;
    if (right != NULL && (PQntuples(right) != 1 || strcmp(PQgetvalue(right, 0, 0), "t") != 0)) {
        fprintf(
            stderr,
            "hansa: backup_database_url: %s does not see past row security; hansa_backup of deploy/roles.sql does\n",
            PQuser(pg));
        ok = false;
    }
    ok = ok && right != NULL;
    PQclear(right);
    PGresult *set = ok ? ask(pg, settings_sql) : NULL;
    PQclear(set);
    if (set != NULL) return pg;
    PQfinish(pg);
    return NULL;
}

bool hansa_snapshot_take(PGconn *pg, char ret_name[HANSA_SNAPSHOT_NAME]) {
    PGresult *begun = ask(pg, begin_sql), *named = begun == NULL ? NULL : ask(pg, name_sql);
    if (named != NULL) snprintf(ret_name, HANSA_SNAPSHOT_NAME, "%s", PQgetvalue(named, 0, 0));
    bool ok = named != NULL;
    PQclear(begun);
    PQclear(named);
    return ok;
}

static json_t *table_count(PGconn *pg, const char *name) {
    char sql[512];
    if (snprintf(sql, sizeof sql, rows_sql, name) >= (int)sizeof sql) return NULL;
    PGresult *result = ask(pg, sql);
    json_t *table = result == NULL ? NULL
                                   : json_pack("{s:s, s:I, s:s}", "name", name, "rows",
                                               (json_int_t)strtoll(PQgetvalue(result, 0, 0), NULL, 10), "digest",
                                               PQgetvalue(result, 0, 1));
    PQclear(result);
    return table;
}

json_t *hansa_snapshot_tables(PGconn *pg) {
    PGresult *names = ask(pg, tables_sql);
    json_t *tables = names == NULL ? NULL : json_array();
    for (int i = 0; tables != NULL && i < PQntuples(names); i++) {
        json_t *table = table_count(pg, PQgetvalue(names, i, 0));
        if (table != NULL && json_array_append_new(tables, table) == 0) continue;
        json_decref(tables);
        tables = NULL;
    }
    PQclear(names);
    return tables;
}

json_t *hansa_snapshot_chain_ends(PGconn *pg) {
    PGresult *result = ask(pg, ends_sql);
    json_t *ends = result == NULL ? NULL : json_array();
    for (int i = 0; ends != NULL && i < PQntuples(result); i++)
        json_array_append_new(ends, json_loads(PQgetvalue(result, i, 0), 0, NULL));
    PQclear(result);
    return ends;
}

/* Row by row: there may be more than fit into memory. */
bool hansa_snapshot_files(PGconn *pg, bool (*see)(const char *tenant, const char *hex, void *data), void *data) {
    bool goes_on = PQsendQuery(pg, files_sql) == 1 && PQsetSingleRowMode(pg) == 1, is_told = false;
    PGresult *result;
    if (!goes_on) fprintf(stderr, "hansa: %s", PQerrorMessage(pg)), is_told = true;
    while ((result = PQgetResult(pg)) != NULL) {
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_SINGLE_TUPLE && goes_on)
            goes_on = see(PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1), data);
        else if (status == PGRES_FATAL_ERROR && !is_told) {
            tell(result);
            goes_on = false, is_told = true;
        }
        PQclear(result);
    }
    return goes_on;
}

bool hansa_snapshot_is_named(PGconn *pg, const char *tenant, const char *hex) {
    PGresult *result = PQexecParams(pg, named_sql, 2, NULL, (const char *const[]){tenant, hex}, NULL, NULL, 0);
    bool is_named = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) tell(result);
    PQclear(result);
    return is_named;
}
