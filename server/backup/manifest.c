/* SHA256SUMS names each file but itself and SEAL, in the form of sha256sum, so that it can be checked where there is no Hansa. It
 * is held in memory whole: some 150 bytes a stored file. */
#include "manifest.h"

#include "core/hex.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

enum { BETWEEN = 2, MANIFEST_MOST = 64 << 20, SEAL_MOST = 1024 };
static const size_t sums_most = (size_t)4 << 30;

static bool failed(const char *root, const char *name) {
    fprintf(stderr, "hansa: %s/%s: %s\n", root, name, strerror(errno));
    return false;
}

bool hansa_backup_sum_add(FILE *sums, const char *root, const char *path) {
    char whole[HANSA_BACKUP_PATH_MAX], hex[HANSA_BACKUP_HEX + 1];
    int64_t size;
    if (!hansa_folder_path(whole, root, path) || !hansa_folder_hash(whole, hex, &size)) return failed(root, path);
    return fprintf(sums, "%s  %s\n", hex, path) > 0 || failed(root, "SHA256SUMS");
}

/* What SEAL should hold; malloc'd, NULL = told. */
static char *seal_text(const char *root, const struct hansa_backup_keys *keys) {
    char path[HANSA_BACKUP_PATH_MAX], hex[HANSA_BACKUP_HEX + 1], proof[HANSA_BACKUP_HEX + 1] = "";
    uint8_t sum[HANSA_BACKUP_DIGEST];
    size_t len = 0;
    char *sums = hansa_folder_path(path, root, "SHA256SUMS") ? hansa_folder_read(path, sums_most, &len) : NULL,
         *text = NULL;
    if (sums == NULL) return failed(root, "SHA256SUMS"), NULL;
    SHA256((const unsigned char *)sums, len, sum);
    hansa_hex_write(sum, sizeof sum, hex);
    if (keys != NULL) hansa_backup_prove(keys, sums, len, proof);
    free(sums);
    int wrote =
        keys == NULL ? asprintf(&text, "sha256 %s\n", hex) : asprintf(&text, "sha256 %s\nhmac-sha256 %s\n", hex, proof);
    return wrote < 0 ? NULL : text;
}

bool hansa_backup_seal_write(const char *root, const struct hansa_backup_keys *keys) {
    char path[HANSA_BACKUP_PATH_MAX], *text = seal_text(root, keys);
    if (text == NULL) return false;
    bool ok = (hansa_folder_path(path, root, "SEAL") && hansa_folder_write(path, text, strlen(text), true)) ||
              failed(root, "SEAL");
    free(text);
    return ok;
}

json_t *hansa_backup_manifest_read(const char *root) {
    char path[HANSA_BACKUP_PATH_MAX];
    json_error_t error;
    size_t len;
    char *text = hansa_folder_path(path, root, "manifest.json") ? hansa_folder_read(path, MANIFEST_MOST, &len) : NULL;
    if (text == NULL) {
        failed(root, "manifest.json");
        return fprintf(stderr, "hansa: %s: this is no backup, or one that was never finished\n", root), NULL;
    }
    json_t *manifest = json_loadb(text, len, 0, &error);
    free(text);
    if (manifest == NULL) {
        printf("manifest.json differs: it is no JSON (%s)\n", error.text);
    } else if (strcmp(json_string_value(json_object_get(manifest, "format")) ?: "", HANSA_BACKUP_FORMAT) != 0) {
        printf("manifest.json differs: its format is not " HANSA_BACKUP_FORMAT "\n");
        json_decref(manifest);
        manifest = NULL;
    }
    return manifest;
}

bool hansa_backup_seal_check(const char *root, const struct hansa_backup_keys *keys) {
    char path[HANSA_BACKUP_PATH_MAX], *wanted = seal_text(root, keys);
    size_t len = 0;
    char *found = hansa_folder_path(path, root, "SEAL") ? hansa_folder_read(path, SEAL_MOST, &len) : NULL;
    if (found == NULL) failed(root, "SEAL");
    /* without the passphrase its proof says nothing */
    size_t line = wanted == NULL ? 0 : strcspn(wanted, "\n") + 1;
    bool is_plain = wanted != NULL && found != NULL && len >= line && CRYPTO_memcmp(wanted, found, line) == 0;
    bool is_proven = is_plain && (keys == NULL || (len == strlen(wanted) && CRYPTO_memcmp(wanted, found, len) == 0));
    if (wanted != NULL && found != NULL && !is_plain) puts("SEAL differs: SHA256SUMS is not the one that was sealed");
    if (is_plain && !is_proven) puts("SEAL differs: another passphrase, or somebody without it has made these sums");
    free(found);
    free(wanted);
    return is_proven;
}

struct line {
    const char *path; /* into the text */
    bool is_seen;
};

struct sums {
    const char *root;
    struct line *lines;
    size_t count, findings;
};

static int by_path(const void *a, const void *b) {
    return strcmp(((const struct line *)a)->path, ((const struct line *)b)->path);
}

/* Splits the text; sorted by path. False = it is not what sha256sum writes. */
static bool sums_split(struct sums *sums, char *text) {
    size_t most = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        most++;
    sums->lines = calloc(most + 1, sizeof *sums->lines);
    if (sums->lines == NULL) return false;
    for (char *at = text; *at != '\0';) {
        size_t len = strcspn(at, "\n");
        if (at[len] != '\n' || len < HANSA_BACKUP_HEX + BETWEEN + 1 ||
            memcmp(at + HANSA_BACKUP_HEX, "  ", BETWEEN) != 0)
            return false;
        at[len] = at[HANSA_BACKUP_HEX] = '\0';
        const char *path = at + HANSA_BACKUP_HEX + BETWEEN;
        if (path[0] == '/' || strstr(path, "..") != NULL) return false;
        sums->lines[sums->count++].path = path;
        at += len + 1;
    }
    qsort(sums->lines, sums->count, sizeof *sums->lines, by_path);
    return true;
}

static bool file_look(const char *path, void *data) {
    struct sums *sums = data;
    char whole[HANSA_BACKUP_PATH_MAX], hex[HANSA_BACKUP_HEX + 1];
    int64_t size;
    if (strcmp(path, "SHA256SUMS") == 0 || strcmp(path, "SEAL") == 0) return true;
    struct line *line = bsearch(&(struct line){.path = path}, sums->lines, sums->count, sizeof *sums->lines, by_path);
    if (line == NULL) {
        printf("%s is in no line of SHA256SUMS\n", path);
        sums->findings++;
        return true;
    }
    line->is_seen = true;
    const char *wanted = line->path - BETWEEN - HANSA_BACKUP_HEX;
    if (!hansa_folder_path(whole, sums->root, path) || !hansa_folder_hash(whole, hex, &size)) {
        printf("%s cannot be read: %s\n", path, strerror(errno));
        sums->findings++;
    } else if (strcmp(hex, wanted) != 0) {
        printf("%s differs\n", path);
        sums->findings++;
    }
    return true;
}

size_t hansa_backup_sums_check(const char *root, size_t *ret_count) {
    struct sums sums = {.root = root};
    char path[HANSA_BACKUP_PATH_MAX];
    size_t len;
    char *text = hansa_folder_path(path, root, "SHA256SUMS") ? hansa_folder_read(path, sums_most, &len) : NULL;
    if (text == NULL) return failed(root, "SHA256SUMS"), *ret_count = 0, 1;
    if (strlen(text) != len || !sums_split(&sums, text)) {
        puts("SHA256SUMS differs: it is no list of sums");
        sums.findings++;
    } else {
        if (!hansa_folder_walk(root, file_look, &sums)) sums.findings++;
        for (size_t i = 0; i < sums.count; i++)
            if (!sums.lines[i].is_seen) {
                printf("%s is missing\n", sums.lines[i].path);
                sums.findings++;
            }
    }
    *ret_count = sums.count;
    free(sums.lines);
    free(text);
    return sums.findings;
}
