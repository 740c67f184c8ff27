/* Nothing is touched before the backup is known to be whole and the database to be empty. Then the server is locked out, the dump
 * loaded in one transaction, and what came in compared with what the manifest says; the last thing is to let the server in. */
#include "core/hex.h"
#include "core/once.h"
#include "manifest.h"
#include "program.h"
#include "snapshot.h"
#include "target.h"

#include <errno.h>
#include <hansa/config.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct restoring {
    const struct hansa_backup_order *order;
    json_t *manifest;
    PGconn *owner, *reader;
    char *secret; /* opened; NULL = not asked for */
    size_t secret_len, files;
    bool is_secret_put, is_closed, is_loaded;
};

/* --- before anything is touched --- */

static bool secret_open(struct restoring *restoring) {
    const struct hansa_backup_order *order = restoring->order;
    struct hansa_backup_keys keys;
    size_t i;
    json_t *one;
    if (order->secret_to == NULL) return true;
    if (!hansa_backup_keys_again(order->passphrase_file, json_object_get(restoring->manifest, "passphrase"), &keys))
        return false;
    json_array_foreach(json_object_get(restoring->manifest, "secrets"), i, one) {
        const char *name = json_string_value(json_object_get(one, "name"));
        bool is_it = name != NULL && strcmp(name, "secret_file") == 0;
        if (is_it && restoring->secret == NULL)
            restoring->secret = hansa_backup_secret_open(&keys, one, &restoring->secret_len);
    }
    hansa_backup_keys_forget(&keys);
    if (restoring->secret == NULL) fputs("hansa: --secret-file-to: there is no secret_file in this backup\n", stderr);
    return restoring->secret != NULL;
}

static bool ready_check(struct restoring *restoring, struct hansa_backup_program *program) {
    if (json_integer_value(json_object_get(restoring->manifest, "files")) > 0 &&
        access(hansa_config()->files_dir, W_OK | X_OK) != 0)
        return fprintf(stderr, "hansa: files_dir: %s (HANSA_FILES_DIR): the backup holds stored files\n",
                       strerror(errno)),
               false;
    if (!secret_open(restoring)) return false;
    restoring->owner = hansa_once_connect();
    restoring->reader = restoring->owner == NULL ? NULL : hansa_backup_connect();
    return restoring->reader != NULL &&
           hansa_backup_program_find("pg_restore", PQserverVersion(restoring->owner) / 10000, program) &&
           hansa_target_check(restoring->owner, restoring->reader);
}

/* --- the database --- */

static bool load(struct restoring *restoring, const struct hansa_backup_program *program) {
    char path[HANSA_BACKUP_PATH_MAX];
    if (!hansa_folder_path(path, restoring->order->dir, "dump")) return false;
    /* the empty name makes it connect, to where the environment says */
    const char *const words[] = {
        "--dbname=", "--single-transaction", "--exit-on-error", "--no-owner", "--no-password", path, NULL};
    restoring->is_loaded = hansa_backup_program_run(program, restoring->owner, words);
    return restoring->is_loaded;
}

static const json_t *table_named(const json_t *tables, const char *name) {
    size_t i;
    const json_t *one;
    json_array_foreach(tables, i, one) {
        const char *other = json_string_value(json_object_get(one, "name"));
        if (other != NULL && strcmp(other, name) == 0) return one;
    }
    return NULL;
}

/* True when all that `wanted` has is in `found`; each difference is told. */
static bool tables_fit(const json_t *wanted, const json_t *found) {
    size_t i, findings = 0;
    const json_t *one;
    json_array_foreach(wanted, i, one) {
        const char *name = json_string_value(json_object_get(one, "name"));
        const json_t *other = name == NULL ? NULL : table_named(found, name);
        if (other != NULL && json_equal((json_t *)(uintptr_t)one, (json_t *)(uintptr_t)other)) continue;
        findings++;
        if (other == NULL)
            printf("table %s is missing\n", name == NULL ? "?" : name);
        else
            printf("table %s differs: %lld rows were saved, %lld are here%s\n", name,
                   (long long)json_integer_value(json_object_get(one, "rows")),
                   (long long)json_integer_value(json_object_get(other, "rows")),
                   json_equal(json_object_get(one, "rows"), json_object_get(other, "rows")) ? ", of other content"
                                                                                            : "");
    }
    return findings == 0;
}

static bool compare(struct restoring *restoring) {
    const json_t *wanted = json_object_get(restoring->manifest, "tables");
    json_t *found = hansa_snapshot_tables(restoring->reader);
    bool ok = found != NULL && tables_fit(wanted, found);
    if (ok && json_array_size(found) != json_array_size(wanted))
        ok = printf("%zu tables were saved, %zu are here\n", json_array_size(wanted), json_array_size(found)) < 0;
    json_decref(found);
    return ok &&
           restoring->order->doors->chains_verify(restoring->owner, json_object_get(restoring->manifest, "chain_ends"));
}

/* --- files --- */

/* By its path below files/: <tenant>/<two digits>/<the other 62>. */
static bool file_put(const char *path, void *data) {
    struct restoring *restoring = data;
    enum { TENANT = 36, FOLDER = 2, STORED_MOST = 1 << 30 };
    char whole[HANSA_BACKUP_PATH_MAX], tenant[TENANT + 1], hex[HANSA_BACKUP_HEX + 1];
    uint8_t digest[HANSA_BACKUP_DIGEST];
    size_t len;
    bool is_one = strlen(path) == TENANT + 1 + FOLDER + 1 + HANSA_BACKUP_HEX - FOLDER;
    if (is_one) snprintf(hex, sizeof hex, "%.2s%s", path + TENANT + 1, path + TENANT + 1 + FOLDER + 1);
    if (!is_one || !hansa_hex_read(hex, sizeof digest, digest))
        return fprintf(stderr, "hansa: files/%s is no stored file\n", path), false;
    snprintf(tenant, sizeof tenant, "%.36s", path);
    snprintf(whole, sizeof whole, "%s/files/%s", restoring->order->dir, path);
    char *bytes = hansa_folder_read(whole, STORED_MOST, &len);
    bool ok = bytes != NULL && restoring->order->doors->file_put(tenant, digest, bytes, len);
    if (!ok)
        fprintf(stderr, "hansa: files/%s could not be stored%s%s\n", path, bytes == NULL ? ": " : "",
                bytes == NULL ? strerror(errno) : "");
    free(bytes);
    restoring->files++;
    return ok;
}

static bool files_put(struct restoring *restoring) {
    char path[HANSA_BACKUP_PATH_MAX];
    return hansa_folder_path(path, restoring->order->dir, "files") && hansa_folder_walk(path, file_put, restoring);
}

/* One that is there already may stay when it is the same: a restore that was cut off is done again. */
static bool secret_put(struct restoring *restoring) {
    const char *to = restoring->order->secret_to;
    size_t len;
    if (to == NULL) return true;
    restoring->is_secret_put = hansa_folder_write(to, restoring->secret, restoring->secret_len, true);
    if (restoring->is_secret_put) return true;
    int why = errno;
    char *found = why == EEXIST ? hansa_folder_read(to, restoring->secret_len, &len) : NULL;
    bool is_same = found != NULL && len == restoring->secret_len && CRYPTO_memcmp(found, restoring->secret, len) == 0;
    if (found != NULL) OPENSSL_cleanse(found, len);
    free(found);
    if (!is_same) fprintf(stderr, "hansa: --secret-file-to: %s: %s\n", to, strerror(why));
    return is_same;
}

/* --- all of it --- */

static bool carry_out(struct restoring *restoring) {
    struct hansa_backup_program program;
    if ((restoring->manifest = hansa_backup_look(restoring->order)) == NULL || !ready_check(restoring, &program))
        return false;
    /* stored files are never changed, and have a name that is their sum: who stops here has spoilt nothing */
    if (!secret_put(restoring) || !files_put(restoring)) return false;
    restoring->is_closed = true;
    return hansa_target_close(restoring->owner) && load(restoring, &program) && compare(restoring) &&
           hansa_target_analyze(restoring->owner) && hansa_target_open(restoring->owner);
}

static void failure_tell(const struct restoring *restoring) {
    if (!restoring->is_closed) {
        fputs("hansa: nothing was restored into the database\n", stderr);
    } else if (!restoring->is_loaded) {
        fputs("hansa: the database is as empty as before, and closed to the server. Mend what was told above and "
              "restore again\n",
              stderr);
    } else {
        const char *name = PQdb(restoring->owner);
        fprintf(stderr,
                "hansa: what was loaded is not what was saved, so the database stays closed to the server. Drop it, "
                "make it anew "
                "(deploy/database.sql) and restore another backup; or look at it, and open it as its owner: grant "
                "connect on database "
                "\"%s\" to hansa_app\n",
                name);
    }
}

int hansa_backup_secret(const struct hansa_backup_order *order) {
    struct restoring restoring = {.order = order};
    restoring.manifest = hansa_backup_look(order);
    bool ok = restoring.manifest != NULL && secret_open(&restoring) && secret_put(&restoring);
    if (ok) printf("%s: the secret_file of this backup\n", order->secret_to);
    if (restoring.secret != NULL) OPENSSL_cleanse(restoring.secret, restoring.secret_len);
    free(restoring.secret);
    json_decref(restoring.manifest);
    return ok ? 0 : 1;
}

int hansa_backup_restore(const struct hansa_backup_order *order) {
    struct restoring restoring = {.order = order};
    bool ok = carry_out(&restoring);
    if (ok)
        printf("restored: %zu tables, %zu stored files; the server may start\n",
               json_array_size(json_object_get(restoring.manifest, "tables")), restoring.files);
    else
        failure_tell(&restoring);
    if (!ok && restoring.is_secret_put) unlink(order->secret_to);
    if (restoring.secret != NULL) OPENSSL_cleanse(restoring.secret, restoring.secret_len);
    free(restoring.secret);
    PQfinish(restoring.owner);
    PQfinish(restoring.reader);
    json_decref(restoring.manifest);
    return ok ? 0 : 1;
}
