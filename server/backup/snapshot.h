/* What a backup reads from the database itself, as the role of backup_database_url: all tenants, nothing written. Main thread of a
 * command. */
#ifndef HANSA_BACKUP_SNAPSHOT_H
#define HANSA_BACKUP_SNAPSHOT_H

#include "backup.h"

enum { HANSA_SNAPSHOT_NAME = 64 };

/* Connects; refuses a role whom row security would hide rows from. NULL = told. */
PGconn *hansa_backup_connect(void);
/* Begins the transaction whose view of the data others may share under that name, until it ends. False = told. */
bool hansa_snapshot_take(PGconn *pg, char ret_name[HANSA_SNAPSHOT_NAME]);
/* [{name, rows, digest}] of every table, by name; the digest is a sum over the rows' hashes, whatever their order. NULL = told. */
json_t *hansa_snapshot_tables(PGconn *pg);
/* [{tenant_id, seal_no, hash}]: the newest seal of each tenant's audit trail. NULL = told. */
json_t *hansa_snapshot_chain_ends(PGconn *pg);
/* Tells the bytes that rows name, tenant by tenant; `see` gives false to stop. False = stopped, or told. */
bool hansa_snapshot_files(PGconn *pg, bool (*see)(const char *tenant, const char *hex, void *data), void *data);
/* Does a row name those bytes? False also when the question failed (told). */
bool hansa_snapshot_is_named(PGconn *pg, const char *tenant, const char *hex);

#endif
