/* server/codec/x12.c, x12_envelope.c and x12_document.c: separators, envelopes, counts, limits (standards.md 3 and 4.1). */
#include "codec/x12.h"

#include "codec/x12_document.h"
#include "message.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LX_AT7 "LX*1~AT7*X3*NS***20260312*0640*ET~"
#define SET_1 "ST*214*0001~" MESSAGE_B10 LX_AT7 "SE*5*0001~"
#define WHOLE MESSAGE_ISA MESSAGE_GS SET_1 MESSAGE_END

/* A copy with every byte `from` turned into `to`. */
static char *turned(const char *text, char from, char to) {
    char *copy = message_keep(strdup(text));
    for (char *at = copy; *at != '\0'; at++) {
        if (*at == from) *at = to;
    }
    return copy;
}

/* A copy with `new` in the place of the first `old`. */
static char *replaced(const char *text, const char *old, const char *new) {
    const char *at = strstr(text, old);
    char *copy = NULL;
    cr_assert_not_null(at, "%s", old);
    cr_assert(asprintf(&copy, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)) > 0);
    return message_keep(copy);
}

static json_t *interchange_of(const json_t *document, size_t i) {
    return json_array_get(json_object_get(document, "interchanges"), i);
}

static void expect_whole(const json_t *document) {
    cr_expect_str_eq(message_text(document, "verdict"), "accepted");
    cr_expect_eq(json_array_size(json_object_get(document, "warnings")), 0, "%s", message_dump(document, "warnings"));
    json_t *set = message_set_at(document, 0, 0);
    cr_expect_str_eq(message_text(set, "verdict"), "accepted");
    cr_expect_eq(json_array_size(json_object_get(set, "warnings")), 0);
    cr_expect_str_eq(message_text(set, "shipment_id"), "LOAD-31");
    cr_expect_str_eq(message_text(message_event(set, 0), "code"), "APU");
}

Test(x12, whole_interchange) {
    json_t *document = message_document(WHOLE);
    json_t *interchange = interchange_of(document, 0);
    expect_whole(document);
    cr_expect_str_eq(message_text(interchange, "element_separator"), "*");
    cr_expect_str_eq(message_text(interchange, "component_separator"), ">");
    cr_expect_str_eq(message_text(interchange, "segment_terminator"), "~");
    cr_expect_str_eq(message_text(interchange, "sender"), "02:BLUE");
    cr_expect_str_eq(message_text(interchange, "receiver"), "ZZ:HANSADEMO");
    cr_expect_str_eq(message_text(interchange, "control"), "000000007");
    cr_expect_str_eq(message_text(interchange, "usage"), "T");
}

Test(x12, any_separators) {
    static const char *const names[] = {"LF", "CR", "0x1C", "'", "$"};
    static const char terminators[] = "\n\r\x1c'$";
    for (size_t i = 0; i < 5; i++) {
        char *with_element = turned(WHOLE, '*', i == 2 ? '\x1d' : '+');
        char *text = turned(with_element, '~', terminators[i]);
        json_t *document = message_document(text);
        expect_whole(document);
        cr_expect_str_eq(message_text(interchange_of(document, 0), "segment_terminator"), names[i]);
        cr_expect_str_eq(message_text(message_event(message_set_at(document, 0, 0), 0), "raw"),
                         i == 2 ? "AT7*X3*NS***20260312*0640*ET" : "AT7+X3+NS+++20260312+0640+ET");
    }
}

Test(x12, gaps_are_silent) {
    static const char *const gaps[] = {"~\r\n", "~\n      ", "~ \t", "~\r\n\r\n", "~~"};
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
        char text[2000] = "\n  ";
        size_t used = 3;
        for (const char *at = WHOLE; *at != '\0'; at++)
            used += (size_t)snprintf(text + used, sizeof text - used, *at == '~' ? "%s" : "%.1s",
                                     *at == '~' ? gaps[i] : at);
        expect_whole(message_document(text));
    }
}

Test(x12, byte_order_mark_is_told) {
    json_t *document = message_document("\xef\xbb\xbf" WHOLE);
    cr_expect_str_eq(message_text(document, "verdict"), "accepted");
    cr_expect_not_null(message_warning(document, "byte_order_mark"));
}

Test(x12, trailing_separators_and_blanks_are_silent) {
    char *text = replaced(WHOLE, "B10*BLU900100*LOAD-31*BLUE~", "B10*BLU900100  * LOAD-31*BLUE***~");
    expect_whole(message_document(text));
}

Test(x12, isa_that_is_not_106_bytes) {
    char *text = replaced(WHOLE, "*BLUE           *", "*BLUE*");
    json_t *document = message_document(text);
    cr_expect_str_eq(message_warning(document, "isa_length"), "ISA is 95 bytes to its terminator, not 106");
    cr_expect_str_eq(message_text(message_set_at(document, 0, 0), "verdict"), "accepted");
    cr_expect_str_eq(message_text(interchange_of(document, 0), "sender"), "02:BLUE");
}

Test(x12, isa16_left_empty) {
    char *text = replaced(WHOLE, "*T*>~", "*T*~\n");
    json_t *document = message_document(text);
    json_t *interchange = interchange_of(document, 0);
    cr_expect(json_is_null(json_object_get(interchange, "component_separator")));
    cr_expect_str_eq(message_text(interchange, "segment_terminator"), "~");
    cr_expect_str_eq(message_text(message_set_at(document, 0, 0), "verdict"), "accepted");
}

struct fault {
    const char *text;
    const char *reason;
};

Test(x12, refused_files) {
    static const struct fault faults[] = {
        {"", "empty"},
        {"   \r\n", "no_isa"},
        {"hello world", "no_isa"},
        {"{\"a\": 1}", "not_x12"},
        {" <a/>", "not_x12"},
        {"UNB+UNOA:1+A+B+260312:0815+1'", "edifact"},
        {"\xef\xbb\xbfUNA:+.? 'UNB+UNOA:1+A+B+260312:0815+1'", "edifact"},
        {"\r\n UNH+1+IFTSTA:D:96A:UN'BGM+23'", "edifact"},
        {"UNB+UNOA:1+A+B+260312:0815+1'UNH+1+IFTSTA:D:96A:UN'FTX+AAI+++DOCK ST*214*0001 GS*QM*A*B*C*D*E*F*G'",
         "edifact"},
        {"NB+UNOA:1+A+B+260312:0815+1'", "no_isa"},
        {"ISA", "no_isa"},
        {"ISA*00*          *00*", "isa_truncated"},
        {"ISA*00*          *00*          *02*BLUE           *ZZ*HANSADEMO      *260312*0815*U*00401*000000007*0*T*>",
         "isa_truncated"},
        {"ISA*00*          *00*          *02*BLUE           *ZZ*HANSADEMO      *260312*0815*U*00401*000000007*0*T*>G",
         "separators_unusable"},
        {"ISA*00*          *00*          *02*BLUE           *ZZ*HANSADEMO      *260312*0815*U*00401*000000007*0*T*>*",
         "separators_unusable"},
        {"ISA*00*          *00*          *02*BLUE           *ZZ*HANSADEMO      *260312*0815*U*00401*000000007*0*T*>>",
         "separators_unusable"},
        {SET_1, "no_isa"},
        {MESSAGE_GS SET_1 "GE*1*1~", "no_isa"},
        {SET_1 WHOLE, "no_isa"},
        {WHOLE "ISA*00*          *00*", "isa_truncated"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        json_t *document = message_document(faults[i].text);
        cr_expect_str_eq(message_text(document, "verdict"), "refused", "%zu", i);
        cr_expect_str_eq(message_fault(document), faults[i].reason, "%zu: %s", i, message_fault(document));
        cr_expect_not(hansa_codec_x12_document_is_accepted(document));
    }
}

Test(x12, a_fragment_is_read_and_refused) {
    json_t *document = message_document(SET_1);
    json_t *set = message_set_at(document, 0, 0);
    cr_expect_str_eq(message_warning(document, "no_envelope"), "no ISA/GS envelope");
    cr_expect_str_eq(message_fault(set), "file_refused");
    cr_expect_str_eq(message_text(set, "carrier_reference"), "BLU900100");
    cr_expect_str_eq(message_text(message_event(set, 0), "status"), "X3");
    cr_expect_str_eq(message_text(interchange_of(document, 0), "segment_terminator"), "~");
}

Test(x12, a_preamble_is_passed_over) {
    json_t *document = message_document("From: somebody\n\n" WHOLE);
    cr_expect_str_eq(message_warning(document, "bytes_before_isa"), "16 bytes before the first ISA were not read");
    cr_expect_str_eq(message_text(message_set_at(document, 0, 0), "verdict"), "accepted");
}

struct wrong {
    const char *old;
    const char *new;
    bool is_of_set;
    const char *code;
    const char *detail;
};

Test(x12, what_is_accepted_with_a_warning) {
    static const struct wrong wrongs[] = {
        {"SE*5*0001", "SE*0*0001", true, "se_count", "set 214 0001: SE01 says 0, 5 counted"},
        {"SE*5*0001", "SE*five*0001", true, "se_count", "set 214 0001: SE01 says 'five', 5 counted"},
        {"SE*5*0001", "SE*5*0002", true, "se_control", "set 214 0001: SE02 0002 differs from ST02"},
        {"GE*1*1", "GE*2*1", false, "ge_count", "GE01 2 but 1 set(s)"},
        {"GE*1*1", "GE*1*2", false, "ge_control", "GE02 2 differs from GS06 1"},
        {"GE*1*1~", "", false, "ge_missing", NULL},
        {"IEA*1*000000007", "IEA*3*000000007", false, "iea_count", "IEA01 3 but 1 group(s)"},
        {"IEA*1*000000007", "IEA*1*000000008", false, "iea_control", "IEA02 000000008 differs from ISA13 000000007"},
        {"IEA*1*000000007~", "", false, "iea_missing", NULL},
        {"IEA*1*000000007~", "IEA*1*000000007", false, "unterminated", NULL},
        {"GS*QM", "GS*SH", false, "gs_code", "GS01 is SH, a 214 belongs in QM"},
        {MESSAGE_GS, "", false, "gs_missing", NULL},
        {"*U*00401", "*^*00401", false, "isa_standard", "ISA11 is \"^\" with version 00401"},
        {"IEA*1*000000007~", "IEA*1*000000007~Q2*A~TA1*1~", false, "segments_after_iea", "segments after IEA: Q2, TA1"},
        {"GE*1*1~", "NTE*A~GE*1*1~", false, "segment_outside_set", NULL},
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        char *text = replaced(WHOLE, wrongs[i].old, wrongs[i].new);
        json_t *document = message_document(text);
        json_t *set = message_set_at(document, 0, 0);
        const char *detail = message_warning(wrongs[i].is_of_set ? set : document, wrongs[i].code);
        cr_expect_str_eq(message_text(document, "verdict"), "accepted");
        cr_expect_str_eq(message_text(set, "verdict"), "accepted", "%s", wrongs[i].code);
        cr_assert_not_null(detail, "%s", wrongs[i].code);
        if (wrongs[i].detail != NULL) cr_expect_str_eq(detail, wrongs[i].detail, "%s", detail);
    }
}

Test(x12, control_numbers_are_compared_as_numbers) {
    char *text = replaced(WHOLE, "IEA*1*000000007", "IEA*01*7");
    expect_whole(message_document(text));
}

Test(x12, a_ta1_without_a_group_is_an_interchange) {
    json_t *document = message_document(MESSAGE_ISA "TA1*000000001*260312*0815*A*000~IEA*0*000000007~");
    cr_expect_str_eq(message_text(document, "verdict"), "accepted");
    cr_expect_eq(json_array_size(json_object_get(document, "warnings")), 0);
}

Test(x12, an_unknown_set_is_rejected_alone) {
    json_t *document =
        message_document(MESSAGE_ISA MESSAGE_GS "ST*998*0001~XX*1~SE*3*0001~ST*214*0002~" MESSAGE_B10 LX_AT7
                                                "SE*5*0002~GE*2*1~IEA*1*000000007~");
    cr_expect_str_eq(message_fault(message_set_at(document, 0, 0)), "set_not_supported");
    cr_expect_str_eq(message_text(message_set_at(document, 0, 1), "verdict"), "accepted");
    cr_expect_str_eq(message_text(document, "verdict"), "accepted");
}

Test(x12, a_set_that_is_not_whole_is_rejected_alone) {
    json_t *document = message_document(MESSAGE_ISA MESSAGE_GS
                                        "ST*214*0001~" MESSAGE_B10 LX_AT7 "ST*214*0002~" MESSAGE_B10 LX_AT7
                                        "SE*5*0002~SE*4*0003~ST*214*0004~" MESSAGE_B10 "GE*4*1~IEA*1*000000007~");
    cr_expect_str_eq(message_fault(message_set_at(document, 0, 0)), "trailer_missing");
    cr_expect_str_eq(message_text(message_set_at(document, 0, 1), "verdict"), "accepted");
    cr_expect_str_eq(message_fault(message_set_at(document, 0, 2)), "header_missing");
    cr_expect_str_eq(message_fault(message_set_at(document, 0, 3)), "trailer_missing");
}

Test(x12, several_groups_and_interchanges) {
    char *second = turned(MESSAGE_ISA MESSAGE_GS SET_1 "GE*1*1~" MESSAGE_GS SET_1 "ST*214*0002~" MESSAGE_B10 LX_AT7
                                                       "SE*5*0002~GE*2*1~IEA*2*000000007~",
                          '*', '|');
    char *text = NULL;
    second[strlen(MESSAGE_ISA) - 8] = '8'; /* another control number: ISA13 ends eight bytes before the end */
    cr_assert(asprintf(&text, "%s\n%s", WHOLE, second) > 0);
    message_keep(text);
    json_t *document = message_document(text);
    cr_expect_eq(json_array_size(json_object_get(document, "interchanges")), 2);
    cr_expect_eq(json_array_size(json_object_get(interchange_of(document, 1), "groups")), 2);
    cr_expect_eq(json_array_size(json_object_get(interchange_of(document, 1), "sets")), 3);
    cr_expect_str_eq(message_text(interchange_of(document, 1), "element_separator"), "|");
    cr_expect_eq(json_integer_value(json_object_get(message_set_at(document, 1, 0), "group")), 0);
    cr_expect_eq(json_integer_value(json_object_get(message_set_at(document, 1, 2), "group")), 1);
    cr_expect_str_eq(message_text(message_set_at(document, 1, 2), "verdict"), "accepted");
    cr_expect_not_null(message_warning(document, "iea_control"));
    cr_expect_null(message_warning(document, "duplicate_interchange"));
}

Test(x12, the_same_interchange_twice) {
    json_t *document = message_document(WHOLE WHOLE);
    cr_expect_not_null(message_warning(document, "duplicate_interchange"));
    for (size_t i = 0; i < 2; i++) {
        cr_expect_eq(json_integer_value(json_object_get(interchange_of(document, i), "offset")), i * strlen(WHOLE));
        cr_expect_eq(json_integer_value(json_object_get(interchange_of(document, i), "length")), strlen(WHOLE));
    }
}

Test(x12, the_bytes_of_an_interchange_are_told) {
    json_t *document = message_document("\xef\xbb\xbf\r\n" WHOLE "\r\n  ");
    cr_expect_eq(json_integer_value(json_object_get(interchange_of(document, 0), "offset")), 5);
    cr_expect_eq(json_integer_value(json_object_get(interchange_of(document, 0), "length")), strlen(WHOLE));
    document = message_document(MESSAGE_ISA MESSAGE_GS SET_1 "GE*1*1~\n" WHOLE);
    cr_expect_eq(json_integer_value(json_object_get(interchange_of(document, 0), "length")),
                 strlen(MESSAGE_ISA MESSAGE_GS SET_1 "GE*1*1~"), "one without IEA ends with its last segment");
}

/* X12.5: the separators are those of the ISA; where ISA16 and the terminator may both be meant, the next segment tells. */
Test(x12, the_byte_before_a_line_end_is_what_the_file_uses_it_for) {
    static const struct {
        const char *last; /* of ISA: ISA16 and what follows it */
        const char *end;  /* of each segment behind it */
        const char *component;
    } cases[] = {
        {"~\n", "\n", "~"},       {"~\r\n", "\r\n", "~"}, {"~\n", "~\n", "(none)"}, {"~\r\n", "~\r\n", "(none)"},
        {">~\n", "~\n", ">"},     {">\n", "\n", ">"},     {"'\n", "'\n", "(none)"}, {"|\r\n", "\r\n", "|"},
        {"\x1c\n", "\n", "0x1C"}, {">~", "~", ">"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1000] = "";
        const char *whole = MESSAGE_ISA MESSAGE_GS SET_1 MESSAGE_END;
        strncat(text, whole, 104);
        strcat(text, cases[i].last);
        for (const char *at = whole + 106; *at != '\0'; at++)
            strncat(text, *at == '~' ? cases[i].end : at, *at == '~' ? 2 : 1);
        json_t *document = message_document(text);
        cr_expect_str_eq(message_fault(document), "(none)", "%zu: %s", i, message_fault(document));
        cr_expect_str_eq(message_text(interchange_of(document, 0), "component_separator"), cases[i].component, "%zu",
                         i);
        cr_expect_str_eq(message_text(message_set_at(document, 0, 0), "verdict"), "accepted", "%zu", i);
        cr_expect_null(message_warning(document, "unterminated"), "%zu", i);
    }
}

Test(x12, the_same_set_number_twice_in_a_group) {
    json_t *document = message_document(MESSAGE_ISA MESSAGE_GS SET_1 SET_1 "GE*2*1~IEA*1*000000007~");
    cr_expect_null(message_warning(message_set_at(document, 0, 0), "duplicate_set_control"));
    cr_expect_not_null(message_warning(message_set_at(document, 0, 1), "duplicate_set_control"));
}

/* `head`, then `piece` repeated up to `len` bytes. */
static char *repeated(const char *head, const char *piece, size_t len) {
    char *text = malloc(len + 1);
    size_t used = strlen(head);
    size_t piece_len = strlen(piece);
    cr_assert_not_null(text);
    memcpy(text, head, used);
    while (used < len)
        text[used] = piece[(used - strlen(head)) % piece_len], used++;
    text[len] = '\0';
    return text;
}

static double seconds_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

Test(x12, limits_refuse_quickly) {
    const size_t most = HANSA_CODEC_X12_MAX_BYTES;
    const struct {
        const char *head, *piece;
        size_t len;
        const char *reason;
    } cases[] = {
        {WHOLE, " ", most + 1, "too_large"},
        {MESSAGE_ISA, "x", 106 + HANSA_CODEC_X12_MAX_SEGMENT + 2, "segment_too_long"},
        {MESSAGE_ISA "GS", "*", 2000, "too_many_elements"},
        {MESSAGE_ISA MESSAGE_GS, "Q~", most, "too_many_segments"},
        {MESSAGE_ISA MESSAGE_GS "ST*214*1~", "AT7*X1*NS***20260312*0640*LT~", most, "too_many_values"},
        {MESSAGE_ISA MESSAGE_GS "ST*214*1~", "N1*A~", most, "too_many_values"},
        {MESSAGE_ISA MESSAGE_GS, "ST*214*1~", most, "too_many_values"},
        {"", MESSAGE_ISA, most, "too_many_values"},
        {"", " ISA*", most, "separators_unusable"},
        {"", " ST*", most, "no_isa"},
        {"", "I", most, "no_isa"},
        {"", "\n", most, "no_isa"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = repeated(cases[i].head, cases[i].piece, cases[i].len);
        double begin = seconds_now();
        json_t *document = hansa_codec_x12_document(text, cases[i].len);
        double used = seconds_now() - begin;
        cr_expect_str_eq(message_fault(document), cases[i].reason, "%zu: %s", i, message_fault(document));
        cr_expect_lt(used, 4.0, "case %zu took %.2f s (2 s without sanitizers)", i, used);
        json_decref(document);
        free(text);
    }
}

Test(x12, a_segment_of_the_longest_is_read) {
    char *text = repeated(MESSAGE_ISA, "x", 106 + HANSA_CODEC_X12_MAX_SEGMENT);
    json_t *document = message_document(text);
    cr_expect_str_eq(message_text(document, "verdict"), "accepted", "%s", message_fault(document));
    free(text);
}

/* standards.md 3: a file of 1 MB with 10,000 loops takes linear time. */
Test(x12, ten_thousand_loops_take_linear_time) {
    double used[2];
    for (size_t round = 0; round < 2; round++) {
        size_t loops = round == 0 ? 2500 : 10000;
        char *text = malloc(2 << 20);
        size_t len = (size_t)sprintf(text, "%s%sST*214*0001~%s", MESSAGE_ISA, MESSAGE_GS, MESSAGE_B10);
        for (size_t i = 0; i < loops; i++)
            len += (size_t)sprintf(
                text + len,
                "LX*%zu~\r\nAT7*X6*NS***20260312*%02zu%02zu*LT~\r\nMS1*AKRON*OH*US~\r\nMS2*BLUE*%zu*TL~\r\n"
                "L11*PIECE-%zu*BM~\r\n",
                i + 1, i / 60 % 24, i % 60, i, i);
        len += (size_t)sprintf(text + len, "SE*%zu*0001~%s", loops * 5 + 3, MESSAGE_END);
        double begin = seconds_now();
        json_t *document = hansa_codec_x12_document(text, len);
        used[round] = seconds_now() - begin;
        json_t *set = message_set_at(document, 0, 0);
        cr_expect_str_eq(message_text(set, "verdict"), "accepted");
        cr_expect_eq(json_array_size(json_object_get(set, "events")), loops);
        cr_expect_eq(json_array_size(json_object_get(document, "warnings")), 0);
        json_decref(document);
        free(text);
    }
    cr_expect_lt(used[1], 1.0, "%.2f s", used[1]);
    cr_expect_lt(used[1], used[0] * 10 + 0.1, "%.3f s for 2,500, %.3f s for 10,000", used[0], used[1]);
}

Test(x12, warnings_are_bounded) {
    char *text = repeated(MESSAGE_ISA MESSAGE_GS, "NTE*A~", 60000);
    json_t *document = message_document(text);
    cr_expect_eq(json_array_size(json_object_get(document, "warnings")), 1000);
    cr_expect_not_null(message_warning(document, "more_warnings"));
    free(text);
}
