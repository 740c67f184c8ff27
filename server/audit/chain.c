/* Per seal: its number follows, its prev_hash is the hash before, each entry's text has the digest that the seal keeps, and
 * its hash covers all of that. An edited entry misses its digest, a removed one its text; whoever mends the digests breaks
 * the hash, and whoever mends the hashes up to the end breaks the signature of the head. */
#include "chain.h"

#include "core/hex.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 256 };

void hansa_audit_chain_found(struct hansa_audit_chain *chain, const char *form, ...) {
    va_list values;
    va_start(values, form);
    printf("%s: ", chain->name);
    vprintf(form, values);
    putchar('\n');
    va_end(values);
    chain->findings++;
}

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

/* Feeds the bytes that a hex text means; false = it is none. */
static bool hash_hex(EVP_MD_CTX *sha, const char *hex) {
    for (; hex[0] != '\0'; hex += 2) {
        uint8_t byte;
        if (!hansa_hex_read(hex, 1, &byte)) return false;
        EVP_DigestUpdate(sha, &byte, 1);
    }
    return true;
}

static void entries_check(struct hansa_audit_chain *chain, const json_t *seal, int64_t number) {
    const json_t *ids = json_object_get(seal, "entry_ids"), *texts = json_object_get(seal, "entries");
    const char *digests = text_of(seal, "digests");
    size_t count = json_array_size(texts);
    if (strlen(digests) != count * HANSA_AUDIT_HEX || json_array_size(ids) != count) {
        hansa_audit_chain_found(chain, "seal %lld: entries were added to it or taken from it", (long long)number);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(texts, i)), *id = json_string_value(json_array_get(ids, i));
        char hex[HANSA_AUDIT_HEX + 1];
        uint8_t sum[32];
        if (text == NULL) {
            hansa_audit_chain_found(chain, "seal %lld, entry %zu (%s): it is gone", (long long)number, i + 1,
                                    id == NULL ? "?" : id);
            continue;
        }
        SHA256((const unsigned char *)text, strlen(text), sum);
        hansa_hex_write(sum, 32, hex);
        if (CRYPTO_memcmp(hex, digests + i * HANSA_AUDIT_HEX, HANSA_AUDIT_HEX) != 0)
            hansa_audit_chain_found(chain, "seal %lld, entry %zu (%s): it is not what was sealed", (long long)number,
                                    i + 1, id == NULL ? "?" : id);
    }
    chain->entries += count;
}

static void hash_check(struct hansa_audit_chain *chain, const json_t *seal, int64_t number) {
    char line[LINE_MAX_BYTES], hex[HANSA_AUDIT_HEX + 1];
    uint8_t sum[32];
    int len =
        snprintf(line, sizeof line, "%s %lld %s %s %zu\n", chain->tenant, (long long)number, text_of(seal, "sealed_at"),
                 text_of(seal, "covers_to"), strlen(text_of(seal, "digests")) / HANSA_AUDIT_HEX);
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    bool ok = len > 0 && (size_t)len < sizeof line && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1 &&
              hash_hex(sha, text_of(seal, "prev_hash")) && EVP_DigestUpdate(sha, line, (size_t)len) == 1 &&
              hash_hex(sha, text_of(seal, "digests")) && EVP_DigestFinal_ex(sha, sum, NULL) == 1;
    EVP_MD_CTX_free(sha);
    if (!ok) memset(sum, 0, sizeof sum);
    hansa_hex_write(sum, 32, hex);
    if (!ok || strcmp(hex, text_of(seal, "hash")) != 0)
        hansa_audit_chain_found(chain, "seal %lld: it was edited; its hash does not fit what it says",
                                (long long)number);
}

static void seal_take(struct hansa_audit_chain *chain, const json_t *seal) {
    int64_t number = json_integer_value(json_object_get(seal, "seal_no"));
    bool is_first = chain->seals == 0 && chain->first > 0; /* what came before it was not looked at */
    if (number != chain->seal_no + 1)
        hansa_audit_chain_found(chain, "seal %lld: it is gone", (long long)chain->seal_no + 1);
    else if (!is_first && strcmp(text_of(seal, "prev_hash"), chain->hash) != 0)
        hansa_audit_chain_found(chain, "seal %lld: it does not follow seal %lld", (long long)number,
                                (long long)chain->seal_no);
    entries_check(chain, seal, number);
    hash_check(chain, seal, number);
    chain->seal_no = number;
    snprintf(chain->hash, sizeof chain->hash, "%s", text_of(seal, "hash"));
    chain->seals++;
}

bool hansa_audit_chain_take(struct hansa_audit_chain *chain, const json_t *piece) {
    const char *tenant = text_of(piece, "tenant_id");
    int64_t after = json_integer_value(json_object_get(piece, "after"));
    const json_t *seals = json_object_get(piece, "seals"), *seal;
    size_t i;
    if (strcmp(text_of(piece, "format"), "hansa-audit-1") != 0 || strlen(tenant) != 36 || !json_is_array(seals)) {
        fprintf(stderr, "hansa: %s: this is no exported audit trail\n", chain->name);
        return false;
    }
    if (!chain->is_begun) {
        memcpy(chain->tenant, tenant, sizeof chain->tenant);
        chain->first = chain->seal_no = after;
        memset(chain->hash, '0', HANSA_AUDIT_HEX);
        chain->is_begun = true;
    } else if (strcmp(tenant, chain->tenant) != 0 || after != chain->seal_no) {
        hansa_audit_chain_found(chain, "a piece behind seal %lld is missing", (long long)chain->seal_no);
        chain->seal_no = after;
        chain->first = after; /* nothing known of what came before */
    }
    json_array_foreach(seals, i, seal) seal_take(chain, seal);
    return true;
}

void hansa_audit_chain_end(struct hansa_audit_chain *chain, const json_t *piece) {
    const json_t *head = json_object_get(piece, "head");
    int64_t number = json_integer_value(json_object_get(head, "seal_no")),
            last = json_integer_value(json_object_get(piece, "last"));
    const char *hash = text_of(head, "hash");
    char hex[HANSA_AUDIT_HEX + 1];
    if (chain->seal_no < last)
        hansa_audit_chain_found(chain, "the pieces end at seal %lld of %lld", (long long)chain->seal_no,
                                (long long)last);
    if (!json_is_object(head)) {
        if (last > 0 && chain->has_secret) hansa_audit_chain_found(chain, "its newest seal is not signed");
        return;
    }
    const char *signature = text_of(head, "signature");
    bool is_ours = strlen(signature) == HANSA_AUDIT_HEX && hansa_audit_head_tag(chain->tenant, number, hash, hex) &&
                   CRYPTO_memcmp(hex, signature, HANSA_AUDIT_HEX) == 0;
    if (chain->has_secret && !is_ours) hansa_audit_chain_found(chain, "the signature of its head is not ours");
    if (number > last)
        hansa_audit_chain_found(chain, "its tail was cut: seal %lld was signed, the last one there is %lld",
                                (long long)number, (long long)last);
    /* one seal may be ahead of its signature for a moment */
    else if (number + 1 < last || (number == chain->seal_no && strcmp(hash, chain->hash) != 0))
        hansa_audit_chain_found(chain, "seals behind %lld are not the server's: they were never signed",
                                (long long)number);
}
