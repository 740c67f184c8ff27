/* Page cursors: base64url(HMAC-SHA256(secret, list key ‖ position)[0..16] ‖ position). The list key binds tenant, endpoint
 * and filters, so a cursor is worth nothing elsewhere (promise T13). Every server has the same secret. */
#include "call_state.h"
#include "csrf.h"
#include "hex.h"

#include "log.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

enum { SECRET_BYTES_MIN = 32, SECRET_BYTES_MAX = 256, TAG_BYTES = 16 };

static unsigned char secret[SECRET_BYTES_MAX];
static size_t secret_len;

bool hansa_cursor_init(const char *secret_file) {
    if (secret_file[0] == '\0') { /* a single server may do without a file: its cursors end with it */
        secret_len = SECRET_BYTES_MIN;
        return RAND_bytes(secret, SECRET_BYTES_MIN) == 1;
    }
    FILE *file = fopen(secret_file, "re");
    if (file == NULL) return false;
    secret_len = fread(secret, 1, sizeof secret, file);
    fclose(file);
    return secret_len >= SECRET_BYTES_MIN;
}

static void tag_make(const struct hansa_call *call, const char *position, size_t len, unsigned char tag[32]) {
    unsigned char text[sizeof call->list_key + CURSOR_BYTES_MAX];
    memcpy(text, call->list_key, sizeof call->list_key);
    memcpy(text + sizeof call->list_key, position, len);
    unsigned tag_len;
    HMAC(EVP_sha256(), secret, (int)secret_len, text, sizeof call->list_key + len, tag, &tag_len);
}

bool hansa_cursor_open(struct hansa_call *call, struct hansa_bytes cursor) {
    if (cursor.len < 24 || cursor.len > CURSOR_BYTES_MAX) return false;
    h2o_iovec_t plain = h2o_decode_base64url(&call->req->pool, cursor.at, cursor.len);
    if (plain.base == NULL || plain.len <= TAG_BYTES || plain.len - TAG_BYTES > CURSOR_BYTES_MAX) return false;
    unsigned char tag[32];
    tag_make(call, plain.base + TAG_BYTES, plain.len - TAG_BYTES, tag);
    if (CRYPTO_memcmp(tag, plain.base, TAG_BYTES) != 0) return false;
    call->after = hansa_call_copy(call, plain.base + TAG_BYTES, plain.len - TAG_BYTES);
    return true;
}

size_t hansa_cursor_write(const struct hansa_call *call, const char *position, char text[CURSOR_BYTES_MAX]) {
    size_t len = strlen(position);
    if (len == 0 || len > CURSOR_BYTES_MAX / 2) return 0;
    unsigned char plain[TAG_BYTES + CURSOR_BYTES_MAX], tag[32];
    tag_make(call, position, len, tag);
    memcpy(plain, tag, TAG_BYTES);
    memcpy(plain + TAG_BYTES, position, len);
    size_t text_len = h2o_base64_encode(text, plain, TAG_BYTES + len, 1);
    while (text_len > 0 && text[text_len - 1] == '=')
        text_len--;
    text[text_len] = '\0';
    return text_len;
}

const char *hansa_cursor_seal(struct hansa_call *call, const char *position) {
    char text[CURSOR_BYTES_MAX];
    size_t len = hansa_cursor_write(call, position, text);
    return len == 0 ? NULL : hansa_call_copy(call, text, len);
}

void hansa_csrf_token(const uint8_t digest[32], char ret_text[HANSA_CSRF_LEN + 1]) {
    unsigned char text[5 + 32] = "csrf:", tag[32];
    unsigned tag_len;
    memcpy(text + 5, digest, 32);
    HMAC(EVP_sha256(), secret, (int)secret_len, text, sizeof text, tag, &tag_len);
    hansa_hex_write(tag, sizeof tag, ret_text);
}
