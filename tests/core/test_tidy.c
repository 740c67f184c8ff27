/* server/core/tidy.c: what people write is put in order, and every other byte stays. */
#include "core/tidy.h"

#include "core/json.h"
#include "core/text.h"

#include <criterion/criterion.h>
#include <hansa/schema.h>
#include <stdlib.h>
#include <string.h>

#define BOUNDS .max_length = UINT32_MAX, .max_items = UINT32_MAX

static const struct hansa_schema line = {.types = HANSA_JSON_STRING, .min_length = 1, BOUNDS};
static const struct hansa_schema secret = {.types = HANSA_JSON_STRING, .format = HANSA_FORMAT_SECRET, BOUNDS};
static const struct hansa_schema number = {.types = HANSA_JSON_STRING, .format = HANSA_FORMAT_NUMBER, BOUNDS};
static const struct hansa_schema at = {.types = HANSA_JSON_STRING, .format = HANSA_FORMAT_DATE_TIME, BOUNDS};
static const struct hansa_schema told = {.types = HANSA_JSON_STRING, .format = HANSA_FORMAT_TOLD_TIME, BOUNDS};
static const struct hansa_schema count = {.types = HANSA_JSON_INTEGER | HANSA_JSON_NULL, BOUNDS};
static const struct hansa_schema latitude = {.types = HANSA_JSON_NUMBER, BOUNDS};
static const struct hansa_schema anything = {.types = HANSA_JSON_ANY, BOUNDS};
static const char *const kinds[] = {"A", NULL};
static const struct hansa_schema kind = {.types = HANSA_JSON_STRING, .choices = kinds, BOUNDS};
#define STAFF HANSA_AUDIENCE_STAFF
static const struct hansa_schema_member item_members[] = {{"name", &line, true, STAFF},
                                                          {"count", &count, false, STAFF}};
static const struct hansa_schema item = {
    .types = HANSA_JSON_OBJECT, .members = item_members, .member_count = 2, BOUNDS};
static const struct hansa_schema list = {.types = HANSA_JSON_ARRAY, .items = &item, .is_each_alone = true, BOUNDS};
static const struct hansa_schema_member members[] = {
    {"name", &line, false, STAFF},         {"secret", &secret, false, STAFF},
    {"number", &number, false, STAFF},     {"at", &at, false, STAFF},
    {"told", &told, false, STAFF},         {"count", &count, false, STAFF},
    {"latitude", &latitude, false, STAFF}, {"free", &anything, false, STAFF},
    {"kind", &kind, false, STAFF},         {"list", &list, false, STAFF},
};
static const struct hansa_schema body = {.types = HANSA_JSON_OBJECT, .members = members, .member_count = 10, BOUNDS};

static void reads(const char *text, bool *ret_is_plain) {
    struct hansa_fault fault;
    int status;
    json_t *value = hansa_json_read_noting(text, strlen(text), 1 << 20, &fault, &status, ret_is_plain);
    cr_assert_not_null(value, "%s", text);
    json_decref(value);
}

/* In exactly as many bytes as there are, so that a step too far is seen. */
static char *tidied(const char *text) {
    size_t len = strlen(text), made_len = 0;
    char *exact = malloc(len > 0 ? len : 1);
    memcpy(exact, text, len);
    char *made = hansa_tidy(&body, exact, len, &made_len);
    free(exact);
    if (made != NULL) cr_assert_eq(strlen(made), made_len);
    return made;
}

Test(tidy, rewrites_what_was_meant) {
    static const struct {
        const char *text, *made;
    } rows[] = {
        {"{\"name\":\"  A b \"}", "{\"name\":\"A b\"}"},
        {"{ \"name\" : \"\\tA\\n\" }", "{ \"name\" : \"A\" }"},
        {"{\"name\":\"\xc2\xa0\xe3\x80\x80"
         "A\xe2\x80\x8b\"}",
         "{\"name\":\"A\"}"},
        {"{\"name\":\"A\xef\xbb\xbf"
         "B\"}",
         "{\"name\":\"AB\"}"},
        {"{\"name\":\"\\ufeffAB\"}", "{\"name\":\"AB\"}"},
        {"{\"name\":\"Re\xcc\x81\"}", "{\"name\":\"R\xc3\xa9\"}"},
        {"{\"name\":\"Re\\u0301 \\\"x\\\"\"}", "{\"name\":\"R\xc3\xa9 \\\"x\\\"\"}"},
        {"{\"\\u006eame\":\" A\"}", "{\"\\u006eame\":\"A\"}"},
        {"{\"secret\":\" e\xcc\x81 \"}", "{\"secret\":\" \xc3\xa9 \"}"},
        {"{\"number\":\" 12\xc2\xa0"
         "34\\t5\xe2\x80\x8e \"}",
         "{\"number\":\"12 34 5\"}"},
        {"{\"at\":\"2026-03-10t10:42:00z\"}", "{\"at\":\"2026-03-10T10:42:00Z\"}"},
        {"{\"at\":\"2016-12-31T23:59:60Z\"}", "{\"at\":\"2016-12-31T23:59:59Z\"}"},
        {"{\"at\":\"2017-01-01T00:59:60.5+01:00\"}", "{\"at\":\"2017-01-01T00:59:59.5+01:00\"}"},
        {"{\"told\":\"2016-12-31t18:59:60\"}", "{\"told\":\"2016-12-31T18:59:59\"}"},
        {"{\"count\":1.0,\"latitude\":1.0}", "{\"count\":1,\"latitude\":1.0}"},
        {"{\"count\":1e3}", "{\"count\":1000}"},
        {"{\"count\":-0.0}", "{\"count\":0}"},
        {"{\"free\":{\"x\":[\"e\xcc\x81 \",1.50]}}", "{\"free\":{\"x\":[\"\xc3\xa9 \",1.50]}}"},
        {"{\"list\":[{\"name\":\" a\"},{\"name\":\"b\",\"count\":2.0}]}",
         "{\"list\":[{\"name\":\"a\"},{\"name\":\"b\",\"count\":2}]}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool is_plain;
        reads(rows[i].text, &is_plain);
        cr_assert_not(is_plain, "%s", rows[i].text);
        char *made = tidied(rows[i].text);
        cr_assert_not_null(made, "%s", rows[i].text);
        cr_assert_str_eq(made, rows[i].made);
        bool is_same;
        reads(made, &is_same);
        char *again = tidied(made);
        cr_assert_null(again, "tidied twice: %s", made);
        free(made);
    }
}

Test(tidy, leaves_the_rest_alone) {
    static const char *const rows[] = {
        "{}",
        "[]",
        "null",
        "{\"name\":\"Z\xc3\xbcrich \xe4\xb8\x8a\"}",
        "{\"name\":\"a\\\\b \\/ \\u00fc\"}",
        "{\"kind\":\" A \"}",
        "{\"count\":1.5,\"latitude\":12.50}",
        "{\"count\":123456789012345678901234567890.0}",
        "{\"at\":\"2026-03-10T10:42:60Z\"}",
        "{\"at\":\"not a time\",\"told\":\"\xc3\xa9\"}",
        "{\"other\":\" x \",\"list\":7}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert_null(tidied(rows[i]), "%s", rows[i]);
    static const char *const plain[] = {"{\"name\":\"A b\",\"count\":12,\"at\":\"2026-03-10T10:42:00Z\"}",
                                        "[1,-2,true,null,\"\"]"};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        bool is_plain;
        reads(plain[i], &is_plain);
        cr_assert(is_plain, "%s", plain[i]);
    }
}

Test(tidy, puts_faults_in_the_place_of_their_items) {
    const char *text = "{\"list\" : [{\"name\":\"a\"}, 7 ,{\"name\":\"b\",\"count\":1.5}, {\"x|y\":1,\"name\":\"c\"}, "
                       "{\"name\":\"d\"}]}";
    struct hansa_alone alone = {0};
    struct hansa_fault faults[2];
    json_t *value = json_loads(text, 0, NULL);
    cr_assert_eq(hansa_schema_check_each(HANSA_AUDIENCE_STAFF, &body, value, faults, 2, &alone), 0);
    cr_assert_eq(hansa_schema_check(&body, value, faults, 2), 3,
                 "without a place of their own they are faults of the body");
    json_decref(value);
    cr_assert_eq(alone.count, 3);
    size_t len = 0;
    char *made = hansa_tidy_faults(&body, text, strlen(text), &alone, &len);
    cr_assert_str_eq(made, "{\"list\" : [{\"name\":\"a\"}, {\"fault\":\"|Expected an object.\"} ,"
                           "{\"fault\":\"count|Expected an integer or null.\"}, "
                           "{\"fault\":\"x?y|Known here are name, count.\"}, {\"name\":\"d\"}]}");
    free(made);
    free(alone.faults);
}

Test(tidy, knows_what_nobody_sees) {
    static const char *const blank[] = {"",
                                        " ",
                                        "\xc2\xa0",
                                        "\xe3\x80\x80",
                                        "\xe2\x80\x8b",
                                        "\xe2\x80\x8d\xe2\x80\x8c",
                                        "\xe2\xa0\x80",
                                        "\xe3\x85\xa4",
                                        "\xc2\xad"};
    for (size_t i = 0; i < sizeof blank / sizeof blank[0]; i++)
        cr_assert(hansa_text_is_blank(blank[i], strlen(blank[i])), "%zu", i);
    static const char *const seen[] = {"a", " . ", "\xe4\xb8\x8a", "\xf0\x9f\x9a\x9a", "-"};
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
        cr_assert_not(hansa_text_is_blank(seen[i], strlen(seen[i])), "%zu", i);
    struct hansa_fault fault;
    json_t *value = json_pack("{s:s}", "name", "\xe2\x80\x8d");
    cr_assert_eq(hansa_schema_check(&body, value, &fault, 1), 1);
    cr_assert_str_eq(fault.code, "blank");
    cr_assert_str_eq(fault.pointer, "/name");
    json_decref(value);
}

/* A good document cut or spoilt anywhere never gets here; one that is spoilt and still JSON does. */
Test(tidy, holds_whatever_stands_in_a_text) {
    for (unsigned byte = 1; byte < 256; byte++) {
        char text[] = "{\"name\":\"a?\xcc\x81\",\"list\":[ {\"name\":\" \"} ]}";
        text[10] = (char)byte;
        json_t *value = json_loads(text, 0, NULL);
        if (value == NULL) continue;
        json_decref(value);
        free(tidied(text));
    }
}
