/* The token that our own pages send with unsafe requests: bound to the session and to this installation's secret.
 * Any thread, after hansa_cursor_init. */
#ifndef HANSA_CSRF_H
#define HANSA_CSRF_H

#include <stdint.h>

enum { HANSA_CSRF_LEN = 64 };

/* `digest`: of the session's credential (struct hansa_credential). Hex, NUL-terminated. */
void hansa_csrf_token(const uint8_t digest[32], char ret_text[HANSA_CSRF_LEN + 1]);

#endif
