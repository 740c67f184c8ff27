/* server/core/schema.c and schema_format.c: each keyword and each format, with the pointer of each fault. */
#include <hansa/schema.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAFF HANSA_AUDIENCE_STAFF
#define CUSTOMER HANSA_AUDIENCE_CUSTOMER

#define BOUNDS .max_length = UINT32_MAX, .max_items = UINT32_MAX

static const struct hansa_schema name = {
    .types = HANSA_JSON_STRING, .min_length = 1, .max_length = 5, .max_items = UINT32_MAX};
static const struct hansa_schema note = {.types = HANSA_JSON_STRING | HANSA_JSON_NULL, BOUNDS};
static const struct hansa_schema count = {
    .types = HANSA_JSON_INTEGER, .has_minimum = true, .minimum = 1, .has_maximum = true, .maximum = 999, BOUNDS};
static const struct hansa_schema latitude = {
    .types = HANSA_JSON_NUMBER, .has_minimum = true, .minimum = -90, .has_maximum = true, .maximum = 90, BOUNDS};
static const char *const statuses[] = {"PLANNED", "BOOKED", NULL};
static const struct hansa_schema status = {.types = HANSA_JSON_STRING, .choices = statuses, BOUNDS};
static const struct hansa_schema is_hot = {.types = HANSA_JSON_BOOLEAN, BOUNDS};
static const struct hansa_schema weight = {.types = HANSA_JSON_STRING, .format = HANSA_FORMAT_DECIMAL, BOUNDS};
static const struct hansa_schema anything = {.types = HANSA_JSON_ANY, BOUNDS};
static const struct hansa_schema_member unit_members[] = {{"name", &name, true, STAFF},
                                                          {"weight_kg", &weight, false, STAFF}};
static const struct hansa_schema unit = {
    .types = HANSA_JSON_OBJECT, .members = unit_members, .member_count = 2, BOUNDS};
static const struct hansa_schema units = {
    .types = HANSA_JSON_ARRAY, .items = &unit, .min_items = 1, .max_items = 3, .max_length = UINT32_MAX};
static const struct hansa_schema_member members[] = {
    {"name", &name, true, STAFF},          {"note", &note, false, STAFF},     {"count", &count, false, STAFF},
    {"latitude", &latitude, false, STAFF}, {"status", &status, false, STAFF}, {"is_hot", &is_hot, false, STAFF},
    {"raw", &anything, false, STAFF},      {"a/b~c", &units, false, STAFF},
};
static const struct hansa_schema body = {.types = HANSA_JSON_OBJECT, .members = members, .member_count = 8, BOUNDS};

enum { MOST = 4 };

static size_t check(const char *text, struct hansa_fault faults[MOST]) {
    json_error_t error;
    json_t *value = json_loads(text, JSON_DECODE_ANY, &error);
    cr_assert_not_null(value, "%s: %s", text, error.text);
    memset(faults, 'x', sizeof faults[0] * MOST);
    size_t found = hansa_schema_check(&body, value, faults, MOST);
    json_decref(value);
    return found;
}

Test(schema, tells_each_fault_with_its_pointer) {
    static const struct {
        const char *text, *code, *pointer;
    } rows[] = {
        {"{}", "required", "/name"},
        {"[]", "wrong_type", ""},
        {"null", "wrong_type", ""},
        {"{\"name\":\"a\",\"tenant_id\":1}", "unknown_member", "/tenant_id"},
        {"{\"name\":\"a\",\"x/y~z\":1}", "unknown_member", "/x~1y~0z"},
        {"{\"name\":\"a\",\"\":1}", "unknown_member", "/"},
        {"{\"name\":null}", "wrong_type", "/name"},
        {"{\"name\":1}", "wrong_type", "/name"},
        {"{\"name\":\"\"}", "too_short", "/name"},
        {"{\"name\":\"abcdef\"}", "too_long", "/name"},
        {"{\"name\":\"\\u00fc\\u00fc\\u00fc\\u00fc\\u00fc\\u00fc\"}", "too_long", "/name"},
        {"{\"name\":\"a\\u202eb\"}", "bad_format", "/name"},
        {"{\"name\":\"e\\u0301\"}", "bad_format", "/name"},
        {"{\"name\":\"a\",\"count\":0}", "too_small", "/count"},
        {"{\"name\":\"a\",\"count\":1000}", "too_large", "/count"},
        {"{\"name\":\"a\",\"count\":1.5}", "wrong_type", "/count"},
        {"{\"name\":\"a\",\"count\":\"1\"}", "wrong_type", "/count"},
        {"{\"name\":\"a\",\"latitude\":90.01}", "too_large", "/latitude"},
        {"{\"name\":\"a\",\"latitude\":-91}", "too_small", "/latitude"},
        {"{\"name\":\"a\",\"status\":\"booked\"}", "unknown_value", "/status"},
        {"{\"name\":\"a\",\"is_hot\":0}", "wrong_type", "/is_hot"},
        {"{\"name\":\"a\",\"a/b~c\":[]}", "too_few_items", "/a~1b~0c"},
        {"{\"name\":\"a\",\"a/b~c\":[{},{},{},{}]}", "too_many_items", "/a~1b~0c"},
        {"{\"name\":\"a\",\"a/b~c\":[{\"name\":\"b\"},{\"name\":\"c\",\"weight_kg\":1.5}]}", "wrong_type",
         "/a~1b~0c/1/weight_kg"},
        {"{\"name\":\"a\",\"a/b~c\":[{\"name\":\"b\",\"weight_kg\":\"1,5\"}]}", "bad_format", "/a~1b~0c/0/weight_kg"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hansa_fault faults[MOST];
        size_t found = check(rows[i].text, faults);
        cr_assert_eq(found, 1, "%s: %zu faults", rows[i].text, found);
        cr_assert_str_eq(faults[0].code, rows[i].code, "%s: %s", rows[i].text, faults[0].code);
        cr_assert_str_eq(faults[0].pointer, rows[i].pointer, "%s: %s", rows[i].text, faults[0].pointer);
        cr_assert_gt(strlen(faults[0].detail), 5);
    }
}

Test(schema, takes_what_fits) {
    static const char *const good[] = {
        "{\"name\":\"\\u00fc\\u00fc\\u00fc\\u00fc\\u00fc\"}",
        "{\"name\":\"a\",\"note\":null,\"count\":999,\"latitude\":-90,\"status\":\"BOOKED\",\"is_hot\":false,\"raw\":[{"
        "\"x\":1.5}]}",
        "{\"a/b~c\":[{\"name\":\"b\",\"weight_kg\":\"1.5\"}],\"name\":\"a\",\"latitude\":89.99}",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct hansa_fault faults[MOST];
        cr_assert_eq(check(good[i], faults), 0, "%s", good[i]);
    }
}

Test(schema, words_its_details) {
    struct hansa_fault faults[MOST];
    check("{\"name\":\"a\",\"note\":1}", faults);
    cr_assert_str_eq(faults[0].detail, "Expected a string or null.");
    check("{\"name\":\"a\",\"status\":\"x\"}", faults);
    cr_assert_str_eq(faults[0].detail, "Expected one of PLANNED, BOOKED.");
    check("{\"name\":\"abcdef\"}", faults);
    cr_assert_str_eq(faults[0].detail, "Expected at most 5 characters.");
}

Test(schema, counts_all_but_writes_what_there_is_room_for) {
    struct hansa_fault faults[MOST];
    cr_assert_eq(check("{\"u1\":1,\"u2\":2,\"u3\":3,\"u4\":4,\"u5\":5}", faults), 6);
    cr_assert_str_eq(faults[0].pointer, "/name");
    cr_assert_str_eq(faults[3].pointer, "/u3");
    json_t *value = json_object();
    cr_assert_eq(hansa_schema_check(&body, value, NULL, 0), 1);
    json_decref(value);
}

Test(schema, cuts_long_pointers_between_characters) {
    for (size_t pad = 0; pad < 4; pad++) {
        json_t *value = json_object();
        char key[600] = "";
        memset(key, 'k', pad);
        for (size_t at = pad; at + 4 < sizeof key; at += 2)
            memcpy(key + at, "\xc3\xbc", 3);
        json_object_set_new(value, key, json_true());
        json_object_set_new(value, "name", json_string("a"));
        struct hansa_fault fault;
        cr_assert_eq(hansa_schema_check(&body, value, &fault, 1), 1);
        size_t len = strlen(fault.pointer);
        cr_assert(len >= 252 && len < sizeof fault.pointer, "%zu", len);
        cr_assert_eq((len - 1 - pad) % 2, 0);
        json_decref(value);
    }
    static const char *const many[] = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                       "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB",
                                       "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC",
                                       "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD",
                                       "EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE",
                                       "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
                                       NULL};
    static const struct hansa_schema long_list = {.types = HANSA_JSON_STRING, .choices = many, BOUNDS};
    json_t *value = json_string("x");
    struct hansa_fault fault;
    cr_assert_eq(hansa_schema_check(&long_list, value, &fault, 1), 1);
    cr_assert_str_eq(fault.detail + strlen(fault.detail) - strlen(" …"), " …");
    json_decref(value);
}

struct row {
    enum hansa_format format;
    const char *text;
    bool is_good;
};

static const struct row formats[] = {
    {HANSA_FORMAT_UUID, "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", true},
    {HANSA_FORMAT_UUID, "0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B", true},
    {HANSA_FORMAT_UUID, "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b", false},
    {HANSA_FORMAT_UUID, "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g", false},
    {HANSA_FORMAT_UUID, "", false},
    {HANSA_FORMAT_DATE, "2024-02-29", true},
    {HANSA_FORMAT_DATE, "2023-02-29", false},
    {HANSA_FORMAT_DATE, "1900-02-29", false},
    {HANSA_FORMAT_DATE, "2000-02-29", true},
    {HANSA_FORMAT_DATE, "2026-04-31", false},
    {HANSA_FORMAT_DATE, "2026-13-01", false},
    {HANSA_FORMAT_DATE, "2026-00-01", false},
    {HANSA_FORMAT_DATE, "2026-01-00", false},
    {HANSA_FORMAT_DATE, "0000-01-01", false},
    {HANSA_FORMAT_DATE, "2026-1-01", false},
    {HANSA_FORMAT_DATE, "2026-01-1x", false},
    {HANSA_FORMAT_DATE, "+026-01-10", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00-06:00", true},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00Z", true},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10t10:42:00z", true},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00.1Z", true},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00.123456789+05:30", true},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00.1234567890Z", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00.Z", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00.1", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00x", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10 10:42:00Z", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42Z", false},
    {HANSA_FORMAT_DATE_TIME, "2026-02-30T10:42:00Z", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T24:00:00Z", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:60:00Z", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:61Z", false},
    {HANSA_FORMAT_DATE_TIME, "2016-12-31T23:59:60Z", true},
    {HANSA_FORMAT_DATE_TIME, "1990-12-31T15:59:60-08:00", true},
    {HANSA_FORMAT_DATE_TIME, "2017-01-01T05:29:60.5+05:30", true},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:60Z", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00+14:00", true},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00+14:01", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00+05:60", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00+0530", false},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00-00:00", true},
    {HANSA_FORMAT_DATE_TIME, "2026-03-10T10:42:00Zx", false},
    {HANSA_FORMAT_DATE_TIME, "0001-01-01T00:00:00+00:01", false},
    {HANSA_FORMAT_DATE_TIME, "0001-01-01T00:01:00+00:01", true},
    {HANSA_FORMAT_DATE_TIME, "9999-12-31T23:59:59-00:01", false},
    {HANSA_FORMAT_DATE_TIME, "9999-12-31T23:58:60-00:01", false},
    {HANSA_FORMAT_DATE_TIME, "9999-12-31T23:59:59Z", true},
    {HANSA_FORMAT_ZONE, "America/Chicago", true},
    {HANSA_FORMAT_ZONE, "America/Argentina/Buenos_Aires", true},
    {HANSA_FORMAT_ZONE, "Etc/GMT+5", true},
    {HANSA_FORMAT_ZONE, "UTC", true},
    {HANSA_FORMAT_ZONE, "America/", false},
    {HANSA_FORMAT_ZONE, "/etc/passwd", false},
    {HANSA_FORMAT_ZONE, "A/../B", false},
    {HANSA_FORMAT_ZONE, "A//B", false},
    {HANSA_FORMAT_ZONE, "+05:30", false},
    {HANSA_FORMAT_ZONE, "", false},
    {HANSA_FORMAT_DECIMAL, "12.50", true},
    {HANSA_FORMAT_DECIMAL, "-12.50", true},
    {HANSA_FORMAT_DECIMAL, "0", true},
    {HANSA_FORMAT_DECIMAL, "0.000", true},
    {HANSA_FORMAT_DECIMAL, "999999999999999999", true},
    {HANSA_FORMAT_DECIMAL, "1999999999999999999", false},
    {HANSA_FORMAT_DECIMAL, "0.123456789012345678", true},
    {HANSA_FORMAT_DECIMAL, "-0.123456789012345678", true},
    {HANSA_FORMAT_DECIMAL, "0.1234567890123456789", false},
    {HANSA_FORMAT_DECIMAL, "123456789.123456789", true},
    {HANSA_FORMAT_DECIMAL, "1234567890.123456789", false},
    {HANSA_FORMAT_DECIMAL, "-0", false},
    {HANSA_FORMAT_DECIMAL, "-0.00", false},
    {HANSA_FORMAT_DECIMAL, "007", false},
    {HANSA_FORMAT_DECIMAL, "1.", false},
    {HANSA_FORMAT_DECIMAL, ".5", false},
    {HANSA_FORMAT_DECIMAL, "1e5", false},
    {HANSA_FORMAT_DECIMAL, "+1", false},
    {HANSA_FORMAT_DECIMAL, "1,5", false},
    {HANSA_FORMAT_DECIMAL, "-", false},
    {HANSA_FORMAT_DECIMAL, "NaN", false},
    {HANSA_FORMAT_DECIMAL, "", false},
    {HANSA_FORMAT_COUNTRY, "US", true},
    {HANSA_FORMAT_COUNTRY, "AD", true},
    {HANSA_FORMAT_COUNTRY, "ZW", true},
    {HANSA_FORMAT_COUNTRY, "ZZ", false},
    {HANSA_FORMAT_COUNTRY, "us", false},
    {HANSA_FORMAT_COUNTRY, "USA", false},
    {HANSA_FORMAT_COUNTRY, "D ", false},
    {HANSA_FORMAT_CURRENCY, "USD", true},
    {HANSA_FORMAT_CURRENCY, "ZWG", true},
    {HANSA_FORMAT_CURRENCY, "XXX", false},
    {HANSA_FORMAT_CURRENCY, "usd", false},
    {HANSA_FORMAT_UNLOCODE, "USCHI", true},
    {HANSA_FORMAT_UNLOCODE, "US CHI", false},
    {HANSA_FORMAT_UNLOCODE, "USCH1", false},
    {HANSA_FORMAT_SCAC, "ABCD", true},
    {HANSA_FORMAT_SCAC, "AB", true},
    {HANSA_FORMAT_SCAC, "A", false},
    {HANSA_FORMAT_SCAC, "ABCDE", false},
    {HANSA_FORMAT_SCAC, "ABC1", false},
    {HANSA_FORMAT_SSCC, "106141411234567897", true},
    {HANSA_FORMAT_SSCC, "370404600000010750", false},
    {HANSA_FORMAT_SSCC, "370404600000010755", true},
    {HANSA_FORMAT_SSCC, "000000000000000000", false},
    {HANSA_FORMAT_CONTAINER, "CSQU3054383", true},
    {HANSA_FORMAT_CONTAINER, "CSQU0000070", true},
    {HANSA_FORMAT_CONTAINER, "TRHU4561222", false},
    {HANSA_FORMAT_CONTAINER, "CSQX3054383", false},
    {HANSA_FORMAT_NUMBER, "PO-12/34 A", true},
    {HANSA_FORMAT_NUMBER, " PO", false},
    {HANSA_FORMAT_NUMBER, "", false},
    {HANSA_FORMAT_NUMBER, "1234567890123456789012345678901234567890123456789012345678901234", true},
    {HANSA_FORMAT_NUMBER, "12345678901234567890123456789012345678901234567890123456789012345", false},
    {HANSA_FORMAT_COUNTRY, "XK", true},
    {HANSA_FORMAT_UNLOCODE, "XKPRN", true},
    {HANSA_FORMAT_UNLOCODE, "XZSEA", true},
    {HANSA_FORMAT_UNLOCODE, "ZZZZZ", false},
    {HANSA_FORMAT_GLN, "4006381333931", true},
    {HANSA_FORMAT_GLN, "4006381333932", false},
    {HANSA_FORMAT_SECRET, " x ", true},
    {HANSA_FORMAT_SECRET, "x\n", false},
    {HANSA_FORMAT_MONEY, "12.50", true},
    {HANSA_FORMAT_MONEY, "12,50", false},
    {HANSA_FORMAT_TOLD_TIME, "whatever", true},
    {HANSA_FORMAT_PHONE, "(0711) 12-34 ext. 5", true},
    {HANSA_FORMAT_PHONE, "\xef\xbc\x90\xef\xbc\x91\xef\xbc\x92", true},
    {HANSA_FORMAT_PHONE, "12", false},
    {HANSA_FORMAT_PHONE, "call me", false},
    {HANSA_FORMAT_PHONE, "hans1978@example.com", false},
    {HANSA_FORMAT_SLUG, "acme-2", true},
    {HANSA_FORMAT_SLUG, "a", false},
    {HANSA_FORMAT_SLUG, "2acme", false},
    {HANSA_FORMAT_SLUG, "Acme", false},
    {HANSA_FORMAT_URI, "/v1/x?a=%20b#c", true},
    {HANSA_FORMAT_URI, "https://example.org/a", true},
    {HANSA_FORMAT_URI, "a b", false},
    {HANSA_FORMAT_URI, "a%2", false},
    {HANSA_FORMAT_URI, "a%zz", false},
    {HANSA_FORMAT_URI, "a#b#c", false},
    {HANSA_FORMAT_URI, "\xc3\xbc", false},
    {HANSA_FORMAT_CODE, "PICKED_UP2", true},
    {HANSA_FORMAT_CODE, "_A", false},
    {HANSA_FORMAT_CODE, "Picked", false},
    {HANSA_FORMAT_LINE, "Zürich", true},
    {HANSA_FORMAT_LINE, "a\nb", false},
    {HANSA_FORMAT_MULTILINE, "a\nb\tc", true},
    {HANSA_FORMAT_MULTILINE, "a\rb", false},
};

Test(format, knows_good_from_bad) {
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const struct row *row = &formats[i];
        size_t len = strlen(row->text);
        char *exact = malloc(len > 0 ? len : 1); /* so that ASan sees a read beyond the end */
        memcpy(exact, row->text, len);
        const char *expected = hansa_format_check(row->format, exact, len);
        cr_assert_eq(expected == NULL, row->is_good, "format %d, \"%s\": %s", (int)row->format, row->text,
                     expected != NULL ? expected : "taken");
        free(exact);
    }
}

/* NUL inside, and every cut of every good text: no format may read past its end. */
Test(format, holds_at_every_length) {
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        for (size_t len = 0; len <= strlen(formats[i].text); len++) {
            char *exact = malloc(len + 1);
            memcpy(exact, formats[i].text, len);
            exact[len] = '\0';
            hansa_format_check(formats[i].format, exact, len);
            const char *expected = hansa_format_check(formats[i].format, exact, len + 1);
            cr_assert_not_null(expected, "format %d takes a NUL", (int)formats[i].format);
            free(exact);
        }
    }
}

Test(format, names_the_right_check_digit) {
    static const struct {
        const char *kind, *text, *expected;
    } rows[] = {
        {"CONTAINER", "CSQU305438-3", NULL},
        {"CONTAINER", "csqu3054389", "check digit 3 in this container number"},
        {"CONTAINER", "garbage", "an ISO 6346 container number such as CSQU3054383"},
        {"AWB", "020-1234 5675", NULL},
        {"AWB", "020-12345676", "check digit 5 in this air waybill"},
        {"AWB", "1",
         "an air waybill of 11 digits, the last of which is the seven before it modulo 7, such as 020-12345675"},
        {"S10", "RB 123 456 785 GB", NULL},
        {"S10", "RB123456784GB", "check digit 5 in this postal item"},
        {"S10", "RB123456785XX", "a number of UPU S10: two letters, nine digits, the country, such as RB123456785GB"},
        {"SSCC", "(00)106141412345678908", NULL},
        {"SSCC", "106141412345678901", "check digit 8 in this SSCC"},
        {"GLN", "4006381333932", "check digit 1 in this GLN"},
        {"GLN", "", "a GLN of 13 digits with a right check digit"},
        {"BOL", "whatever", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *expected = hansa_format_check_kind(rows[i].kind, rows[i].text, strlen(rows[i].text));
        if (rows[i].expected == NULL)
            cr_assert_null(expected, "%s %s: %s", rows[i].kind, rows[i].text, expected);
        else
            cr_assert_str_eq(expected == NULL ? "taken" : expected, rows[i].expected, "%s", rows[i].text);
    }
}

Test(format, money_has_the_decimals_of_its_currency) {
    static const struct {
        const char *amount, *currency;
        bool is_too_fine;
    } rows[] = {
        {"1500", "JPY", false},   {"1500.5", "JPY", true},    {"1500.0", "JPY", true},
        {"10.12", "EUR", false},  {"10.123", "EUR", true},    {"10.123", "KWD", false},
        {"10.1234", "KWD", true}, {"10.12345", "XXX", false}, /* no currency: its own fault */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int places;
        cr_assert_eq(hansa_money_is_too_fine(rows[i].amount, rows[i].currency, &places), rows[i].is_too_fine, "%s %s",
                     rows[i].amount, rows[i].currency);
    }
}

/* The currency may stand beside the amount or around it. */
Test(schema, finds_the_currency_of_an_amount) {
    static const struct hansa_schema amount = {.types = HANSA_JSON_STRING, .format = HANSA_FORMAT_MONEY, BOUNDS};
    static const struct hansa_schema currency = {.types = HANSA_JSON_STRING, .format = HANSA_FORMAT_CURRENCY, BOUNDS};
    static const struct hansa_schema_member inner_members[] = {{"price", &amount, true, STAFF},
                                                               {"currency", &currency, false, STAFF}};
    static const struct hansa_schema inner = {
        .types = HANSA_JSON_OBJECT, .members = inner_members, .member_count = 2, BOUNDS};
    static const struct hansa_schema list = {.types = HANSA_JSON_ARRAY, .items = &inner, BOUNDS};
    static const struct hansa_schema_member outer_members[] = {{"options", &list, true, STAFF},
                                                               {"currency", &currency, false, STAFF}};
    static const struct hansa_schema outer = {
        .types = HANSA_JSON_OBJECT, .members = outer_members, .member_count = 2, BOUNDS};
    static const struct {
        const char *text, *pointer;
    } rows[] = {
        {"{\"options\":[{\"price\":\"1.5\"},{\"price\":\"1\"}],\"currency\":\"JPY\"}", "/options/0/price"},
        {"{\"options\":[{\"price\":\"1.5\",\"currency\":\"EUR\"},{\"price\":\"2.5\"}],\"currency\":\"JPY\"}",
         "/options/1/price"},
        {"{\"options\":[{\"price\":\"1.5\",\"currency\":\"JPY\"}],\"currency\":\"EUR\"}", "/options/0/price"},
        {"{\"options\":[{\"price\":\"1.5555\"}]}", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hansa_fault fault;
        json_t *value = json_loads(rows[i].text, 0, NULL);
        size_t found = hansa_schema_check(&outer, value, &fault, 1);
        json_decref(value);
        cr_assert_eq(found, rows[i].pointer != NULL ? 1 : 0, "%s", rows[i].text);
        if (found == 0) continue;
        cr_assert_str_eq(fault.pointer, rows[i].pointer);
        cr_assert_str_eq(fault.code, "too_many_decimals");
    }
}

/* What an outsider may not send is unknown, needed or not, at every depth. */
Test(schema, holds_outsiders_to_their_members) {
    static const struct hansa_schema_member inner[] = {{"name", &name, true, STAFF | CUSTOMER},
                                                       {"weight_kg", &weight, false, STAFF}};
    static const struct hansa_schema thing = {.types = HANSA_JSON_OBJECT, .members = inner, .member_count = 2, BOUNDS};
    static const struct hansa_schema things = {
        .types = HANSA_JSON_ARRAY, .items = &thing, .max_items = 3, .max_length = UINT32_MAX};
    static const struct hansa_schema_member outer[] = {
        {"note", &note, true, STAFF}, {"things", &things, false, STAFF | CUSTOMER}, {"thing", &thing, false, STAFF}};
    static const struct hansa_schema whole = {.types = HANSA_JSON_OBJECT, .members = outer, .member_count = 3, BOUNDS};
    static const struct {
        const char *text;
        enum hansa_audience audience;
        const char *code, *pointer;
    } rows[] = {
        {"{}", STAFF, "required", "/note"},
        {"{}", CUSTOMER, NULL, NULL},
        {"{\"note\":\"x\"}", STAFF, NULL, NULL},
        {"{\"note\":\"x\"}", CUSTOMER, "unknown_member", "/note"},
        {"{\"note\":1}", CUSTOMER, "unknown_member", "/note"},
        {"{\"things\":[{\"name\":\"a\"}]}", CUSTOMER, NULL, NULL},
        {"{\"things\":[{\"name\":\"a\"}]}", HANSA_AUDIENCE_PARTNER, "unknown_member", "/things"},
        {"{\"things\":[{\"name\":\"a\",\"weight_kg\":\"1\"}]}", CUSTOMER, "unknown_member", "/things/0/weight_kg"},
        {"{\"thing\":{\"name\":\"a\"}}", CUSTOMER, "unknown_member", "/thing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hansa_fault fault = {.code = "none"};
        json_t *value = json_loads(rows[i].text, 0, NULL);
        size_t found = hansa_schema_check_each(rows[i].audience, &whole, value, &fault, 1, NULL);
        json_decref(value);
        cr_assert_eq(found, rows[i].code != NULL, "%s", rows[i].text);
        if (rows[i].code == NULL) continue;
        cr_assert_str_eq(fault.code, rows[i].code, "%s", rows[i].text);
        cr_assert_str_eq(fault.pointer, rows[i].pointer, "%s", rows[i].text);
    }
}
