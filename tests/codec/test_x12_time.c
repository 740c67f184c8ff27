/* server/codec/x12_time.c, zones.def and x12_position.c: clocks, zones and positions as X12 writes them. */
#include "codec/x12_time.h"

#include "codec/x12_position.h"

#include <criterion/criterion.h>
#include <string.h>

static struct hansa_codec_view view(const char *text) {
    return (struct hansa_codec_view){.at = text, .len = strlen(text)};
}

Test(x12_time, clocks) {
    static const struct {
        const char *date, *time;
        const char *expected; /* NULL: unreadable */
    } cases[] = {
        {"20260312", "0640", "2026-03-12T06:40"},
        {"20260312", "064059", "2026-03-12T06:40:59"},
        {"20260312", "0640597", "2026-03-12T06:40:59"},
        {"20260312", "06405999", "2026-03-12T06:40:59"},
        {"20260312", "064060", "2026-03-12T06:40:59"},
        {"20260312", "2400", "2026-03-13T00:00"},
        {"20261231", "2400", "2027-01-01T00:00"},
        {"20240229", "0000", "2024-02-29T00:00"},
        {"20240228", "2400", "2024-02-29T00:00"},
        {"20260312", "", "2026-03-12T00:00"},
        {"20260229", "0000", NULL},
        {"20261301", "0000", NULL},
        {"20260100", "0000", NULL},
        {"20260431", "0000", NULL},
        {"19791231", "0000", NULL},
        {"21000101", "0000", NULL},
        {"2026031", "0640", NULL},
        {"202603120", "0640", NULL},
        {"260312", "0640", NULL},
        {"", "0640", NULL},
        {"2026O312", "0640", NULL},
        {"20260312", "640", NULL},
        {"20260312", "06405", NULL},
        {"20260312", "2401", NULL},
        {"20260312", "0660", NULL},
        {"20260312", "064061", NULL},
        {"20260312", "06:40", NULL},
        {"20260312", "064059999", NULL},
    };
    char found[HANSA_CODEC_LOCAL_TIME_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum hansa_codec_x12_time_result result =
            hansa_codec_x12_local_time(view(cases[i].date), view(cases[i].time), false, found);
        bool is_read = result == HANSA_CODEC_X12_TIME_OK || result == HANSA_CODEC_X12_TIME_ASSUMED;
        cr_assert_eq(is_read, cases[i].expected != NULL, "%s %s", cases[i].date, cases[i].time);
        cr_expect_eq(result == HANSA_CODEC_X12_TIME_ASSUMED, is_read && cases[i].time[0] == '\0');
        if (is_read) cr_expect_str_eq(found, cases[i].expected);
    }
    cr_assert_eq(hansa_codec_x12_local_time(view("970312"), view("0640"), true, found), HANSA_CODEC_X12_TIME_OK);
    cr_expect_str_eq(found, "1997-03-12T06:40");
    cr_assert_eq(hansa_codec_x12_local_time(view("260312"), view("0640"), true, found), HANSA_CODEC_X12_TIME_OK);
    cr_expect_str_eq(found, "2026-03-12T06:40");
}

Test(x12_time, time_codes) {
    static const char *const given[][2] = {{"ET", "America/New_York"},
                                           {"CT", "America/Chicago"},
                                           {"MT", "America/Denver"},
                                           {"PT", "America/Los_Angeles"},
                                           {"ES", "-05:00"},
                                           {"CS", "-06:00"},
                                           {"MS", "-07:00"},
                                           {"PS", "-08:00"},
                                           {"ED", "-04:00"},
                                           {"CD", "-05:00"},
                                           {"MD", "-06:00"},
                                           {"PD", "-07:00"},
                                           {"UT", "UTC"},
                                           {"GM", "UTC"},
                                           {"P5", "+05:00"},
                                           {"P05", "+05:00"},
                                           {"M11", "-11:00"},
                                           {"P0530", "+05:30"},
                                           {"01", "+01:00"},
                                           {"12", "+12:00"},
                                           {"13", "-12:00"},
                                           {"24", "-01:00"}};
    static const char *const unknown[] = {"QQ", "00", "25", "et", "P", "P15", "M0560", "PX", "P5:0", "+05", "ETX"};
    char zone[HANSA_CODEC_ZONE_SIZE];
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        cr_assert_eq(hansa_codec_x12_zone(view(given[i][0]), zone), HANSA_CODEC_X12_ZONE_GIVEN, "%s", given[i][0]);
        cr_expect_str_eq(zone, given[i][1], "%s is %s", given[i][0], zone);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        cr_expect_eq(hansa_codec_x12_zone(view(unknown[i]), zone), HANSA_CODEC_X12_ZONE_UNKNOWN, "%s", unknown[i]);
    cr_expect_eq(hansa_codec_x12_zone(view(""), zone), HANSA_CODEC_X12_ZONE_LOCAL);
    cr_expect_eq(hansa_codec_x12_zone(view("LT"), zone), HANSA_CODEC_X12_ZONE_LOCAL);
}

Test(x12_time, zones_of_places) {
    static const char *const known[][3] = {
        {"US", "TX", "America/Chicago"}, {"USA", "AZ", "America/Phoenix"}, {"", "VT", "America/New_York"},
        {"", "BC", "America/Vancouver"}, {"CA", "SK", "America/Regina"},   {"MX", "CH", "America/Mexico_City"},
        {"GB", "", "Europe/London"},     {"UK", "", "Europe/London"},      {"CN", "SH", "Asia/Shanghai"}};
    static const char *const unknown[][2] = {{"US", ""},    {"US", "QQ"},  {"", ""},     {"ZZ", "TX"},
                                             {"ZZZ", "TX"}, {"AU", "NSW"}, {"us", "TX"}, {"CA", "TX"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const char *zone = hansa_codec_place_zone(view(known[i][0]), view(known[i][1]));
        cr_assert_not_null(zone, "%s %s", known[i][0], known[i][1]);
        cr_expect_str_eq(zone, known[i][2]);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        cr_expect_null(hansa_codec_place_zone(view(unknown[i][0]), view(unknown[i][1])), "%s %s", unknown[i][0],
                       unknown[i][1]);
}

Test(x12_time, positions) {
    static const struct {
        const char *value, *direction;
        unsigned max;
        const char *expected; /* NULL: unreadable */
        bool is_conflict;
    } cases[] = {
        {"0914726", "W", 180, "-91.79055556", false},
        {"0431836", "N", 90, "43.31", false},
        {"431836", "N", 90, "43.31", false},
        {"-100.31", "W", 180, "-100.31", false},
        {"100.31", "W", 180, "-100.31", false},
        {"-100.31", "", 180, "-100.31", false},
        {"25.7052", "N", 90, "25.7052", false},
        {"25.7052", "", 90, "25.7052", false},
        {"-25.7052", "S", 90, "-25.7052", false},
        {"+25.7052", "S", 90, "-25.7052", true},
        {"-25.7052", "N", 90, "-25.7052", true},
        {"-0914726", "", 180, "-91.79055556", false},
        {"0.000000019", "E", 180, "0.00000001", false},
        {"0", "W", 180, "0", false},
        {"180", "E", 180, "180", false},
        {"7.", "E", 180, "7", false},
        {"0914726", "", 180, NULL, false},
        {"0916026", "W", 180, NULL, false},
        {"0914760", "W", 180, NULL, false},
        {"181", "E", 180, NULL, false},
        {"90.00000001", "N", 90, NULL, false},
        {"1812", "W", 180, NULL, false},
        {"25.7.1", "N", 90, NULL, false},
        {"25.7", "X", 90, NULL, false},
        {"25.7", "W", 90, NULL, false},
        {".5", "N", 90, NULL, false},
        {"", "N", 90, NULL, false},
        {"-", "N", 90, NULL, false},
        {"1e2", "N", 90, NULL, false},
        {"091472x", "W", 180, NULL, false},
    };
    char found[HANSA_CODEC_DEGREES_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum hansa_codec_position_result result =
            hansa_codec_x12_degrees(view(cases[i].value), view(cases[i].direction), cases[i].max, found);
        cr_assert_eq(result != HANSA_CODEC_POSITION_UNREADABLE, cases[i].expected != NULL, "%s%s", cases[i].value,
                     cases[i].direction);
        cr_expect_eq(result == HANSA_CODEC_POSITION_CONFLICT, cases[i].is_conflict, "%s%s", cases[i].value,
                     cases[i].direction);
        if (cases[i].expected != NULL) cr_expect_str_eq(found, cases[i].expected, "%s", found);
    }
}
