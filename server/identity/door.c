#include "door.h"

#include "../core/door.h"
#include "key.h"

#include <string.h>
#include <strings.h>

static bool read_bearer(struct hansa_bytes authorization, struct hansa_bytes cookie,
                        struct hansa_credential *ret_credential) {
    (void)cookie;
    static const char scheme[] = "Bearer ";
    struct hansa_identity_key key;
    if (authorization.len < sizeof scheme - 1 || strncasecmp(authorization.at, scheme, sizeof scheme - 1) != 0)
        return false;
    if (!hansa_identity_key_read(authorization.at + sizeof scheme - 1, authorization.len - (sizeof scheme - 1), &key))
        return false;
    memset(ret_credential, 0, sizeof *ret_credential);
    memcpy(ret_credential->tenant, key.tenant, sizeof key.tenant);
    memcpy(ret_credential->reference, key.reference, sizeof key.reference);
    memcpy(ret_credential->digest, key.digest, sizeof key.digest);
    return true;
}

const struct hansa_door hansa_identity_door = {
    .read = read_bearer,
    .check = {[HANSA_CREDENTIAL_KEY] = "identity/key_check", [HANSA_CREDENTIAL_SESSION] = "identity/key_check"},
    .used = {[HANSA_CREDENTIAL_KEY] = "identity/key_used", [HANSA_CREDENTIAL_SESSION] = "identity/key_used"},
};
