/* Makes the token of a new public tracking link (POST /v1/shipments/{shipment_id}/links). The token leaves the house in that
 * one answer only; what is stored is the SHA-256 of its secret, so the table alone opens nothing. */
#include "track_token.h"

#include <hansa/config.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

enum { HINT_LEN = 4 };

/* "https://host/track/<token>"; public_url may end in a slash or not. */
static const char *url_new(struct hansa_call *call, const char *token) {
    const char *base = hansa_config_public_url();
    size_t base_len = strlen(base);
    while (base_len > 0 && base[base_len - 1] == '/')
        base_len--;
    size_t size = base_len + sizeof "/track/" + HANSA_TRACKING_TOKEN_LEN;
    char *url = hansa_call_alloc(call, size);
    snprintf(url, size, "%.*s/track/%s", (int)base_len, base, token);
    return url;
}

/* Step `mint`: sets the values token, hint (its last characters, to tell links apart by), secret_hash and url. */
enum hansa_step_result hansa_tracking_link_create_mint(struct hansa_call *call);

enum hansa_step_result hansa_tracking_link_create_mint(struct hansa_call *call) {
    struct hansa_tracking_token token = {{0}, {0}};
    char text[HANSA_TRACKING_TOKEN_LEN + 1], hash[2 + 64 + 1];
    const char *tenant_id = hansa_call_tenant(call);
    snprintf(token.tenant_id, sizeof token.tenant_id, "%s", tenant_id ? tenant_id : "");
    if (RAND_bytes(token.secret, sizeof token.secret) != 1 || !hansa_tracking_token_write(&token, text) ||
        !hansa_tracking_token_hash(&token, hash))
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_INTERNAL), NULL, NULL);
    hansa_call_value_set(call, "token", text, HANSA_TRACKING_TOKEN_LEN);
    hansa_call_value_set(call, "hint", text + HANSA_TRACKING_TOKEN_LEN - HINT_LEN, HINT_LEN);
    hansa_call_value_set(call, "secret_hash", hash, strlen(hash));
    const char *url = url_new(call, text);
    hansa_call_value_set(call, "url", url, strlen(url));
    hansa_call_answer_header(call, "cache-control", "no-store");
    OPENSSL_cleanse(&token, sizeof token);
    OPENSSL_cleanse(text, sizeof text);
    return HANSA_STEP_NEXT;
}
