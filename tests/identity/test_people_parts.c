/* The parts of signing in that are pure: codes of the second factor, recovery codes, tokens, cookies, seals. */
#include "core/seal.h"
#include "identity/session_token.h"
#include "identity/totp.h"

#include <criterion/criterion.h>
#include <hansa/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char tenant[] = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
static const uint8_t rfc_secret[] = "12345678901234567890";

/* RFC 6238, appendix B, the rows for SHA-1. */
Test(totp, vectors_of_rfc_6238) {
    static const struct {
        uint64_t time;
        uint32_t code;
    } rows[] = {{59, 94287082},         {1111111109, 7081804},  {1111111111, 14050471},
                {1234567890, 89005924}, {2000000000, 69279037}, {20000000000, 65353130}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert_eq(hansa_identity_totp_code(rfc_secret, 20, rows[i].time / 30, 8), rows[i].code);
}

/* RFC 4226, appendix D. */
Test(totp, vectors_of_rfc_4226) {
    static const uint32_t codes[] = {755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583, 399871, 520489};
    for (uint64_t i = 0; i < 10; i++)
        cr_assert_eq(hansa_identity_totp_code(rfc_secret, 20, i, 6), codes[i]);
}

Test(totp, one_step_either_way_and_each_once) {
    char code[8];
    int64_t now = 1111111111, step = now / 30;
    for (int64_t distance = -3; distance <= 3; distance++) {
        snprintf(code, sizeof code, "%06u", hansa_identity_totp_code(rfc_secret, 20, (uint64_t)(step + distance), 6));
        bool is_near = distance >= -1 && distance <= 1;
        cr_assert_eq(hansa_identity_totp_find(rfc_secret, code, now, 0), is_near ? step + distance : -1);
        cr_assert_eq(hansa_identity_totp_find(rfc_secret, code, now, step + distance), -1, "used before");
    }
    cr_assert_eq(hansa_identity_totp_find(rfc_secret, "", now, 0), -1);
    cr_assert_eq(hansa_identity_totp_find(rfc_secret, "0000000", now, 0), -1);
}

Test(totp, base32_of_rfc_4648) {
    char text[33];
    hansa_identity_base32((const uint8_t *)"fooba", 5, text);
    cr_assert_str_eq(text, "MZXW6YTB");
    hansa_identity_base32(rfc_secret, 20, text);
    cr_assert_str_eq(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

Test(totp, address_for_authenticators) {
    char text[256], small[40];
    hansa_identity_totp_uri(rfc_secret, "Acme & Söhne", "ada@example.com", text, sizeof text);
    cr_assert_str_eq(
        text, "otpauth://totp/Acme%20%26%20S%C3%B6hne:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer="
              "Acme%20%26%20S%C3%B6hne&algorithm=SHA1&digits=6&period=30");
    hansa_identity_totp_uri(rfc_secret, "A name that is much too long for this", "x", small, sizeof small);
    cr_assert_lt(strlen(small), sizeof small);
}

Test(token, made_and_read) {
    char text[HANSA_TOKEN_LEN + 1], other[HANSA_TOKEN_LEN + 1];
    struct hansa_identity_token made, read;
    cr_assert(hansa_identity_token_make(tenant, text, &made));
    cr_assert(hansa_identity_token_make(tenant, other, &read));
    cr_assert_str_neq(text, other);
    cr_assert(hansa_identity_token_read(text, strlen(text), &read));
    cr_assert_str_eq(read.tenant, tenant);
    cr_assert_arr_eq(read.digest, made.digest, 32);
    cr_assert_not(hansa_identity_token_read(text, strlen(text) - 1, &read));
    text[30] = '-';
    cr_assert_not(hansa_identity_token_read(text, strlen(text), &read));
    cr_assert_not(hansa_identity_token_make("not a uuid", other, &read));
}

Test(token, found_among_cookies) {
    char text[HANSA_TOKEN_LEN + 1], line[512];
    struct hansa_identity_token made, read;
    cr_assert(hansa_identity_token_make(tenant, text, &made));
    static const struct {
        const char *form;
        bool is_found;
    } lines[] = {{"__Host-hansa=%s", true},        {"a=b; __Host-hansa=%s", true}, {"a=b;__Host-hansa=%s;c=d", true},
                 {"x__Host-hansa=%s", false},      {"__Host-hansa =%s", false},    {"__Host-hansa=\"%s\"", false},
                 {"a=__Host-hansa=%s", false},     {"__host-hansa=%s", false},     {"__Host-hansa=; b=%s", false},
                 {";;; ; __Host-hansa=%s;;", true}};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        int len = snprintf(line, sizeof line, lines[i].form, text);
#pragma GCC diagnostic pop
        struct hansa_bytes cookies = {line, (size_t)len};
        cr_assert_eq(hansa_identity_cookie_read(cookies, &read), lines[i].is_found, "%s", lines[i].form);
    }
    cr_assert_not(hansa_identity_cookie_read((struct hansa_bytes){NULL, 0}, &read));
}

/* The files are read once a process, and each test is one. */
static void secrets_set(const char *present, const char *previous) {
    static char paths[2][64];
    const char *const texts[] = {present, previous}, *const names[] = {"HANSA_SECRET_FILE",
                                                                       "HANSA_PREVIOUS_SECRET_FILE"};
    for (int i = 0; i < 2; i++) {
        if (texts[i] == NULL) continue;
        snprintf(paths[i], sizeof paths[i], "/tmp/hansa-seal.%d.%d", (int)getpid(), i);
        FILE *file = fopen(paths[i], "we");
        cr_assert_not_null(file);
        fputs(texts[i], file);
        fclose(file);
        setenv(names[i], paths[i], 1);
    }
    char *argv[] = {(char[]){"test"}};
    cr_assert(hansa_config_read(1, argv, NULL));
}

static void secrets_remove(void) {
    for (int i = 0; i < 2; i++) {
        char path[64];
        snprintf(path, sizeof path, "/tmp/hansa-seal.%d.%d", (int)getpid(), i);
        unlink(path);
    }
}

static const char one[] = "one one one one one one one one one one", two[] = "two two two two two two two two two two";

Test(seal, opens_for_its_purpose_and_owner_alone, .fini = secrets_remove) {
    uint8_t sealed[5 + HANSA_SEAL_EXTRA], again[5 + HANSA_SEAL_EXTRA], touched[5 + HANSA_SEAL_EXTRA];
    char plain[5];
    secrets_set(one, NULL);
    cr_assert(hansa_seal("purpose", "owner", "hello", 5, sealed));
    cr_assert(hansa_seal("purpose", "owner", "hello", 5, again));
    cr_assert_arr_neq(sealed, again, sizeof sealed, "a nonce is never used twice");
    cr_assert(hansa_unseal("purpose", "owner", sealed, sizeof sealed, plain));
    cr_assert_arr_eq(plain, "hello", 5);
    cr_assert_not(hansa_unseal("other", "owner", sealed, sizeof sealed, plain));
    cr_assert_not(hansa_unseal("purpose", "other", sealed, sizeof sealed, plain));
    for (size_t i = 0; i < sizeof sealed; i++) {
        memcpy(touched, sealed, sizeof sealed);
        touched[i] ^= 1;
        cr_assert_not(hansa_unseal("purpose", "owner", touched, sizeof touched, plain), "byte %zu", i);
        cr_assert_not(hansa_unseal("purpose", "owner", sealed, i, plain), "cut to %zu", i);
    }
    cr_assert_not(hansa_seal_is_old("purpose", sealed, sizeof sealed));
}

static uint8_t kept[5 + HANSA_SEAL_EXTRA];

/* A secret is changed: what the one before sealed opens while it is named, and shows that it is to be sealed anew. The
 * child seals with the old one, since a process reads its files once. */
Test(seal, opens_with_the_secret_before, .fini = secrets_remove) {
    int pipes[2];
    cr_assert_eq(pipe(pipes), 0);
    if (fork() == 0) {
        secrets_set(one, NULL);
        bool ok = hansa_seal("purpose", "owner", "hello", 5, kept) && write(pipes[1], kept, sizeof kept) == sizeof kept;
        secrets_remove();
        _exit(ok ? 0 : 1);
    }
    char plain[5];
    cr_assert_eq(read(pipes[0], kept, sizeof kept), (ssize_t)sizeof kept);
    secrets_set(two, one);
    cr_assert(hansa_unseal("purpose", "owner", kept, sizeof kept, plain));
    cr_assert(hansa_seal_is_old("purpose", kept, sizeof kept));
}

Test(seal, needs_a_secret) {
    uint8_t sealed[5 + HANSA_SEAL_EXTRA];
    secrets_set(NULL, NULL);
    cr_assert_not(hansa_seal("purpose", "owner", "hello", 5, sealed));
}

Test(recovery, codes_and_what_is_kept_of_them, .fini = secrets_remove) {
    char code[HANSA_RECOVERY_CODE_LEN + 1], other[HANSA_RECOVERY_CODE_LEN + 1],
        bare[HANSA_RECOVERY_CODE_LEN + 1] = "", first[65], second[65];
    secrets_set(one, NULL);
    cr_assert(hansa_identity_recovery_make(code));
    cr_assert(hansa_identity_recovery_make(other));
    cr_assert_str_neq(code, other);
    cr_assert_eq(strlen(code), HANSA_RECOVERY_CODE_LEN);
    cr_assert(hansa_identity_recovery_hash(code, first));
    for (size_t i = 0, at = 0; code[i] != '\0'; i++)
        if (code[i] != '-') bare[at++] = (char)(code[i] >= 'A' ? code[i] + 32 : code[i]);
    cr_assert(hansa_identity_recovery_hash(bare, second));
    cr_assert_str_eq(first, second, "hyphens and case do not count");
    cr_assert(hansa_identity_recovery_hash(other, second));
    cr_assert_str_neq(first, second);
    static const char *const none[] = {"", "AAAA-BBBB-CCCC", "AAAA-BBBB-CCCC-DDDD-E", "AAAA-BBBB-CCCC-DDD1",
                                       "AAAA-BBBB-CCCC-DDD!"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_assert_not(hansa_identity_recovery_hash(none[i], first), "%s", none[i]);
}
