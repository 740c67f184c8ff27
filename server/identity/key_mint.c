/* Makes the text of a key (POST /v1/keys) or its new secret (POST /v1/keys/{key_id}/rotate). The text leaves the house in
 * that one answer only; what is stored is its SHA-256. */
#include "key.h"

#include "core/hex.h"
#include "scope.h"

#include <hansa/error.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

enum { HASH_TEXT_LEN = 2 + 64 };

/* Sets the values key and secret_hash; a new key (reference NULL) also key_ref and prefix. */
static enum hansa_step_result mint(struct hansa_call *call, const char *reference, bool is_test) {
    struct hansa_identity_key key;
    char text[HANSA_KEY_LEN + 1], hash[HASH_TEXT_LEN + 1], prefix[64];
    const char *tenant = hansa_call_tenant(call);
    if (tenant == NULL || !hansa_identity_key_make(tenant, reference, is_test, text, &key))
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_INTERNAL), NULL, NULL);
    hansa_hex_bytea(key.digest, 32, hash);
    hansa_call_value_set(call, "key", text, HANSA_KEY_LEN);
    hansa_call_value_set(call, "secret_hash", hash, HASH_TEXT_LEN);
    if (reference == NULL) {
        snprintf(prefix, sizeof prefix, "hansa_%s_…_%s", is_test ? "test" : "live", key.reference);
        hansa_call_value_set(call, "key_ref", key.reference, HANSA_KEY_REFERENCE_LEN);
        hansa_call_value_set(call, "prefix", prefix, strlen(prefix));
    }
    hansa_call_answer_header(call, "cache-control", "no-store");
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(&key, sizeof key);
    return HANSA_STEP_NEXT;
}

enum hansa_step_result hansa_identity_key_create_mint(struct hansa_call *call);
enum hansa_step_result hansa_identity_key_rotate_peek(struct hansa_call *call);
enum hansa_step_result hansa_identity_key_rotate_mint(struct hansa_call *call);

enum hansa_step_result hansa_identity_key_create_mint(struct hansa_call *call) {
    if (hansa_identity_scopes_check(call) != HANSA_STEP_NEXT) return HANSA_STEP_END;
    struct hansa_bytes text = hansa_call_body(call);
    json_t *body = json_loadb(text.at, text.len, 0, NULL);
    bool is_test = json_is_true(json_object_get(body, "is_test"));
    json_decref(body);
    return mint(call, NULL, is_test);
}

/* The row knows how the key begins. */
enum hansa_step_result hansa_identity_key_rotate_peek(struct hansa_call *call) {
    return hansa_call_statement(call, "identity/key_peek");
}

enum hansa_step_result hansa_identity_key_rotate_mint(struct hansa_call *call) {
    const char *reference = hansa_call_column(call, "key_ref", NULL),
               *is_test = hansa_call_column(call, "is_test", NULL);
    if (reference == NULL || is_test == NULL)
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_IDENTITY_KEY_NOT_FOUND), NULL, NULL);
    return mint(call, reference, strcmp(is_test, "true") == 0);
}
