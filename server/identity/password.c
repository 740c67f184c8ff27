/* What a worker gets is a copy that is wiped after use. Somebody unknown costs one hash too (promise A2). */
#include "password.h"

#include <argon2.h>
#include <hansa/config.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 1, SALT_LEN = 16, HASH_LEN = 32 };

struct hashing {
    char *password;
    char phc[HANSA_PHC_MAX]; /* stored; "" = nobody's */
    bool is_check, is_right, is_failed;
    char made[HANSA_PHC_MAX];
    struct hansa_identity_verdict *verdict; /* the call's; touched on its own thread, while it lives */
};

bool hansa_identity_password_hash(const char *password, char ret_phc[HANSA_PHC_MAX]) {
    uint8_t salt[SALT_LEN];
    const struct hansa_config *config = hansa_config();
    return RAND_bytes(salt, sizeof salt) == 1 &&
           argon2id_hash_encoded((uint32_t)config->password_passes, (uint32_t)config->password_memory_kib, LANES,
                                 password, strlen(password), salt, sizeof salt, HASH_LEN, ret_phc,
                                 HANSA_PHC_MAX) == ARGON2_OK;
}

static bool has_present_parameters(const char *phc) {
    char head[64];
    snprintf(head, sizeof head, "$argon2id$v=19$m=%u,t=%u,p=%u$", (unsigned)hansa_config()->password_memory_kib,
             (unsigned)hansa_config()->password_passes, (unsigned)LANES);
    return strncmp(phc, head, strlen(head)) == 0;
}

static void hashing_check(struct hashing *hashing) {
    if (hashing->phc[0] == '\0') {
        hashing->is_failed = !hansa_identity_password_hash(hashing->password, hashing->made);
        hashing->made[0] = '\0';
        return;
    }
    int result = argon2id_verify(hashing->phc, hashing->password, strlen(hashing->password));
    hashing->is_right = result == ARGON2_OK;
    hashing->is_failed = result == ARGON2_MEMORY_ALLOCATION_ERROR;
    if (hashing->is_right && !has_present_parameters(hashing->phc) &&
        !hansa_identity_password_hash(hashing->password, hashing->made))
        hashing->made[0] = '\0'; /* next time, then */
}

static void password_wipe(struct hashing *hashing) {
    if (hashing->password != NULL) OPENSSL_cleanse(hashing->password, strlen(hashing->password));
    free(hashing->password);
    hashing->password = NULL;
}

static void *run(void *input) {
    struct hashing *hashing = input;
    if (hashing->is_check)
        hashing_check(hashing);
    else
        hashing->is_failed = !hansa_identity_password_hash(hashing->password, hashing->made);
    password_wipe(hashing);
    return hashing;
}

static void drop(void *data) {
    password_wipe(data);
    free(data);
}

static enum hansa_step_result done(struct hansa_call *call, void *output) {
    struct hashing *hashing = output;
    bool is_failed = hashing->is_failed;
    hashing->verdict->is_right = hashing->is_right;
    memcpy(hashing->verdict->phc, hashing->made, sizeof hashing->made);
    drop(hashing);
    if (is_failed) return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    return HANSA_STEP_NEXT;
}

static const struct hansa_work work = {.is_heavy = true, .run = run, .done = done, .drop = drop};

static enum hansa_step_result start(struct hansa_call *call, const char *password, const char *phc, bool is_check,
                                    struct hansa_identity_verdict *verdict) {
    struct hashing *hashing = calloc(1, sizeof *hashing);
    if (hashing != NULL) hashing->password = strdup(password);
    if (hashing == NULL || hashing->password == NULL) {
        free(hashing);
        return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_OVERLOADED), NULL, NULL);
    }
    if (phc != NULL) snprintf(hashing->phc, sizeof hashing->phc, "%s", phc);
    hashing->is_check = is_check;
    hashing->verdict = verdict;
    return hansa_call_work(call, &work, hashing, drop);
}

enum hansa_step_result hansa_identity_password_check(struct hansa_call *call, const char *password, const char *phc,
                                                     struct hansa_identity_verdict *ret_verdict) {
    return start(call, password, phc, true, ret_verdict);
}

enum hansa_step_result hansa_identity_password_make(struct hansa_call *call, const char *password,
                                                    struct hansa_identity_verdict *ret_verdict) {
    return start(call, password, NULL, false, ret_verdict);
}
