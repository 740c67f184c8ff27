/* The command `hansa admin audit verify`: looks a tenant's sealed trail through, in the database (as its owner) or in a file
 * that GET /v1/audit/export gave. Main thread. */
#ifndef HANSA_AUDIT_VERIFY_H
#define HANSA_AUDIT_VERIFY_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>

/* argv[0] is "audit". Exit code: 0 whole, 1 something was found (told on stdout) or the check could not be done (stderr),
 * 2 usage. */
int hansa_audit_admin_command(int argc, char **argv);

/* Looks the trails of all tenants through, over a connection of the owner; each must still have the seal that `ends` names:
 * [{tenant_id, seal_no, hash}]. False = something was found (told on stdout), or the check could not be done (stderr). */
bool hansa_audit_chains_verify(PGconn *pg, const json_t *ends);

#endif
