/* What C steps may ask of a call and set in it (<hansa/call.h>). */
#include "call_state.h"

#include <assert.h>
#include <string.h>

struct hansa_bytes hansa_call_body(const struct hansa_call *call) {
    return call->body;
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

void hansa_call_value_set(struct hansa_call *call, const char *name, const char *text, size_t len) {
    size_t i = param_index(call, name);
    assert(i < call->endpoint->param_count && call->endpoint->params[i].place == HANSA_IN_STEP);
    call->params[i] = hansa_call_copy(call, text, len);
}

void hansa_call_tenant_set(struct hansa_call *call, const char *tenant_id) {
    assert(strlen(tenant_id) == 36 && call->actor[0] == '\0'); /* a key's tenant is never changed */
    memcpy(call->tenant, tenant_id, sizeof call->tenant);
}

const char *hansa_call_column(const struct hansa_call *call, const char *name, size_t *ret_len) {
    int column = call->result == NULL || PQntuples(call->result) == 0 ? -1 : PQfnumber(call->result, name);
    if (column < 0 || PQgetisnull(call->result, 0, column)) return NULL;
    if (ret_len != NULL) *ret_len = (size_t)PQgetlength(call->result, 0, column);
    return PQgetvalue(call->result, 0, column);
}
