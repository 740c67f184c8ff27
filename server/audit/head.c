#include "head.h"

#include "core/hex.h"
#include "core/seal.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdio.h>

bool hansa_audit_head_tag(const char *tenant, int64_t seal_no, const char *hash, char ret_hex[HANSA_AUDIT_HEX + 1]) {
    uint8_t key[32], tag[32];
    char text[160];
    unsigned tag_len;
    int len = snprintf(text, sizeof text, "%s %lld %s", tenant, (long long)seal_no, hash);
    if (len < 0 || (size_t)len >= sizeof text || !hansa_secret_derive("audit head", key)) return false;
    HMAC(EVP_sha256(), key, sizeof key, (const unsigned char *)text, (size_t)len, tag, &tag_len);
    OPENSSL_cleanse(key, sizeof key);
    hansa_hex_write(tag, sizeof tag, ret_hex);
    return true;
}

bool hansa_audit_head_sign(const char *tenant, json_t *body) {
    const char *hash = json_string_value(json_object_get(body, "hash"));
    json_t *number = json_object_get(body, "seal_no");
    char hex[HANSA_AUDIT_HEX + 1];
    if (tenant == NULL || hash == NULL || !json_is_integer(number)) return false;
    if (!hansa_audit_head_tag(tenant, json_integer_value(number), hash, hex)) return false;
    return json_object_set_new(body, "signature", json_string(hex)) == 0;
}
