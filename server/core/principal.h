/* Principals: credentials that PostgreSQL has confirmed, kept for key_cache_ms.
 *
 * A cached principal older than half that time is asked about again in the background, so a busy key never waits, and a
 * revoked one is refused after key_cache_ms at the latest, on every server, without a message between servers.
 * Per loop; only its thread. Entries live in a fixed table: callers copy what they need at once.
 */
#ifndef HANSA_PRINCIPAL_H
#define HANSA_PRINCIPAL_H

#include "db.h"
#include "door.h"

struct hansa_principal {
    uint8_t digest[32];
    enum hansa_credential_kind kind;
    char tenant[37], home[37], actor[37], session[37], actor_kind[12], reference[16]; /* tenant, home: see door.h */
    char *scopes;                  /* space-separated, malloc'd; NULL = none */
    enum hansa_audience audience;  /* for whom its answers are cut */
    char *reach;                   /* JSON for :reach, malloc'd; NULL = the whole tenant */
    char *addresses;               /* JSON array of networks, malloc'd; NULL = from anywhere */
    int64_t key_rate, tenant_rate; /* requests a minute; 0 = the configured default */
    uint64_t checked_at;           /* ms; 0 = empty entry */
    bool is_live, is_refreshing, is_used;
};

struct hansa_principals;

struct hansa_principals *hansa_principals_new(struct hansa_db *db, h2o_loop_t *loop, const struct hansa_door *door);
void hansa_principals_free(struct hansa_principals *principals);

/* What is known now, or NULL: then ask with hansa_principal_unit. May start a refresh in the background. */
const struct hansa_principal *hansa_principal_find(struct hansa_principals *principals,
                                                   const struct hansa_credential *credential);
/* The same for an answer that goes on by itself: it does not count as use, so that an open stream keeps no idle session alive. */
const struct hansa_principal *hansa_principal_look(struct hansa_principals *principals,
                                                   const struct hansa_credential *credential);
/* A unit that asks PostgreSQL; owner and done are the caller's to set. Values point into `credential` and `hex`. */
struct hansa_unit *hansa_principal_unit(struct hansa_principals *principals, const struct hansa_credential *credential,
                                        char hex[67]);
/* Notes the answer (a settled unit) and returns the entry, live or dead; NULL when PostgreSQL gave no answer. `is_use`: it was
 * asked because somebody used it. */
const struct hansa_principal *hansa_principal_learn(struct hansa_principals *principals,
                                                    const struct hansa_credential *credential,
                                                    const struct hansa_unit *unit, bool is_use);
/* Scope `room:verb` is covered by one of the principal's patterns: room:verb, room:*, *:verb, *. */
bool hansa_principal_may(const struct hansa_principal *principal, const char *scope);
/* Writes "last used" for keys used since the last call; every 30 s, off the answers' path. */
void hansa_principals_note_use(struct hansa_principals *principals);

#endif
