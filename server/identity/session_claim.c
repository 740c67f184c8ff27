#include "session_claim.h"

#include "core/hex.h"

#include <hansa/config.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *copied(struct hansa_call *call, const char *text) {
    if (text == NULL) return NULL;
    size_t len = strlen(text);
    char *copy = hansa_call_alloc(call, len + 1);
    memcpy(copy, text, len);
    return copy;
}

struct hansa_identity_claim *hansa_identity_claim_take(struct hansa_call *call) {
    struct hansa_identity_claim *claim = hansa_call_alloc(call, sizeof *claim);
    const struct {
        const char *name, **place;
    } members[] = {{"tenant", &claim->tenant},
                   {"email", &claim->email},
                   {"name", &claim->name},
                   {"password", &claim->password},
                   {"new_password", &claim->new_password},
                   {"totp", &claim->totp},
                   {"recovery_code", &claim->recovery_code},
                   {"token", &claim->token},
                   {"code", &claim->code}};
    struct hansa_bytes body = hansa_call_body(call);
    json_t *value = json_loadb(body.at, body.len, 0, NULL);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        *members[i].place = copied(call, json_string_value(json_object_get(value, members[i].name)));
    json_decref(value);
    if (body.len > 0) OPENSSL_cleanse((void *)(uintptr_t)body.at, body.len);
    hansa_call_body_set(call, "{}", 2);
    hansa_call_notes_set(call, claim);
    return claim;
}

struct hansa_identity_claim *hansa_identity_claim(const struct hansa_call *call) {
    return hansa_call_notes(call);
}

void hansa_identity_claim_bind(struct hansa_call *call, json_t *value) {
    char *text = json_dumps(value, JSON_COMPACT);
    if (text == NULL)
        hansa_call_body_set(call, "{}", 2);
    else
        hansa_call_body_set(call, text, strlen(text));
    free(text);
    json_decref(value);
}

const char *hansa_identity_claim_column(struct hansa_call *call, const char *name) {
    return copied(call, hansa_call_column(call, name, NULL));
}

void hansa_identity_claim_bytes(struct hansa_call *call, const char *name, const uint8_t *bytes, size_t len) {
    char *text = hansa_call_alloc(call, 2 + 2 * len + 1);
    hansa_hex_bytea(bytes, len, text);
    hansa_call_value_set(call, name, text, 2 + 2 * len);
}

size_t hansa_identity_claim_unhex(const char *text, uint8_t *ret_bytes, size_t size) {
    if (text == NULL || strncmp(text, "\\x", 2) != 0) return 0;
    size_t len = strlen(text + 2) / 2;
    return len <= size && hansa_hex_read(text + 2, len, ret_bytes) ? len : 0;
}

bool hansa_identity_claim_waits(struct hansa_call *call) {
    const char *wait = hansa_call_column(call, "wait", NULL);
    if (wait == NULL || strcmp(wait, "0") == 0) return false;
    hansa_call_answer_header(call, "retry-after", wait);
    hansa_call_problem(call, hansa_error(HANSA_ERROR_IDENTITY_LOGIN_THROTTLED), NULL, NULL);
    return true;
}

/* The name in "https://name:port/…" or "name:port". */
static json_t *host_name(const char *text, size_t len) {
    const char *scheme = memmem(text, len, "://", 3);
    if (scheme != NULL) {
        len -= (size_t)(scheme + 3 - text);
        text = scheme + 3;
    }
    size_t end = 0;
    while (end < len && text[end] != ':' && text[end] != '/')
        end++;
    json_t *name = end > 0 && end < 254 ? json_stringn(text, end) : NULL;
    return name == NULL ? json_null() : name; /* not UTF-8: no host of ours */
}

enum hansa_step_result hansa_identity_claim_tenant(struct hansa_call *call) {
    const struct hansa_identity_claim *claim = hansa_identity_claim(call);
    struct hansa_bytes host = hansa_call_header(call, "host");
    const char *own = hansa_config()->public_url;
    hansa_identity_claim_bind(call, json_pack("{s:s?, s:o, s:o, s:I}", "slug", claim->tenant, "host",
                                              host_name(host.at == NULL ? "" : host.at, host.len), "parent",
                                              host_name(own, strlen(own)), "limit",
                                              (json_int_t)hansa_config()->login_source_max));
    return hansa_call_statement(call, "identity/login_source");
}

bool hansa_identity_claim_tenant_found(struct hansa_call *call) {
    if (hansa_identity_claim_waits(call)) return true;
    const char *tenant = hansa_call_column(call, "tenant_id", NULL);
    if (tenant != NULL) hansa_call_tenant_set(call, tenant);
    return false;
}
