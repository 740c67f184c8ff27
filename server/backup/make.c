/* One moment for all of it: a transaction exports its snapshot, counts in it, lists the stored files in it, and pg_dump dumps in it.
 *
 * Stored files are never changed, so they may be copied afterwards. But bytes that no row names any more are swept away after
 * files_orphan_s: what is gone from the store although the snapshot names it was deleted since, if no row of now names it
 * either; else it is lost, and that is told. */
#include "core/hex.h"
#include "manifest.h"
#include "program.h"
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <hansa/config.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SECRET_FILE_MOST = 4096 };

struct making {
    const struct hansa_backup_order *order;
    char partial[HANSA_BACKUP_PATH_MAX];
    int lock;         /* on the partial folder, held until the end; -1 = not taken */
    PGconn *pg, *now; /* in the snapshot; outside of it */
    struct hansa_backup_keys keys;
    FILE *sums;
    json_t *manifest, *gone;
    size_t files, lost;
    int64_t bytes;
};

static bool failed(const struct making *making, const char *name) {
    fprintf(stderr, "hansa: %s%s%s: %s\n", making->partial, name[0] != '\0' ? "/" : "", name, strerror(errno));
    return false;
}

/* The folder DIR.partial, empty and ours. One that a killed make left behind is taken away. */
static bool partial_begin(struct making *making) {
    struct stat found;
    const char *dir = making->order->dir;
    if (lstat(dir, &found) == 0)
        return fprintf(stderr, "hansa: %s: is there already; a backup is made anew under a name of its own\n", dir),
               false;
    if (snprintf(making->partial, sizeof making->partial, "%s.partial", dir) >=
        (int)sizeof making->partial - HANSA_BACKUP_HEX * 2)
        return fprintf(stderr, "hansa: %s: %s\n", dir, strerror(ENAMETOOLONG)), false;
    int fd = open(making->partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return fprintf(stderr, "hansa: %s: another make is at work there\n", making->partial), false;
    }
    if (fd >= 0) {
        fprintf(stderr, "hansa: taking %s away, which was never finished\n", making->partial);
        if (!hansa_folder_remove(making->partial)) return close(fd), failed(making, "");
        close(fd);
    }
    if (mkdir(making->partial, 0700) != 0) return failed(making, "");
    making->lock = open(making->partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return (making->lock >= 0 && flock(making->lock, LOCK_EX | LOCK_NB) == 0) || failed(making, "");
}

static bool folder_make(const struct making *making, const char *name) {
    char path[HANSA_BACKUP_PATH_MAX];
    return (hansa_folder_path(path, making->partial, name) && (mkdir(path, 0700) == 0 || errno == EEXIST)) ||
           failed(making, name);
}

/* --- stored files --- */

/* Not in the store: deleted since the snapshot, or lost? False = the backup ends here. */
static bool file_missed(struct making *making, const char *tenant, const char *hex) {
    bool is_lost = hansa_snapshot_is_named(making->now, tenant, hex);
    json_array_append_new(making->gone,
                          json_pack("{s:s, s:s, s:b}", "tenant_id", tenant, "sha256", hex, "is_lost", is_lost));
    making->lost += is_lost;
    if (is_lost)
        fprintf(stderr, "hansa: files/%s/%.2s/%s: a row names it, and the store has it no more\n", tenant, hex,
                hex + 2);
    return true;
}

static bool file_copy(const char *tenant, const char *hex, void *data) {
    struct making *making = data;
    uint8_t digest[HANSA_BACKUP_DIGEST];
    char folder[128], name[192], path[HANSA_BACKUP_PATH_MAX];
    void *bytes;
    size_t len;
    if (!hansa_hex_read(hex, sizeof digest, digest)) return false;
    if (!making->order->doors->file_get(tenant, digest, &bytes, &len)) return file_missed(making, tenant, hex);
    snprintf(folder, sizeof folder, "files/%s", tenant);
    bool ok = folder_make(making, folder);
    snprintf(folder, sizeof folder, "files/%s/%.2s", tenant, hex);
    snprintf(name, sizeof name, "%s/%s", folder, hex + 2);
    ok = ok && folder_make(making, folder) &&
         ((hansa_folder_path(path, making->partial, name) && hansa_folder_write(path, bytes, len, false)) ||
          failed(making, name));
    free(bytes);
    making->files++;
    making->bytes += (int64_t)len;
    /* the name is the sum, and was just checked */
    return ok && (fprintf(making->sums, "%s  %s\n", hex, name) > 0 || failed(making, "SHA256SUMS"));
}

static bool files_copy(struct making *making) {
    if (!folder_make(making, "files") || !hansa_snapshot_files(making->pg, file_copy, making)) return false;
    if (making->lost == 0 || making->order->is_incomplete) return true;
    fprintf(stderr, "hansa: %zu stored files are lost; --incomplete makes the backup without them\n", making->lost);
    return false;
}

/* --- the dump --- */

static bool dump_sum(const char *path, void *data) {
    struct making *making = data;
    char name[HANSA_BACKUP_PATH_MAX];
    return hansa_folder_path(name, "dump", path) && hansa_backup_sum_add(making->sums, making->partial, name);
}

static bool dump_make(struct making *making, const struct hansa_backup_program *program, const char *snapshot) {
    char path[HANSA_BACKUP_PATH_MAX], to[HANSA_BACKUP_PATH_MAX + 16], from[HANSA_SNAPSHOT_NAME + 16];
    if (!hansa_folder_path(path, making->partial, "dump")) return failed(making, "dump");
    snprintf(to, sizeof to, "--file=%s", path);
    snprintf(from, sizeof from, "--snapshot=%s", snapshot);
    const char *const words[] = {"--format=directory",      to,          from, "--no-password",
                                 "--lock-wait-timeout=60s", "--no-sync", NULL};
    return hansa_backup_program_run(program, making->pg, words) && hansa_folder_walk(path, dump_sum, making);
}

/* --- secrets --- */

static bool secret_add(struct making *making, json_t *secrets, const char *name, const char *path) {
    size_t len;
    if (path[0] == '\0') return true;
    char *bytes = hansa_folder_read(path, SECRET_FILE_MOST, &len);
    if (bytes == NULL) return fprintf(stderr, "hansa: %s: %s: %s\n", name, path, strerror(errno)), false;
    json_t *sealed = hansa_backup_secret_seal(&making->keys, name, bytes, len);
    explicit_bzero(bytes, len);
    free(bytes);
    return sealed != NULL && json_array_append_new(secrets, sealed) == 0;
}

static bool secrets_seal(struct making *making) {
    json_t *about, *secrets;
    if (making->order->passphrase_file == NULL) {
        fputs("hansa: no passphrase: the secret_file is not in this backup, and nothing proves who made it. Keep that "
              "file elsewhere: "
              "without it second factors, single sign-on and links in letters cannot be opened again\n",
              stderr);
        return true;
    }
    if (!hansa_backup_keys_new(making->order->passphrase_file, &making->keys, &about)) return false;
    if (hansa_config()->secret_file[0] == '\0')
        fputs("hansa: secret_file: is not set (HANSA_SECRET_FILE), so there is none in this backup\n", stderr);
    json_object_set_new(making->manifest, "passphrase", about);
    json_object_set_new(making->manifest, "secrets", secrets = json_array());
    return secret_add(making, secrets, "secret_file", hansa_config()->secret_file) &&
           secret_add(making, secrets, "previous_secret_file", hansa_config()->previous_secret_file);
}

/* --- all of it --- */

static bool manifest_write(struct making *making, const struct hansa_backup_program *program) {
    json_t *tables = hansa_snapshot_tables(making->pg),
           *ends = tables == NULL ? NULL : hansa_snapshot_chain_ends(making->pg);
    char path[HANSA_BACKUP_PATH_MAX], made_at[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(made_at, sizeof made_at, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    json_t *about =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "format", HANSA_BACKUP_FORMAT, "made_at", made_at, "hansa",
                  HANSA_VERSION, "server", PQparameterStatus(making->pg, "server_version"), "dumped_by",
                  program->version, "files", (json_int_t)making->files, "file_bytes", (json_int_t)making->bytes);
    json_object_update(making->manifest, about);
    json_decref(about);
    json_object_set(making->manifest, "files_gone", making->gone);
    if (tables != NULL) json_object_set_new(making->manifest, "tables", tables);
    if (ends != NULL) json_object_set_new(making->manifest, "chain_ends", ends);
    char *text = ends == NULL ? NULL : json_dumps(making->manifest, JSON_INDENT(1) | JSON_SORT_KEYS);
    if (text == NULL) return false;
    bool ok = (hansa_folder_path(path, making->partial, "manifest.json") &&
               hansa_folder_write(path, text, strlen(text), false)) ||
              failed(making, "manifest.json");
    free(text);
    return ok && hansa_backup_sum_add(making->sums, making->partial, "manifest.json");
}

static bool sums_begin(struct making *making) {
    char path[HANSA_BACKUP_PATH_MAX];
    if (hansa_folder_path(path, making->partial, "SHA256SUMS")) making->sums = fopen(path, "wxe");
    return making->sums != NULL || failed(making, "SHA256SUMS");
}

static bool finish(struct making *making) {
    int closed = fclose(making->sums);
    making->sums = NULL;
    if (closed != 0) return failed(making, "SHA256SUMS");
    bool has_keys = making->order->passphrase_file != NULL;
    if (!hansa_backup_seal_write(making->partial, has_keys ? &making->keys : NULL)) return false;
    if (!hansa_folder_sync(making->partial) || !hansa_folder_rename(making->partial, making->order->dir))
        return failed(making, "");
    return true;
}

static bool carry_out(struct making *making) {
    struct hansa_backup_program program;
    char snapshot[HANSA_SNAPSHOT_NAME];
    if ((making->pg = hansa_backup_connect()) == NULL || (making->now = hansa_backup_connect()) == NULL) return false;
    if (!hansa_backup_program_find("pg_dump", PQserverVersion(making->pg) / 10000, &program)) return false;
    if (!secrets_seal(making) || !partial_begin(making) || !sums_begin(making)) return false;
    return hansa_snapshot_take(making->pg, snapshot) && files_copy(making) && dump_make(making, &program, snapshot) &&
           manifest_write(making, &program) && finish(making);
}

int hansa_backup_make(const struct hansa_backup_order *order) {
    struct making making = {.order = order, .lock = -1, .manifest = json_object(), .gone = json_array()};
    bool ok = carry_out(&making);
    if (ok)
        printf("%s: %zu tables, %zu stored files (%lld bytes)%s\n", order->dir,
               json_array_size(json_object_get(making.manifest, "tables")), making.files, (long long)making.bytes,
               making.lost > 0 ? "; some are lost" : "");
    if (making.sums != NULL) fclose(making.sums);
    if (!ok && making.lock >= 0) hansa_folder_remove(making.partial);
    if (!ok) fputs("hansa: no backup was made\n", stderr);
    if (making.lock >= 0) close(making.lock);
    PQfinish(making.pg);
    PQfinish(making.now);
    hansa_backup_keys_forget(&making.keys);
    json_decref(making.manifest);
    json_decref(making.gone);
    return ok ? 0 : 1;
}
