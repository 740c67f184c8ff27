#include "media_type.h"

#include <stdbool.h>
#include <string.h>

static bool stands(const char *bytes, size_t len, size_t at, const char *what, size_t what_len) {
    return len >= at + what_len && memcmp(bytes + at, what, what_len) == 0;
}

const char *hansa_files_media_type(const char *bytes, size_t len) {
    if (stands(bytes, len, 0, "\xff\xd8\xff", 3)) return "image/jpeg";
    if (stands(bytes, len, 0, "\x89PNG\r\n\x1a\n", 8)) return "image/png";
    if (stands(bytes, len, 0, "RIFF", 4) && stands(bytes, len, 8, "WEBP", 4)) return "image/webp";
    if (stands(bytes, len, 0, "%PDF-", 5)) return "application/pdf";
    return NULL;
}
