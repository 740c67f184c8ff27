/* UUIDs as text (RFC 9562, section 4) and as their 16 bytes. Pure functions. */
#ifndef HANSA_UUID_H
#define HANSA_UUID_H

#include <stdbool.h>
#include <stdint.h>

enum { HANSA_UUID_BYTES = 16, HANSA_UUID_LEN = 36 };

/* Reads exactly 36 characters, digits of either case, and their end; false = that is no UUID, and ret_bytes is as it was. */
bool hansa_uuid_read(const char *text, uint8_t ret_bytes[HANSA_UUID_BYTES]);
/* Writes it with small digits, and an end. */
void hansa_uuid_write(const uint8_t bytes[HANSA_UUID_BYTES], char ret_text[HANSA_UUID_LEN + 1]);

/* A tenant's twin, in which things are tried out, has the tenant's id with version 8 (RFC 9562, section 5.8) in place of 7: which of
 * the two an id is, and the id of the other, is told by its text alone (decision 0049). */
bool hansa_uuid_is_twin(const char *text);
/* Turns the id of either into the twin's, or into the tenant's own; in place. */
void hansa_uuid_to_twin(char *text);
void hansa_uuid_from_twin(char *text);
/* What a party has of a limit: a twin a tenth, rounded up; everybody else, tenants and addresses, all of it. */
int64_t hansa_uuid_share(const char *party, int64_t limit);

#endif
