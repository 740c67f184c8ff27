/* Fuzzes the reader of ID tokens. The first byte says what the rest is: t a token under known keys, k a key set for a known
 * token, c claims, b base64url. Run with tests/fuzz/corpus/oidc.
 *
 * What must hold besides memory safety: the only good tokens under the known keys are those of the corpus, so no changed one
 * is; what base64url reads, it writes; a person made of claims is whole. */
#include "core/json.h"
#include "identity/oidc_claims.h"
#include "identity/oidc_jws.h"

#include "../identity/oidc_samples.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

static void must(bool holds) {
    if (!holds) abort();
}

static json_t *json_of(const char *text, size_t len) {
    struct hansa_fault fault;
    int status;
    return hansa_json_read(text, len, 1 << 18, &fault, &status);
}

static const json_t *known_keys(void) {
    static json_t *keys;
    if (keys == NULL) keys = json_of(OIDC_KEYS, strlen(OIDC_KEYS));
    must(keys != NULL);
    return keys;
}

static void fuzz_token(const char *text, size_t len) {
    static const char *const good[] = {OIDC_RS256, OIDC_PS256, OIDC_ES256, OIDC_NO_KID};
    json_t *payload = NULL;
    const char *why = NULL;
    enum hansa_identity_jws_verdict verdict = hansa_identity_jws_read(text, len, known_keys(), NULL, &payload, &why);
    must((payload != NULL) == (verdict == HANSA_JWS_GOOD));
    bool is_known = false;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        is_known |= strlen(good[i]) == len && memcmp(good[i], text, len) == 0;
    must(verdict != HANSA_JWS_GOOD || is_known);
    json_decref(payload);
}

static void fuzz_keys(const char *text, size_t len) {
    static const char *const tokens[] = {OIDC_RS256, OIDC_ES256, OIDC_NO_KID_RSA};
    json_t *keys = json_of(text, len);
    for (size_t i = 0; keys != NULL && i < sizeof tokens / sizeof tokens[0]; i++) {
        json_t *payload = NULL;
        const char *why;
        hansa_identity_jws_read(tokens[i], strlen(tokens[i]), keys, NULL, &payload, &why);
        json_decref(payload);
    }
    json_decref(keys);
}

static void fuzz_claims(const char *text, size_t len) {
    static const char *const paths[] = {NULL, "groups", "realm.roles", "..", ""};
    struct hansa_identity_expected expected = {
        .issuer = "https://login.example.com", .client_id = "hansa", .access_token = "access", .now = OIDC_NOW};
    SHA256((const uint8_t *)OIDC_NONCE, strlen(OIDC_NONCE), expected.nonce_hash);
    json_t *claims = json_of(text, len);
    if (!json_is_object(claims)) {
        json_decref(claims);
        return;
    }
    bool is_good = hansa_identity_claims_check(claims, &expected) == NULL;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (paths[i] != NULL) hansa_identity_claims_have(claims, paths[i]);
        json_t *person = hansa_identity_claims_person(claims, paths[i]);
        must(person != NULL || !is_good);
        must(person == NULL || json_is_array(json_object_get(person, "roles")));
        json_decref(person);
    }
    json_decref(claims);
}

static void fuzz_base64(const char *text, size_t len) {
    uint8_t bytes[1024];
    char again[1400];
    size_t made;
    if (!hansa_identity_base64url_read(text, len, bytes, sizeof bytes, &made)) return;
    hansa_identity_base64url_write(bytes, made, again);
    must(strlen(again) == len && memcmp(again, text, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    const char *text = (const char *)data + 1;
    switch (data[0]) {
    case 't':
        fuzz_token(text, size - 1);
        break;
    case 'k':
        fuzz_keys(text, size - 1);
        break;
    case 'c':
        fuzz_claims(text, size - 1);
        break;
    default:
        fuzz_base64(text, size - 1);
    }
    return 0;
}
