/* ?fields= and ?expand= (promise of the API reference): less of an answer, or more of it.
 *
 * fields names top-level members of the reply (of each item of a list); the others are left out (cut.h), as are those that the
 * caller's audience does not see: to ask for one of them is no fault, and brings nothing. expand names what the endpoint's `expand:` lines offer; it only chooses clauses of
 * the statement. Loop thread; what is made lives in the call's pool.
 */
#ifndef HANSA_FIELDS_H
#define HANSA_FIELDS_H

#include "cut.h"

/* What ?fields asked for, by index of the reply's members; which of the two parameters were given. Embedded in the call. */
struct hansa_fields {
    bool is_given, is_expanded;
    bool wanted[CUT_WANTED_MAX];
};

/* Decoded values of the parameters. NULL = taken, else a static sentence: why not. */
const char *hansa_fields_take(struct hansa_call *call, const char *text);
const char *hansa_expand_take(struct hansa_call *call, const char *text);

#endif
