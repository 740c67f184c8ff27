/* One binary, sub-commands. Each command's own file says what it does; here is only the table of contents. */
#include "audit/timers.h"
#include "audit/verify.h"
#include "backup/backup.h"
#include "core/chore.h"
#include "core/migrate.h"
#include "core/ready.h"
#include "core/secret_mark.h"
#include "core/serve.h"
#include "core/usage.h"
#include "exchange/edi_parse.h"
#include "files/store.h"
#include "files/sweep.h"
#include "identity/admin.h"
#include "identity/door.h"
#include "privacy/timers.h"

#include <stdio.h>
#include <string.h>

static int serve(int argc, char **argv) {
    /* answers under Idempotency-Keys are kept for a day */
    static const struct hansa_timer forgetting = {
        .name = "forgetting answers", .period_ms = 600000, .tenants = "audit/tenant_ids", .each = "core/once_sweep"};
    static const struct hansa_timer *const timers[] = {&hansa_audit_sealing, &hansa_privacy_retention, &forgetting};
    hansa_timers_set(timers, sizeof timers / sizeof timers[0]);
    static const struct hansa_chore *const chores[] = {&hansa_secret_checking, &hansa_files_sweeping};
    hansa_chores_set(chores, sizeof chores / sizeof chores[0]);
    hansa_witness_set(&hansa_audit_witness);
    hansa_usage_set("operator/usage_note");
    return hansa_serve_command(argc, argv, &hansa_identity_door);
}

static int work(int argc, char **argv) {
    static const struct hansa_chore *const chores[] = {&hansa_secret_checking};
    hansa_chores_set(chores, sizeof chores / sizeof chores[0]);
    return hansa_work_command(argc, argv, &hansa_identity_door);
}

static bool file_get(const char *tenant, const uint8_t *digest, void **ret_bytes, size_t *ret_len) {
    return hansa_store_get(tenant, digest, ret_bytes, ret_len) == HANSA_STORE_DONE;
}

static bool file_put(const char *tenant, const uint8_t *digest, const void *bytes, size_t len) {
    return hansa_store_put(tenant, digest, bytes, len) == HANSA_STORE_DONE;
}

static int admin(int argc, char **argv) {
    static const struct hansa_backup_doors doors = {file_get, file_put, hansa_audit_chains_verify};
    const char *noun = argc > 1 ? argv[1] : "";
    if (strcmp(noun, "audit") == 0) return hansa_audit_admin_command(argc - 1, argv + 1);
    if (strcmp(noun, "backup") == 0) return hansa_backup_admin_command(argc - 1, argv + 1, &doors);
    return hansa_identity_admin_command(argc, argv);
}

static int version(int argc, char **argv) {
    (void)argc, (void)argv;
    puts("hansa " HANSA_VERSION);
    return 0;
}

static const struct command {
    const char *name, *help;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"serve", "answers requests until SIGTERM", serve},
    {"work", "does queued work until SIGTERM", work},
    {"migrate", "brings the database to this binary's schema", hansa_migrate_command},
    {"admin", "tenants, API keys, the audit trail, backups", admin},
    {"edi", "reads EDI files without a server", hansa_exchange_edi_command},
    {"ready", "asks a running server whether it is ready", hansa_ready_command},
    {"version", "prints the version", version},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static int help(FILE *out, int code) {
    fputs("usage: hansa COMMAND [arguments]; hansa COMMAND --help tells more\n\n", out);
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
    return code;
}

int main(int argc, char **argv) {
    if (argc < 2) return help(stderr, 2);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) return help(stdout, 0);
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "hansa: unknown command %s\n", argv[1]);
    return help(stderr, 2);
}
