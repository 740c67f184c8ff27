/* server/codec/status_codes.def and its neighbours: the mapping of domain.md, and that the lists agree with one another. */
#include "codec/status_codes.h"

#include <criterion/criterion.h>
#include <string.h>

static struct hansa_codec_view view(const char *text) {
    return (struct hansa_codec_view){.at = text, .len = strlen(text)};
}

Test(codes, status_of_the_domain_table) {
    static const char *const expected[][2] = {
        {"XB", "BKD"}, {"CA", "BCX"}, {"X3", "APU"}, {"X8", "APU"}, {"AF", "PUP"}, {"CP", "LDD"}, {"AM", "LDD"},
        {"P1", "DEP"}, {"CD", "DEP"}, {"X6", "ENR"}, {"X4", "ARH"}, {"J1", "HOV"}, {"R1", "RCV"}, {"BA", "RCV"},
        {"PR", "CSI"}, {"K1", "CSI"}, {"CT", "CSR"}, {"AJ", "OFD"}, {"AV", "AVP"}, {"BC", "AVP"}, {"X1", "ADL"},
        {"X5", "ADL"}, {"S1", "ADL"}, {"AH", "ATT"}, {"AP", "ATT"}, {"D1", "DLV"}, {"PA", "DLV"}, {"CB", "DLV"},
        {"SD", "DLY"}, {"A9", "DMG"}, {"A7", "RFS"}, {"A3", "RTS"}, {"X2", "EST"}, {"AG", "EST"}, {"B6", "EST"},
        {"C1", "EST"}, {"AI", "RCN"}, {"AN", "OTH"}, {"CL", "OTH"}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct hansa_codec_x12_status *found = hansa_codec_x12_status_find(view(expected[i][0]));
        cr_assert_not_null(found, "%s", expected[i][0]);
        cr_expect_str_eq(found->event, expected[i][1], "%s is %s", expected[i][0], found->event);
    }
    cr_expect_null(hansa_codec_x12_status_find(view("X7")));
    cr_expect_null(hansa_codec_x12_status_find(view("")));
    cr_expect_null(hansa_codec_x12_status_find(view("x3")));
}

Test(codes, a_part_delivery_does_not_deliver) {
    cr_expect_not(hansa_codec_x12_status_find(view("PA"))->moves_status);
    cr_expect_not(hansa_codec_x12_status_find(view("CD"))->moves_status,
                  "leaving the consignee is not being in transit");
    cr_expect(hansa_codec_x12_status_find(view("CB"))->moves_status);
}

Test(codes, only_estimates_of_the_delivery_are_etas) {
    cr_expect_str_eq(hansa_codec_x12_status_find(view("AG"))->subject, "delivery");
    cr_expect_str_eq(hansa_codec_x12_status_find(view("X2"))->time_kind, "estimate");
    cr_expect_str_eq(hansa_codec_x12_status_find(view("B6"))->subject, "hub_arrival");
    cr_expect_str_eq(hansa_codec_x12_status_find(view("C1"))->subject, "hub_departure");
    cr_expect_str_eq(hansa_codec_x12_status_find(view("D1"))->time_kind, "occurred");
    cr_expect_str_eq(hansa_codec_x12_appointment_find(view("AA"))->subject, "pickup");
    cr_expect_str_eq(hansa_codec_x12_appointment_find(view("X9"))->subject, "delivery");
    cr_expect_null(hansa_codec_x12_appointment_find(view("D1")), "a status is no appointment");
}

Test(codes, reasons_have_their_families) {
    static const char *const expected[][2] = {{"AI", "CAR"}, {"AA", "CAR"}, {"AF", "CAR"}, {"AH", "CAR"}, {"AJ", "CAR"},
                                              {"AW", "CAR"}, {"AM", "SHP"}, {"BB", "SHP"}, {"BC", "SHP"}, {"AG", "CON"},
                                              {"B1", "CON"}, {"AQ", "CON"}, {"AD", "CON"}, {"A2", "CON"}, {"B9", "CON"},
                                              {"AS", "CUS"}, {"BD", "CUS"}, {"AO", "FRC"}, {"AU", "FRC"}, {"BE", "FRC"},
                                              {"AN", "FRC"}, {"B4", "COM"}, {"BQ", "COM"}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        cr_expect_str_eq(hansa_codec_x12_reason_find(view(expected[i][0]))->family, expected[i][1], "%s",
                         expected[i][0]);
    cr_expect_null(hansa_codec_x12_reason_find(view("NS"))->family);
    cr_expect_null(hansa_codec_x12_reason_find(view("ZZ")));
}

Test(codes, every_event_argues_for_a_known_status) {
    const struct hansa_codec_event_code *event = hansa_codec_event_codes();
    for (; event->code != NULL; event++) {
        cr_expect_eq(hansa_codec_event_code_find(view(event->code)), event, "%s is there twice", event->code);
        cr_expect(event->english[0] != '\0' && (unsigned char)event->chinese[0] >= 0x80, "%s", event->code);
        if (event->status == NULL) {
            cr_expect_not(event->is_terminal, "%s", event->code);
            continue;
        }
        const struct hansa_codec_shipment_status *status = hansa_codec_shipment_status_find(view(event->status));
        cr_assert_not_null(status, "%s argues for %s", event->code, event->status);
        cr_expect_eq(event->is_terminal, status->is_terminal, "%s", event->code);
    }
}

Test(codes, every_x12_status_is_an_event) {
    const struct hansa_codec_x12_status *status = hansa_codec_x12_statuses();
    for (; status->code != NULL; status++) {
        cr_expect_not_null(hansa_codec_event_code_find(view(status->event)), "%s", status->code);
        cr_expect_eq(hansa_codec_x12_status_find(view(status->code)), status, "%s is there twice", status->code);
        cr_expect_eq(strlen(status->code), 2);
    }
}

Test(codes, statuses_are_numbered_upwards) {
    const struct hansa_codec_shipment_status *status = hansa_codec_shipment_statuses();
    for (int last = 0; status->name != NULL; last = status->number, status++) {
        cr_expect_gt(status->number, last, "%s", status->name);
        cr_expect_eq(status->is_terminal, status->number >= 90, "%s", status->name);
    }
}
