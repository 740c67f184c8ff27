/* server/codec/x12_214.c and x12_event.c: what a carrier's status says of a shipment (standards.md 2, 3 and 4.4). */
#include "message.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME "20260312*0640*ET"
#define AT7 "AT7*X3*NS***" TIME "~"

static size_t count_of(const json_t *object, const char *key) {
    return json_array_size(json_object_get(object, key));
}

static void expect_clean(const json_t *set) {
    cr_expect_str_eq(message_text(set, "verdict"), "accepted", "%s", message_fault(set));
    cr_expect_eq(count_of(set, "warnings"), 0, "%s", message_dump(set, "warnings"));
}

Test(x12_214, who_what_where) {
    json_t *set =
        message_set(MESSAGE_B10 "L11*7781*PO~N1*SH*RIVER MILL*93*RM1~N3*4 MILL LANE*GATE 2~N4*AKRON*OH*44301*US~"
                                "N1*CN*LAKE SHOP~LX*1~" AT7 "MS1*AKRON*OH*US~MS2*BLUE*5512*TL~"
                                "L11*LOAD-31*BM~AT8*G*L*4200*12~MAN*GM*00106141411234567897~",
                    NULL, NULL);
    json_t *event = message_event(set, 0);
    expect_clean(set);
    cr_expect_str_eq(message_text(set, "carrier_reference"), "BLU900100");
    cr_expect_str_eq(message_text(set, "scac"), "BLUE");
    cr_expect_str_eq(message_dump(set, "parties"), "[[\"SH\",\"RIVER MILL\"],[\"CN\",\"LAKE SHOP\"]]");
    cr_expect_str_eq(message_dump(set, "references"), "[[\"PO\",\"7781\"],[\"BM\",\"LOAD-31\"]]");
    cr_expect_str_eq(message_dump(set, "header_references"), "[[\"PO\",\"7781\"]]");
    cr_expect_str_eq(message_dump(set, "keys"),
                     "[[\"SHIPMENT\",\"LOAD-31\"],[\"PRO\",\"BLU900100\"],[\"PO\",\"7781\"]]");
    cr_expect_str_eq(message_dump(set, "loops"), "[{\"number\":\"1\",\"references\":[[\"BM\",\"LOAD-31\"]],"
                                                 "\"keys\":[[\"BOL\",\"LOAD-31\"]],"
                                                 "\"handling_units\":[\"106141411234567897\"]}]");
    cr_expect_str_eq(message_dump(set, "kept"), "[{\"segment\":\"AT8\",\"position\":13,\"loop\":0,\"event\":0,"
                                                "\"elements\":[\"G\",\"L\",\"4200\",\"12\"]}]");
    cr_expect_str_eq(message_dump(event, "units"), "[0,1]");
    cr_expect_str_eq(
        message_dump(set, "addresses"),
        "[{\"party\":\"SH\",\"name\":\"RIVER MILL\",\"id_qualifier\":\"93\",\"id\":\"RM1\",\"line_1\":\"4 MILL LANE\","
        "\"line_2\":\"GATE 2\",\"city\":\"AKRON\",\"state\":\"OH\",\"postcode\":\"44301\",\"country\":\"US\"},"
        "{\"party\":\"CN\",\"name\":\"LAKE SHOP\"}]");
    cr_expect_str_eq(message_dump(event, "at"), "{\"city\":\"AKRON\",\"state\":\"OH\",\"country\":\"US\"}");
    cr_expect_str_eq(message_dump(event, "equipment"), "[\"BLUE\",\"5512\",\"TL\"]");
    cr_expect_str_eq(message_text(event, "raw"), "AT7*X3*NS***20260312*0640*ET");
    cr_expect_str_eq(message_text(event, "event_time_local"), "2026-03-12T06:40");
    cr_expect_str_eq(message_text(event, "zone"), "America/New_York");
    cr_expect_str_eq(message_text(event, "zone_source"), "given");
    cr_expect_eq(json_integer_value(json_object_get(event, "loop")), 0);
}

#define AT(minute) "AT7*X3*NS***20260312*06" minute "*LT~"
#define AKRON "MS1*AKRON*OH*US~"
#define PARIS "MS1*PARIS**FR~"

/* Whose place an MS1 is: never that of an event for which none was told while others of its loop have their own. */
Test(x12_214, places_are_never_invented) {
    static const struct {
        const char *segments;
        const char *cities; /* of the events; ~ before one that was taken from a neighbour */
    } cases[] = {
        {"LX*1~" AT("40") AKRON, "AKRON"},
        {"LX*1~" AT("40") AT("41") AKRON "LX*2~" AT("42"), "~AKRON AKRON -"},
        {"LX*1~" AT("40") AKRON AT("41") AT("42") PARIS, "AKRON - PARIS"},
        {"LX*1~" AT("40") AT("41") AKRON AT("42") PARIS, "- AKRON PARIS"},
        {"LX*1~" AT("40") AT("41") AKRON AT("42"), "- AKRON -"},
        {"LX*1~" AKRON AT("40") "LX*2~" PARIS AT("41"), "AKRON PARIS"},
        {"LX*1~" AKRON AT("40") PARIS AT("41"), "AKRON PARIS"},
        {"LX*1~" AKRON AT("40") AT("41"), "AKRON ~AKRON"},
        {"LX*1~" AKRON AT("40") AT("41") PARIS AT("42"), "AKRON - PARIS"},
        {"LX*1~" AT("40") AKRON PARIS, "AKRON"},
        {"LX*1~" AT("40") "LX*2~" AT("41") AKRON, "- AKRON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char segments[400] = MESSAGE_B10;
        char found[200] = "";
        json_t *event;
        size_t j;
        json_t *set = message_set(strcat(segments, cases[i].segments), NULL, NULL);
        json_array_foreach(json_object_get(set, "events"), j, event) {
            const char *city = message_text(json_object_get(event, "at"), "city");
            strcat(found, j > 0 ? " " : "");
            strcat(found, json_is_true(json_object_get(event, "place_inferred")) ? "~" : "");
            strcat(found, strcmp(city, "(none)") == 0 ? "-" : city);
        }
        cr_expect_str_eq(found, cases[i].cities, "%s: %s, found %s", cases[i].segments, cases[i].cities, found);
    }
}

Test(x12_214, a_shared_place_gives_zone_and_equipment) {
    json_t *set = message_set(MESSAGE_B10 "LX*1~" AT("40") AT("50") AKRON "MS2*BLUE*5512~LX*2~" AT("55"), NULL, NULL);
    expect_clean(set);
    for (size_t i = 0; i < 2; i++) {
        cr_expect_str_eq(message_dump(message_event(set, i), "equipment"), "[\"BLUE\",\"5512\"]");
        cr_expect_str_eq(message_text(message_event(set, i), "zone"), "America/New_York");
        cr_expect_str_eq(message_text(message_event(set, i), "zone_source"), "assumed");
    }
    cr_expect(json_is_null(json_object_get(message_event(set, 2), "zone")));
    cr_expect_eq(json_integer_value(json_object_get(message_event(set, 2), "loop")), 1);
}

#define QN(number) "L11*" number "*QN~"
#define UNIT_A "MAN*GM*106141411234567897~"
#define UNIT_B "MAN*GM*106141411234567903~"

/* Which events the numbers of stops and the marks of units are about. */
Test(x12_214, stops_and_units_are_of_their_events) {
    static const struct {
        const char *segments;
        const char *events; /* stop and units of each */
    } cases[] = {
        {"LX*1~" AT("40") QN("2"), "2:-"},
        {"LX*1~" QN("2") AT("40") AT("41"), "2:- 2:-"},
        {"LX*1~" AT("40") QN("2") AT("41"), "2:- 2:-"},
        {"LX*1~" AT("40") QN("2") AT("41") QN("3") AT("42"), "2:- 3:- -:-"},
        {"LX*1~" QN("2") AT("40") QN("3") AT("41") AT("42"), "2:- 3:- 3:-"},
        {"LX*1~" AT("40") QN("2") "LX*2~" AT("41"), "2:- -:-"},
        {"LX*1~" AT("40") UNIT_A UNIT_B, "-:0-2"},
        {"LX*1~" AT("40") UNIT_A AT("41") UNIT_B, "-:0-1 -:1-2"},
        {"LX*1~" UNIT_A AT("40") UNIT_B AT("41"), "-:0-1 -:1-2"},
        {"LX*1~" AT("40") UNIT_A AT("41") "LX*2~" AT("42") UNIT_B, "-:0-1 -:0-1 -:0-1"},
        {"LX*1~" AT("40") UNIT_A QN("2"), "2:0-1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char segments[400] = MESSAGE_B10;
        char found[200] = "";
        json_t *event;
        size_t j;
        json_t *set = message_set(strcat(segments, cases[i].segments), NULL, NULL);
        json_array_foreach(json_object_get(set, "events"), j, event) {
            const char *stop = message_text(event, "stop");
            json_t *units = json_object_get(event, "units");
            size_t used = strlen(found);
            used += (size_t)sprintf(found + used, "%s%s:", j > 0 ? " " : "", strcmp(stop, "(none)") == 0 ? "-" : stop);
            if (units == NULL)
                strcat(found, "-");
            else
                sprintf(found + used, "%lld-%lld", json_integer_value(json_array_get(units, 0)),
                        json_integer_value(json_array_get(units, 1)));
        }
        cr_expect_str_eq(found, cases[i].events, "%s: %s, found %s", cases[i].segments, cases[i].events, found);
    }
}

/* Nothing that a set says is lost in silence: what has no member of its own is kept as it stands. */
Test(x12_214, what_has_no_member_is_kept) {
    json_t *set =
        message_set(MESSAGE_B10 "MS3*BLUE*B**M~K1*HANDLE WITH CARE~LX*1~" AT7
                                "Q7*D*PCS*2~K1*SIGNED BY*J SMITH~NM1*DR*1*DOE*JOHN~MAN*CP*1Z99~OID*ORD-1*PO-1~M7*SEAL1~"
                                "L11*77*TN*GATE 4~",
                    NULL, NULL);
    static const char *const tags[] = {"MS3", "K1", "Q7", "K1", "NM1", "MAN", "OID", "M7"};
    json_t *kept = json_object_get(set, "kept");
    cr_assert_eq(json_array_size(kept), sizeof tags / sizeof tags[0]);
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        cr_expect_str_eq(message_text(json_array_get(kept, i), "segment"), tags[i]);
        cr_expect_eq(json_is_null(json_object_get(json_array_get(kept, i), "event")), i < 2);
    }
    cr_expect_str_eq(message_dump(json_array_get(kept, 3), "elements"), "[\"SIGNED BY\",\"J SMITH\"]");
    json_t *loop = json_array_get(json_object_get(set, "loops"), 0);
    cr_expect_str_eq(message_dump(loop, "numbers"),
                     "[[\"OTHER\",\"ORD-1\"],[\"PO\",\"PO-1\"],[\"SEAL\",\"SEAL1\"],[\"OTHER\",\"77\"]]");
    cr_expect_str_eq(message_dump(loop, "references"), "[[\"TN\",\"77\",\"GATE 4\"]]");
}

Test(x12_214, repeated_elements_are_parted_since_00402) {
    char *text = message_wrap(MESSAGE_B10 "L11*PO-A^PO-B*PO~LX*1~" AT7, "005010");
    char *version = strstr(text, "*U*00401*");
    json_t *set = message_set_at(message_document(text), 0, 0);
    cr_expect_str_eq(message_dump(set, "references"), "[[\"PO\",\"PO-A^PO-B\"]]");
    memcpy(version, "*^*00501*", 9);
    set = message_set_at(message_document(text), 0, 0);
    cr_expect_str_eq(message_dump(set, "references"), "[[\"PO\",\"PO-A\"],[\"PO\",\"PO-B\"]]");
}

Test(x12_214, a_number_is_told_once_where_it_stands) {
    char *segments = message_keep(malloc(1 << 20));
    char *end = stpcpy(segments, MESSAGE_B10);
    for (size_t i = 0; i < 940; i++)
        end += sprintf(end, "LX*%zu~" AT7 "L11*LOAD-%zu*BM~L11*LOAD-%zu*BM~L11*77*PO~", i, i / 4, i / 4);
    json_t *set = message_set(segments, NULL, NULL);
    cr_expect_eq(count_of(set, "events"), 940);
    cr_expect_null(message_warning(set, "too_many_numbers"));
    for (size_t i = 0; i < 940; i++) {
        char keys[80];
        (void)sprintf(keys, "[[\"BOL\",\"LOAD-%zu\"],[\"PO\",\"77\"]]", i / 4);
        cr_expect_str_eq(message_dump(json_array_get(json_object_get(set, "loops"), i), "keys"), keys);
    }
    end = stpcpy(segments, MESSAGE_B10);
    for (size_t i = 0; i < 300; i++)
        end += sprintf(end, "L11*LOAD-%zu*BM~", i);
    strcpy(end, "LX*1~" AT7);
    set = message_set(segments, NULL, NULL);
    cr_expect_not_null(message_warning(set, "too_many_numbers"), "what is cut is told");
}

Test(x12_214, equipment_before_place_is_of_the_same_events) {
    json_t *set = message_set(MESSAGE_B10 "LX*1~" AT7 "MS2*BLUE*5512~MS1*AKRON*OH*US~" AT7, NULL, NULL);
    cr_expect_str_eq(message_text(json_object_get(message_event(set, 0), "at"), "city"), "AKRON");
    cr_expect_str_eq(message_dump(message_event(set, 0), "equipment"), "[\"BLUE\",\"5512\"]");
    cr_expect_str_eq(message_dump(message_event(set, 1), "at"), "(none)");
    cr_expect_str_eq(message_dump(message_event(set, 1), "equipment"), "(none)");
}

Test(x12_214, a_given_zone_stays) {
    json_t *set = message_set(MESSAGE_B10 "LX*1~AT7*X3*NS***20260312*0640*PS~MS1*AKRON*OH*US~", NULL, NULL);
    cr_expect_str_eq(message_text(message_event(set, 0), "zone"), "-08:00");
    cr_expect_str_eq(message_text(message_event(set, 0), "zone_source"), "given");
}

Test(x12_214, positions_are_negated_once) {
    json_t *set =
        message_set(MESSAGE_B10 "LX*1~" AT7 "MS1****0914726*0431836*W*N~" AT7 "MS1****-100.31*25.7052*W*N~" AT7
                                "MS1****100.31**W*N~" AT7 "MS1****0919926*0431836*W*N~",
                    NULL, NULL);
    cr_expect_str_eq(message_text(message_event(set, 0), "longitude"), "-91.79055556");
    cr_expect_str_eq(message_text(message_event(set, 0), "latitude"), "43.31");
    cr_expect_str_eq(message_dump(message_event(set, 0), "at"), "{\"lon\":\"0914726W\",\"lat\":\"0431836N\"}");
    cr_expect_str_eq(message_text(message_event(set, 1), "longitude"), "-100.31");
    cr_expect(json_is_null(json_object_get(message_event(set, 2), "longitude")), "one coordinate is no place");
    cr_expect(json_is_null(json_object_get(message_event(set, 3), "latitude")));
    cr_expect_not_null(message_warning(set, "position_unreadable"));
}

Test(x12_214, statuses_and_appointments) {
    json_t *set = message_set(MESSAGE_B10 "LX*1~AT7*SD*AI***" TIME "~AT7***AB*NA*" TIME "~AT7*AG*NS***" TIME
                                          "~AT7*PA*NS***" TIME "~",
                              NULL, NULL);
    expect_clean(set);
    cr_expect_str_eq(message_text(message_event(set, 0), "code"), "DLY");
    cr_expect_str_eq(message_text(message_event(set, 0), "reason_family"), "CAR");
    cr_expect_str_eq(message_text(message_event(set, 0), "time_kind"), "occurred");
    cr_expect_str_eq(message_text(message_event(set, 1), "code"), "APP");
    cr_expect_str_eq(message_text(message_event(set, 1), "appointment"), "AB");
    cr_expect_str_eq(message_text(message_event(set, 1), "time_subject"), "delivery");
    cr_expect_null(json_object_get(message_event(set, 1), "status"));
    cr_expect_str_eq(message_text(message_event(set, 2), "time_kind"), "estimate");
    cr_expect(json_is_false(json_object_get(message_event(set, 3), "moves_status")));
}

Test(x12_214, an_unknown_status_is_an_event_with_its_code) {
    json_t *set = message_set(MESSAGE_B10 "LX*1~AT7*Z1*Q9***" TIME "~AT7***QQ*NA*" TIME "~", NULL, NULL);
    cr_expect_str_eq(message_text(set, "verdict"), "accepted");
    cr_expect_str_eq(message_text(message_event(set, 0), "code"), "OTH");
    cr_expect_str_eq(message_text(message_event(set, 0), "status"), "Z1");
    cr_expect_str_eq(message_text(message_event(set, 1), "code"), "APP");
    cr_expect_not_null(message_warning(set, "unknown_status"));
    cr_expect_not_null(message_warning(set, "unknown_reason"));
}

Test(x12_214, rules_of_at7_warn) {
    static const struct {
        const char *at7;
        const char *release;
        size_t warnings; /* with code at7_rule */
    } cases[] = {
        {"AT7*X3*NS***20260312*0640*ET~", "004010", 0},
        {"AT7*X3****20260312*0640*ET~", "004010", 1},
        {"AT7*X3****20260312*0640*ET~", "004030", 0},
        {"AT7*X3****20260312*0640*ET~", "005010", 0},
        {"AT7***AA**20260312*0640*ET~", "004010", 1},
        {"AT7***AA**20260312*0640*ET~", "004030", 0},
        {"AT7*X3*NS*AA*NA*20260312*0640*ET~", "004010", 1},
        {"AT7*X3*NS**NA*20260312*0640*ET~", "004010", 1},
        {"AT7*X3*NS***20260312**ET~", "004010", 1},
        {"AT7**NS*AA*NA*20260312*0640*ET~", "004010", 1},
        {"AT7*X3*NS****0640*ET~", "004010", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char segments[200] = MESSAGE_B10 "LX*1~";
        json_t *finding;
        size_t j, told = 0;
        strcat(segments, cases[i].at7);
        json_t *set = message_set(segments, cases[i].release, NULL);
        json_array_foreach(json_object_get(set, "warnings"), j, finding) told +=
            strcmp(message_text(finding, "code"), "at7_rule") == 0;
        cr_expect_eq(told, cases[i].warnings, "%s with %s: %zu", cases[i].at7, cases[i].release, told);
    }
}

Test(x12_214, an_event_with_an_unreadable_time_is_lost_alone) {
    static const struct {
        const char *when;
        const char *problem;
        long element;
    } cases[] = {{"20261312*0640*ET", "date_unreadable", 5},
                 {"*0640*ET", "date_unreadable", 5},
                 {"260312*0640*ET", "date_unreadable", 5},
                 {"20260312*2561*ET", "time_unreadable", 6},
                 {"20260312*noon*ET", "time_unreadable", 6}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char segments[200] = MESSAGE_B10 "LX*1~" AT7 "AT7*D1*NS***";
        char alone[200] = MESSAGE_B10 "LX*1~AT7*D1*NS***";
        strcat(strcat(segments, cases[i].when), "~" AT7);
        strcat(strcat(alone, cases[i].when), "~");
        json_t *document;
        json_t *set = message_set(segments, NULL, &document);
        const json_t *problem = json_object_get(message_event(set, 1), "problem");
        cr_expect_str_eq(message_text(set, "verdict"), "accepted", "%s", cases[i].when);
        cr_expect_not_null(message_warning(set, cases[i].problem));
        cr_expect_str_eq(message_text(problem, "code"), cases[i].problem, "%s", cases[i].when);
        cr_expect(json_is_null(json_object_get(message_event(set, 1), "event_time_local")));
        cr_expect_eq(count_of(set, "events"), 3);
        cr_expect_str_eq(message_text(problem, "segment"), "AT7");
        cr_expect_eq(json_integer_value(json_object_get(problem, "element")), cases[i].element);
        cr_expect_eq(json_integer_value(json_object_get(problem, "position")), 5);
        cr_expect_str_eq(message_text(document, "verdict"), "accepted", "only the event is lost");
        set = message_set(alone, NULL, NULL);
        cr_expect_str_eq(message_fault(set), cases[i].problem, "a set of such events alone is rejected");
    }
    json_t *set = message_set(MESSAGE_B10 "DTM*097*20260312~LX*1~AT7*D1*NS****0640*ET~", NULL, NULL);
    cr_expect_str_eq(message_text(message_event(set, 0), "event_time_local"), "2026-03-12T06:40");
    cr_expect_not_null(message_warning(set, "date_missing"), "the set's own date stands in, and it is said");
}

Test(x12_214, times_that_are_guessed_are_told) {
    json_t *set = message_set(MESSAGE_B10 "LX*1~AT7*D1*NS***20260312~AT7*D1*NS***20260312*0640*QQ~", NULL, NULL);
    cr_expect_str_eq(message_text(message_event(set, 0), "event_time_local"), "2026-03-12T00:00");
    cr_expect_not_null(message_warning(set, "time_missing"));
    cr_expect_not_null(message_warning(set, "unknown_time_code"));
    cr_expect_str_eq(message_text(message_event(set, 1), "zone_source"), "assumed");
    set = message_set(MESSAGE_B10 "LX*1~AT7*D1*NS***260312*0640*ET~", "003040", NULL);
    cr_expect_str_eq(message_text(message_event(set, 0), "event_time_local"), "2026-03-12T06:40");
    cr_expect_not_null(message_warning(set, "short_year"));
}

Test(x12_214, a_set_must_say_which_shipment) {
    static const struct {
        const char *segments;
        const char *fault;
    } cases[] = {{"LX*1~" AT7, "segment_missing"},
                 {"B10***BLUE~LX*1~" AT7, "no_shipment_key"},
                 {"B10***BLUE~L11*4411*SN~LX*1~" AT7, "no_shipment_key"},
                 {"B10***BLUE~L11**BM~LX*1~" AT7, "no_shipment_key"},
                 {"B10***BLUE**RU*ROUTE1~LX*1~" AT7, "no_shipment_key"},
                 {"B10***BLUE~L11*LOAD-31*BM~LX*1~" AT7, "(none)"},
                 {"B10***BLUE**BM*LOAD-31~LX*1~" AT7, "(none)"},
                 {"B10***BLUE~LX*1~" AT7 "L11*LOAD-31*2I~", "(none)"},
                 {"B10***BLUE~LX*1~" AT7 "MS2*MSCU*806360**8~", "(none)"},
                 {"B10*BLU1**BLUE~LX*1~" AT7, "(none)"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *set = message_set(cases[i].segments, NULL, NULL);
        cr_expect_str_eq(message_fault(set), cases[i].fault, "%s: %s", cases[i].segments, message_fault(set));
    }
}

Test(x12_214, what_is_odd_is_told) {
    static const struct {
        const char *segments;
        const char *code;
    } cases[] = {{MESSAGE_B10, "no_events"},
                 {MESSAGE_B10 AT7, "lx_missing"},
                 {MESSAGE_B10 MESSAGE_B10 "LX*1~" AT7, "segment_repeated"},
                 {MESSAGE_B10 "LX*1~MS1*AKRON*OH*US~" AT7, "segment_out_of_place"},
                 {MESSAGE_B10 "LX*1~" AT7 "MS1*AKRON*OH*US~MS1*ERIE*PA*US~", "segment_out_of_place"},
                 {MESSAGE_B10 "LX*1~" AT7 "LX*2~MS2*BLUE*1~", "segment_out_of_place"},
                 {MESSAGE_B10 "LX*1~" AT7 "LX*2~" AKRON, "segment_out_of_place"},
                 {MESSAGE_B10 "LX*1~AT7*****20260312*0640*ET~", "at7_empty"},
                 {"B10*A*B~LX*1~" AT7, "scac_missing"},
                 {"B10*A*B*blue1~LX*1~" AT7, "scac_form"},
                 {MESSAGE_B10 "L11*1*ZZ~LX*1~" AT7, "unknown_reference_qualifier"},
                 {MESSAGE_B10 "L11*MSCU8063602*EQ~LX*1~" AT7, "check_digit_wrong"},
                 {MESSAGE_B10 "LX*1~" AT7 "MS2*MSCU*806360**2~", "check_digit_wrong"},
                 {MESSAGE_B10 "LX*1~MAN*GM*106141411234567890~" AT7, "check_digit_wrong"},
                 {MESSAGE_B10 "LX*1~MAN*GM*BOX1~" AT7, "sscc_form"},
                 {MESSAGE_B10 "LX*1~" AT7 "MS2*1*2*3*4*5*6*7*8*9*10*11*12*13~", "too_much_equipment"},
                 {MESSAGE_B10 "LX*1~" AT7 "MS1****-91.5*43.3*E*N~", "position_sign"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *set = message_set(cases[i].segments, NULL, NULL);
        cr_expect_str_eq(message_text(set, "verdict"), "accepted", "%s", cases[i].segments);
        cr_expect_not_null(message_warning(set, cases[i].code), "%s: %s", cases[i].code, message_dump(set, "warnings"));
    }
}

Test(x12_214, an_unknown_qualifier_is_wondered_at_once) {
    json_t *set = message_set(MESSAGE_B10 "L11*1*ZZ~L11*2*ZZ~L11*3*Z8~LX*1~" AT7, NULL, NULL);
    cr_expect_eq(count_of(set, "warnings"), 2);
    cr_expect_eq(count_of(set, "references"), 3);
}

Test(x12_214, events_that_share_do_not_blow_up_the_answer) {
    char *segments = message_keep(malloc(1 << 20));
    strcpy(segments, MESSAGE_B10 "LX*1~");
    char *end = segments + strlen(segments);
    for (size_t i = 0; i < 10000; i++)
        end = stpcpy(end, AT7);
    end = stpcpy(end, "MS1*");
    for (size_t i = 0; i < 60000; i++)
        *end++ = 'A';
    end = stpcpy(end, "*OH*US~");
    json_t *set = message_set(segments, NULL, NULL);
    char *text = message_keep(json_dumps(set, JSON_COMPACT));
    cr_expect_str_eq(message_text(set, "verdict"), "accepted");
    cr_expect_lt(strlen(text), 10 << 20, "%zu bytes", strlen(text));
}
