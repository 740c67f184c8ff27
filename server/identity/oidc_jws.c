/* The order is the defence: the form of all three parts, then header, key, and signature; the payload is given out
 * last. libcjose sees nothing that is not strict base64url: the decoder of version 0.6.2 aborts the process at a stray
 * `=` (found by fuzzing; tests/fuzz/corpus/oidc/token-stray-padding).
 *
 * The key comes from the provider's own set alone; `jku`, `jwk`, `x5u` and `x5c` of a token are not even read. libcjose
 * gets a key that was built anew from its public members, so a set that holds something else (private or symmetric)
 * lends nothing. */
#include "oidc_jws.h"

#include "core/json.h"

#include <cjose/cjose.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { KEYS_MAX = 64, RSA_BYTES_MIN = 256, RSA_BYTES_MAX = 1024, EC_BYTES = 32 };

struct algorithm {
    const char *name, *key_type;
    bool is_rsa;
};
static const struct algorithm algorithms_known[] = {
    {"RS256", "RSA", true}, {"PS256", "RSA", true}, {"ES256", "EC", false}};

struct jws {
    const char *part[3]; /* header, payload, signature: base64url */
    size_t part_len[3];
    json_t *header;
    const struct algorithm *algorithm;
};

static int digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool hansa_identity_base64url_read(const char *text, size_t len, uint8_t *ret_bytes, size_t size, size_t *ret_len) {
    uint32_t bits = 0;
    int count = 0;
    size_t made = 0;
    for (size_t i = 0; i < len; i++) {
        int value = digit(text[i]);
        if (value < 0) return false;
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count < 8) continue;
        if (made == size) return false;
        count -= 8;
        ret_bytes[made++] = (uint8_t)(bits >> count);
        bits &= (1u << count) - 1;
    }
    *ret_len = made;
    return count < 6 && bits == 0;
}

void hansa_identity_base64url_write(const uint8_t *bytes, size_t len, char *ret_text) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | bytes[i];
        for (count += 8; count >= 6; count -= 6)
            *ret_text++ = digits[bits >> (count - 6) & 63];
        bits &= (1u << count) - 1;
    }
    if (count > 0) *ret_text++ = digits[bits << (6 - count) & 63];
    *ret_text = '\0';
}

static json_t *object_read(const char *text, size_t len) {
    uint8_t bytes[HANSA_JWS_BYTES_MAX];
    size_t made;
    struct hansa_fault fault;
    int status;
    if (!hansa_identity_base64url_read(text, len, bytes, sizeof bytes, &made)) return NULL;
    json_t *value = hansa_json_read((const char *)bytes, made, sizeof bytes, &fault, &status);
    if (json_is_object(value)) return value;
    json_decref(value);
    return NULL;
}

static bool parts_split(const char *token, size_t len, struct jws *jws) {
    for (size_t i = 0; i < 3; i++) {
        const char *dot = memchr(token, '.', len);
        size_t part_len = dot == NULL ? len : (size_t)(dot - token);
        if ((dot == NULL) != (i == 2) || part_len == 0) return false;
        jws->part[i] = token;
        jws->part_len[i] = part_len;
        if (dot == NULL) break;
        token = dot + 1;
        len -= part_len + 1;
    }
    return true;
}

static bool list_has(const json_t *list, const char *text) {
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) if (json_is_string(one) && strcmp(json_string_value(one), text) == 0) return true;
    return false;
}

/* NULL = fine, else why not. */
static const char *header_check(struct jws *jws, const json_t *algorithms) {
    const json_t *type = json_object_get(jws->header, "typ");
    const char *name = json_string_value(json_object_get(jws->header, "alg"));
    if (json_object_get(jws->header, "crit") != NULL) return "the header demands what is not known";
    if (json_object_get(jws->header, "enc") != NULL || json_object_get(jws->header, "b64") != NULL ||
        json_object_get(jws->header, "zip") != NULL)
        return "the header is not a signature's";
    /* application/at+jwt and its like are other tokens than this one */
    if (type != NULL && (!json_is_string(type) || strcasecmp(json_string_value(type), "JWT") != 0))
        return "the type is not JWT";
    for (size_t i = 0; name != NULL && i < sizeof algorithms_known / sizeof algorithms_known[0]; i++)
        if (strcmp(name, algorithms_known[i].name) == 0) jws->algorithm = &algorithms_known[i];
    if (jws->algorithm == NULL) return "the algorithm is not allowed";
    if (algorithms != NULL && !list_has(algorithms, name)) return "the provider does not sign with this algorithm";
    const json_t *kid = json_object_get(jws->header, "kid");
    return kid == NULL || json_is_string(kid) ? NULL : "the key id is no text";
}

/* --- keys --- */

static bool member_read(const json_t *key, const char *name, uint8_t *bytes, size_t size, size_t *ret_len) {
    const json_t *value = json_object_get(key, name);
    return json_is_string(value) &&
           hansa_identity_base64url_read(json_string_value(value), json_string_length(value), bytes, size, ret_len);
}

static bool rsa_is_sound(const json_t *key) {
    uint8_t n[RSA_BYTES_MAX + 1], e[8];
    size_t n_len, e_len;
    if (!member_read(key, "n", n, sizeof n, &n_len) || !member_read(key, "e", e, sizeof e, &e_len) || e_len == 0)
        return false;
    const uint8_t *first = n;
    while (n_len > 0 && *first == 0)
        first++, n_len--;
    if (n_len < RSA_BYTES_MIN || n_len > RSA_BYTES_MAX || (n_len == RSA_BYTES_MIN && *first < 0x80)) return false;
    uint64_t exponent = 0;
    for (size_t i = 0; i < e_len; i++)
        exponent = exponent << 8 | e[i];
    return exponent >= 3 && exponent <= UINT32_MAX && exponent % 2 == 1 && (first[n_len - 1] & 1) == 1;
}

static bool ec_is_sound(const json_t *key) {
    uint8_t x[EC_BYTES], y[EC_BYTES];
    size_t x_len, y_len;
    const char *curve = json_string_value(json_object_get(key, "crv"));
    return curve != NULL && strcmp(curve, "P-256") == 0 && member_read(key, "x", x, sizeof x, &x_len) &&
           x_len == EC_BYTES && member_read(key, "y", y, sizeof y, &y_len) && y_len == EC_BYTES;
}

static bool key_fits(const json_t *key, const struct jws *jws) {
    const char *type = json_string_value(json_object_get(key, "kty"));
    const json_t *use = json_object_get(key, "use"), *operations = json_object_get(key, "key_ops"),
                 *algorithm = json_object_get(key, "alg");
    if (type == NULL || strcmp(type, jws->algorithm->key_type) != 0) return false;
    if (use != NULL && (!json_is_string(use) || strcmp(json_string_value(use), "sig") != 0)) return false;
    if (operations != NULL && !list_has(operations, "verify")) return false;
    return algorithm == NULL ||
           (json_is_string(algorithm) && strcmp(json_string_value(algorithm), jws->algorithm->name) == 0);
}

/* The one key that the token names; without a name, the one that fits if it is the only one. */
static const json_t *key_find(const json_t *key_set, const struct jws *jws) {
    const json_t *kid = json_object_get(jws->header, "kid"), *found = NULL;
    const json_t *keys = json_object_get(key_set, "keys");
    for (size_t i = 0; i < json_array_size(keys) && i < KEYS_MAX; i++) {
        const json_t *key = json_array_get(keys, i);
        if (!json_is_object(key) || !key_fits(key, jws)) continue;
        if (kid != NULL && !json_equal(kid, json_object_get(key, "kid"))) continue;
        if (found != NULL) return NULL;
        found = key;
    }
    return found;
}

static cjose_jwk_t *key_import(const json_t *key, bool is_rsa) {
    static const char *const rsa[] = {"kty", "n", "e", NULL}, *const ec[] = {"kty", "crv", "x", "y", NULL};
    cjose_err fault;
    if (is_rsa ? !rsa_is_sound(key) : !ec_is_sound(key)) return NULL;
    json_t *plain = json_object();
    for (const char *const *name = is_rsa ? rsa : ec; *name != NULL; name++)
        json_object_set(plain, *name, json_object_get(key, *name));
    char *text = json_dumps(plain, JSON_COMPACT);
    json_decref(plain);
    cjose_jwk_t *made = text == NULL ? NULL : cjose_jwk_import(text, strlen(text), &fault);
    free(text);
    return made;
}

/* --- signature --- */

static bool signature_has_size(const struct jws *jws, const json_t *key) {
    uint8_t bytes[RSA_BYTES_MAX + 1], n[RSA_BYTES_MAX + 1];
    size_t len, n_len;
    if (!hansa_identity_base64url_read(jws->part[2], jws->part_len[2], bytes, sizeof bytes, &len)) return false;
    if (!jws->algorithm->is_rsa) return len == 2 * (size_t)EC_BYTES;
    if (!member_read(key, "n", n, sizeof n, &n_len)) return false;
    for (size_t i = 0; i < n_len && n[i] == 0; i++)
        len++;
    return len == n_len;
}

static bool signature_is_good(const char *token, size_t len, const struct jws *jws, const json_t *key) {
    cjose_err fault;
    cjose_jwk_t *known = signature_has_size(jws, key) ? key_import(key, jws->algorithm->is_rsa) : NULL;
    cjose_jws_t *signature = known == NULL ? NULL : cjose_jws_import(token, len, &fault);
    bool is_good = signature != NULL && cjose_jws_verify(signature, known, &fault);
    cjose_jws_release(signature);
    cjose_jwk_release(known);
    return is_good;
}

static enum hansa_identity_jws_verdict verify(const char *token, size_t len, struct jws *jws, const json_t *key_set,
                                              const json_t *algorithms, json_t **ret_payload, const char **ret_why) {
    if ((*ret_why = header_check(jws, algorithms)) != NULL) return HANSA_JWS_BAD;
    const json_t *key = key_find(key_set, jws);
    *ret_why = "no key of the provider fits";
    if (key == NULL) return HANSA_JWS_KEY_UNKNOWN;
    *ret_why = "the payload is no JSON object";
    json_t *payload = object_read(jws->part[1], jws->part_len[1]);
    if (payload == NULL) return HANSA_JWS_BAD;
    *ret_why = "the signature is not good";
    if (signature_is_good(token, len, jws, key)) {
        *ret_payload = payload;
        return HANSA_JWS_GOOD;
    }
    json_decref(payload);
    return HANSA_JWS_BAD;
}

enum hansa_identity_jws_verdict hansa_identity_jws_read(const char *token, size_t len, const json_t *key_set,
                                                        const json_t *algorithms, json_t **ret_payload,
                                                        const char **ret_why) {
    struct jws jws = {0};
    *ret_why = "not a signed token";
    if (len > HANSA_JWS_BYTES_MAX || !parts_split(token, len, &jws)) return HANSA_JWS_BAD;
    jws.header = object_read(jws.part[0], jws.part_len[0]);
    if (jws.header == NULL) return HANSA_JWS_BAD;
    enum hansa_identity_jws_verdict verdict = verify(token, len, &jws, key_set, algorithms, ret_payload, ret_why);
    json_decref(jws.header);
    return verdict;
}
