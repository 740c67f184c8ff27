/* Scopes and patterns of scopes, as people type them. Pure over the endpoint table; any thread. */
#ifndef HANSA_IDENTITY_SCOPE_H
#define HANSA_IDENTITY_SCOPE_H

#include <hansa/call.h>
#include <stdbool.h>
#include <stddef.h>

enum { HANSA_SCOPES_TOLD_MAX = 2048 };

/* room:verb, room:*, *:verb or * that some endpoint asks for: of the operator's side, or of a tenant's. Neither may be given what
 * only the other side has. */
bool hansa_identity_scope_is_known(const char *scope, size_t len, bool is_operators);
/* Writes all scopes of that side, in the order of the alphabet, as a sentence that says what may be given. */
void hansa_identity_scopes_tell(bool is_operators, char ret_text[HANSA_SCOPES_TOLD_MAX]);
/* Loop thread: checks the body's member `scopes`. NEXT, or answered 422 with the place of the first unknown one. */
enum hansa_step_result hansa_identity_scopes_check(struct hansa_call *call);

#endif
