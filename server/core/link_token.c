/* 36 bytes are twelve groups of three, so base64url has no padding and no spare bits: one token, one spelling. */
#include "link_token.h"

#include "hex.h"
#include "uuid.h"

#include <hansa/config.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

enum { TENANT_LEN = 16, BYTES_LEN = TENANT_LEN + HANSA_LINK_SECRET_LEN, HINT_LEN = 4 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
bool hansa_link_token_read(const char *text, struct hansa_link_token *ret_token) {
    unsigned char bytes[BYTES_LEN];
    if (!text || strnlen(text, HANSA_LINK_TOKEN_LEN + 1) != HANSA_LINK_TOKEN_LEN) return false;
    for (size_t group = 0; group < BYTES_LEN / 3; group++) {
        unsigned long bits = 0;
        for (size_t i = 0; i < 4; i++) {
            const char *sign = strchr(alphabet, text[group * 4 + i]); /* there is no NUL among the 48 */
            if (!sign) return false;
            bits = bits << 6 | (unsigned long)(sign - alphabet);
        }
        for (size_t i = 0; i < 3; i++)
            bytes[group * 3 + i] = (unsigned char)(bits >> (16 - 8 * i) & 0xff);
    }
    hansa_uuid_write(bytes, ret_token->tenant_id);
    memcpy(ret_token->secret, bytes + TENANT_LEN, HANSA_LINK_SECRET_LEN);
    return true;
}

bool hansa_link_token_write(const struct hansa_link_token *token, char ret_text[HANSA_LINK_TOKEN_LEN + 1]) {
    unsigned char bytes[BYTES_LEN];
    if (!hansa_uuid_read(token->tenant_id, bytes)) return false;
    memcpy(bytes + TENANT_LEN, token->secret, HANSA_LINK_SECRET_LEN);
    for (size_t group = 0; group < BYTES_LEN / 3; group++) {
        unsigned long bits = 0;
        for (size_t i = 0; i < 3; i++)
            bits = bits << 8 | bytes[group * 3 + i];
        for (size_t i = 0; i < 4; i++)
            ret_text[group * 4 + i] = alphabet[bits >> (18 - 6 * i) & 63];
    }
    ret_text[HANSA_LINK_TOKEN_LEN] = '\0';
    OPENSSL_cleanse(bytes, sizeof bytes);
    return true;
}

bool hansa_link_token_hash(const struct hansa_link_token *token, char ret_text[2 + 64 + 1]) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    if (!EVP_Digest(token->secret, sizeof token->secret, digest, &digest_len, EVP_sha256(), NULL) || digest_len != 32)
        return false;
    hansa_hex_bytea(digest, 32, ret_text);
    return true;
}

/* "https://host<path><token>"; public_url may end in a slash or not. */
static const char *url_new(struct hansa_call *call, const char *path, const char *token) {
    const char *base = hansa_config_public_url();
    size_t base_len = strlen(base);
    while (base_len > 0 && base[base_len - 1] == '/')
        base_len--;
    size_t size = base_len + strlen(path) + HANSA_LINK_TOKEN_LEN + 1;
    char *url = hansa_call_alloc(call, size);
    snprintf(url, size, "%.*s%s%s", (int)base_len, base, path, token);
    return url;
}

enum hansa_step_result hansa_link_token_mint(struct hansa_call *call, const char *path) {
    struct hansa_link_token token = {{0}, {0}};
    char text[HANSA_LINK_TOKEN_LEN + 1], hash[2 + 64 + 1];
    const char *tenant_id = hansa_call_tenant(call);
    snprintf(token.tenant_id, sizeof token.tenant_id, "%s", tenant_id ? tenant_id : "");
    if (RAND_bytes(token.secret, sizeof token.secret) != 1 || !hansa_link_token_write(&token, text) ||
        !hansa_link_token_hash(&token, hash))
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_INTERNAL), NULL, NULL);
    hansa_call_value_set(call, "token", text, HANSA_LINK_TOKEN_LEN);
    hansa_call_value_set(call, "hint", text + HANSA_LINK_TOKEN_LEN - HINT_LEN, HINT_LEN);
    hansa_call_value_set(call, "secret_hash", hash, strlen(hash));
    const char *url = url_new(call, path, text);
    hansa_call_value_set(call, "url", url, strlen(url));
    hansa_call_answer_header(call, "cache-control", "no-store");
    OPENSSL_cleanse(&token, sizeof token);
    OPENSSL_cleanse(text, sizeof text);
    return HANSA_STEP_NEXT;
}

bool hansa_link_token_take(struct hansa_call *call, const char *param) {
    struct hansa_link_token token;
    char hash[2 + 64 + 1];
    if (!hansa_link_token_read(hansa_call_param(call, param), &token) || !hansa_link_token_hash(&token, hash))
        return false;
    hansa_call_tenant_set(call, token.tenant_id);
    hansa_call_value_set(call, "secret_hash", hash, strlen(hash));
    OPENSSL_cleanse(&token, sizeof token);
    return true;
}
