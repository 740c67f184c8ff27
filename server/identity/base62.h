/* base62 (0-9 A-Z a-z) as keys and sessions are written in: numbers of fixed width, tenants, random texts. Pure but for the
 * random bytes; any thread. */
#ifndef HANSA_IDENTITY_BASE62_H
#define HANSA_IDENTITY_BASE62_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HANSA_BASE62_TENANT_LEN = 22 };

/* -1 = no digit. */
int hansa_identity_base62_digit(char c);
/* `len` digits, not NUL-terminated. */
void hansa_identity_base62_number(uint64_t number, char *text, size_t len);
/* Each digit drawn evenly; not NUL-terminated. False = no random bytes. */
bool hansa_identity_base62_random(char *text, size_t len);
/* A tenant (uuid text, small letters) as 22 digits, and back. False = it is none. */
bool hansa_identity_base62_tenant_write(const char *tenant, char text[HANSA_BASE62_TENANT_LEN]);
bool hansa_identity_base62_tenant_read(const char text[HANSA_BASE62_TENANT_LEN], char ret_tenant[37]);

#endif
