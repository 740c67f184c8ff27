/* What reading the chain leaves behind: an entry that says who took it. */
#include <hansa/call.h>
#include <hansa_steps.h>

enum hansa_step_result hansa_audit_chain_export_note(struct hansa_call *call) {
    hansa_call_aside(call, "audit/export_note");
    return HANSA_STEP_NEXT;
}
