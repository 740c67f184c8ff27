/* PostgreSQL's own programs as child processes: no shell, nothing of the connection in their arguments. Main thread of a command. */
#ifndef HANSA_BACKUP_PROGRAM_H
#define HANSA_BACKUP_PROGRAM_H

#include "folder.h"

struct hansa_backup_program {
    char path[HANSA_BACKUP_PATH_MAX], version[128]; /* "pg_dump (PostgreSQL) 15.20 (Debian …)" */
    int major;
};

/* Finds it: in pg_bin_dir; else where Debian has that major version (0: any); else in PATH. False = none there, or older; told. */
bool hansa_backup_program_find(const char *name, int server_major, struct hansa_backup_program *ret_program);
/* Runs it with the words, ended by NULL, against the database of `pg` (NULL: none), until its end. What it complains of comes on
 * our stderr; what it prints is dropped. It dies when we do. False = it did not end well; told. */
bool hansa_backup_program_run(const struct hansa_backup_program *program, const PGconn *pg, const char *const words[]);

#endif
