/* SHA256SUMS and SEAL: how a backup is known to be whole. Main thread of a command. */
#ifndef HANSA_BACKUP_MANIFEST_H
#define HANSA_BACKUP_MANIFEST_H

#include "folder.h"
#include "passphrase.h"

#include <stdio.h>

#define HANSA_BACKUP_FORMAT "hansa-backup-1"

/* Adds the line of a file, by its path below `root`; what that path names is read. False = told. */
bool hansa_backup_sum_add(FILE *sums, const char *root, const char *path);
/* Writes SEAL beside a SHA256SUMS that is on disk; NULL keys: without a proof. False = told. */
bool hansa_backup_seal_write(const char *root, const struct hansa_backup_keys *keys);

/* Reads manifest.json; NULL = told. It is proven by nothing yet. */
json_t *hansa_backup_manifest_read(const char *root);
/* Does SEAL fit SHA256SUMS? With keys, by its proof too. What does not is told on stdout. */
bool hansa_backup_seal_check(const char *root, const struct hansa_backup_keys *keys);
/* Reads every file again. Each that is missing, differs or is in no line is told on stdout; gives how many, and how many were
 * looked at. */
size_t hansa_backup_sums_check(const char *root, size_t *ret_count);

#endif
