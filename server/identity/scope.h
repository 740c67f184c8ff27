/* Scopes and patterns of scopes, as people type them. Pure over the endpoint table; any thread. */
#ifndef HANSA_IDENTITY_SCOPE_H
#define HANSA_IDENTITY_SCOPE_H

#include <hansa/call.h>
#include <stdbool.h>
#include <stddef.h>

/* room:verb, room:*, *:verb or * that some endpoint of a tenant asks for. */
bool hansa_identity_scope_is_known(const char *scope, size_t len);
/* Loop thread: checks the body's member `scopes`. NEXT, or answered 422 with the place of the first unknown one. */
enum hansa_step_result hansa_identity_scopes_check(struct hansa_call *call);

#endif
