/* The store: where the bytes of uploaded files lie. One door, and behind it a directory (files_dir); another kind of store
 * would have the same door. The address of a file is its tenant and the SHA-256 of its bytes, so the same bytes of a tenant
 * are kept once, a file is never changed, and whoever has the address can check what he got.
 *
 *   <files_dir>/<tenant>/<first two hex digits>/<the other 62>       and  <files_dir>/<tenant>/lock
 *
 * What is acknowledged is on disk: temporary file, fsync, rename, fsync of its folder. Every function blocks: worker threads
 * only. Several processes may share the directory, also over a network file system with locks.
 */
#ifndef HANSA_FILES_STORE_H
#define HANSA_FILES_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HANSA_STORE_DIGEST = 32, HANSA_STORE_HEX = 64 };

enum hansa_store_result {
    HANSA_STORE_DONE,
    HANSA_STORE_NONE,   /* there is no such file */
    HANSA_STORE_BROKEN, /* the bytes are not what the address says */
    HANSA_STORE_FULL,   /* no room, or over a quota of the file system */
    HANSA_STORE_FAULT   /* anything else; told in the log */
};

/* Keeps the bytes; `digest` is their SHA-256. When they are there already, they count as new again for the sweep. */
enum hansa_store_result hansa_store_put(const char *tenant, const uint8_t digest[HANSA_STORE_DIGEST], const void *bytes,
                                        size_t len);
/* The bytes, malloc'd, checked against the digest. */
enum hansa_store_result hansa_store_get(const char *tenant, const uint8_t digest[HANSA_STORE_DIGEST], void **ret_bytes,
                                        size_t *ret_len);
/* Takes the bytes away, unless they were put within the last `older_s` seconds: then DONE too. */
enum hansa_store_result hansa_store_delete(const char *tenant, const uint8_t digest[HANSA_STORE_DIGEST], long older_s);

/* Tells every file put more than `older_s` seconds ago, tenant by tenant; a temporary file as old, which a crash left behind,
 * is removed. `see` gives false to stop. False = the directory cannot be read. */
bool hansa_store_walk(long older_s, bool (*see)(const char *tenant, const char hex[HANSA_STORE_HEX + 1], void *data),
                      void *data);

#endif
