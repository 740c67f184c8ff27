/* What the codes of an X12 214 mean: look-ups into the const tables of status_codes.def, reference_qualifiers.def,
 * event_codes.def and shipment_status.def. Pure; any thread; what is returned lives as long as the process. */
#ifndef HANSA_CODEC_STATUS_CODES_H
#define HANSA_CODEC_STATUS_CODES_H

#include "codec/x12.h"

#include <stdbool.h>

/* An event of domain.md. Texts are NULL where the table says NONE. */
struct hansa_codec_event_code {
    const char *code;
    const char *english;
    const char *chinese; /* UTF-8 */
    const char *status;  /* name in shipment_status.def */
    bool is_terminal;
    const char *flag;
};

struct hansa_codec_shipment_status {
    const char *name;
    int number;
    bool is_terminal;
};

/* A status (AT7-01) or appointment (AT7-03) code. */
struct hansa_codec_x12_status {
    const char *code;
    const char *event;     /* internal code */
    const char *time_kind; /* "occurred", "estimate" or "appointment": what the time of the event is the time of */
    const char
        *subject; /* of an estimate or appointment: "pickup", "delivery", "hub_arrival", "hub_departure"; else NULL */
    bool moves_status; /* false: tell the event, leave the shipment's status alone */
    const char *text;  /* short English meaning */
};

struct hansa_codec_x12_reason {
    const char *code;
    const char *family; /* CAR SHP CON CUS FRC COM, or NULL */
    const char *text;
};

struct hansa_codec_x12_reference {
    const char *qualifier;
    const char *kind;    /* BOL, PRO, PO … */
    bool names_shipment; /* the number alone can say which shipment is meant */
};

/* NULL when the code is not known; the caller makes it OTH and keeps the code (standards.md 4.4). */
const struct hansa_codec_x12_status *hansa_codec_x12_status_find(struct hansa_codec_view code);
const struct hansa_codec_x12_status *hansa_codec_x12_appointment_find(struct hansa_codec_view code);
const struct hansa_codec_x12_reason *hansa_codec_x12_reason_find(struct hansa_codec_view code);
const struct hansa_codec_x12_reference *hansa_codec_x12_reference_find(struct hansa_codec_view qualifier);
const struct hansa_codec_event_code *hansa_codec_event_code_find(struct hansa_codec_view code);
const struct hansa_codec_shipment_status *hansa_codec_shipment_status_find(struct hansa_codec_view name);

/* The whole lists, ended by an entry whose first text is NULL. */
const struct hansa_codec_event_code *hansa_codec_event_codes(void);
const struct hansa_codec_shipment_status *hansa_codec_shipment_statuses(void);
const struct hansa_codec_x12_status *hansa_codec_x12_statuses(void);

#endif
