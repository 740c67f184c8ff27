/* hansa admin: the operator's hand on tenants and keys. Every statement is an internal file of this room, run as the owner. */
#include "admin.h"

#include "admin_order.h"
#include "admin_user.h"
#include "core/once.h"

#include <hansa/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] = "usage: hansa admin …   (connects as owner_database_url; --json prints JSON)\n\n"
                                "  tenant create SLUG --name NAME [--zone IANA_ZONE] [--locale LOCALE]\n"
                                "  tenant list\n"
                                "  tenant suspend SLUG\n"
                                "  tenant resume SLUG\n"
                                "  key create --tenant SLUG --scopes SCOPES [--name NAME] [--expires WHEN] [--test]\n"
                                "  key create --operator --scopes SCOPES [--name NAME] [--expires WHEN]\n"
                                "  key list --tenant SLUG\n"
                                "  key rotate --tenant SLUG [--overlap HOURS] REFERENCE\n"
                                "  key revoke --tenant SLUG REFERENCE\n";
static const char help_end[] =
    "\nSCOPES: all, read, or a list such as orders:read,tracking:write. WHEN: 2027-01-31, 2027-01-31T12:00:00Z or "
    "90d.\n"
    "HOURS: 0 to 168, how long the old secret counts too; default 24. --operator stands for the operator's own "
    "tenant.\n"
    "REFERENCE: the eight characters between the second and the third underscore of the key, or the whole key.\n\n"
    "Further: hansa admin audit --help, hansa admin backup --help\n";

static const char *const option_names[HANSA_ADMIN_OPTIONS] = {"--name",   "--zone",    "--locale", "--tenant",
                                                              "--scopes", "--expires", "--overlap"};

static void help(FILE *out) {
    fprintf(out, "%s%s%s", help_text, hansa_identity_admin_user_help, help_end);
}

int hansa_identity_admin_usage(const char *why) {
    fprintf(stderr, "hansa admin: %s\n\n", why);
    help(stderr);
    return 2;
}

static bool option_take(struct hansa_admin_order *order, int argc, char **argv, int *at) {
    for (int i = 0; i < HANSA_ADMIN_OPTIONS; i++) {
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

static bool order_read(int argc, char **argv, struct hansa_admin_order *ret_order) {
    *ret_order = (struct hansa_admin_order){0};
    const char **words[] = {&ret_order->noun, &ret_order->verb, &ret_order->object};
    size_t word = 0;
    for (int at = 1; at < argc; at++) {
        if (strcmp(argv[at], "--json") == 0)
            ret_order->wants_json = true;
        else if (strcmp(argv[at], "--test") == 0)
            ret_order->is_test = true;
        else if (strcmp(argv[at], "--operator") == 0)
            ret_order->is_operator = true;
        else if (option_take(ret_order, argc, argv, &at))
            continue;
        else if (argv[at][0] != '-' && word < 3)
            *words[word++] = argv[at];
        else
            return hansa_identity_admin_usage("there is no such option, or its value is missing"), false;
    }
    return true;
}

static bool is(const struct hansa_admin_order *order, const char *noun, const char *verb) {
    return order->noun != NULL && order->verb != NULL && strcmp(order->noun, noun) == 0 &&
           strcmp(order->verb, verb) == 0;
}

void hansa_identity_admin_print(const json_t *value) {
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
}

const char *hansa_identity_admin_text(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

/* --- tenants --- */

static const struct hansa_once_value nothing[] = {{NULL, NULL}};

static char *tenant_by_slug(PGconn *pg, const char *slug, const char *named_by) {
    char *id = NULL;
    json_t *all = slug == NULL ? NULL : hansa_once_run(pg, "identity/tenant_list", NULL, nothing);
    for (size_t i = 0; i < json_array_size(all) && id == NULL; i++) {
        const json_t *one = json_array_get(all, i);
        if (strcmp(hansa_identity_admin_text(one, "slug"), slug) == 0)
            id = strdup(hansa_identity_admin_text(one, "id"));
    }
    json_decref(all);
    if (slug == NULL)
        fprintf(stderr, "hansa: %s: must name a tenant by its slug\n", named_by);
    else if (id == NULL)
        fprintf(stderr, "hansa: %s: there is no tenant %s\n", named_by, slug);
    return id;
}

/* The id that a statement answers, malloc'd. */
static char *id_of(json_t *answer) {
    char *id = answer == NULL ? NULL : strdup(hansa_identity_admin_text(answer, "id"));
    json_decref(answer);
    return id;
}

char *hansa_identity_admin_tenant(PGconn *pg, const struct hansa_admin_order *order) {
    if (order->is_operator) return id_of(hansa_once_run(pg, "identity/tenant_operator", NULL, nothing));
    return tenant_by_slug(pg, order->options[HANSA_ADMIN_TENANT], "--tenant");
}

static int tenant_create(PGconn *pg, const struct hansa_admin_order *order) {
    if (order->object == NULL || order->options[HANSA_ADMIN_NAME] == NULL)
        return hansa_identity_admin_usage("tenant create needs SLUG and --name");
    const struct hansa_once_value values[] = {{"slug", order->object},
                                              {"name", order->options[HANSA_ADMIN_NAME]},
                                              {"zone", order->options[HANSA_ADMIN_ZONE]},
                                              {"locale", order->options[HANSA_ADMIN_LOCALE]},
                                              {NULL, NULL}};
    /* the id comes first: the unit must be the new tenant's, so that its roles can be written behind its wall */
    char *id = id_of(hansa_once_run(pg, "identity/tenant_id_new", NULL, nothing));
    json_t *made = id == NULL ? NULL : hansa_once_run(pg, "identity/tenant_create", id, values);
    free(id);
    if (made == NULL) return 1;
    if (order->wants_json)
        hansa_identity_admin_print(made);
    else
        puts(hansa_identity_admin_text(made, "id"));
    json_decref(made);
    return 0;
}

static int tenant_list(PGconn *pg, const struct hansa_admin_order *order) {
    size_t i;
    json_t *one, *all = hansa_once_run(pg, "identity/tenant_list", NULL, nothing);
    if (all == NULL) return 1;
    if (order->wants_json)
        hansa_identity_admin_print(all);
    else
        json_array_foreach(all, i, one)
            printf("%s  %-20s %-10s %s\n", hansa_identity_admin_text(one, "id"), hansa_identity_admin_text(one, "slug"),
                   hansa_identity_admin_text(one, "status"), hansa_identity_admin_text(one, "name"));
    json_decref(all);
    return 0;
}

static int tenant_status_set(PGconn *pg, const struct hansa_admin_order *order, const char *status) {
    if (order->object == NULL) return hansa_identity_admin_usage("the tenant's SLUG is missing");
    char *id = tenant_by_slug(pg, order->object, "SLUG");
    json_t *done = id == NULL ? NULL
                              : hansa_once_run(pg, "identity/tenant_status_set", id,
                                               (struct hansa_once_value[]){{"status", status}, {NULL, NULL}});
    free(id);
    if (done == NULL) return 1;
    if (order->wants_json)
        hansa_identity_admin_print(done);
    else
        printf("%s is %s\n", order->object, status);
    json_decref(done);
    return 0;
}

static int tenant_suspend(PGconn *pg, const struct hansa_admin_order *order) {
    return tenant_status_set(pg, order, "SUSPENDED");
}

static int tenant_resume(PGconn *pg, const struct hansa_admin_order *order) {
    return tenant_status_set(pg, order, "ACTIVE");
}

/* --- the command --- */

static int carry_out(PGconn *pg, const struct hansa_admin_order *order) {
    static const struct {
        const char *noun, *verb;
        int (*run)(PGconn *pg, const struct hansa_admin_order *order);
    } orders[] = {{"tenant", "create", tenant_create},
                  {"tenant", "list", tenant_list},
                  {"tenant", "suspend", tenant_suspend},
                  {"tenant", "resume", tenant_resume},
                  {"key", "create", hansa_identity_admin_key_create},
                  {"key", "list", hansa_identity_admin_key_list},
                  {"key", "rotate", hansa_identity_admin_key_rotate},
                  {"key", "revoke", hansa_identity_admin_key_revoke}};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (is(order, orders[i].noun, orders[i].verb)) return orders[i].run(pg, order);
    return hansa_identity_admin_usage("there is no such command");
}

int hansa_identity_admin_command(int argc, char **argv) {
    struct hansa_admin_order order;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0) return help(stdout), 0;
    if (!hansa_config_read(1, argv, NULL)) return 2;
    /* people and their links have options of their own */
    bool is_people = argc > 1 && (strcmp(argv[1], "user") == 0 || strcmp(argv[1], "link") == 0);
    if (!is_people && !order_read(argc, argv, &order)) return 2;
    PGconn *pg = hansa_once_connect();
    int code = pg == NULL ? 1 : is_people ? hansa_identity_admin_user(pg, argc - 1, argv + 1) : carry_out(pg, &order);
    PQfinish(pg);
    return code;
}
