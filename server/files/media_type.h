/* What the first bytes of a file say that it is. Pure functions. */
#ifndef HANSA_FILES_MEDIA_TYPE_H
#define HANSA_FILES_MEDIA_TYPE_H

#include <stddef.h>

/* The media type (RFC 6838, small letters) of a JPEG, PNG, WebP or PDF, the only ones that are taken in; NULL = none of them. A
 * constant. Four formats by their signatures: JPEG by ISO/IEC 10918-1 (SOI and the next marker), PNG by ISO/IEC 15948, WebP by
 * RFC 9649, PDF by ISO 32000. */
const char *hansa_files_media_type(const char *bytes, size_t len);

#endif
