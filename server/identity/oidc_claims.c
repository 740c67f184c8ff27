/* Texts that people wrote at the provider (name, address, roles) pass the same checks as texts of our own requests
 * (promise I4): what is not fit is left out, and the database decides whether the rest suffices. */
#include "oidc_claims.h"

#include "core/text.h"
#include "oidc_jws.h"

#include <hansa/schema.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

enum { SUBJECT_MAX = 255, NAME_MAX_POINTS = 120, EMAIL_MAX = 254, ROLE_MAX = 255, PATH_MAX_BYTES = 512 };

static bool is_text(const json_t *value, const char *text) {
    return json_is_string(value) && json_string_length(value) == strlen(text) &&
           strcmp(json_string_value(value), text) == 0;
}

/* `aud` is us alone, or a list with us; of several, `azp` must name us. */
static bool audience_is_ours(const json_t *claims, const char *client_id) {
    const json_t *audience = json_object_get(claims, "aud"), *party = json_object_get(claims, "azp");
    bool is_ours = is_text(audience, client_id);
    for (size_t i = 0; i < json_array_size(audience); i++)
        is_ours |= is_text(json_array_get(audience, i), client_id);
    if (party != NULL && !is_text(party, client_id)) return false;
    return is_ours && (json_array_size(audience) <= 1 || party != NULL);
}

/* Seconds since 1970; false = absent or no sound time. */
static bool time_read(const json_t *claims, const char *name, double *ret_time) {
    const json_t *value = json_object_get(claims, name);
    if (!json_is_number(value)) return false;
    *ret_time = json_number_value(value);
    return *ret_time >= 0 && *ret_time < 1e11;
}

static const char *times_check(const json_t *claims, time_t at) {
    double now = (double)at, expires, issued, begins;
    if (!time_read(claims, "exp", &expires) || expires <= now - HANSA_OIDC_SKEW_S) return "the token has expired";
    if (!time_read(claims, "iat", &issued) || issued > now + HANSA_OIDC_SKEW_S) return "the token is from the future";
    if (issued < now - HANSA_OIDC_AGE_MAX_S - HANSA_OIDC_SKEW_S) return "the token is too old";
    if (json_object_get(claims, "nbf") == NULL) return NULL;
    bool has_begun = time_read(claims, "nbf", &begins) && begins <= now + HANSA_OIDC_SKEW_S;
    return has_begun ? NULL : "the token is not valid yet";
}

static bool nonce_is_ours(const json_t *claims, const uint8_t hash[32]) {
    const json_t *nonce = json_object_get(claims, "nonce");
    uint8_t found[SHA256_DIGEST_LENGTH];
    if (!json_is_string(nonce)) return false;
    SHA256((const uint8_t *)json_string_value(nonce), json_string_length(nonce), found);
    return CRYPTO_memcmp(found, hash, sizeof found) == 0;
}

/* The left half of the access token's SHA-256 (our algorithms are all of 256 bits). */
static bool access_token_fits(const json_t *claims, const char *access_token) {
    const json_t *hash = json_object_get(claims, "at_hash");
    uint8_t whole[SHA256_DIGEST_LENGTH];
    char text[32];
    if (hash == NULL || access_token == NULL) return true;
    SHA256((const uint8_t *)access_token, strlen(access_token), whole);
    hansa_identity_base64url_write(whole, sizeof whole / 2, text);
    return is_text(hash, text);
}

static bool subject_is_sound(const json_t *subject) {
    size_t len = json_string_length(subject);
    if (!json_is_string(subject) || len == 0 || len > SUBJECT_MAX) return false;
    for (size_t i = 0; i < len; i++) /* Core 2: ASCII */
        if (json_string_value(subject)[i] < ' ' || json_string_value(subject)[i] > '~') return false;
    return true;
}

const char *hansa_identity_claims_check(const json_t *claims, const struct hansa_identity_expected *expected) {
    if (!is_text(json_object_get(claims, "iss"), expected->issuer)) return "the token is of another issuer";
    if (!audience_is_ours(claims, expected->client_id)) return "the token is for another audience";
    const char *fault = times_check(claims, expected->now);
    if (fault != NULL) return fault;
    if (!nonce_is_ours(claims, expected->nonce_hash)) return "the token is of another sign-in";
    if (!subject_is_sound(json_object_get(claims, "sub"))) return "the token names nobody";
    return access_token_fits(claims, expected->access_token) ? NULL : "the access token is another's";
}

/* --- the person --- */

static const json_t *claim_find(const json_t *claims, const char *path) {
    const json_t *found = json_object_get(claims, path);
    char name[PATH_MAX_BYTES];
    size_t len = strlen(path);
    if (found != NULL || len >= sizeof name) return found;
    memcpy(name, path, len + 1);
    found = claims;
    char *rest = name;
    for (char *one; found != NULL && (one = strsep(&rest, ".")) != NULL;)
        found = json_object_get(found, one);
    return found;
}

bool hansa_identity_claims_have(const json_t *claims, const char *path) {
    const json_t *found = claim_find(claims, path);
    return found != NULL && !json_is_null(found);
}

/* The text if it is a line of at most `most` code points, else NULL. */
static json_t *line_of(const json_t *value, size_t most) {
    const char *text = json_string_value(value);
    size_t len = json_string_length(value), made_len;
    if (text == NULL || len > 4 * most) return NULL;
    char *made = hansa_text_nfc(text, len, &made_len);
    json_t *line = NULL;
    if (made != NULL && made_len > 0 && hansa_format_check(HANSA_FORMAT_LINE, made, made_len) == NULL &&
        hansa_text_length(made, made_len) <= most)
        line = json_stringn(made, made_len);
    free(made);
    return line;
}

static json_t *roles_of(const json_t *claims, const char *role_claim) {
    json_t *roles = json_array();
    const json_t *found = role_claim == NULL ? NULL : claim_find(claims, role_claim);
    json_t *one = line_of(found, ROLE_MAX);
    if (one != NULL) json_array_append_new(roles, one);
    for (size_t i = 0; i < json_array_size(found) && i < HANSA_OIDC_ROLES_MAX; i++)
        if ((one = line_of(json_array_get(found, i), ROLE_MAX)) != NULL) json_array_append_new(roles, one);
    return roles;
}

static json_t *name_of(const json_t *claims, const json_t *email) {
    static const char *const names[] = {"name", "preferred_username"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *name = line_of(json_object_get(claims, names[i]), NAME_MAX_POINTS);
        if (name != NULL) return name;
    }
    const char *text = json_string_value(email);
    return text == NULL ? json_string("?") : json_stringn(text, strcspn(text, "@") > 0 ? strcspn(text, "@") : 1);
}

json_t *hansa_identity_claims_person(const json_t *claims, const char *role_claim) {
    const json_t *verified = json_object_get(claims, "email_verified"), *methods = json_object_get(claims, "amr");
    json_t *email = line_of(json_object_get(claims, "email"), EMAIL_MAX), *name = name_of(claims, email);
    bool has_second_factor = false; /* RFC 8176 */
    for (size_t i = 0; i < json_array_size(methods); i++)
        has_second_factor |= is_text(json_array_get(methods, i), "mfa");
    return json_pack("{s:O, s:o, s:b, s:o, s:o, s:b}", "subject", json_object_get(claims, "sub"), "email",
                     email == NULL ? json_null() : email, "email_verified",
                     json_is_true(verified) || is_text(verified, "true"), "name", name, "roles",
                     roles_of(claims, role_claim), "has_second_factor", has_second_factor);
}
