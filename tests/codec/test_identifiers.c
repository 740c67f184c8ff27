/* server/codec/identifiers.c against the tables of numbers and verdicts (standards.md 4.15) and cases of our own. */
#include "codec/identifiers.h"

#include "message.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

typedef bool check_function(const char *text, size_t len);

/* Every line `value,verdict,…` of a table must have its verdict. */
static void compare_table(const char *name, check_function *is_valid, size_t at_least) {
    size_t len = 0;
    size_t lines = 0;
    char *table = message_sample("identifiers", name, &len);
    char *rest = strchr(table, '\n');
    for (char *line = rest == NULL ? NULL : rest + 1; line != NULL && *line != '\0'; line = rest) {
        rest = strchr(line, '\n');
        if (rest != NULL) *rest++ = '\0';
        char *value_end = strchr(line, ',');
        cr_assert_not_null(value_end, "%s", line);
        bool is_said_valid = strncmp(value_end + 1, "valid,", 6) == 0;
        cr_expect_eq(is_valid(line, (size_t)(value_end - line)), is_said_valid, "%s: %s", name, line);
        lines++;
    }
    cr_expect_geq(lines, at_least);
}

Test(identifiers, table_of_sscc) {
    compare_table("sscc.csv", hansa_codec_sscc_is_valid, 26);
}

Test(identifiers, table_of_containers) {
    compare_table("iso6346.csv", hansa_codec_container_is_valid, 24);
}

Test(identifiers, table_of_postal_items) {
    compare_table("s10.csv", hansa_codec_s10_is_valid, 21);
}

static bool is(check_function *check, const char *text) {
    return check(text, strlen(text));
}

Test(identifiers, gs1_keys) {
    cr_expect_eq(hansa_codec_gs1_check_digit("10614141123456789", 17), 7);
    cr_expect_eq(hansa_codec_gs1_check_digit("37040460000001075", 17), 5);
    cr_expect_eq(hansa_codec_gs1_check_digit("", 0), -1);
    cr_expect_eq(hansa_codec_gs1_check_digit("12a", 3), -1);
    cr_expect(is(hansa_codec_sscc_is_valid, "106141411234567897"));
    cr_expect_not(is(hansa_codec_sscc_is_valid, "000000000000000000"), "computes well, but is nobody's number");
    cr_expect(is(hansa_codec_gln_is_valid, "4012345000009"));
    cr_expect_not(is(hansa_codec_gln_is_valid, "4012345000008"));
    cr_expect_not(is(hansa_codec_gln_is_valid, "0000000000000"));
    cr_expect_not(is(hansa_codec_gln_is_valid, "401234500000"));
}

Test(identifiers, sscc_as_labels_write_it) {
    static const char *const forms[] = {"106141411234567897",
                                        "(00)106141411234567897",
                                        "00106141411234567897",
                                        "]C100106141411234567897",
                                        "\x1d"
                                        "00106141411234567897",
                                        " 1 0614141 123456789 7 ",
                                        "]C1(00) 106141411234567897"};
    static const char *const others[] = {"",
                                         "(00)",
                                         "10614141123456789",
                                         "1061414112345678970",
                                         "(01)106141411234567897",
                                         "01106141411234567897",
                                         "10614141123456789X",
                                         "]C1",
                                         "(00)10614141123456789"};
    char found[HANSA_CODEC_SSCC_LEN + 1];
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        cr_assert(hansa_codec_sscc_normalise(forms[i], strlen(forms[i]), found), "%s", forms[i]);
        cr_expect_str_eq(found, "106141411234567897");
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_expect_not(hansa_codec_sscc_normalise(others[i], strlen(others[i]), found), "%s", others[i]);
    cr_expect_not(hansa_codec_sscc_normalise("10614141\0"
                                             "123456789",
                                             18, found),
                  "NUL is no digit");
}

Test(identifiers, containers) {
    char found[HANSA_CODEC_CONTAINER_LEN + 1];
    cr_expect_eq(hansa_codec_container_check_digit("CSQU305438", 10), 3);
    cr_expect_eq(hansa_codec_container_check_digit("CSQU000007", 10), 0, "remainder ten is written 0");
    cr_expect_eq(hansa_codec_container_check_digit("CSQX305438", 10), -1);
    cr_assert(hansa_codec_container_normalise("csqu 305438-3", 13, found));
    cr_expect_str_eq(found, "CSQU3054383");
    cr_assert(hansa_codec_container_normalise("CSQU3054389", 11, found), "a wrong check digit has the right form");
    cr_expect_not(hansa_codec_container_normalise("CSQU305438", 10, found));
    cr_expect_not(hansa_codec_container_normalise("CSQU30543833", 12, found));
}

Test(identifiers, forms_and_waybills) {
    char found[HANSA_CODEC_AIR_WAYBILL_LEN + 1];
    cr_expect(is(hansa_codec_unlocode_has_form, "USCHI"));
    cr_expect(is(hansa_codec_unlocode_has_form, "GB2AB"));
    cr_expect_not(is(hansa_codec_unlocode_has_form, "US CHI"));
    cr_expect_not(is(hansa_codec_unlocode_has_form, "USC1I"), "0 and 1 are not used");
    cr_expect(is(hansa_codec_scac_has_form, "BLUE"));
    cr_expect_not(is(hansa_codec_scac_has_form, "B"));
    cr_expect_not(is(hansa_codec_scac_has_form, "BLU1"));
    cr_expect(is(hansa_codec_air_waybill_is_valid, "02012345675"), "1234567 mod 7 = 5");
    cr_expect_not(is(hansa_codec_air_waybill_is_valid, "02012345676"));
    cr_expect_not(is(hansa_codec_air_waybill_is_valid, "020-12345675"));
    cr_assert(hansa_codec_air_waybill_normalise("020-1234 5675", 13, found));
    cr_expect_str_eq(found, "02012345675");
    cr_expect_eq(hansa_codec_s10_check_digit("12345678", 8), 5);
    cr_expect_eq(hansa_codec_s10_check_digit("00000008", 8), 0);
    cr_expect_eq(hansa_codec_s10_check_digit("00000015", 8), 5);
}
