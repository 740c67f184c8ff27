/* Lists of tags are read as RFC 9110 8.8.3 and 13.1 write them: "a", W/"b" or *. If-Match compares strongly, If-None-Match
 * weakly. A content coding has a tag of its own, the plain one with -gzip at its end; when conditions are looked at, both
 * count as the same representation. */
#include "etag.h"

#include "call_state.h"
#include "hex.h"

#include <hansa/error.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { HASHED_MAX = 65536, HASH_BYTES = 12, VERSIONS_MAX = 512 };

static const char coding_suffix[] = "-gzip";

struct tag {
    struct hansa_bytes text; /* between the quotes */
    bool is_weak;
};

/* Takes the next tag off the list: 1, 0 at the end, -1 malformed. */
static int tag_next(struct hansa_bytes *list, struct tag *ret_tag) {
    while (list->len > 0 && (*list->at == ' ' || *list->at == '\t' || *list->at == ','))
        list->at++, list->len--;
    if (list->len == 0) return 0;
    ret_tag->is_weak = list->len >= 2 && list->at[0] == 'W' && list->at[1] == '/';
    if (ret_tag->is_weak) list->at += 2, list->len -= 2;
    if (list->len < 2 || *list->at != '"') return -1;
    const char *end = memchr(list->at + 1, '"', list->len - 1);
    if (end == NULL) return -1;
    ret_tag->text = (struct hansa_bytes){list->at + 1, (size_t)(end - list->at) - 1};
    for (size_t i = 0; i < ret_tag->text.len; i++)
        if ((unsigned char)ret_tag->text.at[i] < 0x21 || ret_tag->text.at[i] == 0x7f) return -1;
    list->len -= (size_t)(end + 1 - list->at);
    list->at = end + 1;
    if (list->len > 0 && *list->at != ',' && *list->at != ' ' && *list->at != '\t') return -1;
    return 1;
}

static bool is_star(struct hansa_bytes field) {
    return field.len == 1 && *field.at == '*';
}

/* The digits of "r17…" as a member of a list parted by blanks. */
static size_t version_add(const struct tag *tag, char *versions, size_t at) {
    size_t digits = 0;
    if (tag->is_weak || tag->text.len < 2 || tag->text.at[0] != 'r') return at;
    while (digits + 1 < tag->text.len && tag->text.at[digits + 1] >= '0' && tag->text.at[digits + 1] <= '9')
        digits++;
    bool is_ours = digits > 0 && digits < 19 && (digits + 1 == tag->text.len || tag->text.at[digits + 1] == '-');
    if (!is_ours || at + digits + 2 > VERSIONS_MAX) return at;
    if (at > 0) versions[at++] = ' ';
    memcpy(versions + at, tag->text.at + 1, digits);
    return at + digits;
}

bool hansa_etag_read(struct hansa_call *call) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    if (endpoint->if_match == HANSA_IF_MATCH_NONE) return true;
    struct hansa_bytes field = hansa_call_header(call, "if-match");
    if (field.at == NULL && endpoint->if_match == HANSA_IF_MATCH_ACCEPTED) return true;
    if (field.at == NULL) {
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_PRECONDITION_REQUIRED), NULL,
                           "Send If-Match with the ETag of what you saw, or * to change whatever is there.");
        return false;
    }
    if (is_star(field)) {
        call->if_match = "*";
        return true;
    }
    char *versions = hansa_call_alloc(call, VERSIONS_MAX + 1);
    size_t len = 0;
    struct tag tag;
    int found;
    while ((found = tag_next(&field, &tag)) > 0)
        len = version_add(&tag, versions, len);
    call->if_match = versions;
    if (found == 0) return true;
    struct hansa_fault fault = {
        .pointer = "If-Match", .code = "bad_value", .detail = "Expected entity tags in quotes, or *."};
    hansa_reply_problem(call, hansa_error(HANSA_ERROR_CORE_MALFORMED), NULL, &fault, 1);
    return false;
}

static EVP_MD *sha256;

static void sha256_fetch(void) {
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL); /* once: the implicit fetch of EVP_sha256() costs more than the hash */
    if (sha256 == NULL) abort();
}

const char *hansa_etag_make(struct hansa_call *call, const char *version, const h2o_iovec_t *parts, size_t part_count) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static _Thread_local EVP_MD_CTX *context;
    size_t len = 0;
    for (size_t i = 0; i < part_count; i++)
        len += parts[i].len;
    if (version == NULL && len > HASHED_MAX) return NULL;
    pthread_once(&once, sha256_fetch);
    if (context == NULL) context = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_DigestInit_ex(context, sha256, NULL);
    EVP_DigestUpdate(context, call->tenant,
                     sizeof call->tenant); /* a tag says nothing of another tenant's (promise T13) */
    for (size_t i = 0; i < part_count; i++)
        EVP_DigestUpdate(context, parts[i].base, parts[i].len);
    EVP_DigestFinal_ex(context, digest, NULL);
    char text[64], *at = text;
    if (version != NULL)
        at += snprintf(text, sizeof text - (size_t)2 * HASH_BYTES - 3, "\"r%.19s-", version);
    else
        *at++ = '"';
    hansa_hex_write(digest, HASH_BYTES, at);
    at += (size_t)2 * HASH_BYTES;
    *at++ = '"';
    return hansa_call_copy(call, text, (size_t)(at - text));
}

/* Are these the same representation, whatever its coding? `etag` is quoted. */
static bool is_same(const struct tag *tag, const char *etag, bool *ret_is_coded) {
    size_t len = strlen(etag) - 2, suffix = sizeof coding_suffix - 1;
    *ret_is_coded = tag->text.len == len + suffix && memcmp(tag->text.at + len, coding_suffix, suffix) == 0;
    return (tag->text.len == len || *ret_is_coded) && memcmp(tag->text.at, etag + 1, len) == 0;
}

static bool names(struct hansa_bytes list, const char *etag, bool is_strong, bool *ret_is_coded) {
    struct tag tag;
    if (is_star(list)) return true;
    while (tag_next(&list, &tag) > 0)
        if (is_same(&tag, etag, ret_is_coded) && !(is_strong && tag.is_weak)) return true;
    return false;
}

int hansa_etag_condition(struct hansa_call *call, const char *etag) {
    bool is_coded = false;
    struct hansa_bytes wanted = hansa_call_header(call, "if-match"), known = hansa_call_header(call, "if-none-match");
    if (wanted.at != NULL && !names(wanted, etag, true, &is_coded)) return 412;
    if (known.at == NULL || !names(known, etag, false, &is_coded)) return 0;
    if (is_coded)
        hansa_call_answer_header(call, "etag", hansa_etag_coded(call, etag));
    else
        hansa_call_answer_header(call, "etag", etag);
    return 304;
}

const char *hansa_etag_coded(struct hansa_call *call, const char *etag) {
    size_t len = strlen(etag), size = len + sizeof coding_suffix;
    char *coded = hansa_call_alloc(call, size);
    snprintf(coded, size, "%.*s%s\"", (int)len - 1, etag, coding_suffix);
    return coded;
}
