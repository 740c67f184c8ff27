/* Passwords: argon2id (RFC 9106) as PHC strings, at worker threads of the heavy line: two at once, 50 waiting, then 503
 * (promises A1, A3).
 *
 * A step that calls one of these waits; the next step finds the verdict. Loop thread only.
 */
#ifndef HANSA_IDENTITY_PASSWORD_H
#define HANSA_IDENTITY_PASSWORD_H

#include <hansa/call.h>

enum { HANSA_PHC_MAX = 160 };

/* In the call's pool; filled by the time the next step runs. */
struct hansa_identity_verdict {
    bool is_right; /* of check: the password is the one */
    char phc
        [HANSA_PHC_MAX]; /* of make: the hash; of check: a new hash when the stored one has old parameters, else "" */
};

/* Is it the password behind `phc`? NULL = nobody's: takes as long, and is never right. */
enum hansa_step_result hansa_identity_password_check(struct hansa_call *call, const char *password, const char *phc,
                                                     struct hansa_identity_verdict *ret_verdict);
/* Hashes a new password. */
enum hansa_step_result hansa_identity_password_make(struct hansa_call *call, const char *password,
                                                    struct hansa_identity_verdict *ret_verdict);
/* The same at once, for commands; false = no memory or no random bytes. */
bool hansa_identity_password_hash(const char *password, char ret_phc[HANSA_PHC_MAX]);

#endif
