#include "door.h"

#include "../core/door.h"
#include "key.h"
#include "session_token.h"

#include <string.h>
#include <strings.h>

static bool key_take(struct hansa_bytes authorization, struct hansa_credential *ret_credential) {
    static const char scheme[] = "Bearer ";
    struct hansa_identity_key key;
    if (authorization.len < sizeof scheme - 1 || strncasecmp(authorization.at, scheme, sizeof scheme - 1) != 0)
        return false;
    if (!hansa_identity_key_read(authorization.at + sizeof scheme - 1, authorization.len - (sizeof scheme - 1), &key))
        return false;
    memcpy(ret_credential->tenant, key.tenant, sizeof key.tenant);
    memcpy(ret_credential->home, key.home, sizeof key.home);
    memcpy(ret_credential->reference, key.reference, sizeof key.reference);
    memcpy(ret_credential->digest, key.digest, sizeof key.digest);
    ret_credential->kind = HANSA_CREDENTIAL_KEY;
    return true;
}

static bool session_take(struct hansa_bytes cookie, struct hansa_credential *ret_credential) {
    struct hansa_identity_token token;
    if (!hansa_identity_cookie_read(cookie, &token)) return false;
    memcpy(ret_credential->tenant, token.tenant, sizeof token.tenant);
    memcpy(ret_credential->home, token.tenant, sizeof token.tenant);
    memcpy(ret_credential->digest, token.digest, sizeof token.digest);
    ret_credential->kind = HANSA_CREDENTIAL_SESSION;
    return true;
}

/* Who sends Authorization means it: a wrong key beside a good cookie is still a wrong key. */
static bool read_credential(struct hansa_bytes authorization, struct hansa_bytes cookie,
                            struct hansa_credential *ret_credential) {
    memset(ret_credential, 0, sizeof *ret_credential);
    return authorization.at != NULL ? key_take(authorization, ret_credential) : session_take(cookie, ret_credential);
}

const struct hansa_door hansa_identity_door = {
    .read = read_credential,
    .check = {[HANSA_CREDENTIAL_KEY] = "identity/key_check", [HANSA_CREDENTIAL_SESSION] = "identity/session_check"},
    .used = {[HANSA_CREDENTIAL_KEY] = "identity/key_used", [HANSA_CREDENTIAL_SESSION] = "identity/session_used"},
};
