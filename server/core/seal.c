/* One derivation a call: it costs microseconds, and no key stays in memory longer than its use. The key id is a digest of
 * the derived key, so it needs no register of keys and tells nothing of them. */
#include "seal.h"

#include <hansa/config.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { SECRET_MIN = 32, SECRET_MAX = 256, VERSION = 1, ID_LEN = 4, NONCE_LEN = 12, TAG_LEN = 16, HEAD = 1 + ID_LEN };

struct secret {
    unsigned char bytes[SECRET_MAX];
    size_t len; /* 0 = there is none */
};

static struct secret present, previous;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

static void secret_load(const char *path, struct secret *secret) {
    FILE *file = path[0] == '\0' ? NULL : fopen(path, "re");
    if (file == NULL) return;
    secret->len = fread(secret->bytes, 1, sizeof secret->bytes, file);
    fclose(file);
    if (secret->len < SECRET_MIN) secret->len = 0;
}

static void load(void) {
    secret_load(hansa_config()->secret_file, &present);
    secret_load(hansa_config()->previous_secret_file, &previous);
}

static bool derive(struct secret *secret, const char *purpose, uint8_t key[32]) {
    if (secret->len == 0) return false;
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    char digest[] = "SHA256", salt[] = "hansa", info[64];
    int len = snprintf(info, sizeof info, "%s", purpose);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret->bytes, secret->len),
                           OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof salt - 1),
                           OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, (size_t)len),
                           OSSL_PARAM_construct_end()};
    bool ok = ctx != NULL && len < (int)sizeof info && EVP_KDF_derive(ctx, key, 32, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return ok;
}

bool hansa_secret_derive(const char *purpose, uint8_t ret_key[32]) {
    pthread_once(&loaded, load);
    return derive(&present, purpose, ret_key);
}

bool hansa_secret_derive_previous(const char *purpose, uint8_t ret_key[32]) {
    pthread_once(&loaded, load);
    return derive(&previous, purpose, ret_key);
}

static void key_id(const uint8_t key[32], uint8_t id[ID_LEN]) {
    static const char label[] = "hansa key id";
    uint8_t text[sizeof label + 32], digest[SHA256_DIGEST_LENGTH];
    memcpy(text, label, sizeof label);
    memcpy(text + sizeof label, key, 32);
    SHA256(text, sizeof text, digest);
    memcpy(id, digest, ID_LEN);
    OPENSSL_cleanse(text, sizeof text);
}

bool hansa_seal(const char *purpose, const char *owner, const void *plain, size_t len, uint8_t *ret_sealed) {
    uint8_t key[32], *nonce = ret_sealed + HEAD, *text = nonce + NONCE_LEN;
    if (len > 1 << 20 || !hansa_secret_derive(purpose, key)) return false;
    ret_sealed[0] = VERSION;
    key_id(key, ret_sealed + 1);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;
    bool ok = ctx != NULL && RAND_bytes(nonce, NONCE_LEN) == 1 &&
              EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
              EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)owner, (int)strlen(owner)) == 1 &&
              EVP_EncryptUpdate(ctx, text, &n, plain, (int)len) == 1 && EVP_EncryptFinal_ex(ctx, text + len, &n) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN, text + len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    OPENSSL_cleanse(key, sizeof key);
    return ok;
}

/* The key that sealed this; false = none of ours. */
static bool key_find(const char *purpose, const uint8_t *sealed, size_t sealed_len, uint8_t key[32]) {
    struct secret *const secrets[] = {&present, &previous};
    uint8_t id[ID_LEN];
    pthread_once(&loaded, load);
    if (sealed_len < HANSA_SEAL_EXTRA || sealed[0] != VERSION) return false;
    for (size_t i = 0; i < 2; i++) {
        if (!derive(secrets[i], purpose, key)) continue;
        key_id(key, id);
        if (memcmp(id, sealed + 1, ID_LEN) == 0) return true;
    }
    return false;
}

bool hansa_unseal(const char *purpose, const char *owner, const uint8_t *sealed, size_t sealed_len, void *ret_plain) {
    uint8_t key[32], tag[TAG_LEN];
    if (!key_find(purpose, sealed, sealed_len, key)) return false;
    size_t len = sealed_len - HANSA_SEAL_EXTRA;
    const uint8_t *nonce = sealed + HEAD, *text = nonce + NONCE_LEN;
    uint8_t *plain = ret_plain;
    memcpy(tag, text + len, TAG_LEN);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;
    bool ok = ctx != NULL && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
              EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)owner, (int)strlen(owner)) == 1 &&
              EVP_DecryptUpdate(ctx, plain, &n, text, (int)len) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1 &&
              EVP_DecryptFinal_ex(ctx, plain + len, &n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    OPENSSL_cleanse(key, sizeof key);
    if (!ok) OPENSSL_cleanse(plain, len);
    return ok;
}

bool hansa_seal_is_old(const char *purpose, const uint8_t *sealed, size_t sealed_len) {
    uint8_t key[32], id[ID_LEN];
    if (sealed_len < HANSA_SEAL_EXTRA || !hansa_secret_derive(purpose, key)) return false;
    key_id(key, id);
    OPENSSL_cleanse(key, sizeof key);
    return memcmp(id, sealed + 1, ID_LEN) != 0;
}
