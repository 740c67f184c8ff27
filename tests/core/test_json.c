/* server/core/json.c and text.c: what is refused, with which status, code and pointer (promises I1, I3, I4). */
#include "core/json.h"
#include "core/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEBIBYTE = 1 << 20 };

struct refusal {
    const char *text;
    size_t len; /* 0: strlen */
    int status;
    const char *code;
    const char *pointer;
};

static const struct refusal refusals[] = {
    {"{\"a\":1,\"a\":2}", 0, 400, "duplicate_member", "/a"},
    {"{\"x\":{\"a\":1,\"\\u0061\":2}}", 0, 400, "duplicate_member", "/x/a"},
    {"{\"a\":\"\\u0000\"}", 0, 400, "bad_json", "/a"},
    {"{\"a\\u0000b\":1}", 0, 400, "bad_json", "/a\\u0000b"},
    {"{\"a\":\"b\0c\"}", 11, 400, "bad_json", "/a"},
    {"{\"a\":1}\0", 8, 400, "bad_json", ""},
    {"\xef\xbb\xbf{}", 0, 400, "bad_json", ""},
    {"{}{}", 0, 400, "bad_json", ""},
    {"{} 1", 0, 400, "bad_json", ""},
    {"[1,{\"b\":\"\\ud800\"}]", 0, 400, "bad_json", "/1/b"},
    {"[\"\\udc00\\ud800\"]", 0, 400, "bad_json", "/0"},
    {"[\"\xed\xa0\x80\"]", 0, 400, "bad_json", "/0"},
    {"[\"\xc0\xaf\"]", 0, 400, "bad_json", "/0"},
    {"[\"\xf4\x90\x80\x80\"]", 0, 400, "bad_json", "/0"},
    {"[\"\xff\"]", 0, 400, "bad_json", "/0"},
    {"", 0, 400, "bad_json", ""},
    {"  ", 0, 400, "bad_json", ""},
    {"{\"a\":", 0, 400, "bad_json", "/a"},
    {"{\"a\":1,}", 0, 400, "bad_json", ""},
    {"[1,]", 0, 400, "bad_json", ""},
    {"{'a':1}", 0, 400, "bad_json", ""},
    {"[01]", 0, 400, "bad_json", "/0"},
    {"[+1]", 0, 400, "bad_json", "/0"},
    {"[.5]", 0, 400, "bad_json", "/0"},
    {"[1.]", 0, 400, "bad_json", "/0"},
    {"[1e]", 0, 400, "bad_json", "/0"},
    {"[1-2]", 0, 400, "bad_json", "/0"},
    {"[-]", 0, 400, "bad_json", "/0"},
    {"[NaN]", 0, 400, "bad_json", "/0"},
    {"[nul]", 0, 400, "bad_json", "/0"},
    {"[\"a\nb\"]", 0, 400, "bad_json", "/0"},
    {"[\"a\\x\"]", 0, 400, "bad_json", "/0"},
    {"[\"a\\", 0, 400, "bad_json", "/0"},
    {"[\"abc", 0, 400, "bad_json", "/0"},
    {"]", 0, 400, "bad_json", ""},
    {"{\"a/b~\":9223372036854775808}", 0, 422, "number_out_of_range", "/a~1b~0"},
    {"[0,-9223372036854775809]", 0, 422, "number_out_of_range", "/1"},
    {"[18446744073709551616]", 0, 422, "number_out_of_range", "/0"},
    {"[1e400]", 0, 422, "number_out_of_range", "/0"},
    {"[1e-400]", 0, 422, "number_out_of_range", "/0"},
    {"[1E+0000000000000000000000000000100]", 0, 422, "number_out_of_range", "/0"},
    {"[-1.5e-99999999999999999999]", 0, 422, "number_out_of_range", "/0"},
    {"[0.11111111111111111111111111111111111111111]", 0, 422, "number_too_long", "/0"},
    {"[00000000000000000000000000000000000000000000000]", 0, 422, "number_too_long", "/0"},
    {"[1\0]", 4, 400, "bad_json", "/0"},
    {"[true,1\0]", 9, 400, "bad_json", "/1"},
    {"1\0", 2, 400, "bad_json", ""},
};

Test(json, refuses_what_is_no_document) {
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *row = &refusals[i];
        size_t len = row->len != 0 ? row->len : strlen(row->text);
        char *exact = malloc(len > 0 ? len : 1); /* so that ASan sees a read beyond the end */
        memcpy(exact, row->text, len);
        struct hansa_fault fault = {.code = ""};
        int status = 0;
        json_t *read = hansa_json_read(exact, len, MEBIBYTE, &fault, &status);
        cr_assert_null(read, "%s", row->text);
        cr_assert_eq(status, row->status, "%s: status %d", row->text, status);
        cr_assert_str_eq(fault.code, row->code, "%s: code %s", row->text, fault.code);
        cr_assert_str_eq(fault.pointer, row->pointer, "%s: pointer %s", row->text, fault.pointer);
        cr_assert_gt(strlen(fault.detail), 0);
        free(exact);
    }
}

Test(json, takes_good_documents) {
    static const char *const good[] = {
        "{}",
        "[]",
        " [1, 2] \n",
        "\"x\"",
        "null",
        "true",
        "0",
        "-0",
        "-1.5e-99",
        "9223372036854775807",
        "[-9223372036854775808]",
        "{\"a\":{\"b\":[{\"c\":\"\\\"}]{[\\\\\"}]}}",
        "[\"\\ud83d\\ude00\"]",
        "{\"\":1}",
        "[1.25, 104.06667]",
        "[1E5]",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct hansa_fault fault = {.code = ""};
        int status = 0;
        json_t *read = hansa_json_read(good[i], strlen(good[i]), MEBIBYTE, &fault, &status);
        cr_assert_not_null(read, "%s: %s", good[i], fault.detail);
        json_decref(read);
    }
}

/* `count` times `part`, then `end`, in one malloc'd text. */
static char *repeat(const char *start, const char *part, size_t count, const char *end) {
    size_t part_len = strlen(part);
    char *made = malloc(strlen(start) + part_len * count + strlen(end) + 1);
    char *at = made + sprintf(made, "%s", start);
    for (size_t i = 0; i < count; i++, at += part_len)
        memcpy(at, part, part_len + 1);
    memcpy(at, end, strlen(end) + 1);
    return made;
}

static void expect(const char *text, size_t most, int status, const char *code) {
    struct hansa_fault fault = {.code = ""};
    int got = 0;
    json_t *read = hansa_json_read(text, strlen(text), most, &fault, &got);
    cr_assert_eq(got, status, "%.40s: %d %s", text, got, fault.detail);
    cr_assert_str_eq(fault.code, code);
    cr_assert_eq(read != NULL, status == 0);
    json_decref(read);
}

Test(json, bounds_depth_values_and_size) {
    char *inner = repeat("", "[", 32, ""), *text = repeat(inner, "]", 32, "");
    expect(text, MEBIBYTE, 0, "");
    free(inner), free(text);
    text = repeat("", "[", 33, "");
    expect(text, MEBIBYTE, 422, "too_deep");
    free(text);
    text = repeat("", "{\"a\":", 100000, "");
    expect(text, MEBIBYTE, 422, "too_deep");
    free(text);
    text = repeat("[", "0,", 199998, "0]"); /* the array is a value too */
    expect(text, MEBIBYTE, 0, "");
    free(text);
    text = repeat("[", "0,", 199999, "0]");
    expect(text, MEBIBYTE, 422, "too_many_values");
    free(text);
    expect("[1,2]", 5, 0, "");
    expect("[1,2]", 4, 413, "too_large");
    text = repeat("{\"", "n", 2000, "\":1e999}"); /* a name longer than a pointer */
    expect(text, MEBIBYTE, 422, "number_out_of_range");
    free(text);
    text = repeat("{\"a", "\xc3\xbc", 2000, "\":1e999}");
    struct hansa_fault fault;
    int status;
    cr_assert_null(hansa_json_read(text, strlen(text), MEBIBYTE, &fault, &status));
    cr_assert_eq(hansa_text_is_utf8(fault.pointer, strlen(fault.pointer)), true);
    cr_assert_gt(strlen(fault.pointer), 250);
    free(text);
}

Test(json, survives_every_cut_and_flip) {
    static const char text[] = "{\"a\":[1,-2.5e3,\"x\\u00e9\\\"\",{\"b\":null,\"c\":true}],\"d\":{}}";
    for (size_t len = 0; len < sizeof text - 1; len++) {
        char *cut = malloc(len + 1);
        for (int flip = 0; flip < 256; flip++) {
            memcpy(cut, text, len);
            if (len > 0) cut[len - 1] = (char)flip;
            struct hansa_fault fault;
            int status;
            json_decref(hansa_json_read(cut, len, MEBIBYTE, &fault, &status));
        }
        free(cut);
    }
}

static const char *line(const char *text) {
    return hansa_text_check(text, strlen(text), HANSA_TEXT_LINE);
}

Test(text, refuses_hidden_and_unnormal_characters) {
    static const char *const bad[] = {
        "a\x01",         "a\nb",          "a\tb",          "a\x7f",
        "a\xc2\x85",     "a\xe2\x80\xa8", "a\xe2\x80\xa9",                             /* controls, separators */
        "a\xe2\x80\xae", "a\xe2\x80\x8f", "a\xd8\x9c",     "a\xe2\x81\xa6",            /* bidi */
        "e\xcc\x81",     "\xe2\x84\xab",  "\xef\xa4\x80",  "\xe1\x84\x80\xe1\x85\xa1", /* not NFC */
        "\xff",          "\xc0\x80",      "\xed\xa0\x80",  "\xe4\xb8",                 /* not UTF-8 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not_null(line(bad[i]), "%zu", i);
    static const char *const good[] = {
        "",
        "Zürich",
        "caf\xc3\xa9",
        "\xe4\xb8\x8a\xe6\xb5\xb7",
        "\xea\xb0\x80",
        "\xf0\x9f\x9a\x9a",
        "\xef\xbc\xa1",
        "x\xcc\xa7\xcc\x8b",
        "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_assert_null(line(good[i]), "%zu: %s", i, line(good[i]));
    cr_assert_not_null(hansa_text_check("a\0b", 3, HANSA_TEXT_LINE));
    cr_assert_null(hansa_text_check("a\n\tb", 4, HANSA_TEXT_MULTILINE));
    cr_assert_not_null(hansa_text_check("a\r\n", 3, HANSA_TEXT_MULTILINE));
}

Test(text, tokens_hold_blanks_only_inside) {
    static const char *const bad[] = {"",
                                      " a",
                                      "a ",
                                      " ",
                                      "a\xc2\xa0"
                                      "b",
                                      "a\xe2\x80\x8b",
                                      "a\xc2\xad",
                                      "\xef\xbb\xbf"
                                      "a"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not_null(hansa_text_check(bad[i], strlen(bad[i]), HANSA_TEXT_TOKEN), "%zu", i);
    cr_assert_null(hansa_text_check("PO 12-\xe4\xb8\x8a", 9, HANSA_TEXT_TOKEN));
}

Test(text, counts_points_and_cuts_between_them) {
    cr_assert_eq(hansa_text_length("a\xc3\xbc\xf0\x9f\x9a\x9a", 7), 3);
    cr_assert_eq(hansa_text_cut("a\xc3\xbc", 3, 2), 1);
    cr_assert_eq(hansa_text_cut("a\xc3\xbc", 3, 3), 3);
    cr_assert_eq(hansa_text_cut("\xf0\x9f\x9a\x9a", 4, 3), 0);
}

Test(text, composes) {
    size_t len = 0;
    char *made = hansa_text_nfc("cafe\xcc\x81", 6, &len);
    cr_assert_eq(len, 5);
    cr_assert_str_eq(made, "caf\xc3\xa9");
    free(made);
    made = hansa_text_nfc("plain", 5, &len);
    cr_assert_str_eq(made, "plain");
    free(made);
    cr_assert_null(hansa_text_nfc("a\0b", 3, &len));
    cr_assert_null(hansa_text_nfc("\xff", 1, &len));
}

/* Sorting a long run of combining characters takes time by its square; a megabyte of them must be refused at once. */
Test(text, long_combining_runs_are_cheap, .timeout = 5) {
    char *text = repeat("a", "\xcc\x95\xcc\x80\xcc\x9a\xcc\xa8", 250000, "");
    cr_assert_not_null(line(text));
    size_t len;
    cr_assert_null(hansa_text_nfc(text, strlen(text), &len));
    free(text);
    text = repeat("", "a\xcc\xa8\xcc\x80\xe1\x84\x80", 100000, "");
    line(text);
    free(text);
}
