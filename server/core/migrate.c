/* Migrations are carried in the binary. Numbered files run once, each in its own transaction, and are never edited: an
 * applied file whose checksum differs stops everything. Files under rooms/ (functions, views, policies) run again when
 * their checksum changes. An advisory lock keeps two migrators apart; a database that knows a numbered file which this
 * binary does not is newer than it, and is refused.
 *
 * Nobody stands in everybody's way: a change of a table waits for whoever reads it, and whoever comes after it waits behind it.
 * So a file waits for a lock for a moment only, is rolled back, and is tried again after a longer and longer pause, until
 * migrate_wait_s is over (decision 0040). */
#include "migrate.h"

#include <hansa/config.h>
#include <hansa/migration_files.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char lock_sql[] = "select pg_advisory_lock(hashtext('hansa migrate'))";
static const char ledger_sql[] =
    "create schema if not exists core;"
    "create table if not exists core.migration (path text primary key, sha256 text not null,"
    " applied_at timestamptz not null default clock_timestamp())";
static const char known_sql[] = "select sha256 from core.migration where path = $1";
static const char newer_sql[] = "select path from core.migration where path not like 'rooms/%'";
static const char note_sql[] =
    "insert into core.migration (path, sha256) values ($1, $2)"
    " on conflict (path) do update set sha256 = excluded.sha256, applied_at = clock_timestamp()";

enum { LOCK_MS = 100, PAUSE_FIRST_MS = 100, PAUSE_LAST_MS = 3000 };

enum outcome { APPLIED, LOCKED, FAILED };

static bool run(PGconn *pg, const char *sql, const char *what) {
    PGresult *result = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!ok) fprintf(stderr, "hansa migrate: %s: %s", what, PQresultErrorMessage(result));
    PQclear(result);
    return ok;
}

/* 1 = applied with this checksum, 0 = not applied, -1 = applied with another, -2 = error. */
static int known(PGconn *pg, const struct hansa_migration_file *file) {
    PGresult *result = PQexecParams(pg, known_sql, 1, NULL, (const char *const[]){file->path}, NULL, NULL, 0);
    int answer = PQresultStatus(result) != PGRES_TUPLES_OK             ? -2
                 : PQntuples(result) == 0                              ? 0
                 : strcmp(PQgetvalue(result, 0, 0), file->sha256) == 0 ? 1
                                                                       : -1;
    if (answer == -2) fprintf(stderr, "hansa migrate: %s", PQresultErrorMessage(result));
    PQclear(result);
    return answer;
}

static bool note(PGconn *pg, const struct hansa_migration_file *file) {
    PGresult *result =
        PQexecParams(pg, note_sql, 2, NULL, (const char *const[]){file->path, file->sha256}, NULL, NULL, 0);
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok) fprintf(stderr, "hansa migrate: %s: %s", file->path, PQresultErrorMessage(result));
    PQclear(result);
    return ok;
}

static enum outcome try_once(PGconn *pg, const struct hansa_migration_file *file) {
    char begin[64];
    snprintf(begin, sizeof begin, "begin; set local lock_timeout = %d", LOCK_MS);
    if (!run(pg, begin, file->path)) return FAILED;
    PGresult *result = PQexec(pg, file->text);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    enum outcome outcome = state == NULL ? APPLIED : strcmp(state, "55P03") == 0 ? LOCKED : FAILED;
    if (outcome == FAILED) fprintf(stderr, "hansa migrate: %s: %s", file->path, PQresultErrorMessage(result));
    PQclear(result);
    if (outcome == APPLIED && !(note(pg, file) && run(pg, "commit", file->path))) outcome = FAILED;
    if (outcome != APPLIED) run(pg, "rollback", file->path);
    return outcome;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool apply(PGconn *pg, const struct hansa_migration_file *file) {
    printf("  %s\n", file->path);
    int64_t end = now_ms() + hansa_config()->migrate_wait_s * 1000, pause = PAUSE_FIRST_MS;
    enum outcome outcome;
    while ((outcome = try_once(pg, file)) == LOCKED && now_ms() < end) {
        if (pause == PAUSE_FIRST_MS)
            printf("  %s waits for a lock; tried again until %lld s are over\n", file->path,
                   (long long)hansa_config()->migrate_wait_s);
        fflush(stdout);
        int64_t some = pause / 2 + random() % pause; /* others may be waiting at the same rhythm */
        nanosleep(&(struct timespec){.tv_sec = some / 1000, .tv_nsec = some % 1000 * 1000000}, NULL);
        pause = pause * 2 > PAUSE_LAST_MS ? PAUSE_LAST_MS : pause * 2;
    }
    if (outcome == LOCKED)
        fprintf(
            stderr,
            "hansa migrate: %s: what it changes was locked all the time (migrate_wait_s); nothing of it was applied. "
            "pg_stat_activity tells whose transaction is open\n",
            file->path);
    return outcome == APPLIED;
}

static bool is_ours(const char *path) {
    for (size_t i = 0; i < hansa_migration_file_count; i++)
        if (strcmp(hansa_migration_files[i].path, path) == 0) return true;
    return false;
}

static bool is_not_newer(PGconn *pg) {
    PGresult *result = PQexec(pg, newer_sql);
    bool ok = PQresultStatus(result) == PGRES_TUPLES_OK;
    for (int i = 0; ok && i < PQntuples(result); i++) {
        if (is_ours(PQgetvalue(result, i, 0))) continue;
        fprintf(stderr, "hansa migrate: the database has %s, which this binary does not know: it is newer\n",
                PQgetvalue(result, i, 0));
        ok = false;
    }
    PQclear(result);
    return ok;
}

static bool migrate(PGconn *pg) {
    size_t applied = 0;
    if (!run(pg, "set client_min_messages = warning", "connect") || !run(pg, lock_sql, "lock") ||
        !run(pg, ledger_sql, "ledger") || !is_not_newer(pg))
        return false;
    for (size_t i = 0; i < hansa_migration_file_count; i++) {
        const struct hansa_migration_file *file = &hansa_migration_files[i];
        int state = known(pg, file);
        if (state == 1) continue;
        if (state == -2) return false;
        if (state == -1 && !file->is_room_file) {
            fprintf(stderr, "hansa migrate: %s was applied with another text; applied files are never edited\n",
                    file->path);
            return false;
        }
        if (!apply(pg, file)) return false;
        applied++;
    }
    printf("hansa migrate: %zu of %zu files applied\n", applied, hansa_migration_file_count);
    return true;
}

int hansa_migrate_command(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        puts("hansa migrate: applies what is missing, as the role of owner_database_url (HANSA_OWNER_DATABASE_URL).");
        return 0;
    }
    if (!hansa_config_read(argc, argv, NULL)) return 2;
    if (hansa_config()->owner_database_url[0] == '\0') {
        fputs("hansa: owner_database_url: must be set\n", stderr);
        return 2;
    }
    PGconn *pg = PQconnectdb(hansa_config()->owner_database_url);
    bool ok = PQstatus(pg) == CONNECTION_OK;
    if (!ok) fprintf(stderr, "hansa migrate: %s", PQerrorMessage(pg));
    ok = ok && migrate(pg);
    PQfinish(pg);
    return ok ? 0 : 1;
}
