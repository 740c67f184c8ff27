/* A password comes by standard input, never as an argument, where every process of the machine could read it (promise K1). */
#include "admin_user.h"

#include "core/hex.h"
#include "core/once.h"
#include "invitation_link.h"
#include "password.h"
#include "session_claim.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char hansa_identity_admin_user_help[] =
    "  user create --tenant SLUG --email ADDRESS --name NAME [--role ROLE] [--locale LOCALE] [--password-stdin]\n"
    "  user list --tenant SLUG\n"
    "  link list --tenant SLUG\n";

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 128, PASSWORD_BYTES_MAX = 4 * PASSWORD_MAX };
enum option { OPTION_TENANT, OPTION_EMAIL, OPTION_NAME, OPTION_ROLE, OPTION_LOCALE, OPTION_COUNT };
static const char *const option_names[OPTION_COUNT] = {"--tenant", "--email", "--name", "--role", "--locale"};

struct order {
    const char *words[2]; /* noun, verb */
    const char *options[OPTION_COUNT];
    bool has_password, wants_json;
};

static int refuse(const char *why) {
    fprintf(stderr, "hansa: %s\n", why);
    return 2;
}

static bool order_read(int argc, char **argv, struct order *order) {
    size_t word = 0;
    for (int at = 0; at < argc; at++) {
        const char *equals = strchr(argv[at], '=');
        size_t len = equals == NULL ? strlen(argv[at]) : (size_t)(equals - argv[at]);
        int found = -1;
        for (int i = 0; i < OPTION_COUNT; i++)
            if (strlen(option_names[i]) == len && memcmp(argv[at], option_names[i], len) == 0) found = i;
        if (found >= 0 && equals != NULL)
            order->options[found] = equals + 1;
        else if (found >= 0 && at + 1 < argc)
            order->options[found] = argv[++at];
        else if (strcmp(argv[at], "--password-stdin") == 0)
            order->has_password = true;
        else if (strcmp(argv[at], "--json") == 0)
            order->wants_json = true;
        else if (argv[at][0] != '-' && word < 2)
            order->words[word++] = argv[at];
        else
            return false;
    }
    return word == 2;
}

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static void print_json(const json_t *value) {
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
}

/* The tenant's id by its slug; false = told. */
static bool tenant_find(PGconn *pg, const char *slug, char ret_id[37]) {
    size_t i;
    bool is_found = false;
    const struct hansa_once_value none[] = {{NULL, NULL}};
    json_t *one, *all = hansa_once_run(pg, "identity/tenant_list", NULL, none);
    json_array_foreach(all, i, one) {
        if (slug == NULL || strcmp(text_of(one, "slug"), slug) != 0) continue;
        is_found = snprintf(ret_id, 37, "%s", text_of(one, "id")) == 36;
    }
    json_decref(all);
    if (!is_found) fprintf(stderr, "hansa: --tenant: there is no tenant %s\n", slug == NULL ? "" : slug);
    return is_found;
}

/* The first line of standard input, hashed. */
static bool password_read(char ret_phc[HANSA_PHC_MAX]) {
    char text[PASSWORD_BYTES_MAX + 3];
    bool ok = fgets(text, sizeof text, stdin) != NULL;
    size_t len = ok ? strcspn(text, "\r\n") : 0, points = 0;
    if (ok) text[len] = '\0';
    for (size_t i = 0; i < len; i++)
        points += ((unsigned char)text[i] & 0xc0) != 0x80;
    if (!ok || points < PASSWORD_MIN || points > PASSWORD_MAX ||
        hansa_format_check(HANSA_FORMAT_LINE, text, len) != NULL) {
        fputs("hansa: --password-stdin: a password is one line of 8 to 128 characters in Unicode normal form C\n",
              stderr);
        ok = false;
    }
    ok = ok && hansa_identity_password_hash(text, ret_phc);
    OPENSSL_cleanse(text, sizeof text);
    return ok;
}

/* Sends an invitation in place of a password, and shows it: whoever may run this may hand it over. */
static bool invite(PGconn *pg, const char *tenant, const char *user_id, char url[HANSA_LINK_URL_MAX]) {
    uint8_t hash[32], sealed[HANSA_LINK_URL_MAX + 64];
    char hash_text[2 + 64 + 1], sealed_text[2 + 2 * sizeof sealed + 1];
    size_t sealed_len;
    if (!hansa_identity_link_make(tenant, "invitation", hash, sealed, &sealed_len, url))
        return fputs("hansa: secret_file: must be set as for the server (HANSA_SECRET_FILE)\n", stderr), false;
    hansa_hex_bytea(hash, sizeof hash, hash_text);
    hansa_hex_bytea(sealed, sealed_len, sealed_text);
    const struct hansa_once_value values[] = {
        {"user_id", user_id}, {"token_hash", hash_text}, {"sealed", sealed_text}, {NULL, NULL}};
    json_t *done = hansa_once_run(pg, "identity/user_admin_invite", tenant, values);
    bool ok = done != NULL;
    json_decref(done);
    return ok;
}

static int user_create(PGconn *pg, const struct order *order, const char *tenant) {
    char phc[HANSA_PHC_MAX], url[HANSA_LINK_URL_MAX] = "";
    if (order->options[OPTION_EMAIL] == NULL || order->options[OPTION_NAME] == NULL)
        return refuse("user create needs --email and --name");
    if (order->has_password && !password_read(phc)) return 1;
    const struct hansa_once_value values[] = {{"email", order->options[OPTION_EMAIL]},
                                              {"name", order->options[OPTION_NAME]},
                                              {"role", order->options[OPTION_ROLE]},
                                              {"locale", order->options[OPTION_LOCALE]},
                                              {"password_phc", order->has_password ? phc : NULL},
                                              {NULL, NULL}};
    json_t *made = hansa_once_run(pg, "identity/user_admin_create", tenant, values);
    if (made == NULL) return 1;
    bool ok = order->has_password || invite(pg, tenant, text_of(made, "user_id"), url);
    if (order->wants_json)
        print_json(made);
    else
        puts(text_of(made, "user_id"));
    if (ok && !order->has_password)
        fprintf(stderr, "Invitation, good for seven days: hansa admin link list shows it.\n");
    OPENSSL_cleanse(url, sizeof url);
    json_decref(made);
    return ok ? 0 : 1;
}

static int user_list(PGconn *pg, const struct order *order, const char *tenant) {
    size_t i;
    const struct hansa_once_value none[] = {{NULL, NULL}};
    json_t *one, *all = hansa_once_run(pg, "identity/user_admin_list", tenant, none);
    if (all == NULL) return 1;
    if (order->wants_json)
        print_json(all);
    else
        json_array_foreach(all, i, one)
            printf("%s  %-8s %-8s %-30s %s\n", text_of(one, "user_id"), text_of(one, "status"),
                   text_of(one, "audience"), text_of(one, "email"), text_of(one, "name"));
    json_decref(all);
    return 0;
}

/* Opens the link of one row, in place of its sealed form; false = it does not open. */
static bool link_open(const char *tenant, json_t *link) {
    uint8_t hash[32], sealed[HANSA_LINK_URL_MAX + 64];
    char url[HANSA_LINK_URL_MAX];
    size_t len = hansa_identity_claim_unhex(text_of(link, "sealed"), sealed, sizeof sealed);
    bool ok = hansa_identity_claim_unhex(text_of(link, "token_hash"), hash, sizeof hash) == sizeof hash &&
              hansa_identity_link_open(tenant, hash, sealed, len, url);
    json_object_del(link, "sealed");
    json_object_del(link, "token_hash");
    if (ok) json_object_set_new(link, "url", json_string(url));
    OPENSSL_cleanse(url, sizeof url);
    return ok;
}

static int link_list(PGconn *pg, const struct order *order, const char *tenant) {
    size_t i;
    bool ok = true;
    const struct hansa_once_value none[] = {{NULL, NULL}};
    json_t *one, *all = hansa_once_run(pg, "identity/user_link_list", tenant, none);
    if (all == NULL) return 1;
    json_array_foreach(all, i, one) ok &= link_open(tenant, one);
    if (order->wants_json)
        print_json(all);
    else
        json_array_foreach(all, i, one) printf("%-14s %-30s until %s  %s\n", text_of(one, "kind"),
                                               text_of(one, "email"), text_of(one, "expires_at"), text_of(one, "url"));
    json_decref(all);
    if (!ok) fputs("hansa: some links were sealed with another secret_file and do not open\n", stderr);
    return ok ? 0 : 1;
}

int hansa_identity_admin_user(PGconn *pg, int argc, char **argv) {
    static const struct {
        const char *noun, *verb;
        int (*run)(PGconn *pg, const struct order *order, const char *tenant);
    } orders[] = {{"user", "create", user_create}, {"user", "list", user_list}, {"link", "list", link_list}};
    struct order order = {0};
    char tenant[37];
    if (!order_read(argc, argv, &order)) return refuse("no such option, or its value is missing");
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (strcmp(order.words[0], orders[i].noun) == 0 && strcmp(order.words[1], orders[i].verb) == 0)
            return tenant_find(pg, order.options[OPTION_TENANT], tenant) ? orders[i].run(pg, &order, tenant) : 1;
    return refuse("there is no such command");
}
