/* The directory behind the door.
 *
 * Put and sweep could meet: the sweep finds a file that no row names and is about to remove it, while an upload of the same
 * bytes finds it there and is about to write its row. So a put makes the file young under a shared lock of the tenant's folder,
 * and a removal looks at its age again under the exclusive one. A row that is written within `older_s` of the put is then safe. */
#include "store.h"

#include "core/hex.h"
#include "core/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <hansa/config.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TENANT_LEN = 36, FOLDER_LEN = 2 };

static const char temporary[] = "new.";

static enum hansa_store_result fault(const char *what) {
    int why = errno;
    if (why == ENOENT) return HANSA_STORE_NONE;
    hansa_log_event(HANSA_LOG_ERROR, "the file store failed", what, strerror(why));
    return why == ENOSPC || why == EDQUOT || why == EFBIG ? HANSA_STORE_FULL : HANSA_STORE_FAULT;
}

/* The folder below `parent`, made if it is not there and then on disk itself; -1 with errno. */
static int folder_open(int parent, const char *name, bool is_made) {
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 || errno != ENOENT || !is_made) return fd;
    if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST) return -1;
    if (fsync(parent) != 0) return -1;
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* Where a file lies; descriptors to be closed with place_close. */
struct place {
    int tenant, folder, lock;
    char hex[HANSA_STORE_HEX + 1];
};

static void place_close(struct place *place) {
    int kept = errno;
    if (place->lock >= 0) close(place->lock); /* lets go of the lock */
    if (place->folder >= 0) close(place->folder);
    if (place->tenant >= 0) close(place->tenant);
    errno = kept;
}

static bool place_open(struct place *place, const char *tenant, const uint8_t digest[HANSA_STORE_DIGEST],
                       bool is_made) {
    *place = (struct place){-1, -1, -1, ""};
    hansa_hex_write(digest, HANSA_STORE_DIGEST, place->hex);
    char folder[FOLDER_LEN + 1] = {place->hex[0], place->hex[1], '\0'};
    int root = open(hansa_config()->files_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) return false;
    place->tenant = folder_open(root, tenant, is_made);
    int kept = errno;
    close(root);
    errno = kept;
    if (place->tenant >= 0) place->folder = folder_open(place->tenant, folder, is_made);
    if (place->folder >= 0) return true;
    place_close(place);
    return false;
}

static bool place_lock(struct place *place, int how) {
    place->lock = openat(place->tenant, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int done = -1;
    while (place->lock >= 0 && (done = flock(place->lock, how)) != 0 && errno == EINTR) {
    }
    return done == 0;
}

static bool all_written(int fd, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* Under a name of its own first, so that a half-written file never has the address. */
static bool file_write(const struct place *place, const void *bytes, size_t len) {
    uint64_t drawn;
    char name[32];
    if (RAND_bytes((unsigned char *)&drawn, sizeof drawn) != 1) return false;
    snprintf(name, sizeof name, "%s%016llx", temporary, (unsigned long long)drawn);
    int fd = openat(place->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return false;
    bool ok = all_written(fd, bytes, len) && fsync(fd) == 0 &&
              renameat(place->folder, name, place->folder, place->hex + FOLDER_LEN) == 0 && fsync(place->folder) == 0;
    int why = errno;
    close(fd);
    if (!ok) unlinkat(place->folder, name, 0);
    errno = why;
    return ok;
}

enum hansa_store_result hansa_store_put(const char *tenant, const uint8_t digest[HANSA_STORE_DIGEST], const void *bytes,
                                        size_t len) {
    struct place place;
    if (!place_open(&place, tenant, digest, true))
        return fault("put") == HANSA_STORE_FULL ? HANSA_STORE_FULL : HANSA_STORE_FAULT;
    bool ok = place_lock(&place, LOCK_SH);
    bool is_there = ok && utimensat(place.folder, place.hex + FOLDER_LEN, NULL, AT_SYMLINK_NOFOLLOW) == 0;
    if (ok && !is_there) ok = file_write(&place, bytes, len);
    place_close(&place);
    if (ok) return HANSA_STORE_DONE;
    enum hansa_store_result result = fault("put");
    return result == HANSA_STORE_NONE ? HANSA_STORE_FAULT : result;
}

static bool is_as_addressed(const uint8_t digest[HANSA_STORE_DIGEST], const void *bytes, size_t len) {
    uint8_t found[EVP_MAX_MD_SIZE];
    unsigned found_len;
    return EVP_Digest(bytes, len, found, &found_len, EVP_sha256(), NULL) == 1 &&
           CRYPTO_memcmp(found, digest, HANSA_STORE_DIGEST) == 0;
}

static bool all_read(int fd, char *bytes, size_t len) {
    while (len > 0) {
        ssize_t n = read(fd, bytes, len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

enum hansa_store_result hansa_store_get(const char *tenant, const uint8_t digest[HANSA_STORE_DIGEST], void **ret_bytes,
                                        size_t *ret_len) {
    struct place place;
    if (!place_open(&place, tenant, digest, false)) return fault("get");
    int fd = openat(place.folder, place.hex + FOLDER_LEN, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    place_close(&place);
    if (fd < 0) return fault("get");
    struct stat found;
    char *bytes = NULL;
    bool ok = fstat(fd, &found) == 0 && (bytes = malloc((size_t)found.st_size + 1)) != NULL &&
              all_read(fd, bytes, (size_t)found.st_size);
    enum hansa_store_result result = ok ? HANSA_STORE_DONE : fault("get");
    close(fd);
    if (ok && !is_as_addressed(digest, bytes, (size_t)found.st_size)) {
        hansa_log_event(HANSA_LOG_ERROR, "a stored file is not what was stored", NULL, NULL);
        result = HANSA_STORE_BROKEN;
    }
    if (result != HANSA_STORE_DONE) {
        free(bytes);
        return result;
    }
    *ret_bytes = bytes;
    *ret_len = (size_t)found.st_size;
    return HANSA_STORE_DONE;
}

static bool is_older(const struct stat *file, long seconds) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec - file->st_mtim.tv_sec > seconds;
}

enum hansa_store_result hansa_store_delete(const char *tenant, const uint8_t digest[HANSA_STORE_DIGEST], long older_s) {
    struct place place;
    struct stat found;
    if (!place_open(&place, tenant, digest, false)) return fault("delete");
    bool ok =
        place_lock(&place, LOCK_EX) && fstatat(place.folder, place.hex + FOLDER_LEN, &found, AT_SYMLINK_NOFOLLOW) == 0;
    if (ok && is_older(&found, older_s))
        ok = unlinkat(place.folder, place.hex + FOLDER_LEN, 0) == 0 && fsync(place.folder) == 0;
    place_close(&place);
    return ok ? HANSA_STORE_DONE : fault("delete");
}

/* --- walking --- */

static bool is_hex(const char *text, size_t len) {
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

struct walk {
    long older_s;
    bool (*see)(const char *tenant, const char hex[HANSA_STORE_HEX + 1], void *data);
    void *data;
};

static bool file_look(const struct walk *walk, int folder, const char *tenant, const char *prefix, const char *name) {
    struct stat found;
    char hex[HANSA_STORE_HEX + 1];
    bool is_temporary = strncmp(name, temporary, sizeof temporary - 1) == 0;
    if (!is_temporary && !is_hex(name, HANSA_STORE_HEX - FOLDER_LEN)) return true;
    if (fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0 || !is_older(&found, walk->older_s)) return true;
    if (is_temporary) return unlinkat(folder, name, 0) == 0 || true;
    snprintf(hex, sizeof hex, "%.2s%.62s", prefix, name);
    return walk->see(tenant, hex, walk->data);
}

static bool folder_walk(const struct walk *walk, int parent, const char *tenant, const char *prefix) {
    int fd = folder_open(parent, prefix, false);
    DIR *files = fd < 0 ? NULL : fdopendir(fd);
    bool goes_on = true;
    if (files == NULL) return true;
    for (struct dirent *file; goes_on && (file = readdir(files)) != NULL;)
        goes_on = file_look(walk, dirfd(files), tenant, prefix, file->d_name);
    closedir(files);
    return goes_on;
}

static bool tenant_walk(const struct walk *walk, int root, const char *tenant) {
    int fd = folder_open(root, tenant, false);
    DIR *folders = fd < 0 ? NULL : fdopendir(fd);
    bool goes_on = true;
    if (folders == NULL) return true;
    for (struct dirent *folder; goes_on && (folder = readdir(folders)) != NULL;)
        if (is_hex(folder->d_name, FOLDER_LEN)) goes_on = folder_walk(walk, dirfd(folders), tenant, folder->d_name);
    closedir(folders);
    return goes_on;
}

bool hansa_store_walk(long older_s, bool (*see)(const char *tenant, const char hex[HANSA_STORE_HEX + 1], void *data),
                      void *data) {
    struct walk walk = {older_s, see, data};
    DIR *root = opendir(hansa_config()->files_dir);
    bool goes_on = true;
    if (root == NULL) return false;
    for (struct dirent *tenant; goes_on && (tenant = readdir(root)) != NULL;)
        if (strlen(tenant->d_name) == TENANT_LEN && tenant->d_name[0] != '.')
            goes_on = tenant_walk(&walk, dirfd(root), tenant->d_name);
    closedir(root);
    return true;
}
