/* The tables are short (at most fifty lines) and looked up by a plain walk: a 214 has few codes beside its other work. */
#include "codec/status_codes.h"

#include <stddef.h>

/* NONE in a table becomes a NULL text, any other name its letters. */
#define IS_NONE(text) (sizeof(text) == sizeof "NONE" && (text)[0] == 'N' && (text)[1] == 'O' && (text)[2] == 'N')
#define OR_NULL(name) (IS_NONE(#name) ? NULL : #name)

#define KIND_HAPPENED "occurred"
#define KIND_DELIVERY "estimate"
#define KIND_HUB_ARRIVAL "estimate"
#define KIND_HUB_DEPARTURE "estimate"
#define SUBJECT_HAPPENED NULL
#define SUBJECT_DELIVERY "delivery"
#define SUBJECT_PICKUP "pickup"
#define SUBJECT_HUB_ARRIVAL "hub_arrival"
#define SUBJECT_HUB_DEPARTURE "hub_departure"

static const struct hansa_codec_event_code event_codes[] = {
#define HANSA_EVENT_CODE(code, english, chinese, status, is_terminal, flag)                                            \
    {#code, english, chinese, OR_NULL(status), is_terminal, OR_NULL(flag)},
#include "codec/event_codes.def"
#undef HANSA_EVENT_CODE
    {NULL, NULL, NULL, NULL, false, NULL}};

static const struct hansa_codec_shipment_status shipment_statuses[] = {
#define HANSA_SHIPMENT_STATUS(name, number, is_terminal) {#name, number, is_terminal},
#include "codec/shipment_status.def"
#undef HANSA_SHIPMENT_STATUS
    {NULL, 0, false}};

static const struct hansa_codec_x12_status statuses[] = {
#define HANSA_X12_STATUS(code, event, when, moves_status, text)                                                        \
    {code, #event, KIND_##when, SUBJECT_##when, moves_status, text},
#include "codec/status_codes.def"
#undef HANSA_X12_STATUS
    {NULL, NULL, NULL, NULL, false, NULL}};

static const struct hansa_codec_x12_status appointments[] = {
#define HANSA_X12_APPOINTMENT(code, subject, text) {code, "APP", "appointment", SUBJECT_##subject, false, text},
#include "codec/status_codes.def"
#undef HANSA_X12_APPOINTMENT
    {NULL, NULL, NULL, NULL, false, NULL}};

static const struct hansa_codec_x12_reason reasons[] = {
#define HANSA_X12_REASON(code, family, text) {code, OR_NULL(family), text},
#include "codec/status_codes.def"
#undef HANSA_X12_REASON
    {NULL, NULL, NULL}};

static const struct hansa_codec_x12_reference references[] = {
#define HANSA_X12_REFERENCE(qualifier, kind, names_shipment) {qualifier, #kind, names_shipment},
#include "codec/reference_qualifiers.def"
#undef HANSA_X12_REFERENCE
    {NULL, NULL, false}};

/* All tables are walked alike and end with a NULL in their first member. */
#define WALK(table, member, wanted)                                                                                    \
    for (size_t i = 0; (table)[i].member != NULL; i++) {                                                               \
        if (hansa_codec_view_equals(wanted, (table)[i].member)) return &(table)[i];                                    \
    }                                                                                                                  \
    return NULL

const struct hansa_codec_x12_status *hansa_codec_x12_status_find(struct hansa_codec_view code) {
    WALK(statuses, code, code);
}

const struct hansa_codec_x12_status *hansa_codec_x12_appointment_find(struct hansa_codec_view code) {
    WALK(appointments, code, code);
}

const struct hansa_codec_x12_reason *hansa_codec_x12_reason_find(struct hansa_codec_view code) {
    WALK(reasons, code, code);
}

const struct hansa_codec_x12_reference *hansa_codec_x12_reference_find(struct hansa_codec_view qualifier) {
    WALK(references, qualifier, qualifier);
}

const struct hansa_codec_event_code *hansa_codec_event_code_find(struct hansa_codec_view code) {
    WALK(event_codes, code, code);
}

const struct hansa_codec_shipment_status *hansa_codec_shipment_status_find(struct hansa_codec_view name) {
    WALK(shipment_statuses, name, name);
}

const struct hansa_codec_event_code *hansa_codec_event_codes(void) {
    return event_codes;
}

const struct hansa_codec_shipment_status *hansa_codec_shipment_statuses(void) {
    return shipment_statuses;
}

const struct hansa_codec_x12_status *hansa_codec_x12_statuses(void) {
    return statuses;
}
