/* The lock is the right to connect: the database itself keeps every server out, of whatever version, and a restore that was killed
 * leaves it locked. hansa serve sees that it is kept out and says so (core/closed.h). */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char roles_sql[] = "select 1 from pg_roles where rolname = 'hansa_app'";
static const char place_sql[] =
    "select d.oid, pg_postmaster_start_time()::text, coalesce(shobj_description(d.oid, 'pg_database'), '')"
    "  from pg_database d where d.datname = current_database()";
static const char things_sql[] =
    "select count(*) from ("
    " select n.nspname from pg_namespace n where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', "
    "'public')"
    " union all select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace"
    "    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')"
    " union all select p.proname from pg_proc p where p.pronamespace = 'public'::regnamespace"
    "    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')) x";
static const char sessions_sql[] =
    "select count(*) from pg_stat_activity where datname = current_database() and usename = 'hansa_app'";
static const char close_sql[] = "begin; revoke connect on database %1$s from public, hansa_app;"
                                "comment on database %1$s is 'hansa: a backup is being restored, or was not restored "
                                "to its end; closed to the server'; commit";
static const char open_sql[] =
    "begin; grant connect on database %1$s to hansa_app; comment on database %1$s is null; commit";
static const char entered_sql[] = "select has_database_privilege('hansa_app', current_database(), 'CONNECT')";
static const char mark[] = "hansa: a backup is being restored";

static bool refuse(const char *why) {
    fprintf(stderr, "hansa: owner_database_url: %s\n", why);
    return false;
}

static PGresult *ask(PGconn *pg, const char *sql) {
    PGresult *result = PQexec(pg, sql);
    if (PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK) return result;
    fprintf(stderr, "hansa: %s", PQresultErrorMessage(result));
    PQclear(result);
    return NULL;
}

/* The first column of its one row; -1 = told. */
static long long number(PGconn *pg, const char *sql) {
    PGresult *result = ask(pg, sql);
    long long found = result == NULL ? -1 : PQntuples(result) == 0 ? 0 : strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return found;
}

static bool is_same_database(const PGresult *a, const PGresult *b) {
    return strcmp(PQgetvalue(a, 0, 0), PQgetvalue(b, 0, 0)) == 0 &&
           strcmp(PQgetvalue(a, 0, 1), PQgetvalue(b, 0, 1)) == 0;
}

bool hansa_target_check(PGconn *owner, PGconn *reader) {
    PGresult *here = ask(owner, place_sql), *there = here == NULL ? NULL : ask(reader, place_sql);
    bool ok = there != NULL, is_same = ok && is_same_database(here, there);
    bool is_marked = ok && strncmp(PQgetvalue(here, 0, 2), mark, strlen(mark)) == 0;
    PQclear(here);
    PQclear(there);
    if (!ok) return false;
    if (!is_same) return refuse("this is another database than that of backup_database_url");
    long long roles = number(owner, roles_sql), things = number(owner, things_sql),
              sessions = number(owner, sessions_sql);
    if (roles < 0 || things < 0 || sessions < 0) return false;
    if (roles == 0)
        return refuse("there is no role hansa_app here: deploy/roles.sql and deploy/database.sql come first");
    if (things > 0 && is_marked)
        return refuse(
            "this database holds half a restore: drop it, make it anew (deploy/database.sql), and restore again");
    if (things > 0) return refuse("this database is not empty; a backup is restored into an empty one only");
    if (sessions > 0) return refuse("a server is connected to this database; stop it first");
    return true;
}

/* Of a transaction in one text: it is undone when it fails. */
static bool run(PGconn *owner, const char *sql) {
    PGresult *result = ask(owner, sql);
    if (result == NULL) PQclear(PQexec(owner, "rollback"));
    PQclear(result);
    return result != NULL;
}

/* The database's name, quoted; PQfreemem. */
static char *name_of(PGconn *owner) {
    return PQescapeIdentifier(owner, PQdb(owner), strlen(PQdb(owner)));
}

bool hansa_target_close(PGconn *owner) {
    char sql[1024], *name = name_of(owner);
    bool ok = name != NULL && snprintf(sql, sizeof sql, close_sql, name) < (int)sizeof sql && run(owner, sql);
    PQfreemem(name);
    PGresult *result = ok ? ask(owner, entered_sql) : NULL;
    bool is_asked = result != NULL, is_entered = is_asked && strcmp(PQgetvalue(result, 0, 0), "f") != 0;
    PQclear(result);
    if (is_entered) return refuse("its owner cannot keep hansa_app out of this database; does somebody else own it?");
    return is_asked;
}

bool hansa_target_open(PGconn *owner) {
    char sql[1024], *name = name_of(owner);
    bool ok = name != NULL && snprintf(sql, sizeof sql, open_sql, name) < (int)sizeof sql && run(owner, sql);
    PQfreemem(name);
    return ok;
}

bool hansa_target_analyze(PGconn *owner) {
    PGresult *result = ask(owner, "set client_min_messages = error; analyze");
    PQclear(result);
    return result != NULL;
}
