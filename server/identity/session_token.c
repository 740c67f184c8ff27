/* The name __Host- makes browsers refuse the cookie unless it is Secure, has Path=/ and no Domain (promise A7). */
#include "session_token.h"

#include "base62.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

enum { RANDOM_AT = HANSA_BASE62_TENANT_LEN + 1 };

#define COOKIE "__Host-hansa"
static const char attributes[] = "; Path=/; Secure; HttpOnly; SameSite=Lax";

bool hansa_identity_token_make(const char *tenant, char ret_text[HANSA_TOKEN_LEN + 1],
                               struct hansa_identity_token *ret_token) {
    ret_text[RANDOM_AT - 1] = '_';
    ret_text[HANSA_TOKEN_LEN] = '\0';
    return hansa_identity_base62_tenant_write(tenant, ret_text) &&
           hansa_identity_base62_random(ret_text + RANDOM_AT, HANSA_TOKEN_LEN - RANDOM_AT) &&
           hansa_identity_token_read(ret_text, HANSA_TOKEN_LEN, ret_token);
}

bool hansa_identity_token_read(const char *text, size_t len, struct hansa_identity_token *ret_token) {
    struct hansa_identity_token token;
    if (len != HANSA_TOKEN_LEN || text[RANDOM_AT - 1] != '_') return false;
    for (size_t i = RANDOM_AT; i < HANSA_TOKEN_LEN; i++)
        if (hansa_identity_base62_digit(text[i]) < 0) return false;
    if (!hansa_identity_base62_tenant_read(text, token.tenant)) return false;
    SHA256((const unsigned char *)text, len, token.digest);
    *ret_token = token;
    return true;
}

bool hansa_identity_cookie_read(struct hansa_bytes cookies, struct hansa_identity_token *ret_token) {
    static const char name[] = COOKIE "=";
    size_t name_len = sizeof name - 1;
    for (size_t at = 0; at < cookies.len;) {
        const char *one = cookies.at + at, *end = memchr(one, ';', cookies.len - at);
        size_t len = end == NULL ? cookies.len - at : (size_t)(end - one);
        at += len + 1;
        while (len > 0 && *one == ' ')
            one++, len--;
        if (len > name_len && memcmp(one, name, name_len) == 0)
            return hansa_identity_token_read(one + name_len, len - name_len, ret_token);
    }
    return false;
}

void hansa_identity_cookie_set(struct hansa_call *call, const char *token) {
    char text[sizeof COOKIE + HANSA_TOKEN_LEN + sizeof attributes + sizeof "=; Max-Age=0"];
    snprintf(text, sizeof text, COOKIE "=%s%s%s", token == NULL ? "" : token, attributes,
             token == NULL ? "; Max-Age=0" : "");
    hansa_call_answer_header(call, "set-cookie", text);
    hansa_call_answer_header(call, "cache-control", "no-store");
    OPENSSL_cleanse(text, sizeof text);
}
