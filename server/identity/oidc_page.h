/* What single sign-on says to the browser: where to go, the cookie that binds a sign-in to it, and what went wrong.
 * Loop thread. */
#ifndef HANSA_IDENTITY_OIDC_PAGE_H
#define HANSA_IDENTITY_OIDC_PAGE_H

#include "session_token.h"

#include <hansa/call.h>
#include <hansa/error.h>

/* Address that the provider sends browsers back to: public_url and our path. `ret_text` has `size` bytes. */
void hansa_identity_oidc_redirect_uri(char *ret_text, size_t size);
/* Is it a path of this site, and nothing that a browser could take for another's address? */
bool hansa_identity_oidc_is_own_path(const char *path);

/* Has the browser keep the binding for as long as a sign-in may take, or (NULL) forget it. */
void hansa_identity_oidc_cookie_set(struct hansa_call *call, const char *token);
bool hansa_identity_oidc_cookie_read(struct hansa_call *call, struct hansa_identity_token *ret_token);

/* Answers 302. */
enum hansa_step_result hansa_identity_oidc_go(struct hansa_call *call, const char *address);
/* Answers an error: a page for browsers, a problem for others; `why` goes to the log and nowhere else. */
enum hansa_step_result hansa_identity_oidc_refuse(struct hansa_call *call, enum hansa_error_id id, const char *why);

#endif
