/* What C steps may ask of a call and set in it (<hansa/call.h>). */
#include "call_state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hansa_bytes hansa_call_body(const struct hansa_call *call) {
    return call->body;
}

const char *hansa_call_request_id(const struct hansa_call *call) {
    return call->request_id;
}

const char *hansa_call_tenant(const struct hansa_call *call) {
    return call->tenant[0] == '\0' ? NULL : call->tenant;
}

static size_t param_index(const struct hansa_call *call, const char *name) {
    size_t i = 0;
    while (i < call->endpoint->param_count && strcmp(call->endpoint->params[i].name, name) != 0)
        i++;
    return i;
}

const char *hansa_call_param(const struct hansa_call *call, const char *name) {
    size_t i = param_index(call, name);
    return i < call->endpoint->param_count ? call->params[i] : NULL;
}

static size_t value_index(const struct hansa_call *call, const char *name) {
    size_t i = param_index(call, name);
    assert(i < call->endpoint->param_count && call->endpoint->params[i].place == HANSA_IN_STEP);
    return i;
}

void hansa_call_value_set(struct hansa_call *call, const char *name, const char *text, size_t len) {
    call->params[value_index(call, name)] = hansa_call_copy(call, text, len);
}

static void text_free(void *data) {
    free(*(char **)data);
}

void hansa_call_value_take(struct hansa_call *call, const char *name, char *text) {
    char **kept = h2o_mem_alloc_shared(&call->req->pool, sizeof *kept, text_free);
    *kept = text;
    call->params[value_index(call, name)] = text;
}

void hansa_call_body_set(struct hansa_call *call, const char *text, size_t len) {
    call->body = (struct hansa_bytes){hansa_call_copy(call, text, len), len};
}

void hansa_call_body_digest_set(struct hansa_call *call, const char *text) {
    call->once.body_digest = hansa_call_copy(call, text, strlen(text));
}

void hansa_call_notes_set(struct hansa_call *call, void *notes) {
    call->notes = notes;
}

void *hansa_call_notes(const struct hansa_call *call) {
    return call->notes;
}

void hansa_call_tenant_set(struct hansa_call *call, const char *tenant_id) {
    assert(strlen(tenant_id) == 36 && call->actor[0] == '\0'); /* a key's tenant is never changed */
    memcpy(call->tenant, tenant_id, sizeof call->tenant);
}

bool hansa_call_has_row(const struct hansa_call *call) {
    return call->result != NULL && PQntuples(call->result) > 0 && call->once.outcome != HANSA_ONCE_NONE;
}

const char *hansa_call_column(const struct hansa_call *call, const char *name, size_t *ret_len) {
    if (call->once.outcome != HANSA_ONCE_NOT && strcmp(name, "body") != 0)
        return hansa_idempotency_column(call, name, ret_len);
    int column = call->result == NULL || PQntuples(call->result) == 0 ? -1 : PQfnumber(call->result, name);
    if (column < 0 || PQgetisnull(call->result, 0, column)) return NULL;
    if (ret_len != NULL) *ret_len = (size_t)PQgetlength(call->result, 0, column);
    return PQgetvalue(call->result, 0, column);
}

const char *hansa_call_context(struct hansa_call *call) {
    if (call->context != NULL) return call->context;
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "%s/%s", call->endpoint->room, call->endpoint->name);
    json_t *context = json_pack(
        "{s:s*, s:s*, s:s*, s:s, s:s, s:s, s:s, s:s}", "actor_id", call->actor[0] != '\0' ? call->actor : NULL,
        "actor_kind", call->actor_kind[0] != '\0' ? call->actor_kind : NULL, "session_id",
        call->session[0] != '\0' ? call->session : NULL, "address", call->source, "endpoint", endpoint, "method",
        call->endpoint->method, "request_id", call->request_id, "trace_id", call->trace_id);
    char *text = json_dumps(context, JSON_COMPACT);
    json_decref(context);
    call->context = text == NULL ? "{}" : hansa_call_copy(call, text, strlen(text));
    free(text);
    return call->context;
}

const char *hansa_call_actor(const struct hansa_call *call) {
    return call->actor[0] == '\0' ? NULL : call->actor;
}

const char *hansa_call_session(const struct hansa_call *call) {
    return call->session[0] == '\0' ? NULL : call->session;
}

const char *hansa_call_source(const struct hansa_call *call) {
    return call->source;
}

const uint8_t *hansa_call_credential_digest(const struct hansa_call *call) {
    return call->actor[0] == '\0' ? NULL : call->credential.digest;
}
