/* server/core/cut.c: what stays for whom, byte for byte; and that it never writes more than it reads, whatever it reads. */
#include "core/cut.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define STAFF HANSA_AUDIENCE_STAFF
#define PARTNER HANSA_AUDIENCE_PARTNER
#define CUSTOMER HANSA_AUDIENCE_CUSTOMER
#define PUBLIC HANSA_AUDIENCE_PUBLIC
#define ALL (STAFF | PARTNER | CUSTOMER | PUBLIC)

static const struct hansa_schema text = {.types = HANSA_JSON_STRING | HANSA_JSON_NULL};
static const struct hansa_schema number = {.types = HANSA_JSON_NUMBER};
static const struct hansa_schema anything = {.types = HANSA_JSON_ANY};
static const struct hansa_schema_member leg_members[] = {{"place", &text, true, STAFF | PARTNER | CUSTOMER},
                                                         {"cost", &number, false, STAFF | PARTNER},
                                                         {"margin", &number, false, STAFF}};
static const struct hansa_schema leg = {
    .types = HANSA_JSON_OBJECT | HANSA_JSON_NULL, .members = leg_members, .member_count = 3};
static const struct hansa_schema legs = {.types = HANSA_JSON_ARRAY, .items = &leg};
static const struct hansa_schema words = {.types = HANSA_JSON_ARRAY, .items = &text};
static const struct hansa_schema_member members[] = {{"id", &text, true, ALL},
                                                     {"note", &text, false, STAFF},
                                                     {"legs", &legs, false, STAFF | PARTNER | CUSTOMER},
                                                     {"first", &leg, false, STAFF | CUSTOMER},
                                                     {"raw", &anything, false, STAFF | CUSTOMER},
                                                     {"words", &words, false, STAFF | CUSTOMER}};
static const struct hansa_schema whole = {.types = HANSA_JSON_OBJECT, .members = members, .member_count = 6};

/* malloc'd to the byte, so that the sanitizer sees one too many. */
static char *cut(const char *from, enum hansa_audience audience, const bool *wanted, size_t *ret_len) {
    size_t len = strlen(from);
    char *in = malloc(len), *out = malloc(len);
    memcpy(in, from, len);
    const struct hansa_cut how = {audience, wanted};
    *ret_len = hansa_cut(&whole, &how, (struct hansa_bytes){in, len}, out);
    free(in);
    return out;
}

static void check(const char *from, enum hansa_audience audience, const bool *wanted, const char *expected) {
    size_t len;
    char *got = cut(from, audience, wanted, &len);
    cr_assert(len == strlen(expected) && memcmp(got, expected, len) == 0, "%s for %d: %.*s, not %s", from,
              (int)audience, (int)len, got, expected);
    free(got);
}

Test(cut, leaves_what_is_for_the_audience) {
    const char *one =
        "{\"id\" : \"a\", \"note\" : \"\\\"} x\", \"legs\" : [{\"place\":\"P\",\"cost\":1.50,\"margin\":2}, null], "
        "\"first\": {\"margin\": 3, \"place\": null}, \"raw\": {\"margin\": [1, {}]}, \"stray\": 1}";
    check(one, CUSTOMER, NULL,
          "{\"id\":\"a\",\"legs\":[{\"place\":\"P\"},null],\"first\":{\"place\":null},\"raw\":{\"margin\": [1, {}]}}");
    check(one, PARTNER, NULL, "{\"id\":\"a\",\"legs\":[{\"place\":\"P\",\"cost\":1.50},null]}");
    check(one, PUBLIC, NULL, "{\"id\":\"a\"}");
    check("[{\"note\":1,\"id\":\"a\"} , {\"note\":2}]", PUBLIC, NULL, "[{\"id\":\"a\"},{}]");
    check("[]", PUBLIC, NULL, "[]");
    check("{}", PUBLIC, NULL, "{}");
}

Test(cut, leaves_what_was_asked_for) {
    static const bool id_and_note[CUT_WANTED_MAX] = {true, true};
    check("{\"id\": \"a\", \"legs\": [], \"note\": {\"id\": 1}}", STAFF, id_and_note,
          "{\"id\":\"a\",\"note\":{\"id\": 1}}");
    check("{\"id\": \"a\", \"legs\": [], \"note\": \"n\"}", CUSTOMER, id_and_note, "{\"id\":\"a\"}");
    check("[{\"id\":\"a\",\"legs\":[]},{\"legs\":[]}]", STAFF, id_and_note, "[{\"id\":\"a\"},{}]");
}

/* What the schema does not know has no shape that could be cut. */
Test(cut, shows_no_shape_that_the_schema_does_not_know) {
    check("{\"id\":{\"note\":\"x\"},\"first\":[{\"margin\":1}],\"words\":[\"a\",[\"b\"],{\"c\":1}]}", CUSTOMER, NULL,
          "{\"id\":0,\"first\":0,\"words\":[\"a\",0,0]}");
}

Test(cut, never_writes_more_than_it_reads) {
    const char *good =
        "[{\"id\" : "
        "\"a\\u0041\",\"legs\":[{\"place\":\"P\",\"cost\":1.5},null],\"raw\":{\"m\":[1,{}]},\"words\":[\"a\",\"b\"]}]";
    static const char swaps[] = "{}[],:\"\\ 0n";
    size_t len = strlen(good), out;
    char *bent = malloc(len + 1);
    for (size_t i = 0; i <= len; i++) {
        memcpy(bent, good, len + 1);
        bent[i] = '\0'; /* cut off */
        free(cut(bent, CUSTOMER, NULL, &out));
        cr_assert_leq(out, i);
        for (const char *swap = swaps; i < len && *swap != '\0'; swap++) {
            memcpy(bent, good, len + 1);
            bent[i] = *swap;
            free(cut(bent, CUSTOMER, NULL, &out));
            cr_assert_leq(out, len);
        }
    }
    free(bent);
}

/* A filter on what is not shown would tell it all the same. */
Test(cut, knows_which_parameters_tell_of_hidden_members) {
    static const struct {
        const char *name;
        enum hansa_audience audience;
        bool is_hidden;
    } rows[] = {{"note", STAFF, false},        {"note", CUSTOMER, true},      {"note_id", CUSTOMER, true},
                {"note_from", CUSTOMER, true}, {"first_to", PARTNER, true},   {"first_id", CUSTOMER, false},
                {"id", PUBLIC, false},         {"account_id", PUBLIC, false}, {"not", CUSTOMER, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert_eq(hansa_cut_hides(&whole, rows[i].audience, rows[i].name), rows[i].is_hidden, "%s", rows[i].name);
    cr_assert(!hansa_cut_hides(NULL, PUBLIC, "note"));
}

Test(cut, knows_whether_there_is_anything_for_somebody) {
    static const struct hansa_schema_member hidden[] = {{"note", &text, true, STAFF}};
    static const struct hansa_schema inner = {.types = HANSA_JSON_OBJECT, .members = hidden, .member_count = 1};
    cr_assert(hansa_cut_is_for(&whole, PUBLIC) && hansa_cut_is_for(&inner, STAFF) && hansa_cut_is_for(NULL, PUBLIC));
    cr_assert(!hansa_cut_is_for(&inner, CUSTOMER));
}
