/* One question over a connection of its own, before there are loops. */
#include "secret_mark.h"

#include "hex.h"
#include "log.h"
#include "seal.h"

#include <assert.h>
#include <hansa/config.h>
#include <hansa/endpoint.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AGAIN_MS = 1000 };

static atomic_bool is_told;

/* The mark of one of our secrets as bytea; NULL = there is no such secret. */
static const char *mark_of(bool (*derive)(const char *purpose, uint8_t ret_key[32]), char text[2 + 64 + 1]) {
    uint8_t key[32];
    if (!derive("mark of the secret", key)) return NULL;
    hansa_hex_bytea(key, sizeof key, text);
    OPENSSL_cleanse(key, sizeof key);
    return text;
}

enum hansa_secret_verdict hansa_secret_ask(PGconn *pg) {
    static const char *const words[] = {"\"OURS\"", "\"OTHER\"", "\"MISSING\""};
    const struct hansa_statement *statement = &hansa_endpoint_find("core/secret_take")->statements[0];
    char present[2 + 64 + 1], previous[2 + 64 + 1];
    const char *const bound[] = {mark_of(hansa_secret_derive, present),
                                 mark_of(hansa_secret_derive_previous, previous)};
    assert(statement->bind_count == 2);
    PGresult *result = PQexecParams(pg, statement->sql, 2, statement->types, bound, NULL, NULL, 0);
    size_t verdict = HANSA_SECRET_UNTOLD;
    if (PQntuples(result) == 1)
        for (verdict = 0; verdict < HANSA_SECRET_UNTOLD; verdict++)
            if (strcmp(PQgetvalue(result, 0, 0), words[verdict]) == 0) break;
    PQclear(result);
    return (enum hansa_secret_verdict)verdict;
}

const char *hansa_secret_fault(enum hansa_secret_verdict verdict) {
    return verdict == HANSA_SECRET_MISSING
               ? "must be set: what this database holds was sealed under one"
               : "is not the one that this database was sealed under; to change it, name that one as "
                 "previous_secret_file";
}

static enum hansa_secret_verdict ask_once(void) {
    const char *const names[] = {"dbname", "application_name", "connect_timeout", "options", NULL};
    const char *const values[] = {hansa_config()->database_url, "hansa start", "2", "-c statement_timeout=2000", NULL};
    PGconn *pg = PQconnectdbParams(names, values, 1);
    enum hansa_secret_verdict verdict = HANSA_SECRET_UNTOLD;
    if (PQstatus(pg) == CONNECTION_OK) verdict = hansa_secret_ask(pg);
    PQfinish(pg);
    is_told = verdict != HANSA_SECRET_UNTOLD;
    return verdict;
}

static bool is_ours(void) {
    enum hansa_secret_verdict verdict = ask_once();
    if (verdict == HANSA_SECRET_OURS || verdict == HANSA_SECRET_UNTOLD) return true;
    hansa_log_event(HANSA_LOG_ERROR, "secret_file is refused", hansa_secret_fault(verdict), NULL);
    hansa_log_flush();
    return false;
}

bool hansa_secret_start(void) {
    enum { TOLD, UNTOLD, REFUSED };
    int status;
    pid_t asking = fork();
    if (asking == 0) _exit(!is_ours() ? REFUSED : is_told ? TOLD : UNTOLD);
    bool has_ended = asking > 0 && waitpid(asking, &status, 0) == asking && WIFEXITED(status);
    is_told = has_ended && WEXITSTATUS(status) == TOLD;
    return !has_ended || WEXITSTATUS(status) != REFUSED;
}

static unsigned period_ms(void) {
    return is_told ? 0 : AGAIN_MS;
}

static void check(void) {
    if (!is_ours()) _exit(2); /* nothing of worth is under way: it has served for a second at most */
}

const struct hansa_chore hansa_secret_checking = {.name = "secret", .period_ms = period_ms, .run = check};
