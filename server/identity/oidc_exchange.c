/* Client authentication is client_secret_basic unless the provider says that it takes client_secret_post alone (OpenID
 * Connect Core 9). Claims that the ID token leaves out are asked of the userinfo endpoint, whose subject must be the
 * token's (5.3.4). */
#include "oidc_exchange.h"

#include "core/fetch.h"
#include "core/json.h"
#include "oidc_claims.h"
#include "oidc_jws.h"
#include "oidc_provider.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    TENANTS_MAX = 64,
    AT_ONCE_MAX = 4,
    FORM_SIZE = 16384,
    AUTHORIZATION_SIZE = 4096,
    ACCESS_TOKEN_MAX = 16384,
    USERINFO_MS = 5000
};

/* --- who is at it --- */

static pthread_mutex_t count_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char tenant[37];
    unsigned count; /* 0 = free */
} counts[TENANTS_MAX];

static bool count_up(const char *tenant) {
    size_t place = TENANTS_MAX;
    pthread_mutex_lock(&count_lock);
    for (size_t i = 0; i < TENANTS_MAX; i++) {
        if (counts[i].count > 0 && strcmp(counts[i].tenant, tenant) == 0) {
            place = i;
            break;
        }
        if (counts[i].count == 0) place = i;
    }
    bool may = place < TENANTS_MAX && counts[place].count < AT_ONCE_MAX;
    if (may) {
        memcpy(counts[place].tenant, tenant, sizeof counts[place].tenant);
        counts[place].count++;
    }
    pthread_mutex_unlock(&count_lock);
    return may;
}

static void count_down(const char *tenant) {
    pthread_mutex_lock(&count_lock);
    for (size_t i = 0; i < TENANTS_MAX; i++)
        if (counts[i].count > 0 && strcmp(counts[i].tenant, tenant) == 0) {
            counts[i].count--;
            break;
        }
    pthread_mutex_unlock(&count_lock);
}

struct hansa_identity_exchange *hansa_identity_exchange_new(const char *tenant, const char *issuer) {
    if (strlen(tenant) != 36 || !count_up(tenant)) return NULL;
    struct hansa_identity_exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) abort();
    memcpy(exchange->tenant, tenant, sizeof exchange->tenant);
    exchange->issuer = strdup(issuer);
    return exchange;
}

static void text_free(char *text) {
    if (text != NULL) OPENSSL_cleanse(text, strlen(text));
    free(text);
}

void hansa_identity_exchange_free(void *data) {
    struct hansa_identity_exchange *exchange = data;
    count_down(exchange->tenant);
    text_free(exchange->issuer);
    text_free(exchange->client_id);
    text_free(exchange->client_secret);
    text_free(exchange->code);
    text_free(exchange->verifier);
    text_free(exchange->redirect_uri);
    text_free(exchange->role_claim);
    free(exchange);
}

void hansa_identity_exchanged_free(void *data) {
    struct hansa_identity_exchanged *exchanged = data;
    json_decref(exchanged->value);
    free(exchanged);
}

static struct hansa_identity_exchanged *exchanged_new(void) {
    struct hansa_identity_exchanged *made = calloc(1, sizeof *made);
    if (made == NULL) abort();
    made->outcome = HANSA_EXCHANGE_FAILED;
    made->why = "";
    return made;
}

/* --- the token request --- */

/* application/x-www-form-urlencoded into `form` at `*at`; what has no room leaves `*at` beyond the size. */
static void form_add(char *form, size_t size, size_t *at, const char *name, const char *value) {
    static const char digits[] = "0123456789ABCDEF";
    size_t begin = *at;
    if (value == NULL) return;
    for (const char *c = begin > 0 && name != NULL ? "&" : ""; *c != '\0'; c++)
        if (*at < size) form[(*at)++] = *c;
    for (const char *c = name == NULL ? "" : name; *c != '\0'; c++)
        if (*at < size) form[(*at)++] = *c;
    if (name != NULL && *at < size) form[(*at)++] = '=';
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++) {
        bool is_plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
                        strchr("-._~", *c) != NULL;
        if (*at + 3 >= size) {
            *at = size;
            return;
        }
        if (is_plain) {
            form[(*at)++] = (char)*c;
        } else {
            form[(*at)++] = '%';
            form[(*at)++] = digits[*c >> 4];
            form[(*at)++] = digits[*c & 15];
        }
    }
    if (*at < size) form[*at] = '\0';
}

static bool takes_method(const json_t *document, const char *method) {
    const json_t *methods = json_object_get(document, "token_endpoint_auth_methods_supported");
    for (size_t i = 0; i < json_array_size(methods); i++) {
        const char *one = json_string_value(json_array_get(methods, i));
        if (one != NULL && strcmp(one, method) == 0) return true;
    }
    return methods == NULL && strcmp(method, "client_secret_basic") == 0;
}

/* "authorization: Basic …": id and secret are encoded as in a form before they are joined (RFC 6749, 2.3.1). */
static bool basic_make(const struct hansa_identity_exchange *exchange, char *text, size_t size) {
    static const char head[] = "authorization: Basic ";
    char pair[AUTHORIZATION_SIZE / 2];
    size_t len = 0;
    form_add(pair, sizeof pair, &len, NULL, exchange->client_id);
    if (len + 1 < sizeof pair) pair[len++] = ':';
    form_add(pair, sizeof pair, &len, NULL, exchange->client_secret);
    bool fits = len < sizeof pair && sizeof head + (len + 2) / 3 * 4 < size;
    if (fits) {
        memcpy(text, head, sizeof head - 1);
        EVP_EncodeBlock((unsigned char *)text + sizeof head - 1, (const unsigned char *)pair, (int)len);
    }
    OPENSSL_cleanse(pair, sizeof pair);
    return fits;
}

static json_t *answer_read(enum hansa_fetch_outcome outcome, const struct hansa_fetched *fetched,
                           struct hansa_identity_exchanged *made) {
    struct hansa_fault fault;
    int status;
    made->outcome = HANSA_EXCHANGE_FAILED;
    made->why = outcome != HANSA_FETCH_DONE ? fetched->why : "the provider's answer is no JSON object";
    if (outcome != HANSA_FETCH_DONE || fetched->body == NULL) return NULL;
    if (fetched->status != 200) {
        if (fetched->status >= 400 && fetched->status < 500) made->outcome = HANSA_EXCHANGE_DENIED;
        made->why = "the provider refuses";
        return NULL;
    }
    json_t *answer = hansa_json_read(fetched->body, fetched->len, HANSA_FETCH_BYTES_MAX, &fault, &status);
    if (json_is_object(answer)) return answer;
    json_decref(answer);
    return NULL;
}

static json_t *tokens_fetch(const struct hansa_identity_exchange *exchange, const json_t *document,
                            struct hansa_identity_exchanged *made) {
    char form[FORM_SIZE], authorization[AUTHORIZATION_SIZE];
    const char *headers[] = {"accept: application/json", "content-type: application/x-www-form-urlencoded", NULL, NULL};
    bool is_basic = exchange->client_secret != NULL &&
                    (takes_method(document, "client_secret_basic") || !takes_method(document, "client_secret_post"));
    size_t len = 0;
    form_add(form, sizeof form, &len, "grant_type", "authorization_code");
    form_add(form, sizeof form, &len, "code", exchange->code);
    form_add(form, sizeof form, &len, "redirect_uri", exchange->redirect_uri);
    form_add(form, sizeof form, &len, "code_verifier", exchange->verifier);
    if (!is_basic) {
        form_add(form, sizeof form, &len, "client_id", exchange->client_id);
        form_add(form, sizeof form, &len, "client_secret", exchange->client_secret);
    }
    bool fits = len < sizeof form && (!is_basic || basic_make(exchange, authorization, sizeof authorization));
    if (is_basic && fits) headers[2] = authorization;
    json_t *answer = NULL;
    made->why = "the request would be too long";
    if (fits) {
        struct hansa_fetched fetched;
        struct hansa_fetch fetch = {.url = hansa_identity_provider_address(document, "token_endpoint"),
                                    .body = form,
                                    .body_len = len,
                                    .headers = headers};
        answer = answer_read(hansa_fetch(&fetch, &fetched), &fetched, made);
        hansa_fetched_done(&fetched);
    }
    OPENSSL_cleanse(form, sizeof form);
    OPENSSL_cleanse(authorization, sizeof authorization);
    return answer;
}

/* --- what came back --- */

/* The claims of a good ID token, or NULL. A key that is not known is asked for once. */
static json_t *token_verify(const struct hansa_identity_exchange *exchange, const json_t *document, const char *token,
                            size_t len, struct hansa_identity_exchanged *made) {
    const json_t *algorithms = json_object_get(document, "id_token_signing_alg_values_supported");
    enum hansa_identity_jws_verdict verdict = HANSA_JWS_KEY_UNKNOWN;
    json_t *claims = NULL;
    bool may_fetch = true;
    for (int i = 0; i < 2 && verdict == HANSA_JWS_KEY_UNKNOWN && may_fetch; i++) {
        struct hansa_identity_keys keys;
        made->outcome = i == 0 ? HANSA_EXCHANGE_FAILED : HANSA_EXCHANGE_DISTRUST;
        if (!hansa_identity_provider_keys(exchange->issuer, i > 0, &keys, &made->why)) return NULL;
        made->outcome = HANSA_EXCHANGE_DISTRUST;
        may_fetch = !keys.is_fresh;
        verdict = hansa_identity_jws_read(token, len, keys.set, algorithms, &claims, &made->why);
        json_decref(keys.set);
    }
    return verdict == HANSA_JWS_GOOD ? claims : NULL;
}

static const char *access_token_of(const json_t *tokens) {
    const json_t *value = json_object_get(tokens, "access_token");
    const char *text = json_string_value(value);
    if (text == NULL || json_string_length(value) > ACCESS_TOKEN_MAX) return NULL;
    for (const char *c = text; *c != '\0'; c++) /* RFC 6750, b68token: nothing that could end a header field */
        if (*c <= ' ' || *c > '~') return NULL;
    return strlen(text) == json_string_length(value) ? text : NULL;
}

/* Adds what the ID token does not say. Failing to is no fault here: what is missing then, is missing. */
static void userinfo_add(json_t *claims, const json_t *document, const char *access_token) {
    const char *url = hansa_identity_provider_address(document, "userinfo_endpoint");
    if (url == NULL || access_token == NULL) return;
    static const char head[] = "authorization: Bearer ";
    size_t len = strlen(access_token);
    char *authorization = malloc(sizeof head + len);
    if (authorization == NULL) return;
    memcpy(authorization, head, sizeof head - 1);
    memcpy(authorization + sizeof head - 1, access_token, len + 1);
    struct hansa_identity_exchanged unused;
    struct hansa_fetched fetched;
    struct hansa_fetch fetch = {.url = url,
                                .headers = (const char *const[]){"accept: application/json", authorization, NULL},
                                .most_ms = USERINFO_MS};
    json_t *told = answer_read(hansa_fetch(&fetch, &fetched), &fetched, &unused);
    hansa_fetched_done(&fetched);
    text_free(authorization);
    if (told != NULL && json_equal(json_object_get(told, "sub"), json_object_get(claims, "sub")))
        json_object_update_missing(claims, told);
    json_decref(told);
}

static json_t *person_of(const struct hansa_identity_exchange *exchange, const json_t *document, const json_t *tokens,
                         struct hansa_identity_exchanged *made) {
    const json_t *token = json_object_get(tokens, "id_token");
    struct hansa_identity_expected expected = {.issuer = exchange->issuer,
                                               .client_id = exchange->client_id,
                                               .access_token = access_token_of(tokens),
                                               .now = time(NULL)};
    memcpy(expected.nonce_hash, exchange->nonce_hash, sizeof expected.nonce_hash);
    made->outcome = HANSA_EXCHANGE_DISTRUST;
    made->why = "no ID token";
    if (!json_is_string(token)) return NULL;
    json_t *claims = token_verify(exchange, document, json_string_value(token), json_string_length(token), made);
    if (claims == NULL) return NULL;
    json_t *person = NULL;
    if ((made->why = hansa_identity_claims_check(claims, &expected)) == NULL) {
        bool is_whole = hansa_identity_claims_have(claims, "email") &&
                        (exchange->role_claim == NULL || hansa_identity_claims_have(claims, exchange->role_claim));
        if (!is_whole) userinfo_add(claims, document, expected.access_token);
        person = hansa_identity_claims_person(claims, exchange->role_claim);
    }
    json_decref(claims);
    return person;
}

void *hansa_identity_exchange_discover(void *data) {
    struct hansa_identity_exchange *exchange = data;
    struct hansa_identity_exchanged *made = exchanged_new();
    made->value = hansa_identity_provider_document(exchange->issuer, &made->why);
    if (made->value != NULL) made->outcome = HANSA_EXCHANGE_DONE;
    hansa_identity_exchange_free(exchange);
    return made;
}

void *hansa_identity_exchange_code(void *data) {
    struct hansa_identity_exchange *exchange = data;
    struct hansa_identity_exchanged *made = exchanged_new();
    json_t *document = hansa_identity_provider_document(exchange->issuer, &made->why), *tokens = NULL;
    bool names_itself = json_is_true(json_object_get(document, "authorization_response_iss_parameter_supported")) &&
                        !exchange->has_issuer;
    if (names_itself) {
        made->outcome = HANSA_EXCHANGE_DISTRUST;
        made->why = "the provider names itself elsewhere, but not here";
    } else if (document != NULL) {
        tokens = tokens_fetch(exchange, document, made);
    }
    if (tokens != NULL) made->value = person_of(exchange, document, tokens, made);
    if (made->value != NULL) made->outcome = HANSA_EXCHANGE_DONE;
    json_decref(tokens);
    json_decref(document);
    hansa_identity_exchange_free(exchange);
    return made;
}
