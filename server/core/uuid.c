#include "uuid.h"

#include "hex.h"

#include <stddef.h>
#include <string.h>

/* Bytes between the hyphens. */
static const uint8_t groups[] = {4, 2, 2, 2, 6};
enum { GROUP_COUNT = sizeof groups };

bool hansa_uuid_read(const char *text, uint8_t ret_bytes[HANSA_UUID_BYTES]) {
    uint8_t bytes[HANSA_UUID_BYTES], *at = bytes;
    if (strnlen(text, HANSA_UUID_LEN + 1) != HANSA_UUID_LEN) return false;
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        if (i > 0 && *text++ != '-') return false;
        if (!hansa_hex_read(text, groups[i], at)) return false;
        text += (size_t)2 * groups[i];
        at += groups[i];
    }
    memcpy(ret_bytes, bytes, sizeof bytes);
    return true;
}

void hansa_uuid_write(const uint8_t bytes[HANSA_UUID_BYTES], char ret_text[HANSA_UUID_LEN + 1]) {
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        if (i > 0) *ret_text++ = '-';
        hansa_hex_write(bytes, groups[i], ret_text);
        bytes += groups[i];
        ret_text += (size_t)2 * groups[i];
    }
}

enum { VERSION_AT = 14, VERSION_OWN = '7', VERSION_TWIN = '8' };

bool hansa_uuid_is_twin(const char *text) {
    return text[VERSION_AT] == VERSION_TWIN;
}

void hansa_uuid_to_twin(char *text) {
    text[VERSION_AT] = VERSION_TWIN;
}

void hansa_uuid_from_twin(char *text) {
    text[VERSION_AT] = VERSION_OWN;
}

int64_t hansa_uuid_share(const char *party, int64_t limit) {
    uint8_t id[HANSA_UUID_BYTES];
    return hansa_uuid_read(party, id) && hansa_uuid_is_twin(party) ? (limit + 9) / 10 : limit;
}
