/* The command `hansa admin backup make|verify|restore|secret DIR`: a backup of database, stored files and secret files, checked when it is
 * made, checked again before it is used, and whole or not there (decision 0048). Main thread of a command.
 *
 * A backup is a folder:
 *
 *   dump/          what pg_dump wrote, directory format
 *   files/         stored files, by <tenant>/<two hex digits>/<the other 62>, as in the store
 *   manifest.json  whence, when, rows and digest of each table, ends of the audit chains, sealed secrets
 *   SHA256SUMS     a line for each file of all that, as sha256sum reads it
 *   SEAL           the SHA-256 of SHA256SUMS; and its HMAC under the passphrase, when there is one
 *
 * Until all of it is on disk it is called DIR.partial and has no SEAL. */
#ifndef HANSA_BACKUP_H
#define HANSA_BACKUP_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HANSA_BACKUP_DIGEST = 32, HANSA_BACKUP_HEX = 64 };

/* What other rooms do for a backup; handed in by main.c. */
struct hansa_backup_doors {
    /* The stored bytes of that tenant and SHA-256, malloc'd and checked; false = they are not there, or not what they were. */
    bool (*file_get)(const char *tenant, const uint8_t digest[HANSA_BACKUP_DIGEST], void **ret_bytes, size_t *ret_len);
    /* Stores them; on disk when it says true. Else it was told in the log. */
    bool (*file_put)(const char *tenant, const uint8_t digest[HANSA_BACKUP_DIGEST], const void *bytes, size_t len);
    /* Looks the audit chain of every tenant through, as owner. `ends`: [{tenant_id, seal_no, hash}], which they must still
     * have. False = told. */
    bool (*chains_verify)(PGconn *pg, const json_t *ends);
};

struct hansa_backup_order {
    const char *dir;             /* without a slash at its end */
    const char *passphrase_file; /* NULL = none was given */
    const char *secret_to;       /* restore, secret: where the secret file goes; NULL = nowhere */
    bool is_incomplete;          /* make: though stored files are lost */
    const struct hansa_backup_doors *doors;
};

/* Exit code: 0 done, 1 refused, failed or something differs (told on stderr), 2 usage. */
int hansa_backup_admin_command(int argc, char **argv, const struct hansa_backup_doors *doors);

/* make.c, verify.c, restore.c. Each returns the command's exit code. */
int hansa_backup_make(const struct hansa_backup_order *order);
int hansa_backup_verify(const struct hansa_backup_order *order);
int hansa_backup_restore(const struct hansa_backup_order *order);
int hansa_backup_secret(const struct hansa_backup_order *order);

/* The look of `verify`, for restore too: every file against its sum, the sums against their seal, the dump's table of contents.
 * What differs is told on stdout. NULL = it is not whole; else its manifest (caller decrefs). */
json_t *hansa_backup_look(const struct hansa_backup_order *order);

#endif
