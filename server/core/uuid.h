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

#endif
