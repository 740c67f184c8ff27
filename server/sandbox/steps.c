/* Steps of the endpoints by which staff and test keys deal with the sandbox: their statements run in its own unit, behind its wall, whoever of
 * the two asks. */
#include <hansa/call.h>
#include <hansa_steps.h>

static enum hansa_step_result enter(struct hansa_call *call) {
    hansa_call_twin(call, true);
    return HANSA_STEP_NEXT;
}

enum hansa_step_result hansa_sandbox_sandbox_get_enter(struct hansa_call *call) {
    return enter(call);
}

enum hansa_step_result hansa_sandbox_sandbox_empty_enter(struct hansa_call *call) {
    return enter(call);
}

enum hansa_step_result hansa_sandbox_outgoing_list_enter(struct hansa_call *call) {
    return enter(call);
}

/* Before it is asked for, in the caller's own books: the audit of the firm tells who had its sandbox emptied. */
enum hansa_step_result hansa_sandbox_sandbox_empty_note(struct hansa_call *call) {
    return hansa_call_statement(call, "sandbox/empty_note");
}
