/* Steps of the operator's endpoints that work inside another tenant for a moment: a statement of that tenant's own unit, so
 * that its wall stands as for anybody else. */
#include <hansa/call.h>
#include <string.h>

enum hansa_step_result hansa_operator_tenant_create_open(struct hansa_call *call);
enum hansa_step_result hansa_operator_tenant_create_leave(struct hansa_call *call);
enum hansa_step_result hansa_operator_tenant_change_tell(struct hansa_call *call);
enum hansa_step_result hansa_operator_tenant_change_leave(struct hansa_call *call);
enum hansa_step_result hansa_operator_usage_get_count(struct hansa_call *call);
enum hansa_step_result hansa_operator_usage_get_leave(struct hansa_call *call);

/* The tenant is made; its roles are rows behind its own wall. */
enum hansa_step_result hansa_operator_tenant_create_open(struct hansa_call *call) {
    const char *made = hansa_call_column(call, "made_id", NULL);
    if (made == NULL) return hansa_call_problem(call, hansa_error(HANSA_ERROR_CORE_INTERNAL), NULL, NULL);
    hansa_call_operate(call, made);
    return hansa_call_statement(call, "operator/tenant_open");
}

enum hansa_step_result hansa_operator_tenant_create_leave(struct hansa_call *call) {
    hansa_call_operate(call, NULL);
    return HANSA_STEP_NEXT;
}

/* What was changed stands on the tenant's own record too; of nothing there is nothing to tell. */
enum hansa_step_result hansa_operator_tenant_change_tell(struct hansa_call *call) {
    size_t len;
    const char *changes = hansa_call_column(call, "changes", &len);
    if (changes == NULL) return HANSA_STEP_NEXT;
    hansa_call_body_set(call, changes, len);
    hansa_call_operate(call, hansa_call_param(call, "tenant_id"));
    return hansa_call_statement(call, "operator/tenant_told");
}

enum hansa_step_result hansa_operator_tenant_change_leave(struct hansa_call *call) {
    hansa_call_operate(call, NULL);
    return HANSA_STEP_NEXT;
}

enum hansa_step_result hansa_operator_usage_get_count(struct hansa_call *call) {
    hansa_call_operate(call, hansa_call_param(call, "tenant_id"));
    return hansa_call_statement(call, "operator/usage_count");
}

enum hansa_step_result hansa_operator_usage_get_leave(struct hansa_call *call) {
    static const char *const counts[] = {"rows_kept", "bytes_kept"};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        const char *count = hansa_call_column(call, counts[i], NULL);
        if (count != NULL) hansa_call_value_set(call, counts[i], count, strlen(count));
    }
    hansa_call_operate(call, NULL);
    return HANSA_STEP_NEXT;
}
