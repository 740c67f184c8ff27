/* Fuzzes the small readers that every address meets: hexadecimal text, UUIDs, media types. Run with tests/fuzz/corpus/bytes.
 *
 * What must hold besides memory safety: what is read is written as the same text, in small letters; what is written is read as
 * the same bytes; nothing is read beyond the bytes that there are; a media type is one of the four. */
#include "core/hex.h"
#include "core/uuid.h"
#include "files/media_type.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST = 4096 };

static void must(bool holds) {
    if (!holds) abort();
}

static void check_hex(const char *text, size_t len, const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(len / 2 + 1);
    char *again = malloc(2 * size + 3);
    must(bytes != NULL && again != NULL);
    if (hansa_hex_read(text, len / 2, bytes)) {
        char *written = malloc(2 * (len / 2) + 1);
        must(written != NULL);
        hansa_hex_write(bytes, len / 2, written);
        must(strlen(written) == 2 * (len / 2) && strncasecmp(written, text, 2 * (len / 2)) == 0);
        free(written);
    }
    free(bytes);
    hansa_hex_bytea(data, size, again);
    must(strlen(again) == 2 * size + 2 && memcmp(again, "\\x", 2) == 0);
    bytes = malloc(size + 1);
    must(bytes != NULL && hansa_hex_read(again + 2, size, bytes) && memcmp(bytes, data, size) == 0);
    free(bytes);
    free(again);
}

static void check_uuid(const char *text) {
    uint8_t bytes[HANSA_UUID_BYTES], twice[HANSA_UUID_BYTES];
    char written[HANSA_UUID_LEN + 1];
    if (!hansa_uuid_read(text, bytes)) return;
    must(strlen(text) == HANSA_UUID_LEN);
    hansa_uuid_write(bytes, written);
    must(strlen(written) == HANSA_UUID_LEN && strcasecmp(written, text) == 0);
    must(hansa_uuid_read(written, twice) && memcmp(bytes, twice, sizeof bytes) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > LONGEST) return 0;
    char *text = malloc(size + 1); /* of its exact size, so that ASan sees a step too far */
    must(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    check_hex(text, strlen(text), data, size);
    check_uuid(text);
    free(text);
    const char *type = hansa_files_media_type((const char *)data, size);
    must(type == NULL || strncmp(type, "image/", 6) == 0 || strcmp(type, "application/pdf") == 0);
    must(type == NULL || size >= 3);
    return 0;
}
