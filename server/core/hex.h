/* Bytes as hexadecimal text and back: digests on their way to and from PostgreSQL, and names of files. Pure functions. */
#ifndef HANSA_HEX_H
#define HANSA_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes 2 * len small digits and an end to `ret_text`. */
void hansa_hex_write(const uint8_t *bytes, size_t len, char *ret_text);
/* PostgreSQL's input form of bytea: the same after \x; 2 * len + 3 bytes. */
void hansa_hex_bytea(const uint8_t *bytes, size_t len, char *ret_text);
/* Reads 2 * len digits, of either case; false = something else stands there, and ret_bytes holds nothing of use. */
bool hansa_hex_read(const char *text, size_t len, uint8_t *ret_bytes);

#endif
