/* The API reference: the page of GET /docs, what it loads, and the document that it shows.
 *
 * Tables that server/core/reference/make.py writes at build time; static data, any thread. File 0 is the page.
 */
#ifndef HANSA_CORE_REFERENCE_H
#define HANSA_CORE_REFERENCE_H

#include <stddef.h>

struct hansa_reference_file {
    const char *name, *lasting_name; /* last segment of its address; the second has the digest in it; "" = the page */
    const char *media_type, *etag;
    const unsigned char *zipped; /* gzip */
    size_t zipped_len, len;
};

extern const struct hansa_reference_file hansa_reference_files[];
extern const size_t hansa_reference_file_count;

#endif
