/* The first person and the first key of a tenant, let in by the operator (decision 0053). Three units: the operator's own looks
 * whether there is such a tenant, one of the tenant does it behind its wall and on its record, and the operator's notes it on his. */
#include <hansa/call.h>
#include <hansa/error.h>
#include <hansa_steps.h>

static enum hansa_step_result find(struct hansa_call *call) {
    return hansa_call_statement(call, "identity/first_find");
}

/* What the tenant's unit answered is the body of the note, which answers it on. */
static enum hansa_step_result note(struct hansa_call *call) {
    size_t len;
    const char *made = hansa_call_column(call, "body", &len);
    if (made == NULL) return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_INTERNAL), NULL, NULL);
    hansa_call_body_set(call, made, len);
    hansa_call_operate(call, NULL);
    return hansa_call_statement(call, "identity/first_noted");
}

enum hansa_step_result hansa_identity_tenant_user_create_find(struct hansa_call *call) {
    return find(call);
}

enum hansa_step_result hansa_identity_tenant_user_create_mint(struct hansa_call *call) {
    hansa_call_operate(call, hansa_call_param(call, "tenant_id"));
    return hansa_identity_user_create_mint(call);
}

enum hansa_step_result hansa_identity_tenant_user_create_note(struct hansa_call *call) {
    return note(call);
}

enum hansa_step_result hansa_identity_tenant_key_create_find(struct hansa_call *call) {
    return find(call);
}

enum hansa_step_result hansa_identity_tenant_key_create_mint(struct hansa_call *call) {
    hansa_call_operate(call, hansa_call_param(call, "tenant_id"));
    return hansa_identity_key_create_mint(call);
}

enum hansa_step_result hansa_identity_tenant_key_create_note(struct hansa_call *call) {
    return note(call);
}
