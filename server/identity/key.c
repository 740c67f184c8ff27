/* The check is CRC-32 of what stands before it. */
#include "key.h"

#include "base62.h"
#include "core/uuid.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum {
    TENANT_LEN = HANSA_BASE62_TENANT_LEN,
    SECRET_LEN = 32,
    CHECK_LEN = 6,
    PREFIX_LEN = 11,
    TENANT_AT = PREFIX_LEN,
    REFERENCE_AT = TENANT_AT + TENANT_LEN + 1,
    SECRET_AT = REFERENCE_AT + HANSA_KEY_REFERENCE_LEN + 1,
    CHECK_AT = SECRET_AT + SECRET_LEN
};

static const char live_prefix[] = "hansa_live_", test_prefix[] = "hansa_test_";

static void check_write(const char *text, char check[CHECK_LEN]) {
    hansa_identity_base62_number((uint32_t)crc32(0, (const unsigned char *)text, CHECK_AT), check, CHECK_LEN);
}

bool hansa_identity_key_make(const char *tenant, const char *reference, bool is_test, char ret_text[HANSA_KEY_LEN + 1],
                             struct hansa_identity_key *ret_key) {
    memcpy(ret_text, is_test ? test_prefix : live_prefix, PREFIX_LEN);
    char named[HANSA_UUID_LEN + 1];
    if (snprintf(named, sizeof named, "%s", tenant) != HANSA_UUID_LEN) return false;
    if (is_test) hansa_uuid_to_twin(named);
    if (!hansa_identity_base62_tenant_write(named, ret_text + TENANT_AT)) return false;
    ret_text[REFERENCE_AT - 1] = ret_text[SECRET_AT - 1] = '_';
    if (reference != NULL && strlen(reference) != HANSA_KEY_REFERENCE_LEN) return false;
    if (reference != NULL)
        memcpy(ret_text + REFERENCE_AT, reference, HANSA_KEY_REFERENCE_LEN);
    else if (!hansa_identity_base62_random(ret_text + REFERENCE_AT, HANSA_KEY_REFERENCE_LEN))
        return false;
    if (!hansa_identity_base62_random(ret_text + SECRET_AT, SECRET_LEN)) return false;
    check_write(ret_text, ret_text + CHECK_AT);
    ret_text[HANSA_KEY_LEN] = '\0';
    return hansa_identity_key_read(ret_text, HANSA_KEY_LEN, ret_key);
}

bool hansa_identity_key_read(const char *text, size_t len, struct hansa_identity_key *ret_key) {
    char tenant[37], check[CHECK_LEN];
    if (len != HANSA_KEY_LEN) return false;
    bool is_live = memcmp(text, live_prefix, PREFIX_LEN) == 0, is_test = memcmp(text, test_prefix, PREFIX_LEN) == 0;
    if ((!is_live && !is_test) || text[REFERENCE_AT - 1] != '_' || text[SECRET_AT - 1] != '_') return false;
    for (size_t i = REFERENCE_AT; i < HANSA_KEY_LEN; i++)
        if (i != SECRET_AT - 1 && hansa_identity_base62_digit(text[i]) < 0) return false;
    check_write(text, check);
    if (memcmp(check, text + CHECK_AT, CHECK_LEN) != 0 || !hansa_identity_base62_tenant_read(text + TENANT_AT, tenant))
        return false;
    if (!is_test && hansa_uuid_is_twin(tenant)) return false;
    *ret_key = (struct hansa_identity_key){.is_test = is_test};
    memcpy(ret_key->tenant, tenant, sizeof tenant);
    memcpy(ret_key->home, tenant, sizeof tenant);
    if (is_test) {
        hansa_uuid_to_twin(ret_key->tenant);
        hansa_uuid_from_twin(ret_key->home);
    }
    memcpy(ret_key->reference, text + REFERENCE_AT, HANSA_KEY_REFERENCE_LEN);
    SHA256((const unsigned char *)text, len, ret_key->digest);
    return true;
}
