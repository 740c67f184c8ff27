/* What the address and the header fields say: parameters by their declared type, and the media types of both directions.
 *
 * Order of refusals: 400 address or query, 406 Accept, 415 Content-Type. A value that breaks its type is a 400 that names
 * the parameter: it is the address that is wrong, not a document. */
#include "call_state.h"
#include "cut.h"

#include "text.h"

#include <ctype.h>
#include <hansa/error.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { VALUE_BYTES_MAX = 4096 }; /* an address is no longer either (promise I2) */

static bool refuse(struct hansa_call *call, const char *name, const char *code, const char *detail) {
    struct hansa_fault fault = {.code = code};
    snprintf(fault.pointer, sizeof fault.pointer, "%s", name);
    snprintf(fault.detail, sizeof fault.detail, "%s", detail);
    hansa_reply_problem(call, hansa_error(HANSA_ERROR_CORE_MALFORMED), NULL, &fault, 1);
    return false;
}

/* Percent-decodes into the pool; NULL = malformed, or a NUL. A query also turns + into a space. */
static char *decode(struct hansa_call *call, struct hansa_bytes raw, bool is_query, size_t *ret_len) {
    char *text = h2o_mem_alloc_pool(&call->req->pool, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.at[i];
        if (c == '%') {
            if (i + 2 >= raw.len || !isxdigit((unsigned char)raw.at[i + 1]) || !isxdigit((unsigned char)raw.at[i + 2]))
                return NULL;
            c = (char)strtol((char[]){raw.at[i + 1], raw.at[i + 2], '\0'}, NULL, 16);
            i += 2;
        } else if (c == '+' && is_query) {
            c = ' ';
        }
        if (c == '\0') return NULL;
        text[len++] = c;
    }
    text[len] = '\0';
    *ret_len = len;
    return text;
}

static const char *type_fault(const struct hansa_param *param, const char *text, size_t len) {
    static _Thread_local char said[180];
    const char *fault = hansa_format_check(HANSA_FORMAT_LINE, text, len);
    if (fault != NULL) return fault;
    switch (param->type) {
    case HANSA_PARAM_UUID:
        return hansa_format_check(HANSA_FORMAT_UUID, text, len);
    case HANSA_PARAM_DATE:
        return hansa_format_check(HANSA_FORMAT_DATE, text, len);
    case HANSA_PARAM_TIME:
        return hansa_format_check(HANSA_FORMAT_DATE_TIME, text, len);
    case HANSA_PARAM_INTEGER: {
        char *end;
        long long value = len > 0 && len < 19 ? strtoll(text, &end, 10) : 0;
        bool is_number = len > 0 && len < 19 && *end == '\0' && (isdigit((unsigned char)text[0]) || text[0] == '-');
        if (is_number && value >= param->minimum && value <= param->maximum) return NULL;
        snprintf(said, sizeof said, "a whole number from %lld to %lld", (long long)param->minimum,
                 (long long)param->maximum);
        return said;
    }
    case HANSA_PARAM_CHOICE:
        for (const char *const *choice = param->choices; *choice != NULL; choice++)
            if (strcmp(*choice, text) == 0) return NULL;
        hansa_text_words(said, sizeof said, "one of", param->choices);
        if (said[strlen(said) - 1] == '.') said[strlen(said) - 1] = '\0'; /* the caller ends it */
        return said;
    case HANSA_PARAM_TEXT: {
        size_t points = hansa_text_length(text, len);
        if ((int64_t)points >= param->minimum && (int64_t)points <= param->maximum) return NULL;
        snprintf(said, sizeof said, "text of %lld to %lld characters", (long long)param->minimum,
                 (long long)param->maximum);
        return said;
    }
    case HANSA_PARAM_BYTES:
    case HANSA_PARAM_JSON:
        break;
    }
    return NULL;
}

/* The value as it was meant, like texts of a body (decision 0044): normal form C, no blanks around it; and what is looked for may
 * have been pasted from wherever, with blanks and marks that nobody sees. A plus of an offset that nobody encoded has become a blank: it is put back. */
static char *tidied(struct hansa_call *call, const struct hansa_param *param, char *text, size_t *len) {
    if (param->type != HANSA_PARAM_TEXT && param->type != HANSA_PARAM_TIME) return text;
    size_t made_len = 0;
    bool is_asked =
        param->place == HANSA_IN_PATH || strcmp(call->endpoint->method, "GET") == 0; /* else it may be kept */
    char *made = hansa_text_tidy(text, *len, is_asked ? HANSA_TEXT_DIGITS : HANSA_TEXT_TRIM, &made_len);
    if (made == NULL) return text;
    if (param->type == HANSA_PARAM_TIME) {
        if (made_len > 6 && made[made_len - 6] == ' ' && made[made_len - 3] == ':') made[made_len - 6] = '+';
        hansa_time_settle(made, made_len);
    }
    text = (char *)(uintptr_t)hansa_call_copy(call, made, made_len);
    *len = made_len;
    free(made);
    return text;
}

static bool value_take(struct hansa_call *call, size_t index, struct hansa_bytes raw) {
    const struct hansa_param *param = &call->endpoint->params[index];
    size_t len;
    char *text = raw.len <= VALUE_BYTES_MAX ? decode(call, raw, param->place == HANSA_IN_QUERY, &len) : NULL;
    if (text == NULL) return refuse(call, param->name, "malformed", "The value is too long or not well encoded.");
    text = tidied(call, param, text, &len);
    const char *expected = type_fault(param, text, len);
    if (expected != NULL) {
        char detail[200];
        snprintf(detail, sizeof detail, "Expected %s.", expected);
        return refuse(call, param->name, "bad_value", detail);
    }
    call->params[index] = text;
    return true;
}

static bool limit_take(struct hansa_call *call, struct hansa_bytes raw) {
    static const struct hansa_param limit = {
        .name = "limit", .type = HANSA_PARAM_INTEGER, .minimum = 1, .maximum = 200};
    size_t len;
    char *text = raw.len <= 8 ? decode(call, raw, true, &len) : NULL;
    if (text == NULL || type_fault(&limit, text, len) != NULL)
        return refuse(call, "limit", "bad_value", "Expected a whole number from 1 to 200.");
    call->limit = text;
    return true;
}

/* A parameter that this caller may give: not one that asks for what is not his to see. */
static bool is_known_to(const struct hansa_call *call, const struct hansa_param *param) {
    return param->place == HANSA_IN_QUERY && !hansa_cut_hides(call->endpoint->reply, call->audience, param->name);
}

/* fields and expand: what of the answer is wanted. */
static bool shape_take(struct hansa_call *call, bool is_fields, struct hansa_bytes raw) {
    const char *name = is_fields ? "fields" : "expand";
    bool *is_given = is_fields ? &call->fields.is_given : &call->fields.is_expanded;
    if (*is_given) return refuse(call, name, "repeated", "The parameter is given twice.");
    *is_given = true;
    size_t len;
    char *text = raw.len <= VALUE_BYTES_MAX ? decode(call, raw, true, &len) : NULL;
    const char *fault = text == NULL ? "The value is too long or not well encoded."
                        : is_fields  ? hansa_fields_take(call, text)
                                     : hansa_expand_take(call, text);
    return fault == NULL || refuse(call, name, "bad_value", fault);
}

/* Names those that the caller may give. */
static bool refuse_unknown(struct hansa_call *call, const char *name) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    const char *known[HANSA_TEXT_WORDS_MAX + 5];
    size_t count = 0;
    for (size_t i = 0; i < endpoint->param_count && count < HANSA_TEXT_WORDS_MAX; i++)
        if (is_known_to(call, &endpoint->params[i])) known[count++] = endpoint->params[i].name;
    if (endpoint->takes_fields) {
        known[count++] = "fields";
        known[count++] = "expand";
    }
    if (endpoint->paging == HANSA_PAGING_KEYSET) {
        known[count++] = "limit";
        known[count++] = "cursor";
    }
    known[count] = NULL;
    char detail[256];
    hansa_text_words(detail, sizeof detail, count == 0 ? "This address takes no parameters." : "Known here are", known);
    return refuse(call, name, "unknown_parameter", detail);
}

static bool query_pair(struct hansa_call *call, struct hansa_bytes name, struct hansa_bytes value,
                       struct hansa_bytes *ret_cursor) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    char shown[64];
    snprintf(shown, sizeof shown, "%.*s", (int)(name.len < 60 ? name.len : 60), name.at);
    for (size_t i = 0; i < endpoint->param_count; i++) {
        const struct hansa_param *param = &endpoint->params[i];
        if (!is_known_to(call, param) || strlen(param->name) != name.len || memcmp(param->name, name.at, name.len) != 0)
            continue;
        if (call->params[i] != NULL) return refuse(call, param->name, "repeated", "The parameter is given twice.");
        return value_take(call, i, value);
    }
    if (endpoint->takes_fields && (strcmp(shown, "fields") == 0 || strcmp(shown, "expand") == 0))
        return shape_take(call, shown[0] == 'f', value);
    if (endpoint->paging == HANSA_PAGING_KEYSET && strcmp(shown, "limit") == 0) {
        if (call->limit != NULL) return refuse(call, "limit", "repeated", "The parameter is given twice.");
        return limit_take(call, value);
    }
    if (endpoint->paging == HANSA_PAGING_KEYSET && strcmp(shown, "cursor") == 0) {
        *ret_cursor = value;
        return true;
    }
    for (char *c = shown; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '_') *c = '?';
    return refuse_unknown(call, shown);
}

static bool query_read(struct hansa_call *call, struct hansa_bytes *ret_cursor) {
    h2o_req_t *req = call->req;
    if (req->query_at == SIZE_MAX) return true;
    struct hansa_bytes left = {req->path.base + req->query_at + 1, req->path.len - req->query_at - 1};
    while (left.len > 0) {
        const char *end = memchr(left.at, '&', left.len);
        size_t len = end == NULL ? left.len : (size_t)(end - left.at);
        const char *equals = memchr(left.at, '=', len);
        size_t name_len = equals == NULL ? len : (size_t)(equals - left.at);
        struct hansa_bytes value =
            equals == NULL ? (struct hansa_bytes){"", 0} : (struct hansa_bytes){equals + 1, len - name_len - 1};
        if (len > 0 && !query_pair(call, (struct hansa_bytes){left.at, name_len}, value, ret_cursor)) return false;
        size_t used = end == NULL ? len : len + 1;
        left = (struct hansa_bytes){left.at + used, left.len - used};
    }
    return true;
}

/* A cursor is good only for the list it came from: tenant, endpoint and filters go into the key. */
static void list_key_make(struct hansa_call *call) {
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    EVP_DigestUpdate(digest, call->tenant, strlen(call->tenant) + 1);
    EVP_DigestUpdate(digest, call->endpoint->room, strlen(call->endpoint->room) + 1);
    EVP_DigestUpdate(digest, call->endpoint->name, strlen(call->endpoint->name) + 1);
    for (size_t i = 0; i < call->endpoint->param_count; i++) {
        const char *text = call->params[i] == NULL ? "\x01" : call->params[i];
        EVP_DigestUpdate(digest, text, strlen(text) + 1);
    }
    EVP_DigestFinal_ex(digest, call->list_key, NULL);
    EVP_MD_CTX_free(digest);
}

bool hansa_params_read(struct hansa_call *call) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    struct hansa_bytes cursor = {NULL, 0};
    size_t taken = 0;
    call->params = hansa_call_alloc(call, (endpoint->param_count + 1) * sizeof *call->params);
    for (size_t i = 0; i < endpoint->param_count; i++)
        if (endpoint->params[i].place == HANSA_IN_PATH && taken < call->path_value_count &&
            !value_take(call, i, call->path_values[taken++]))
            return false;
    if (!query_read(call, &cursor)) return false;
    for (size_t i = 0; i < endpoint->param_count; i++) {
        const struct hansa_param *param = &endpoint->params[i];
        if (param->place != HANSA_IN_QUERY || call->params[i] != NULL) continue;
        if (param->is_required) return refuse(call, param->name, "required", "The parameter is missing.");
        call->params[i] = param->fallback;
    }
    if (endpoint->paging == HANSA_PAGING_KEYSET) {
        if (call->limit == NULL) call->limit = "50";
        list_key_make(call);
        if (cursor.at != NULL && !hansa_cursor_open(call, cursor))
            return refuse(call, "cursor", "bad_cursor", "The cursor was not made by this list with these filters.");
    }
    return true;
}

/* --- media types --- */

/* Does one element of Accept, without its parameters, cover the type? q=0 covers nothing. */
static bool accept_element_covers(const char *at, size_t len, const char *type) {
    const char *semicolon = memchr(at, ';', len);
    size_t range = semicolon == NULL ? len : (size_t)(semicolon - at);
    while (range > 0 && (at[range - 1] == ' ' || at[range - 1] == '\t'))
        range--;
    if (semicolon != NULL) {
        char rest[32];
        snprintf(rest, sizeof rest, "%.*s", (int)(len - (size_t)(semicolon - at)), semicolon);
        const char *q = strcasestr(rest, "q=");
        if (q != NULL && strtod(q + 2, NULL) <= 0) return false;
    }
    if (range == 3 && memcmp(at, "*/*", 3) == 0) return true;
    size_t major = strcspn(type, "/") + 1;
    if (range == major + 1 && strncasecmp(at, type, major) == 0 && at[major] == '*') return true;
    return range == strlen(type) && strncasecmp(at, type, range) == 0;
}

static bool accepts(struct hansa_bytes accept, const char *type) {
    if (accept.len == 0) return true;
    for (size_t at = 0; at < accept.len;) {
        const char *comma = memchr(accept.at + at, ',', accept.len - at);
        size_t end = comma == NULL ? accept.len : (size_t)(comma - accept.at), start = at;
        while (start < end && (accept.at[start] == ' ' || accept.at[start] == '\t'))
            start++;
        if (accept_element_covers(accept.at + start, end - start, type)) return true;
        at = end + 1;
    }
    return false;
}

static bool accepts_any(struct hansa_bytes accept, const char *const *types) {
    bool is_accepted = types == NULL;
    for (; types != NULL && *types != NULL; types++)
        is_accepted |= accepts(accept, *types);
    return is_accepted;
}

bool hansa_params_negotiate(struct hansa_call *call) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    if (!accepts_any(hansa_call_header(call, "accept"), endpoint->reply_media)) {
        char said[96];
        snprintf(said, sizeof said, "The answer here is %s.", endpoint->reply_media[0]);
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_NOT_ACCEPTABLE), NULL, said);
        return false;
    }
    if (endpoint->body_media == NULL) {
        if (call->req->entity.len == 0) return true;
        hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_MALFORMED), NULL, "This address takes no body.");
        return false;
    }
    struct hansa_bytes type = hansa_call_header(call, "content-type");
    size_t len = 0, wanted = strlen(endpoint->body_media);
    while (len < type.len && type.at[len] != ';' && type.at[len] != ' ')
        len++;
    if (len == wanted && strncasecmp(type.at, endpoint->body_media, wanted) == 0) return true;
    char detail[192], medias[160];
    size_t at = (size_t)snprintf(medias, sizeof medias, "%s", endpoint->body_media);
    for (const char *const *also = endpoint->body_also; also != NULL && *also != NULL; also++) {
        if (len == strlen(*also) && strncasecmp(type.at, *also, len) == 0) return true;
        if (at < sizeof medias) at += (size_t)snprintf(medias + at, sizeof medias - at, ", %s", *also);
    }
    snprintf(detail, sizeof detail, "Send the body as %s.", medias);
    bool is_patch = h2o_memis(call->req->method.base, call->req->method.len, H2O_STRLIT("PATCH"));
    bool is_post = h2o_memis(call->req->method.base, call->req->method.len, H2O_STRLIT("POST"));
    if (is_post || is_patch) hansa_call_answer_header(call, is_post ? "accept-post" : "accept-patch", medias);
    hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_MEDIA_TYPE), NULL, detail);
    return false;
}
