#include "verify.h"

#include "chain.h"
#include "core/once.h"

#include <hansa/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
    "usage: hansa admin audit verify (--tenant SLUG | --all | --file EXPORT | --tenant SLUG --file EXPORT)\n\n"
    "  --tenant SLUG   looks the tenant's trail through in the database (owner_database_url)\n"
    "  --all           the trails of all tenants\n"
    "  --file EXPORT   looks pieces from GET /v1/audit/export through, without a database; `-` is the standard input\n"
    "  both            and says whether the database still holds what the file ends with\n\n"
    "With secret_file set, the signature of the newest seal is checked, too. Exit status 1 when something is wrong.\n";

struct order {
    const char *slug, *file;
    bool is_all;
};

static int usage(const char *why) {
    fprintf(stderr, "hansa admin audit: %s\n\n%s", why, help_text);
    return 2;
}

static bool option_take(int argc, char **argv, int *at, const char *name, const char **ret_value) {
    size_t len = strlen(name);
    if (strncmp(argv[*at], name, len) != 0) return false;
    if (argv[*at][len] == '=') return *ret_value = argv[*at] + len + 1, true;
    if (argv[*at][len] != '\0' || *at + 1 >= argc) return false;
    return *ret_value = argv[++*at], true;
}

static void summary(const struct hansa_audit_chain *chain) {
    if (chain->findings > 0) return;
    printf("%s: whole: %zu entries under %zu seals", chain->name, chain->entries, chain->seals);
    if (chain->first > 0) printf(", from seal %lld on", (long long)chain->first + 1);
    puts(chain->has_secret ? ", head signed" : "; the head's signature was not checked: secret_file is not set");
}

static bool has_secret(void) {
    char hex[HANSA_AUDIT_HEX + 1];
    return hansa_audit_head_tag("", 0, "", hex);
}

/* --- in the database --- */

static json_t *piece_read(PGconn *pg, const char *tenant, int64_t after) {
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)after);
    return hansa_once_run(pg, "audit/chain_read", tenant,
                          (struct hansa_once_value[]){{"after_seal", number}, {NULL, NULL}});
}

static bool strays_tell(PGconn *pg, struct hansa_audit_chain *chain, const char *tenant) {
    size_t i;
    json_t *one, *strays = hansa_once_run(pg, "audit/stray_list", tenant, (struct hansa_once_value[]){{NULL, NULL}});
    json_array_foreach(strays, i, one) hansa_audit_chain_found(
        chain, "entry %s of %s: it is in no seal; it did not come by the server",
        json_string_value(json_object_get(one, "entry_id")), json_string_value(json_object_get(one, "at")));
    bool ok = strays != NULL;
    json_decref(strays);
    return ok;
}

/* What a file says of its last seal, when one was given. */
struct witness {
    const char *tenant, *hash;
    int64_t seal_no;
};

static void witness_check(struct hansa_audit_chain *chain, const struct witness *witness, const json_t *piece) {
    size_t i;
    json_t *seal;
    json_array_foreach(json_object_get(piece, "seals"), i, seal) {
        const char *hash = json_string_value(json_object_get(seal, "hash"));
        bool is_it = json_integer_value(json_object_get(seal, "seal_no")) == witness->seal_no;
        if (is_it && (hash == NULL || strcmp(hash, witness->hash) != 0))
            hansa_audit_chain_found(chain, "seal %lld is not the one in the file: the trail was rewritten",
                                    (long long)witness->seal_no);
    }
}

/* False = the check could not be done. */
static bool tenant_verify(PGconn *pg, const json_t *tenant, const struct witness *witness, size_t *findings) {
    const char *id = json_string_value(json_object_get(tenant, "id"));
    struct hansa_audit_chain chain = {.name = json_string_value(json_object_get(tenant, "slug")),
                                      .has_secret = has_secret()};
    json_t *piece = piece_read(pg, id, 0);
    bool ok = piece != NULL;
    while (ok) {
        ok = hansa_audit_chain_take(&chain, piece);
        if (ok && witness != NULL) witness_check(&chain, witness, piece);
        if (!ok || json_array_size(json_object_get(piece, "seals")) == 0) break;
        json_decref(piece);
        ok = (piece = piece_read(pg, id, chain.seal_no)) != NULL;
    }
    if (ok) {
        hansa_audit_chain_end(&chain, piece);
        ok = strays_tell(pg, &chain, id);
    }
    if (ok && witness != NULL && strcmp(witness->tenant, id) != 0)
        hansa_audit_chain_found(&chain, "the file is another tenant's");
    else if (ok && witness != NULL && witness->seal_no > chain.seal_no)
        hansa_audit_chain_found(&chain, "the file goes on to seal %lld, which is gone", (long long)witness->seal_no);
    if (ok && chain.seals == 0 && json_is_true(json_object_get(tenant, "is_old")))
        hansa_audit_chain_found(&chain, "there is no seal, though the tenant is older than a day");
    json_decref(piece);
    if (ok) summary(&chain);
    *findings += chain.findings;
    return ok;
}

static int database_verify(const struct order *order, const struct witness *witness) {
    PGconn *pg = hansa_once_connect();
    if (pg == NULL) return 1;
    json_t *one, *tenants = hansa_once_run(pg, "audit/tenant_named", NULL,
                                           (struct hansa_once_value[]){{"slug", order->slug}, {NULL, NULL}});
    size_t i, findings = 0;
    bool ok = tenants != NULL;
    if (ok && order->slug != NULL && json_array_size(tenants) == 0) {
        fprintf(stderr, "hansa: --tenant: there is no tenant %s\n", order->slug);
        ok = false;
    }
    json_array_foreach(tenants, i, one) ok = tenant_verify(pg, one, witness, &findings) && ok;
    json_decref(tenants);
    PQfinish(pg);
    return ok && findings == 0 ? 0 : 1;
}

/* --- in a database that was restored --- */

static bool end_find(const json_t *ends, const char *tenant, struct witness *ret_witness) {
    size_t i;
    const json_t *one;
    json_array_foreach(ends, i, one) {
        const char *id = json_string_value(json_object_get(one, "tenant_id")),
                   *hash = json_string_value(json_object_get(one, "hash"));
        if (id == NULL || hash == NULL || strcmp(id, tenant) != 0) continue;
        *ret_witness = (struct witness){id, hash, json_integer_value(json_object_get(one, "seal_no"))};
        return true;
    }
    return false;
}

bool hansa_audit_chains_verify(PGconn *pg, const json_t *ends) {
    size_t i, known = 0, findings = 0;
    json_t *one, *tenants = hansa_once_run(pg, "audit/tenant_named", NULL,
                                           (struct hansa_once_value[]){{"slug", NULL}, {NULL, NULL}});
    bool ok = tenants != NULL;
    json_array_foreach(tenants, i, one) {
        struct witness witness;
        const char *id = json_string_value(json_object_get(one, "id"));
        bool has_end = id != NULL && end_find(ends, id, &witness);
        /* one that was young when it was saved may rightly be without a seal, however old it is now */
        json_object_set_new(one, "is_old", json_false());
        ok = tenant_verify(pg, one, has_end ? &witness : NULL, &findings) && ok;
        known += has_end;
    }
    if (ok && known < json_array_size(ends)) {
        printf("%zu tenants whose trails were saved are not there\n", json_array_size(ends) - known);
        findings++;
    }
    json_decref(tenants);
    return ok && findings == 0;
}

/* --- in a file --- */

/* Documents stand one after another. False = it cannot be read, or holds something else. */
static bool file_take(struct hansa_audit_chain *chain, FILE *file, const char *path) {
    json_error_t error;
    json_t *piece, *last = NULL;
    for (;;) {
        int byte = fgetc(file);
        while (byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t')
            byte = fgetc(file);
        if (byte == EOF) break;
        ungetc(byte, file);
        piece = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error);
        if (piece == NULL) fprintf(stderr, "hansa: %s: %s\n", path, error.text);
        json_decref(last);
        last = piece;
        if (piece == NULL || !hansa_audit_chain_take(chain, piece)) return json_decref(last), false;
    }
    if (last == NULL) return fprintf(stderr, "hansa: %s: it is empty\n", path), false;
    hansa_audit_chain_end(chain, last);
    json_decref(last);
    return true;
}

static int file_verify(const struct order *order) {
    FILE *file = strcmp(order->file, "-") == 0 ? stdin : fopen(order->file, "re");
    if (file == NULL) return fprintf(stderr, "hansa: --file: %s cannot be read\n", order->file), 1;
    struct hansa_audit_chain chain = {.name = order->file, .has_secret = has_secret()};
    bool ok = file_take(&chain, file, order->file);
    if (file != stdin) fclose(file);
    if (!ok) return 1;
    summary(&chain);
    if (order->slug == NULL) return chain.findings == 0 ? 0 : 1;
    struct witness witness = {chain.tenant, chain.hash, chain.seal_no};
    int code = database_verify(order, &witness);
    return chain.findings == 0 ? code : 1;
}

int hansa_audit_admin_command(int argc, char **argv) {
    struct order order = {0};
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0) return fputs(help_text, stdout), 0;
    if (argc < 2 || strcmp(argv[1], "verify") != 0) return usage("there is no such command");
    for (int at = 2; at < argc; at++) {
        bool is_known = option_take(argc, argv, &at, "--tenant", &order.slug) ||
                        option_take(argc, argv, &at, "--file", &order.file);
        if (!is_known && strcmp(argv[at], "--all") == 0)
            order.is_all = true;
        else if (!is_known)
            return usage("there is no such option, or its value is missing");
    }
    if (order.is_all && (order.slug != NULL || order.file != NULL)) return usage("--all stands alone");
    if (!order.is_all && order.slug == NULL && order.file == NULL) return usage("say --tenant, --all or --file");
    if (!hansa_config_read(1, argv, NULL)) return 2;
    return order.file != NULL ? file_verify(&order) : database_verify(&order, NULL);
}
