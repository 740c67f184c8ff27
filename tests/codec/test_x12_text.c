/* server/codec/x12_scribe.c: whatever bytes a partner sends, the document holds text that the house takes (promise I4). */
#include "codec/x12_document.h"
#include "core/text.h"
#include "message.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const json_t *set) {
    return json_string_value(json_array_get(json_array_get(json_object_get(set, "parties"), 0), 1));
}

static void expect_name(const char *segments, const char *name, const char *warning) {
    json_t *document;
    json_t *set = message_set(segments, NULL, &document);
    cr_expect_str_eq(name_of(set), name, "'%s'", name_of(set));
    cr_expect_null(hansa_text_check(name_of(set), strlen(name_of(set)), HANSA_TEXT_LINE));
    cr_expect_str_eq(message_text(set, "verdict"), "accepted");
    if (warning != NULL)
        cr_expect_not_null(message_warning(document, warning), "%s", warning);
    else
        cr_expect_eq(json_array_size(json_object_get(document, "warnings")), 0);
}

#define AROUND(name) MESSAGE_B10 "N1*SH*" name "~LX*1~AT7*X3*NS***20260312*0640*ET~"

Test(x12_text, character_sets) {
    expect_name(AROUND("M\xc3\x9cHLE"), "M\xc3\x9cHLE", NULL);
    expect_name(AROUND("M\xdcHLE"), "M\xc3\x9cHLE", "not_utf8");
    expect_name(AROUND("\xe4\xb8\x8a\xe6\xb5\xb7\xe6\xb8\xaf"), "\xe4\xb8\x8a\xe6\xb5\xb7\xe6\xb8\xaf", NULL);
    expect_name(AROUND("cafe\xcc\x81"), "caf\xc3\xa9", NULL);
}

Test(x12_text, what_must_not_be_in_a_name) {
    expect_name(AROUND("A\tB\x01"
                       "C\x7f"
                       "D"),
                "A B C D", "control_characters");
    expect_name(AROUND("A\xc2\x85"
                       "B"),
                "A B", "control_characters");
    expect_name(AROUND("A\xe2\x80\xae"
                       "B"),
                "A B", "control_characters");
    expect_name(AROUND("A\xef\xbb\xbf"
                       "B"),
                "A B", "control_characters");
    expect_name(AROUND("A\x80"
                       "B"),
                "A B", "control_characters");
}

Test(x12_text, a_character_under_a_heap_of_accents) {
    char segments[400] = MESSAGE_B10 "N1*SH*A";
    for (size_t i = 0; i < 60; i++)
        strcat(segments, "\xcc\x81");
    strcat(segments, "B~LX*1~AT7*X3*NS***20260312*0640*ET~");
    json_t *set = message_set(segments, NULL, NULL);
    cr_expect_null(hansa_text_check(name_of(set), strlen(name_of(set)), HANSA_TEXT_LINE));
    cr_expect_eq(name_of(set)[0], 'A');
}

Test(x12_text, nul_bytes) {
    char *text = message_wrap(AROUND("A@B"), NULL);
    size_t len = strlen(text);
    *strchr(text, '@') = '\0';
    json_t *document = message_read(text, len);
    json_t *set = message_set_at(document, 0, 0);
    cr_expect_str_eq(name_of(set), "A B");
    cr_expect_not_null(message_warning(document, "control_characters"));
}

Test(x12_text, long_values_are_cut_between_characters) {
    char segments[2000] = MESSAGE_B10 "N1*SH*A";
    for (size_t i = 0; i < 400; i++)
        strcat(segments, "\xc3\x9c");
    strcat(segments, "~LX*1~AT7*X3*NS***20260312*0640*ET~");
    json_t *document;
    json_t *set = message_set(segments, NULL, &document);
    cr_expect_eq(strlen(name_of(set)), 255);
    cr_expect_not_null(message_warning(document, "value_cut"));
    cr_expect_null(hansa_text_check(name_of(set), strlen(name_of(set)), HANSA_TEXT_LINE));
}

Test(x12_text, separators_that_are_halves_of_characters) {
    char *text = message_wrap(AROUND("M\xc3\x9cHLE"), NULL);
    for (char *at = text; *at != '\0'; at++) {
        if (*at == '*') *at = '\xc3';
    }
    json_t *document = message_document(text);
    message_keep(json_dumps(document, 0)); /* fails unless every string is UTF-8 */
    cr_expect_str_eq(message_text(json_array_get(json_object_get(document, "interchanges"), 0), "element_separator"),
                     "0xC3");
}
