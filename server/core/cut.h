/* What of an answer goes out: members that are not for the caller's audience (docs/audiences.md), and those that ?fields did
 * not ask for, are left out of the JSON text. No tree is built: what stays keeps its bytes, digits and order.
 *
 * The schema of the answer says for whom each member is. For outsiders everything that the schema does not know is left out
 * too: what nobody marked is for staff. Pure functions, any thread.
 */
#ifndef HANSA_CUT_H
#define HANSA_CUT_H

#include <hansa/call.h>

enum { CUT_WANTED_MAX = 128 };

struct hansa_cut {
    enum hansa_audience audience;
    const bool *
        wanted; /* CUT_WANTED_MAX, by index of the schema's members, of the top or each item of the top list; NULL = all */
};

/* Is a member for this audience? Staff see all. */
bool hansa_cut_shows(const struct hansa_schema_member *member, enum hansa_audience audience);
/* Has a document of the schema anything for this audience? An endpoint whose answer, or whose body, has nothing
 * for somebody is not for him. */
bool hansa_cut_is_for(const struct hansa_schema *schema, enum hansa_audience audience);
/* Is a query parameter about a member that this audience does not see: <member>, <member>_id, _from or _to? */
bool hansa_cut_hides(const struct hansa_schema *schema, enum hansa_audience audience, const char *parameter);
/* The first member of that name; its index, or member_count. */
size_t hansa_schema_find(const struct hansa_schema *schema, const char *name, size_t len);
/* Writes what stays of `text`, a document of `schema` or a list of them; the bytes written, at most text.len. `out` must not
 * overlap with it. */
size_t hansa_cut(const struct hansa_schema *schema, const struct hansa_cut *cut, struct hansa_bytes text, char *out);

#endif
