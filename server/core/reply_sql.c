/* What PostgreSQL raised becomes a problem: 'PN4xx' with a code of ours as message; a constraint that errors.def names; else
 * the class of the SQLSTATE. Texts of errors that we did not raise ourselves stay in the log (promise T9). */
#include "call_state.h"

#include "log.h"

#include <hansa/error.h>
#include <string.h>

static const struct hansa_error *error_by_code(const char *code) {
    for (size_t i = 0; code != NULL && i < hansa_error_count; i++)
        if (strcmp(hansa_errors[i].code, code) == 0) return &hansa_errors[i];
    return NULL;
}

static const struct hansa_error *error_by_constraint(const char *constraint) {
    for (size_t i = 0; constraint != NULL && i < hansa_error_count; i++)
        if (hansa_errors[i].constraint != NULL && strcmp(hansa_errors[i].constraint, constraint) == 0)
            return &hansa_errors[i];
    return NULL;
}

static enum hansa_error_id error_of_class(const char *state) {
    static const struct {
        const char *begins;
        enum hansa_error_id id;
    } classes[] = {
        {"57014", HANSA_ERROR_CORE_DEADLINE}, {"40", HANSA_ERROR_CORE_OVERLOADED},
        {"55P03", HANSA_ERROR_CORE_LOCKED},   {"57P", HANSA_ERROR_CORE_UNAVAILABLE},
        {"08", HANSA_ERROR_CORE_UNAVAILABLE}, {"53", HANSA_ERROR_CORE_UNAVAILABLE},
        {"58", HANSA_ERROR_CORE_UNAVAILABLE}, {"25006", HANSA_ERROR_CORE_INTERNAL},
        {"22", HANSA_ERROR_CORE_INVALID},     {"23", HANSA_ERROR_CORE_INVALID},
    };
    for (size_t i = 0; state != NULL && i < sizeof classes / sizeof classes[0]; i++)
        if (strncmp(state, classes[i].begins, strlen(classes[i].begins)) == 0) return classes[i].id;
    return HANSA_ERROR_CORE_INTERNAL;
}

static void failure_log(const struct hansa_call *call, const struct hansa_sql_fault *fault) {
    const char *state = fault->state;
    struct hansa_log_line line; /* the message alone: DETAIL and CONTEXT may hold a row's values */
    hansa_log_begin(&line, HANSA_LOG_ERROR, "statement failed");
    hansa_log_text(&line, "request_id", call->request_id, SIZE_MAX);
    hansa_log_text(&line, "endpoint", call->endpoint->name, SIZE_MAX);
    hansa_log_text(&line, "sqlstate", state, SIZE_MAX);
    hansa_log_text(&line, "constraint", fault->constraint, SIZE_MAX);
    if (state != NULL && strncmp(state, "22", 2) != 0 && strncmp(state, "23", 2) != 0)
        hansa_log_text(&line, "sql", fault->message, SIZE_MAX);
    hansa_log_end(&line);
}

enum hansa_step_result hansa_reply_sql_fault(struct hansa_call *call, const struct hansa_sql_fault *fault) {
    bool is_ours = fault->state != NULL && strncmp(fault->state, "PN", 2) == 0;
    const struct hansa_error *error = is_ours ? error_by_code(fault->message) : error_by_constraint(fault->constraint);
    if (is_ours && error != NULL) {
        call->steps = fault->hint != NULL && strncmp(fault->hint, "steps:", 6) == 0 ? fault->hint + 6 : NULL;
        return hansa_call_problem(call, error, fault->column, fault->detail);
    }
    if (error != NULL) return hansa_call_problem(call, error, error->field, NULL);
    failure_log(call, fault);
    return hansa_call_problem(call, hansa_error(error_of_class(fault->state)), NULL, NULL);
}

enum hansa_step_result hansa_reply_sql_error(struct hansa_call *call, const PGresult *result) {
    const struct hansa_sql_fault fault = {.state = PQresultErrorField(result, PG_DIAG_SQLSTATE),
                                          .message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY),
                                          .column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME),
                                          .detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL),
                                          .constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME),
                                          .hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT)};
    return hansa_reply_sql_fault(call, &fault);
}
