/* The statement's values travel as one JSON array: core.once quotes them for EXECUTE of the endpoint's own prepared statement,
 * so a keyed request runs the very plan that every other request runs.
 *
 * What the second request is answered: the row of the first, through the same step `reply`; or 409 while the first is at
 * work, 422 when it says something else, 409 when the answer told a secret and was therefore not kept. */
#include "idempotency.h"

#include "call_state.h"
#include "hex.h"

#include <assert.h>
#include <hansa/error.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(struct hansa_call *call, enum hansa_error_id id, const char *code, const char *detail) {
    struct hansa_fault fault = {.pointer = "Idempotency-Key", .code = code};
    snprintf(fault.detail, sizeof fault.detail, "%s", detail);
    hansa_reply_problem(call, hansa_error(id), NULL, &fault, 1);
    return false;
}

/* A structured-field string "…" (RFC 8941, 3.3.3) or the bare characters; both name the same key. NULL = neither. */
static char *key_parse(struct hansa_call *call, struct hansa_bytes field) {
    bool is_quoted = field.len >= 2 && field.at[0] == '"' && field.at[field.len - 1] == '"';
    size_t at = is_quoted, end = is_quoted ? field.len - 1 : field.len, len = 0;
    if (end - at > (size_t)2 * IDEMPOTENCY_KEY_MAX) return NULL;
    char *key = hansa_call_alloc(call, end - at + 1);
    for (; at < end; at++) {
        char c = field.at[at];
        if (is_quoted && c == '"') return NULL;
        if (is_quoted && c == '\\') {
            if (++at >= end || (field.at[at] != '"' && field.at[at] != '\\')) return NULL;
            c = field.at[at];
        }
        if (c < 0x21 || c > 0x7e) return NULL;
        key[len++] = c;
    }
    return len >= 1 && len <= IDEMPOTENCY_KEY_MAX && (is_quoted || key[0] != '"') ? key : NULL;
}

bool hansa_idempotency_read(struct hansa_call *call) {
    enum hansa_idempotency kind = call->endpoint->idempotency;
    if (kind == HANSA_IDEMPOTENCY_NONE) return true;
    struct hansa_bytes field = hansa_call_header(call, "idempotency-key");
    if (field.at == NULL)
        return kind != HANSA_IDEMPOTENCY_REQUIRED ||
               refuse(call, HANSA_ERROR_CORE_IDEMPOTENCY_KEY_MISSING, "required",
                      "Send a new key with each new request, and the same key when you send one again.");
    char *key = key_parse(call, field);
    if (key == NULL)
        return refuse(call, HANSA_ERROR_CORE_MALFORMED, "bad_value",
                      "Expected 1 to 255 visible characters, in quotes or bare.");
    if (kind != HANSA_IDEMPOTENCY_OWN) call->once.key = key;
    return true;
}

static char *request_hash(struct hansa_call *call) {
    unsigned char digest[32];
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    EVP_DigestInit_ex(sha, EVP_sha256(), NULL);
    EVP_DigestUpdate(sha, call->req->path.base, call->req->path.len); /* with the query */
    EVP_DigestUpdate(sha, "", 1);
    if (call->once.body_digest != NULL)
        EVP_DigestUpdate(sha, call->once.body_digest, strlen(call->once.body_digest));
    else
        EVP_DigestUpdate(sha, call->req->entity.base, call->req->entity.len);
    EVP_DigestFinal_ex(sha, digest, NULL);
    EVP_MD_CTX_free(sha);
    char *text = hansa_call_alloc(call, 2 + 64 + 1);
    hansa_hex_bytea(digest, sizeof digest, text);
    return text;
}

static char *arguments(struct hansa_call *call, const struct hansa_statement *statement) {
    json_t *list = json_array();
    for (size_t i = 0; i < statement->bind_count; i++) {
        const char *text = hansa_call_bound(call, statement->binds[i]);
        json_array_append_new(list, text == NULL ? json_null() : json_string(text));
    }
    char *dumped = json_dumps(list, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(list);
    if (dumped == NULL) abort();
    char *text = hansa_call_copy(call, dumped, strlen(dumped));
    free(dumped);
    return text;
}

struct hansa_unit *hansa_idempotency_unit(struct hansa_call *call, const struct hansa_statement *statement) {
    const struct hansa_endpoint *once = hansa_endpoint_find("core/once"), *endpoint = call->endpoint;
    const struct hansa_statement *sql = &once->statements[0];
    size_t route_size = strlen(endpoint->method) + strlen(endpoint->path) + 2;
    char *route = hansa_call_alloc(call, route_size);
    snprintf(route, route_size, "%s %s", endpoint->method, endpoint->path);
    const struct {
        const char *name, *text;
    } values[] = {{"route", route},
                  {"key", call->once.key},
                  {"request_hash", request_hash(call)},
                  {"statement", statement->name},
                  {"arguments", arguments(call, statement)},
                  {"is_secret", endpoint->idempotency == HANSA_IDEMPOTENCY_SECRET ? "yes" : "no"}};
    struct hansa_unit *unit = hansa_unit_new(sql, endpoint->lane, false);
    unit->subject = statement;
    for (size_t i = 0; i < sql->bind_count; i++) {
        uint8_t bind = sql->binds[i];
        if (bind < HANSA_BIND_PARAM) unit->values[i] = hansa_call_bound(call, bind);
        for (size_t v = 0; v < sizeof values / sizeof values[0] && bind >= HANSA_BIND_PARAM; v++)
            if (strcmp(once->params[bind - HANSA_BIND_PARAM].name, values[v].name) == 0)
                unit->values[i] = values[v].text;
    }
    return unit;
}

static enum hansa_step_result refusal(struct hansa_call *call, enum hansa_error_id id, const char *detail) {
    return hansa_call_problem(call, hansa_error(id), NULL, detail);
}

/* What the statement raised, then or now. */
static enum hansa_step_result raised(struct hansa_call *call) {
    const struct hansa_sql_fault fault = {.state = hansa_idempotency_column(call, "state", NULL),
                                          .message = hansa_idempotency_column(call, "message", NULL),
                                          .column = hansa_idempotency_column(call, "column", NULL),
                                          .detail = hansa_idempotency_column(call, "detail", NULL),
                                          .constraint = hansa_idempotency_column(call, "constraint", NULL),
                                          .hint = hansa_idempotency_column(call, "hint", NULL)};
    return hansa_reply_sql_fault(call, &fault);
}

/* Every column as the text that libpq would have given. */
static json_t *columns_read(const char *text) {
    json_t *columns = text == NULL ? NULL : json_loads(text, 0, NULL), *value;
    const char *name;
    void *next;
    json_object_foreach_safe(columns, next, name, value) {
        if (json_is_null(value)) {
            json_object_del(columns, name);
        } else if (json_is_boolean(value)) {
            json_object_set_new(columns, name, json_string(json_is_true(value) ? "t" : "f"));
        } else if (!json_is_string(value)) {
            char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
            json_object_set_new(columns, name, json_string(dumped));
            free(dumped);
        }
    }
    return columns;
}

/* A replay runs no step between the unit and the answer: what they did was done the first time. */
static void skip_to_reply(struct hansa_call *call) {
    for (size_t i = call->step_at; i < call->endpoint->step_count; i++)
        if (call->endpoint->steps[i].run == hansa_step_reply) call->step_at = i;
}

enum hansa_step_result hansa_idempotency_done(struct hansa_call *call) {
    struct hansa_idempotency_state *once = &call->once;
    const char *outcome = hansa_call_column(call, "outcome", NULL), *columns = hansa_call_column(call, "columns", NULL),
               *replay = hansa_call_column(call, "is_replay", NULL);
    assert(outcome != NULL && replay != NULL);
    if (strcmp(outcome, "RUNNING") == 0) {
        hansa_call_answer_header(call, "retry-after", "1");
        return refusal(call, HANSA_ERROR_CORE_IDEMPOTENCY_RUNNING, "Send it again in a moment, under the same key.");
    }
    if (strcmp(outcome, "MISMATCH") == 0)
        return refusal(call, HANSA_ERROR_CORE_IDEMPOTENCY_MISMATCH, "A new request needs a new key.");
    if (strcmp(outcome, "SECRET") == 0)
        return refusal(call, HANSA_ERROR_CORE_IDEMPOTENCY_SECRET,
                       "It was done the first time; what it told was told once and is not kept.");
    once->is_replay = replay[0] == 't';
    once->columns = columns_read(columns);
    if (once->is_replay) {
        hansa_call_answer_header(call, "idempotency-replayed", "true");
        skip_to_reply(call);
    }
    once->outcome = strcmp(outcome, "ROW") == 0    ? HANSA_ONCE_ROW
                    : strcmp(outcome, "NONE") == 0 ? HANSA_ONCE_NONE
                                                   : HANSA_ONCE_ERROR;
    return once->outcome == HANSA_ONCE_ERROR ? raised(call) : HANSA_STEP_NEXT;
}

const char *hansa_idempotency_column(const struct hansa_call *call, const char *name, size_t *ret_len) {
    const json_t *value = json_object_get(call->once.columns, name);
    if (ret_len != NULL) *ret_len = json_string_length(value);
    return json_string_value(value);
}

void hansa_idempotency_end(struct hansa_idempotency_state *state) {
    json_decref(state->columns);
    state->columns = NULL;
}
