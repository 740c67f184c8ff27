/* The door: who is calling. The core knows no business room, so the room that keeps keys and sessions hands this in at
 * start. Const; any thread. */
#ifndef HANSA_DOOR_H
#define HANSA_DOOR_H

#include <hansa/call.h>
#include <stdbool.h>
#include <stdint.h>

enum hansa_credential_kind { HANSA_CREDENTIAL_KEY, HANSA_CREDENTIAL_SESSION, HANSA_CREDENTIAL_KINDS };

struct hansa_credential {
    enum hansa_credential_kind kind;
    char tenant[37];    /* uuid text: in whose rows it works */
    char home[37];      /* in whose rows it is kept itself: the same, or that whose twin `tenant` is */
    char reference[16]; /* its public part, when it has one: finds the row */
    uint8_t digest[32]; /* SHA-256 of the whole credential; equal digests are the same credential */
};

/* What a credential's `check` statement answers, one row while it is live, none otherwise:
 * {"actor_id": uuid, "actor_kind": "KEY" | "USER" | "OPERATOR", "session_id": uuid or null, "scopes": ["room:verb", …],
 *  "audience": "STAFF" | "PARTNER" | "CUSTOMER": which members of answers and bodies are theirs; anything else sees what is public,
 *  "reach": null (the whole tenant) or an object that :reach binds,
 *  "addresses": null or ["192.0.2.0/24", …] from which alone it counts,
 *  "key_rate", "tenant_rate": requests a minute or null} */
struct hansa_door {
    /* Reads Authorization and Cookie. False = no credential of ours (form, check sum). Authorization wins. */
    bool (*read)(struct hansa_bytes authorization, struct hansa_bytes cookie, struct hansa_credential *ret_credential);
    /* Internal statements by kind. check takes `key_ref` (keys) and `secret_hash`; used takes `actor_id` and `secret_hash`
     * and notes that the credential was used. Each takes of these what it declares. */
    const char *check[HANSA_CREDENTIAL_KINDS], *used[HANSA_CREDENTIAL_KINDS];
};

#endif
