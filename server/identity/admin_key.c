/* hansa admin key: a key is printed once and only its hash is stored. */
#include "admin_order.h"
#include "core/hex.h"
#include "core/once.h"
#include "key.h"
#include "scope.h"

#include <hansa/config.h>
#include <hansa/endpoint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "all" and "read" are words for patterns; everything else must be a scope that some endpoint of that side asks for. */
static const char *scopes_read(const char *text, bool is_operators) {
    if (text == NULL) return fputs("hansa: --scopes: must be given: all, read, or a list\n", stderr), NULL;
    if (strcmp(text, "all") == 0) return "*";
    if (strcmp(text, "read") == 0) return "*:read";
    for (const char *at = text; *at != '\0'; at += strspn(at, ", ")) {
        size_t len = strcspn(at, ", ");
        if (!hansa_identity_scope_is_known(at, len, is_operators)) {
            char told[HANSA_SCOPES_TOLD_MAX];
            hansa_identity_scopes_tell(is_operators, told);
            return fprintf(stderr, "hansa: --scopes: no endpoint of %s asks for %.*s. %s\n",
                           is_operators ? "the operator" : "a tenant", (int)len, at, told),
                   NULL;
        }
        at += len;
    }
    return text;
}

/* A date, a time, or days from now; false = none of them, or past. */
static bool expiry_read(const char *text, char ret_time[40]) {
    char *end;
    long days = strtol(text, &end, 10);
    if (end != text && strcmp(end, "d") == 0 && days > 0 && days <= 3650) {
        time_t at = time(NULL) + days * 86400;
        struct tm utc;
        return strftime(ret_time, 40, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&at, &utc)) > 0;
    }
    size_t len = strlen(text);
    if (hansa_format_check(HANSA_FORMAT_DATE, text, len) == NULL)
        return snprintf(ret_time, 40, "%sT00:00:00Z", text), true;
    if (len >= 40 || hansa_format_check(HANSA_FORMAT_DATE_TIME, text, len) != NULL) return false;
    return snprintf(ret_time, 40, "%s", text), true;
}

int hansa_identity_admin_key_create(PGconn *pg, const struct hansa_admin_order *order) {
    char text[HANSA_KEY_LEN + 1], hash[67], expires[40], prefix[64];
    struct hansa_identity_key key;
    const char *scopes = scopes_read(order->options[HANSA_ADMIN_SCOPES], order->is_operator);
    if (scopes == NULL) return 2;
    if (order->options[HANSA_ADMIN_EXPIRES] != NULL && !expiry_read(order->options[HANSA_ADMIN_EXPIRES], expires))
        return fputs("hansa: --expires: must be a date, a time or a number of days such as 90d\n", stderr), 2;
    char *tenant = hansa_identity_admin_tenant(pg, order);
    if (tenant == NULL) return 1;
    json_t *made = NULL;
    if (hansa_identity_key_make(tenant, NULL, order->is_test, text, &key)) {
        hansa_hex_bytea(key.digest, 32, hash);
        snprintf(prefix, sizeof prefix, "hansa_%s_…_%s", order->is_test ? "test" : "live", key.reference);
        const char *name = order->options[HANSA_ADMIN_NAME] != NULL ? order->options[HANSA_ADMIN_NAME] : key.reference;
        const struct hansa_once_value values[] = {
            {"key_ref", key.reference},
            {"name", name},
            {"prefix", prefix},
            {"secret_hash", hash},
            {"scopes", scopes},
            {"is_test", order->is_test ? "true" : "false"},
            {"expires_at", order->options[HANSA_ADMIN_EXPIRES] != NULL ? expires : NULL},
            {NULL, NULL}};
        made = hansa_once_run(pg, "identity/key_admin_create", tenant, values);
    }
    free(tenant);
    if (made == NULL) return 1;
    if (order->wants_json) {
        json_object_set_new(made, "key", json_string(text));
        hansa_identity_admin_print(made);
    } else {
        fprintf(stderr, "This key is shown once; keep it safe.\n");
        puts(text);
    }
    json_decref(made);
    return 0;
}

int hansa_identity_admin_key_list(PGconn *pg, const struct hansa_admin_order *order) {
    char *tenant = hansa_identity_admin_tenant(pg, order);
    json_t *one, *all = tenant == NULL ? NULL
                                       : hansa_once_run(pg, "identity/key_admin_list", tenant,
                                                        (struct hansa_once_value[]){{NULL, NULL}});
    size_t i;
    free(tenant);
    if (all == NULL) return 1;
    if (order->wants_json)
        hansa_identity_admin_print(all);
    else
        json_array_foreach(all, i, one) printf(
            "%s  %-24s last used %-24s %s\n", hansa_identity_admin_text(one, "key_ref"),
            hansa_identity_admin_text(one, "name"),
            *hansa_identity_admin_text(one, "last_used_at") ? hansa_identity_admin_text(one, "last_used_at") : "never",
            *hansa_identity_admin_text(one, "revoked_at") ? "revoked" : "");
    json_decref(all);
    return 0;
}

/* Finds out from its row how the key begins: a rotated key keeps reference and kind. */
static bool key_is_test(PGconn *pg, const char *tenant, const char *reference, bool *ret_is_test) {
    json_t *one,
        *all = hansa_once_run(pg, "identity/key_admin_list", tenant, (struct hansa_once_value[]){{NULL, NULL}});
    bool is_found = false;
    size_t i;
    json_array_foreach(all, i, one) {
        if (strcmp(hansa_identity_admin_text(one, "key_ref"), reference) != 0) continue;
        *ret_is_test = json_is_true(json_object_get(one, "is_test"));
        is_found = true;
    }
    json_decref(all);
    return is_found;
}

int hansa_identity_admin_key_rotate(PGconn *pg, const struct hansa_admin_order *order) {
    const char *overlap = order->options[HANSA_ADMIN_OVERLAP] != NULL ? order->options[HANSA_ADMIN_OVERLAP] : "24";
    char *end, text[HANSA_KEY_LEN + 1], hash[67];
    long hours = strtol(overlap, &end, 10);
    struct hansa_identity_key key;
    bool is_test = false;
    if (order->object == NULL) return hansa_identity_admin_usage("key rotate needs REFERENCE");
    if (end == overlap || *end != '\0' || hours < 0 || hours > 168)
        return fputs("hansa: --overlap: must be a number of hours from 0 to 168\n", stderr), 2;
    char reference[HANSA_KEY_LEN + 1];
    bool is_whole = hansa_identity_key_read(order->object, strlen(order->object), &key);
    snprintf(reference, sizeof reference, "%s", is_whole ? key.reference : order->object);
    char *tenant = hansa_identity_admin_tenant(pg, order);
    json_t *done = NULL;
    if (tenant != NULL && key_is_test(pg, tenant, reference, &is_test) &&
        hansa_identity_key_make(tenant, reference, is_test, text, &key)) {
        hansa_hex_bytea(key.digest, 32, hash);
        done = hansa_once_run(
            pg, "identity/key_admin_rotate", tenant,
            (struct hansa_once_value[]){
                {"key_ref", reference}, {"secret_hash", hash}, {"overlap_hours", overlap}, {NULL, NULL}});
    } else if (tenant != NULL) {
        done = json_null();
    }
    free(tenant);
    if (done == NULL) return 1;
    if (json_is_null(done)) return fprintf(stderr, "hansa: the tenant has no live key %s\n", reference), 1;
    if (order->wants_json) {
        json_object_set_new(done, "key", json_string(text));
        hansa_identity_admin_print(done);
    } else {
        fprintf(stderr, "This key is shown once; keep it safe. The old one counts for %s hours more.\n", overlap);
        puts(text);
    }
    json_decref(done);
    return 0;
}

int hansa_identity_admin_key_revoke(PGconn *pg, const struct hansa_admin_order *order) {
    struct hansa_identity_key key;
    if (order->object == NULL) return hansa_identity_admin_usage("key revoke needs REFERENCE");
    const char *reference =
        hansa_identity_key_read(order->object, strlen(order->object), &key) ? key.reference : order->object;
    char *tenant = hansa_identity_admin_tenant(pg, order);
    if (tenant == NULL) return 1;
    json_t *done = hansa_once_run(pg, "identity/key_admin_revoke", tenant,
                                  (struct hansa_once_value[]){{"key_ref", reference}, {NULL, NULL}});
    free(tenant);
    if (done == NULL) return 1;
    bool is_found = !json_is_null(done);
    if (!is_found)
        fprintf(stderr, "hansa: the tenant has no key %s\n", reference);
    else if (order->wants_json)
        hansa_identity_admin_print(done);
    else
        printf("revoked %s\n", reference);
    json_decref(done);
    return is_found ? 0 : 1;
}
