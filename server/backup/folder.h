/* Files and folders of a backup. Every function blocks; main thread of a command. False comes with errno. */
#ifndef HANSA_BACKUP_FOLDER_H
#define HANSA_BACKUP_FOLDER_H

#include "backup.h"

enum { HANSA_BACKUP_PATH_MAX = 4096 };

/* "a/b" of two parts; false = too long. */
bool hansa_folder_path(char ret_path[HANSA_BACKUP_PATH_MAX], const char *folder, const char *name);
/* A new file with that content, mode 0600; none may be there. `is_synced`: on disk when it says true. */
bool hansa_folder_write(const char *path, const void *bytes, size_t len, bool is_synced);
/* The content, malloc'd, with a NUL behind it; NULL with errno, EFBIG above `most`. */
char *hansa_folder_read(const char *path, size_t most, size_t *ret_len);
/* SHA-256 of a file's content in hex, and its size. */
bool hansa_folder_hash(const char *path, char ret_hex[HANSA_BACKUP_HEX + 1], int64_t *ret_size);
/* Removes it with all that is in it; true when nothing is left, also when nothing was there. Follows no link. */
bool hansa_folder_remove(const char *path);
/* What was written anywhere in the file system that the folder is in is on disk. */
bool hansa_folder_sync(const char *path);
/* Gives the folder its final name, on disk when it says true. EEXIST when something has that name. */
bool hansa_folder_rename(const char *from, const char *to);
/* Tells every file below `root`, by its path from there; `see` gives false to stop, as does what is no file and no folder. */
bool hansa_folder_walk(const char *root, bool (*see)(const char *path, void *data), void *data);

#endif
