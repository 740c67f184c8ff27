/* The door: who is calling. The core knows no business room, so the room that keeps the keys hands this in at start.
 * Const; any thread. */
#ifndef HANSA_DOOR_H
#define HANSA_DOOR_H

#include <hansa/call.h>
#include <stdbool.h>
#include <stdint.h>

struct hansa_credential {
    char tenant[37];    /* uuid text that the credential names */
    char reference[16]; /* its public part: what finds the row */
    uint8_t digest[32]; /* SHA-256 of the whole credential; equal digests are the same credential */
};

struct hansa_door {
    /* Reads the Authorization field. False = no credential of ours (form, check sum). */
    bool (*read)(struct hansa_bytes authorization, struct hansa_credential *ret_credential);
    /* Internal statements. check takes params `key_ref` and `secret_hash` and answers {"api_key_id","scopes":[…]} or no row;
     * used takes `api_key_id` and notes that the key was used. */
    const char *check, *used;
};

#endif
