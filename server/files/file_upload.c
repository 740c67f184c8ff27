/* Steps of POST /v1/files: `look` at what was sent and whether there is room for it, `keep` the bytes in the store. Then the
 * statement writes the row: a row without bytes cannot be. */
#include "media_type.h"
#include "store.h"

#include "core/hex.h"
#include <hansa/call.h>
#include <hansa/config.h>
#include <hansa_steps.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct keeping {
    char tenant[37];
    char *bytes;
    size_t len;
    uint8_t digest[HANSA_STORE_DIGEST];
    enum hansa_store_result result;
};

enum hansa_step_result hansa_files_file_create_look(struct hansa_call *call) {
    struct hansa_bytes body = hansa_call_body(call), declared = hansa_call_header(call, "content-type");
    const char *found = hansa_files_media_type(body.at, body.len);
    size_t len = found == NULL ? 0 : strlen(found);
    if (found == NULL || declared.len < len || strncasecmp(declared.at, found, len) != 0)
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_FILES_NOT_AS_DECLARED), NULL,
                                  "The first bytes are not those of the type that Content-Type names.");
    if (hansa_config()->files_dir[0] == '\0')
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_FILES_STORE_UNAVAILABLE), NULL,
                                  "This installation has no store for files.");
    char size[24];
    snprintf(size, sizeof size, "%zu", body.len);
    hansa_call_value_set(call, "media_type", found, len);
    hansa_call_value_set(call, "size_bytes", size, strlen(size));
    return hansa_call_statement(call, "files/room_look");
}

static void *keep_run(void *input) {
    struct keeping *keeping = input;
    unsigned len;
    EVP_Digest(keeping->bytes, keeping->len, keeping->digest, &len, EVP_sha256(), NULL);
    keeping->result = hansa_store_put(keeping->tenant, keeping->digest, keeping->bytes, keeping->len);
    return keeping;
}

static void keep_drop(void *data) {
    struct keeping *keeping = data;
    free(keeping->bytes);
    free(keeping);
}

static enum hansa_step_result keep_done(struct hansa_call *call, void *output) {
    struct keeping *keeping = output;
    char hex[2 + HANSA_STORE_HEX + 1];
    hansa_hex_bytea(keeping->digest, HANSA_STORE_DIGEST, hex);
    enum hansa_store_result result = keeping->result;
    keep_drop(keeping);
    if (result == HANSA_STORE_FULL)
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_FILES_STORE_FULL), NULL, NULL);
    if (result != HANSA_STORE_DONE)
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_FILES_STORE_UNAVAILABLE), NULL, NULL);
    hansa_call_value_set(call, "sha256", hex, strlen(hex));
    hansa_call_body_digest_set(call, hex);
    return HANSA_STEP_NEXT;
}

static const struct hansa_work keep_work = {.run = keep_run, .done = keep_done, .drop = keep_drop};

enum hansa_step_result hansa_files_file_create_keep(struct hansa_call *call) {
    struct hansa_bytes body = hansa_call_body(call);
    struct keeping *keeping = calloc(1, sizeof *keeping);
    if (keeping != NULL) keeping->bytes = malloc(body.len);
    if (keeping == NULL || keeping->bytes == NULL) {
        free(keeping);
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    }
    snprintf(keeping->tenant, sizeof keeping->tenant, "%s", hansa_call_tenant(call));
    memcpy(keeping->bytes, body.at, body.len);
    keeping->len = body.len;
    return hansa_call_work(call, &keep_work, keeping, keep_drop);
}
