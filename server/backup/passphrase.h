/* What a passphrase does for a backup: it seals secrets (AES-256-GCM) and proves the whole (HMAC-SHA256), with two keys that scrypt
 * (RFC 7914) makes of it and of a salt of the backup's own. Main thread of a command. */
#ifndef HANSA_BACKUP_PASSPHRASE_H
#define HANSA_BACKUP_PASSPHRASE_H

#include "backup.h"

struct hansa_backup_keys {
    uint8_t seal[32], prove[32];
};

/* Keys of the file's first line and of a new salt, which goes into `ret_about`: {kdf, n, r, p, salt}. False = told. */
bool hansa_backup_keys_new(const char *passphrase_file, struct hansa_backup_keys *ret_keys, json_t **ret_about);
/* The same keys again, from what `about` says. False = told. */
bool hansa_backup_keys_again(const char *passphrase_file, const json_t *about, struct hansa_backup_keys *ret_keys);
void hansa_backup_keys_forget(struct hansa_backup_keys *keys);

/* {name, nonce, sealed} of a secret; NULL = no random bytes, or no memory. */
json_t *hansa_backup_secret_seal(const struct hansa_backup_keys *keys, const char *name, const void *plain, size_t len);
/* The secret of such an object, malloc'd; NULL = not under these keys, not that name, or touched. */
char *hansa_backup_secret_open(const struct hansa_backup_keys *keys, const json_t *sealed, size_t *ret_len);
void hansa_backup_prove(const struct hansa_backup_keys *keys, const void *bytes, size_t len,
                        char ret_hex[HANSA_BACKUP_HEX + 1]);

#endif
