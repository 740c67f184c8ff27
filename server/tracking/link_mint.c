/* Makes the token of a new public tracking link (POST /v1/shipments/{shipment_id}/links). */
#include "../core/link_token.h"

/* Step `mint`. */
enum hansa_step_result hansa_tracking_link_create_mint(struct hansa_call *call);

enum hansa_step_result hansa_tracking_link_create_mint(struct hansa_call *call) {
    return hansa_link_token_mint(call, "/track/");
}
