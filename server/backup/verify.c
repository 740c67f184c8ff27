/* Cheap and telling things first: the seal, then every byte, then what pg_restore makes of the dump. */
#include "manifest.h"
#include "program.h"

#include <string.h>

static bool contents_read(const char *root) {
    struct hansa_backup_program program;
    char path[HANSA_BACKUP_PATH_MAX];
    if (!hansa_folder_path(path, root, "dump") || !hansa_backup_program_find("pg_restore", 0, &program)) return false;
    if (hansa_backup_program_run(&program, NULL, (const char *const[]){"--list", path, NULL})) return true;
    puts("dump/toc.dat: pg_restore cannot read it");
    return false;
}

/* The seal, with its proof when there is a passphrase. */
static bool seal_look(const struct hansa_backup_order *order, const json_t *manifest) {
    struct hansa_backup_keys keys;
    const json_t *about = json_object_get(manifest, "passphrase");
    if (order->passphrase_file == NULL) return hansa_backup_seal_check(order->dir, NULL);
    if (about == NULL) {
        puts("SEAL differs: there is no passphrase in this backup, or somebody has taken it away");
        return false;
    }
    bool ok =
        hansa_backup_keys_again(order->passphrase_file, about, &keys) && hansa_backup_seal_check(order->dir, &keys);
    hansa_backup_keys_forget(&keys);
    return ok;
}

json_t *hansa_backup_look(const struct hansa_backup_order *order) {
    size_t count = 0;
    json_t *manifest = hansa_backup_manifest_read(order->dir);
    bool ok = manifest != NULL && seal_look(order, manifest);
    /* whatever the seal says, what differs is named */
    size_t findings = hansa_backup_sums_check(order->dir, &count);
    ok = ok && findings == 0 && contents_read(order->dir);
    if (!ok) {
        fprintf(stderr, "hansa: %s: this backup is not whole\n", order->dir);
        json_decref(manifest);
        return NULL;
    }
    printf("%s: whole: %zu files; made at %s%s\n", order->dir, count,
           json_string_value(json_object_get(manifest, "made_at")),
           order->passphrase_file != NULL                    ? ", proven by the passphrase"
           : json_object_get(manifest, "passphrase") != NULL ? "; its proof was not checked: no passphrase was given"
                                                             : "");
    size_t gone = json_array_size(json_object_get(manifest, "files_gone"));
    if (gone > 0) printf("%s: %zu stored files were not there when it was made\n", order->dir, gone);
    return manifest;
}

int hansa_backup_verify(const struct hansa_backup_order *order) {
    json_t *manifest = hansa_backup_look(order);
    bool ok = manifest != NULL;
    json_decref(manifest);
    return ok ? 0 : 1;
}
