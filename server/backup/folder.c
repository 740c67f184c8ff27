/* What a backup says is on disk: one syncfs at the end in place of an fsync a file, and a rename after that. */
#include "folder.h"

#include "core/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, WALK_FDS = 16 };

bool hansa_folder_path(char ret_path[HANSA_BACKUP_PATH_MAX], const char *folder, const char *name) {
    int len = snprintf(ret_path, HANSA_BACKUP_PATH_MAX, "%s/%s", folder, name);
    if (len > 0 && len < HANSA_BACKUP_PATH_MAX) return true;
    errno = ENAMETOOLONG;
    return false;
}

bool hansa_folder_write(const char *path, const void *bytes, size_t len, bool is_synced) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return false;
    const char *at = bytes;
    bool ok = true;
    while (ok && len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR) continue;
        ok = n >= 0;
        at += ok ? n : 0;
        len -= ok ? (size_t)n : 0;
    }
    if (ok && is_synced) ok = fsync(fd) == 0;
    int why = errno;
    if (close(fd) != 0 && ok) ok = false, why = errno;
    if (!ok) unlink(path);
    errno = why;
    return ok;
}

char *hansa_folder_read(const char *path, size_t most, size_t *ret_len) {
    FILE *file = fopen(path, "re");
    struct stat found;
    if (file == NULL) return NULL;
    char *text = NULL;
    if (fstat(fileno(file), &found) != 0 || (uint64_t)found.st_size > most) {
        errno = EFBIG;
    } else if ((text = malloc((size_t)found.st_size + 1)) != NULL) {
        size_t len = fread(text, 1, (size_t)found.st_size, file);
        bool ok = !ferror(file);
        text[len] = '\0';
        *ret_len = len;
        if (!ok) free(text), text = NULL;
    }
    int why = errno;
    fclose(file);
    errno = why;
    return text;
}

bool hansa_folder_hash(const char *path, char ret_hex[HANSA_BACKUP_HEX + 1], int64_t *ret_size) {
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned sum_len;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return false;
    char *chunk = malloc(CHUNK);
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    bool ok = chunk != NULL && sha != NULL && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1;
    int64_t size = 0;
    for (ssize_t n = 1; ok && n != 0;) {
        n = read(fd, chunk, CHUNK);
        if (n < 0 && errno == EINTR) continue;
        ok = n >= 0 && EVP_DigestUpdate(sha, chunk, (size_t)(n > 0 ? n : 0)) == 1;
        size += n > 0 ? n : 0;
    }
    ok = ok && EVP_DigestFinal_ex(sha, sum, &sum_len) == 1;
    int why = errno;
    EVP_MD_CTX_free(sha);
    free(chunk);
    close(fd);
    errno = why;
    if (!ok) return false;
    hansa_hex_write(sum, HANSA_BACKUP_DIGEST, ret_hex);
    *ret_size = size;
    return true;
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *place) {
    (void)found, (void)kind, (void)place;
    return remove(path);
}

bool hansa_folder_remove(const char *path) {
    return nftw(path, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT;
}

bool hansa_folder_sync(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && syncfs(fd) == 0;
    int why = errno;
    if (fd >= 0) close(fd);
    errno = why;
    return ok;
}

bool hansa_folder_rename(const char *from, const char *to) {
    char parent[HANSA_BACKUP_PATH_MAX];
    snprintf(parent, sizeof parent, "%s", to);
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0) return false;
    int fd = open(dirname(parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0) close(fd);
    errno = why;
    return ok;
}

/* nftw hands nothing through. */
static struct {
    size_t root_len;
    bool (*see)(const char *path, void *data);
    void *data;
} walk;

static int walk_one(const char *path, const struct stat *found, int kind, struct FTW *place) {
    (void)found, (void)place;
    if (kind == FTW_D) return 0;
    if (kind != FTW_F) return fprintf(stderr, "hansa: %s is no file and no folder that can be read\n", path), 1;
    return walk.see(path + walk.root_len + 1, walk.data) ? 0 : 1;
}

bool hansa_folder_walk(const char *root, bool (*see)(const char *path, void *data), void *data) {
    walk.root_len = strlen(root);
    walk.see = see;
    walk.data = data;
    return nftw(root, walk_one, WALK_FDS, FTW_PHYS) == 0;
}
