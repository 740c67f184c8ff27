/* scrypt costs 64 MiB and a fifth of a second a guess. Its numbers stand in the manifest, so that they may grow; what a manifest
 * may ask for is bounded, since it is read before anything proves it. */
#include "passphrase.h"

#include "core/hex.h"
#include "folder.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COST = 65536,
    COST_MOST = 1 << 20,
    BLOCK = 8,
    LANES = 1,
    SALT_LEN = 16,
    NONCE_LEN = 12,
    TAG_LEN = 16,
    LINE_LEAST = 12,
    FILE_MOST = 4096,
    SECRET_MOST = 4096,
    MEMORY_SPARE = 1 << 20
};

static bool keys_derive(const char *passphrase_file, const uint8_t salt[SALT_LEN], uint64_t cost,
                        struct hansa_backup_keys *ret_keys) {
    size_t len = 0;
    uint8_t both[64];
    char *line = hansa_folder_read(passphrase_file, FILE_MOST, &len);
    if (line == NULL)
        return fprintf(stderr, "hansa: --passphrase-file: %s: %s\n", passphrase_file, strerror(errno)), false;
    size_t line_len = strcspn(line, "\r\n");
    bool ok = line_len >= LINE_LEAST;
    if (!ok) fprintf(stderr, "hansa: --passphrase-file: its first line must have %d bytes or more\n", LINE_LEAST);
    ok = ok && EVP_PBE_scrypt(line, line_len, salt, SALT_LEN, cost, BLOCK, LANES, cost * BLOCK * 128 + MEMORY_SPARE,
                              both, sizeof both) == 1;
    if (!ok && line_len >= LINE_LEAST) fputs("hansa: --passphrase-file: scrypt failed; it needs 64 MiB\n", stderr);
    if (ok) memcpy(ret_keys->seal, both, 32), memcpy(ret_keys->prove, both + 32, 32);
    OPENSSL_cleanse(both, sizeof both);
    OPENSSL_cleanse(line, len);
    free(line);
    return ok;
}

bool hansa_backup_keys_new(const char *passphrase_file, struct hansa_backup_keys *ret_keys, json_t **ret_about) {
    uint8_t salt[SALT_LEN];
    char hex[2 * SALT_LEN + 1];
    if (RAND_bytes(salt, sizeof salt) != 1 || !keys_derive(passphrase_file, salt, COST, ret_keys)) return false;
    hansa_hex_write(salt, sizeof salt, hex);
    *ret_about =
        json_pack("{s:s, s:i, s:i, s:i, s:s}", "kdf", "scrypt", "n", COST, "r", BLOCK, "p", LANES, "salt", hex);
    return *ret_about != NULL;
}

bool hansa_backup_keys_again(const char *passphrase_file, const json_t *about, struct hansa_backup_keys *ret_keys) {
    const char *hex = json_string_value(json_object_get(about, "salt"));
    json_int_t cost = json_integer_value(json_object_get(about, "n"));
    uint8_t salt[SALT_LEN];
    bool is_known = hex != NULL && strlen(hex) == 2 * (size_t)SALT_LEN && hansa_hex_read(hex, SALT_LEN, salt) &&
                    cost >= COST && cost <= COST_MOST && (cost & (cost - 1)) == 0 &&
                    json_integer_value(json_object_get(about, "r")) == BLOCK &&
                    json_integer_value(json_object_get(about, "p")) == LANES;
    if (!is_known)
        return fputs("hansa: manifest.json: its passphrase is described in a way that this binary does not know\n",
                     stderr),
               false;
    return keys_derive(passphrase_file, salt, (uint64_t)cost, ret_keys);
}

void hansa_backup_keys_forget(struct hansa_backup_keys *keys) {
    OPENSSL_cleanse(keys, sizeof *keys);
}

json_t *hansa_backup_secret_seal(const struct hansa_backup_keys *keys, const char *name, const void *plain,
                                 size_t len) {
    uint8_t nonce[NONCE_LEN], sealed[SECRET_MOST + TAG_LEN];
    char nonce_hex[2 * NONCE_LEN + 1], sealed_hex[2 * sizeof sealed + 1];
    int n;
    if (len > SECRET_MOST) return NULL;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx != NULL && RAND_bytes(nonce, NONCE_LEN) == 1 &&
              EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, keys->seal, nonce) == 1 &&
              EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)name, (int)strlen(name)) == 1 &&
              EVP_EncryptUpdate(ctx, sealed, &n, plain, (int)len) == 1 &&
              EVP_EncryptFinal_ex(ctx, sealed + len, &n) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN, sealed + len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!ok) return NULL;
    hansa_hex_write(nonce, NONCE_LEN, nonce_hex);
    hansa_hex_write(sealed, len + TAG_LEN, sealed_hex);
    return json_pack("{s:s, s:s, s:s}", "name", name, "nonce", nonce_hex, "sealed", sealed_hex);
}

char *hansa_backup_secret_open(const struct hansa_backup_keys *keys, const json_t *sealed, size_t *ret_len) {
    const char *name = json_string_value(json_object_get(sealed, "name")),
               *nonce_hex = json_string_value(json_object_get(sealed, "nonce")),
               *sealed_hex = json_string_value(json_object_get(sealed, "sealed"));
    uint8_t nonce[NONCE_LEN], text[SECRET_MOST + TAG_LEN];
    size_t both = sealed_hex == NULL ? 0 : strlen(sealed_hex) / 2;
    int n;
    if (name == NULL || nonce_hex == NULL || strlen(nonce_hex) != 2 * (size_t)NONCE_LEN || both < TAG_LEN ||
        both > sizeof text || !hansa_hex_read(nonce_hex, NONCE_LEN, nonce) || !hansa_hex_read(sealed_hex, both, text))
        return NULL;
    size_t len = both - TAG_LEN;
    char *plain = malloc(len + 1);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx != NULL && plain != NULL &&
              EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, keys->seal, nonce) == 1 &&
              EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)name, (int)strlen(name)) == 1 &&
              EVP_DecryptUpdate(ctx, (uint8_t *)plain, &n, text, (int)len) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, text + len) == 1 &&
              EVP_DecryptFinal_ex(ctx, (uint8_t *)plain + len, &n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (ok) return *ret_len = len, plain;
    if (plain != NULL) OPENSSL_cleanse(plain, len);
    free(plain);
    return NULL;
}

void hansa_backup_prove(const struct hansa_backup_keys *keys, const void *bytes, size_t len,
                        char ret_hex[HANSA_BACKUP_HEX + 1]) {
    uint8_t tag[32];
    unsigned tag_len;
    HMAC(EVP_sha256(), keys->prove, sizeof keys->prove, bytes, len, tag, &tag_len);
    hansa_hex_write(tag, sizeof tag, ret_hex);
}
