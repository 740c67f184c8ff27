/* hansa admin: the operator's hand on tenants and keys until there are endpoints for it. Every statement is an internal
 * file of this room; a key is printed once and only its hash is stored. */
#include "admin.h"

#include "core/once.h"
#include "key.h"

#include <hansa/config.h>
#include <hansa/endpoint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help_text[] =
    "usage: hansa admin …   (connects as owner_database_url; --json prints JSON)\n\n"
    "  tenant create SLUG --name NAME [--zone IANA_ZONE] [--locale LOCALE]\n"
    "  tenant list\n"
    "  key create --tenant SLUG --scopes SCOPES [--name NAME] [--expires WHEN] [--test]\n"
    "  key list --tenant SLUG\n"
    "  key revoke --tenant SLUG REFERENCE\n\n"
    "SCOPES: all, read, or a list such as orders:read,tracking:write. WHEN: 2027-01-31, 2027-01-31T12:00:00Z or 90d.\n"
    "REFERENCE: the eight characters between the second and the third underscore of the key, or the whole key.\n";

enum option { OPTION_NAME, OPTION_ZONE, OPTION_LOCALE, OPTION_TENANT, OPTION_SCOPES, OPTION_EXPIRES, OPTION_COUNT };
static const char *const option_names[OPTION_COUNT] = {"--name",   "--zone",   "--locale",
                                                       "--tenant", "--scopes", "--expires"};

struct order {
    const char *noun, *verb, *object;
    const char *options[OPTION_COUNT];
    bool is_test, wants_json;
};

static int usage(const char *why) {
    fprintf(stderr, "hansa admin: %s\n\n%s", why, help_text);
    return 2;
}

static bool option_take(struct order *order, int argc, char **argv, int *at) {
    for (int i = 0; i < OPTION_COUNT; i++) {
        size_t len = strlen(option_names[i]);
        if (strncmp(argv[*at], option_names[i], len) != 0) continue;
        if (argv[*at][len] == '=')
            order->options[i] = argv[*at] + len + 1;
        else if (argv[*at][len] == '\0' && *at + 1 < argc)
            order->options[i] = argv[++*at];
        else
            continue;
        return true;
    }
    return false;
}

static bool order_read(int argc, char **argv, struct order *ret_order) {
    *ret_order = (struct order){0};
    const char **words[] = {&ret_order->noun, &ret_order->verb, &ret_order->object};
    size_t word = 0;
    for (int at = 1; at < argc; at++) {
        if (strcmp(argv[at], "--json") == 0)
            ret_order->wants_json = true;
        else if (strcmp(argv[at], "--test") == 0)
            ret_order->is_test = true;
        else if (option_take(ret_order, argc, argv, &at))
            continue;
        else if (argv[at][0] != '-' && word < 3)
            *words[word++] = argv[at];
        else
            return usage("there is no such option, or its value is missing"), false;
    }
    return true;
}

static bool is(const struct order *order, const char *noun, const char *verb) {
    return order->noun != NULL && order->verb != NULL && strcmp(order->noun, noun) == 0 &&
           strcmp(order->verb, verb) == 0;
}

static void print_json(const json_t *value) {
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
}

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

/* --- tenants --- */

/* The tenant's id by its slug, malloc'd; NULL after telling why. */
static char *tenant_find(PGconn *pg, const char *slug) {
    char *id = NULL;
    size_t i;
    json_t *one, *all = slug == NULL ? NULL
                                     : hansa_once_run(pg, "identity/tenant_list", NULL,
                                                      (struct hansa_once_value[]){{NULL, NULL}});
    json_array_foreach(all, i, one) if (strcmp(text_of(one, "slug"), slug) == 0) id = strdup(text_of(one, "id"));
    json_decref(all);
    if (slug == NULL)
        fputs("hansa: --tenant: must name a tenant by its slug\n", stderr);
    else if (id == NULL)
        fprintf(stderr, "hansa: --tenant: there is no tenant %s\n", slug);
    return id;
}

static int tenant_create(PGconn *pg, const struct order *order) {
    if (order->object == NULL || order->options[OPTION_NAME] == NULL)
        return usage("tenant create needs SLUG and --name");
    const struct hansa_once_value values[] = {{"slug", order->object},
                                              {"name", order->options[OPTION_NAME]},
                                              {"zone", order->options[OPTION_ZONE]},
                                              {"locale", order->options[OPTION_LOCALE]},
                                              {NULL, NULL}};
    json_t *made = hansa_once_run(pg, "identity/tenant_create", NULL, values);
    if (made == NULL) return 1;
    if (order->wants_json)
        print_json(made);
    else
        puts(text_of(made, "id"));
    json_decref(made);
    return 0;
}

static int tenant_list(PGconn *pg, const struct order *order) {
    size_t i;
    json_t *one, *all = hansa_once_run(pg, "identity/tenant_list", NULL, (struct hansa_once_value[]){{NULL, NULL}});
    if (all == NULL) return 1;
    if (order->wants_json)
        print_json(all);
    else
        json_array_foreach(all, i, one) printf("%s  %-20s %-10s %s\n", text_of(one, "id"), text_of(one, "slug"),
                                               text_of(one, "status"), text_of(one, "name"));
    json_decref(all);
    return 0;
}

/* --- keys --- */

static bool scope_is_known(const char *scope, size_t len) {
    if (len == 1 && *scope == '*') return true;
    const char *colon = memchr(scope, ':', len);
    if (colon == NULL) return false;
    size_t room_len = (size_t)(colon - scope), verb_len = len - room_len - 1;
    bool any_room = room_len == 1 && *scope == '*', any_verb = verb_len == 1 && colon[1] == '*';
    for (size_t e = 0; e < hansa_endpoint_count; e++) {
        const char *known = hansa_endpoints[e].scope, *known_colon = known == NULL ? NULL : strchr(known, ':');
        if (known_colon == NULL) continue;
        bool room_fits = any_room || ((size_t)(known_colon - known) == room_len && memcmp(known, scope, room_len) == 0);
        bool verb_fits =
            any_verb || (strlen(known_colon + 1) == verb_len && memcmp(known_colon + 1, colon + 1, verb_len) == 0);
        if (room_fits && verb_fits) return true;
    }
    return false;
}

/* "all" and "read" are words for patterns; everything else must be a scope that some endpoint asks for. */
static const char *scopes_read(const char *text) {
    if (text == NULL) return fputs("hansa: --scopes: must be given: all, read, or a list\n", stderr), NULL;
    if (strcmp(text, "all") == 0) return "*";
    if (strcmp(text, "read") == 0) return "*:read";
    for (const char *at = text; *at != '\0'; at += strspn(at, ", ")) {
        size_t len = strcspn(at, ", ");
        if (!scope_is_known(at, len))
            return fprintf(stderr, "hansa: --scopes: no endpoint asks for %.*s\n", (int)len, at), NULL;
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

static void hash_text(const uint8_t digest[32], char ret_text[67]) {
    ret_text[0] = '\\';
    ret_text[1] = 'x';
    for (size_t i = 0; i < 32; i++)
        snprintf(ret_text + 2 + 2 * i, 3, "%02x", digest[i]);
}

static int key_create(PGconn *pg, const struct order *order) {
    char text[HANSA_KEY_LEN + 1], hash[67], expires[40], prefix[64];
    struct hansa_identity_key key;
    const char *scopes = scopes_read(order->options[OPTION_SCOPES]);
    if (scopes == NULL) return 2;
    if (order->options[OPTION_EXPIRES] != NULL && !expiry_read(order->options[OPTION_EXPIRES], expires))
        return fputs("hansa: --expires: must be a date, a time or a number of days such as 90d\n", stderr), 2;
    char *tenant = tenant_find(pg, order->options[OPTION_TENANT]);
    if (tenant == NULL) return 1;
    json_t *made = NULL;
    if (hansa_identity_key_make(tenant, order->is_test, text, &key)) {
        hash_text(key.digest, hash);
        snprintf(prefix, sizeof prefix, "hansa_%s_…_%s", order->is_test ? "test" : "live", key.reference);
        const char *name = order->options[OPTION_NAME] != NULL ? order->options[OPTION_NAME] : key.reference;
        const struct hansa_once_value values[] = {
            {"key_ref", key.reference},
            {"name", name},
            {"prefix", prefix},
            {"secret_hash", hash},
            {"scopes", scopes},
            {"is_test", order->is_test ? "true" : "false"},
            {"expires_at", order->options[OPTION_EXPIRES] != NULL ? expires : NULL},
            {NULL, NULL}};
        made = hansa_once_run(pg, "identity/key_create", tenant, values);
    }
    free(tenant);
    if (made == NULL) return 1;
    if (order->wants_json) {
        json_object_set_new(made, "key", json_string(text));
        print_json(made);
    } else {
        fprintf(stderr, "This key is shown once; keep it safe.\n");
        puts(text);
    }
    json_decref(made);
    return 0;
}

static int key_list(PGconn *pg, const struct order *order) {
    char *tenant = tenant_find(pg, order->options[OPTION_TENANT]);
    json_t *one, *all = tenant == NULL ? NULL
                                       : hansa_once_run(pg, "identity/key_list", tenant,
                                                        (struct hansa_once_value[]){{NULL, NULL}});
    size_t i;
    free(tenant);
    if (all == NULL) return 1;
    if (order->wants_json)
        print_json(all);
    else
        json_array_foreach(all, i, one)
            printf("%s  %-24s last used %-24s %s\n", text_of(one, "key_ref"), text_of(one, "name"),
                   *text_of(one, "last_used_at") ? text_of(one, "last_used_at") : "never",
                   *text_of(one, "revoked_at") ? "revoked" : "");
    json_decref(all);
    return 0;
}

static int key_revoke(PGconn *pg, const struct order *order) {
    struct hansa_identity_key key;
    if (order->object == NULL) return usage("key revoke needs REFERENCE");
    const char *reference =
        hansa_identity_key_read(order->object, strlen(order->object), &key) ? key.reference : order->object;
    char *tenant = tenant_find(pg, order->options[OPTION_TENANT]);
    if (tenant == NULL) return 1;
    json_t *done = hansa_once_run(pg, "identity/key_revoke", tenant,
                                  (struct hansa_once_value[]){{"key_ref", reference}, {NULL, NULL}});
    free(tenant);
    if (done == NULL) return 1;
    bool is_found = !json_is_null(done);
    if (!is_found)
        fprintf(stderr, "hansa: the tenant has no key %s\n", reference);
    else if (order->wants_json)
        print_json(done);
    else
        printf("revoked %s\n", reference);
    json_decref(done);
    return is_found ? 0 : 1;
}

int hansa_identity_admin_command(int argc, char **argv) {
    static const struct {
        const char *noun, *verb;
        int (*run)(PGconn *pg, const struct order *order);
    } orders[] = {{"tenant", "create", tenant_create},
                  {"tenant", "list", tenant_list},
                  {"key", "create", key_create},
                  {"key", "list", key_list},
                  {"key", "revoke", key_revoke}};
    struct order order;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0) return fputs(help_text, stdout), 0;
    if (!hansa_config_read(1, argv, NULL) || !order_read(argc, argv, &order)) return 2;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (!is(&order, orders[i].noun, orders[i].verb)) continue;
        PGconn *pg = hansa_once_connect();
        int code = pg == NULL ? 1 : orders[i].run(pg, &order);
        PQfinish(pg);
        return code;
    }
    return usage("there is no such command");
}
