/* The public tracking page: GET /track/{token}, what a consignee sees.
 *
 * Pure functions from the view that track.sql returns to a whole HTML document; any thread; the caller frees. The page has
 * no script, every text of the view is escaped, and it stays under HANSA_TRACKING_PAGE_MAX bytes whatever the view holds.
 */
#ifndef HANSA_TRACKING_TRACK_PAGE_H
#define HANSA_TRACKING_TRACK_PAGE_H

#include "track_page_words.h"

#include <hansa/call.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define HANSA_TRACKING_PAGE_MAX 60000 /* bytes; issue "Foundation", point 5 */

/* Never NULL; malloc'd, NUL-terminated, *ret_len bytes. A member that is missing or of another type is left out. */
char *hansa_tracking_page_render(const json_t *view, enum hansa_tracking_lang lang, size_t *ret_len);
/* The page that says that there is nothing here: for an unknown, malformed, expired or revoked link alike. */
char *hansa_tracking_page_missing(enum hansa_tracking_lang lang, size_t *ret_len);

/* Value of the page's Content-Security-Policy. */
const char *hansa_tracking_page_csp(void);

/* Accept (RFC 9110 section 12.5.1): JSON only when the client would rather have it than a page; `*` and no header mean a
 * page, since a link is for people. */
bool hansa_tracking_wants_json(struct hansa_bytes accept);
/* Accept-Language (RFC 9110 section 12.5.4): the greater weight wins, English when nothing fits or both weigh the same and
 * English came first. */
enum hansa_tracking_lang hansa_tracking_lang_of(struct hansa_bytes accept_language);

/* Last step of the endpoint `track`: answers with page or JSON. */
/* First step of `track`: a token that is none is answered exactly as an unknown one. */
enum hansa_step_result hansa_tracking_track_token(struct hansa_call *call);
enum hansa_step_result hansa_tracking_track_page(struct hansa_call *call);
/* Answers 404, as page or problem; for step `token` too. */
enum hansa_step_result hansa_tracking_track_missing(struct hansa_call *call);

#endif
