/* ID tokens: which signatures count, and whose word is for us, now (standards.md 5.15, OpenID Connect Core 3.1.3.7). */
#include "identity/oidc_claims.h"
#include "identity/oidc_jws.h"
#include "oidc_samples.h"

#include <criterion/criterion.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

static json_t *read_json(const char *text) {
    json_t *value = json_loads(text, 0, NULL);
    cr_assert_not_null(value, "%s", text);
    return value;
}

static enum hansa_identity_jws_verdict verdict_under(const char *token, size_t len, const char *keys,
                                                     const char *algorithms) {
    json_t *set = read_json(keys), *list = algorithms == NULL ? NULL : read_json(algorithms), *payload = NULL;
    const char *why;
    enum hansa_identity_jws_verdict verdict = hansa_identity_jws_read(token, len, set, list, &payload, &why);
    cr_expect_eq(payload != NULL, verdict == HANSA_JWS_GOOD);
    json_decref(payload);
    json_decref(list);
    json_decref(set);
    return verdict;
}

static enum hansa_identity_jws_verdict verdict_of(const char *token) {
    return verdict_under(token, strlen(token), OIDC_KEYS, NULL);
}

Test(jws, the_three_algorithms_are_taken) {
    cr_expect_eq(verdict_of(OIDC_RS256), HANSA_JWS_GOOD);
    cr_expect_eq(verdict_of(OIDC_PS256), HANSA_JWS_GOOD);
    cr_expect_eq(verdict_of(OIDC_ES256), HANSA_JWS_GOOD);
}

Test(jws, others_are_not) {
    cr_expect_eq(verdict_of(OIDC_HS256), HANSA_JWS_BAD, "a public key is no secret");
    cr_expect_eq(verdict_of(OIDC_NONE), HANSA_JWS_BAD);
    cr_expect_eq(verdict_of(OIDC_CRIT), HANSA_JWS_BAD);
    cr_expect_eq(verdict_of(OIDC_OTHER_KEY), HANSA_JWS_BAD, "the key id is only a name");
    cr_expect_eq(verdict_of(OIDC_SMALL), HANSA_JWS_BAD, "RSA of 1024 bits");
    cr_expect_eq(verdict_under(OIDC_RS256, strlen(OIDC_RS256), OIDC_KEYS, "[\"ES256\"]"), HANSA_JWS_BAD);
    cr_expect_eq(verdict_under(OIDC_RS256, strlen(OIDC_RS256), OIDC_KEYS, "[\"RS256\"]"), HANSA_JWS_GOOD);
}

Test(jws, a_key_that_is_not_there_is_told_apart) {
    cr_expect_eq(verdict_of(OIDC_UNKNOWN), HANSA_JWS_KEY_UNKNOWN);
    cr_expect_eq(verdict_under(OIDC_RS256, strlen(OIDC_RS256), "{\"keys\":[]}", NULL), HANSA_JWS_KEY_UNKNOWN);
    cr_expect_eq(verdict_under(OIDC_RS256, strlen(OIDC_RS256), "{}", NULL), HANSA_JWS_KEY_UNKNOWN);
    cr_expect_eq(verdict_of(OIDC_NO_KID), HANSA_JWS_GOOD, "one key alone fits");
    cr_expect_eq(verdict_of(OIDC_NO_KID_RSA), HANSA_JWS_KEY_UNKNOWN, "several fit: none is guessed");
}

/* Every byte changed once, and every length: never good, but for what the whole is. */
Test(jws, whatever_is_touched_is_refused, .timeout = 60) {
    char token[sizeof OIDC_ES256];
    size_t len = strlen(OIDC_ES256);
    for (size_t i = 0; i < len; i++) {
        memcpy(token, OIDC_ES256, sizeof token);
        token[i] = token[i] == 'A' ? 'B' : 'A';
        cr_expect_neq(verdict_under(token, len, OIDC_KEYS, NULL), HANSA_JWS_GOOD, "byte %zu", i);
        cr_expect_neq(verdict_under(OIDC_ES256, i, OIDC_KEYS, NULL), HANSA_JWS_GOOD, "length %zu", i);
    }
    char *padded = malloc(len + 3); /* aborts libcjose 0.6.2 where it gets there */
    const char *payload = strchr(OIDC_ES256, '.') + 1;
    for (size_t at = 1; at < 12; at++) {
        size_t cut = (size_t)(payload - OIDC_ES256) + at;
        memcpy(padded, OIDC_ES256, cut);
        padded[cut] = '=';
        memcpy(padded + cut + 1, OIDC_ES256 + cut, len - cut);
        cr_expect_eq(verdict_under(padded, len + 1, OIDC_KEYS, NULL), HANSA_JWS_BAD, "padding after %zu", at);
    }
    free(padded);
    static const char *const others[] = {"",        ".",     "..",       "...",      "a.b.c",
                                         "a.b.c.d", "=.=.=", "e30.e30.", "e30..e30", ".e30.e30"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_expect_eq(verdict_of(others[i]), HANSA_JWS_BAD, "%s", others[i]);
    char *large = calloc(1, 9001);
    memset(large, 'a', 9000);
    cr_expect_eq(verdict_of(large), HANSA_JWS_BAD);
    free(large);
}

Test(jws, base64url_is_strict) {
    uint8_t bytes[8];
    size_t len;
    cr_expect(hansa_identity_base64url_read("_-8", 3, bytes, sizeof bytes, &len) && len == 2 && bytes[0] == 0xff &&
              bytes[1] == 0xef);
    cr_expect(hansa_identity_base64url_read("", 0, bytes, sizeof bytes, &len) && len == 0);
    static const char *const bad[] = {"A", "AB", "AAB", "AA==", "A+", "A/A", "AA A", "AAAAA"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_not(hansa_identity_base64url_read(bad[i], strlen(bad[i]), bytes, sizeof bytes, &len), "%s", bad[i]);
    cr_expect_not(hansa_identity_base64url_read("AAAAAAAAAAAA", 12, bytes, sizeof bytes, &len),
                  "more than there is room for");
    char text[16];
    hansa_identity_base64url_write((const uint8_t *)"\xff\xef\x00\x01", 4, text);
    cr_expect_str_eq(text, "_-8AAQ");
}

/* --- claims --- */

static struct hansa_identity_expected expected(void) {
    struct hansa_identity_expected wanted = {
        .issuer = "https://login.example.com", .client_id = "hansa", .access_token = "access", .now = OIDC_NOW};
    SHA256((const uint8_t *)OIDC_NONCE, strlen(OIDC_NONCE), wanted.nonce_hash);
    return wanted;
}

static json_t *good(void) {
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "iss", "https://login.example.com", "sub", "subject-1", "aud",
                     "hansa", "exp", (json_int_t)OIDC_NOW + 300, "iat", (json_int_t)OIDC_NOW, "nonce", OIDC_NONCE);
}

/* Is the good token still good with this member (JSON; NULL = left out)? */
static bool is_taken(const char *name, const char *value) {
    json_t *claims = good();
    struct hansa_identity_expected wanted = expected();
    if (name != NULL && value == NULL)
        json_object_del(claims, name);
    else if (name != NULL)
        json_object_set_new(claims, name, json_loads(value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
    bool taken = hansa_identity_claims_check(claims, &wanted) == NULL;
    json_decref(claims);
    return taken;
}

Test(claims, what_a_token_must_say) {
    static const struct {
        const char *name, *value;
        bool is_taken;
    } cases[] = {
        {NULL, NULL, true},
        {"iss", NULL, false},
        {"iss", "1", false},
        {"iss", "\"https://login.example.com/\"", false},
        {"iss", "\"https://LOGIN.example.com\"", false},
        {"iss", "\"https://login.example.com\\u0000x\"", false},
        {"aud", NULL, false},
        {"aud", "\"other\"", false},
        {"aud", "[\"hansa\"]", true},
        {"aud", "[]", false},
        {"aud", "[\"other\"]", false},
        {"aud", "[\"hansa\", \"other\"]", false},
        {"aud", "{\"hansa\": 1}", false},
        {"aud", "[[\"hansa\"]]", false},
        {"azp", "\"hansa\"", true},
        {"azp", "\"other\"", false},
        {"azp", "null", false},
        {"exp", NULL, false},
        {"exp", "1790000000", true},
        {"exp", "1789999941", true},
        {"exp", "1789999940", false},
        {"exp", "\"1790000300\"", false},
        {"exp", "1e30", false},
        {"exp", "-1", false},
        {"exp", "true", false},
        {"iat", NULL, false},
        {"iat", "1790000060", true},
        {"iat", "1790000061", false},
        {"iat", "1789999340", true},
        {"iat", "1789999339", false},
        {"nbf", "1790000060", true},
        {"nbf", "1790000061", false},
        {"nbf", "\"x\"", false},
        {"nbf", "null", false},
        {"nonce", NULL, false},
        {"nonce", "\"other\"", false},
        {"nonce", "[]", false},
        {"sub", NULL, false},
        {"sub", "\"\"", false},
        {"sub", "1", false},
        {"sub", "\"a\\nb\"", false},
        {"sub", "\"\\u00e9\"", false},
        {"at_hash", "\"AAAAAAAAAAAAAAAAAAAAAA\"", false},
        {"at_hash", "1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(is_taken(cases[i].name, cases[i].value), cases[i].is_taken, "%s %s", cases[i].name,
                     cases[i].value);
}

Test(claims, the_access_token_is_bound) {
    uint8_t digest[32];
    char text[32], quoted[40];
    SHA256((const uint8_t *)"access", 6, digest);
    hansa_identity_base64url_write(digest, 16, text);
    snprintf(quoted, sizeof quoted, "\"%s\"", text);
    cr_expect(is_taken("at_hash", quoted));
}

static char *person(const char *claims_text, const char *role_claim) {
    json_t *claims = read_json(claims_text), *made = hansa_identity_claims_person(claims, role_claim);
    char *text = json_dumps(made, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(made);
    json_decref(claims);
    return text;
}

Test(claims, the_person) {
    static const struct {
        const char *claims, *role_claim, *person;
    } cases[] = {
        {"{\"sub\":\"s\",\"email\":\"a@b.example\",\"email_verified\":true,\"name\":\"A\",\"g\":[\"x\",1,\"y\"],"
         "\"amr\":[\"pwd\",\"mfa\"]}",
         "g",
         "{\"email\":\"a@b.example\",\"email_verified\":true,\"has_second_factor\":true,\"name\":\"A\",\"roles\":["
         "\"x\",\"y\"],\"subject\":\"s\"}"},
        {"{\"sub\":\"s\",\"email\":\"a@b.example\",\"email_verified\":\"true\"}", NULL,
         "{\"email\":\"a@b.example\",\"email_verified\":true,\"has_second_factor\":false,\"name\":\"a\",\"roles\":[],"
         "\"subject\":\"s\"}"},
        {"{\"sub\":\"s\",\"email\":\"a\\nb\",\"email_verified\":1,\"name\":\"\\u202eA\",\"preferred_username\":\"p\","
         "\"realm\":{\"roles\":\"one\"}}",
         "realm.roles",
         "{\"email\":null,\"email_verified\":false,\"has_second_factor\":false,\"name\":\"p\",\"roles\":[\"one\"],"
         "\"subject\":\"s\"}"},
        {"{\"sub\":\"s\",\"a.b\":[\"whole\"],\"a\":{\"b\":\"path\"}}", "a.b",
         "{\"email\":null,\"email_verified\":false,\"has_second_factor\":false,\"name\":\"?\",\"roles\":[\"whole\"],"
         "\"subject\":\"s\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *made = person(cases[i].claims, cases[i].role_claim);
        cr_expect_str_eq(made, cases[i].person);
        free(made);
    }
}
