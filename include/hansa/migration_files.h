/* The migrations as the binary carries them; written by server/compiler/embed.py at build time.
 *
 * Const data of the process; any thread. Numbered files come first, in order; the rooms' replaceable files follow, sorted
 * by path.
 */
#ifndef HANSA_MIGRATION_FILES_H
#define HANSA_MIGRATION_FILES_H

#include <stdbool.h>
#include <stddef.h>

struct hansa_migration_file {
    const char *path;   /* below migrations/: "0001_core.sql", "rooms/orders/10_views.sql" */
    const char *text;   /* UTF-8, ends with NUL beyond `len` */
    size_t len;         /* bytes */
    const char *sha256; /* of the text; 64 lower-case hex digits */
    bool is_room_file;  /* replaceable: applied again when its checksum changes */
};

extern const struct hansa_migration_file hansa_migration_files[];
extern const size_t hansa_migration_file_count;

#endif
