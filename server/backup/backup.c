/* Words of the command line; nothing is done before all of them are understood. */
#include "backup.h"

#include <hansa/config.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char help_text[] =
    "usage: hansa admin backup make DIR [--passphrase-file FILE] [--incomplete]\n"
    "       hansa admin backup verify DIR [--passphrase-file FILE]\n"
    "       hansa admin backup restore DIR [--passphrase-file FILE] [--secret-file-to FILE]\n"
    "       hansa admin backup secret DIR --passphrase-file FILE --secret-file-to FILE\n\n"
    "  make      a new folder DIR: the database (backup_database_url) as one moment shows it, the stored files "
    "(files_dir),\n"
    "            and the secret_file, sealed under the passphrase; without one it is left out\n"
    "  verify    looks every byte of it through, without a database, and names what differs\n"
    "  restore   loads it into an empty database (owner_database_url, backup_database_url), puts the stored files into "
    "files_dir,\n"
    "            and compares. The server is kept out of the database until all of it is done\n"
    "  secret    takes only the secret_file out of it\n\n"
    "  --passphrase-file FILE   its first line, of 12 bytes or more, opens and proves the backup. Keep it elsewhere\n"
    "  --incomplete             make it though stored files are lost, and name them in its manifest\n"
    "  --secret-file-to FILE    where the sealed secret_file is written; must not be there\n\n"
    "pg_dump and pg_restore of at least the server's version are needed (package postgresql-client; pg_bin_dir).\n";

static int usage(const char *why) {
    fprintf(stderr, "hansa admin backup: %s\n\n%s", why, help_text);
    return 2;
}

static bool option_take(int argc, char **argv, int *at, const char *name, const char **ret_value) {
    size_t len = strlen(name);
    if (strncmp(argv[*at], name, len) != 0) return false;
    if (argv[*at][len] == '=') return *ret_value = argv[*at] + len + 1, true;
    if (argv[*at][len] != '\0' || *at + 1 >= argc) return false;
    return *ret_value = argv[++*at], true;
}

static const struct verb {
    const char *name;
    int (*run)(const struct hansa_backup_order *order);
    bool takes_incomplete, takes_secret_to;
} verbs[] = {{"make", hansa_backup_make, true, false},
             {"verify", hansa_backup_verify, false, false},
             {"restore", hansa_backup_restore, false, true},
             {"secret", hansa_backup_secret, false, true}};

int hansa_backup_admin_command(int argc, char **argv, const struct hansa_backup_doors *doors) {
    struct hansa_backup_order order = {.doors = doors};
    const struct verb *verb = NULL;
    char *dir = NULL;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0) return fputs(help_text, stdout), 0;
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) verb = &verbs[i];
    if (verb == NULL) return usage("there is no such command");
    for (int at = 2; at < argc; at++) {
        if (option_take(argc, argv, &at, "--passphrase-file", &order.passphrase_file)) continue;
        if (verb->takes_secret_to && option_take(argc, argv, &at, "--secret-file-to", &order.secret_to)) continue;
        if (verb->takes_incomplete && strcmp(argv[at], "--incomplete") == 0)
            order.is_incomplete = true;
        else if (argv[at][0] != '-' && dir == NULL)
            dir = argv[at];
        else
            return usage("there is no such option, or its value is missing");
    }
    if (dir == NULL || dir[0] == '\0') return usage("DIR is missing");
    if (verb->run == hansa_backup_secret && order.secret_to == NULL) return usage("--secret-file-to is missing");
    if (order.secret_to != NULL && order.passphrase_file == NULL)
        return usage("--secret-file-to needs --passphrase-file: the secret file is sealed");
    for (size_t len = strlen(dir); len > 1 && dir[len - 1] == '/'; len--)
        dir[len - 1] = '\0';
    order.dir = dir;
    if (!hansa_config_read(1, argv, NULL)) return 2;
    umask(0077);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk, not the end */
    return verb->run(&order);
}
