/* Messages written by others: what facts.json says of each must be found, nothing else may be told of its envelope, and no
 * file cut at any byte or with any byte turned may crash the reader or give half a message (standards.md 7). */
#include "codec/x12_document.h"
#include "message.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Members of an event that facts.json leaves out where the file does not say them; so must we. */
static const char *const optional_members[] = {"status", "reason", "appointment", "appointment_reason", "date",
                                               "time",   "tz",     "at",          "equipment"};

static void compare(const char *where, const json_t *fact, const json_t *found);

static void compare_objects(const char *where, const json_t *fact, const json_t *found) {
    char inner[400];
    for (void *at = json_object_iter((json_t *)(uintptr_t)fact); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)fact, at)) {
        const char *key = json_object_iter_key(at);
        if (strcmp(key, "first") == 0) continue; /* the first segments of a set that is not ours to read */
        (void)snprintf(inner, sizeof inner, "%s.%s", where, key);
        compare(inner, json_object_iter_value(at), json_object_get(found, key));
    }
    if (json_object_get(fact, "date") == NULL) return;
    for (size_t i = 0; i < sizeof optional_members / sizeof optional_members[0]; i++) {
        const char *key = optional_members[i];
        cr_expect_eq(json_object_get(fact, key) == NULL, json_object_get(found, key) == NULL, "%s.%s", where, key);
    }
}

/* Everything in `fact` must be in `found`, which may hold more members but not more of a list. */
static void compare(const char *where, const json_t *fact, const json_t *found) {
    char inner[400];
    if (json_is_object(fact)) {
        compare_objects(where, fact, found);
    } else if (json_is_array(fact)) {
        cr_expect_eq(json_array_size(fact), json_array_size(found), "%s: %zu, found %zu", where, json_array_size(fact),
                     json_array_size(found));
        for (size_t i = 0; i < json_array_size(fact) && i < json_array_size(found); i++) {
            (void)snprintf(inner, sizeof inner, "%s[%zu]", where, i);
            compare(inner, json_array_get(fact, i), json_array_get(found, i));
        }
    } else {
        cr_expect(json_equal(fact, found), "%s: expected %s, found %s", where, json_dumps(fact, JSON_ENCODE_ANY),
                  found == NULL ? "nothing" : json_dumps(found, JSON_ENCODE_ANY));
    }
}

static bool has_detail(const json_t *object, const char *detail) {
    json_t *finding;
    size_t i;
    json_array_foreach(json_object_get(object, "warnings"), i, finding) {
        if (strcmp(message_text(finding, "detail"), detail) == 0) return true;
    }
    return false;
}

/* Is this anomaly told, of the file or of one of its sets? */
static bool is_told(const json_t *document, const char *detail) {
    json_t *interchange, *set;
    size_t i, j;
    if (has_detail(document, detail)) return true;
    json_array_foreach(json_object_get(document, "interchanges"), i, interchange) {
        json_array_foreach(json_object_get(interchange, "sets"), j, set) {
            if (has_detail(set, detail)) return true;
        }
    }
    return false;
}

static bool holds_text(const json_t *array, const char *text) {
    json_t *member;
    size_t i;
    json_array_foreach(array, i, member) {
        if (strcmp(json_string_value(member), text) == 0) return true;
    }
    return false;
}

/* Every anomaly is told, and of the envelope nothing but the anomalies. */
static void compare_anomalies(const char *name, const json_t *anomalies, const json_t *document) {
    json_t *anomaly, *finding;
    size_t i;
    json_array_foreach(anomalies, i, anomaly) {
        const char *text = json_string_value(anomaly);
        bool is_silent = strcmp(text, "CR LF line ends") == 0 || strstr(text, " without B") != NULL;
        cr_expect(is_silent || is_told(document, text), "%s: not told: %s", name, text);
    }
    json_array_foreach(json_object_get(document, "warnings"), i, finding) {
        bool is_duplicate = strcmp(message_text(finding, "code"), "duplicate_interchange") == 0;
        cr_expect(is_duplicate || holds_text(anomalies, message_text(finding, "detail")), "%s: told for nothing: %s",
                  name, message_text(finding, "detail"));
    }
}

static void compare_verdicts(const char *name, const json_t *anomalies, const json_t *document) {
    json_t *interchange, *set;
    size_t i, j;
    bool is_refused = holds_text(anomalies, "no ISA/GS envelope");
    cr_expect_str_eq(message_text(document, "verdict"), is_refused ? "refused" : "accepted", "%s", name);
    json_array_foreach(json_object_get(document, "interchanges"), i, interchange) {
        json_array_foreach(json_object_get(interchange, "sets"), j, set) {
            bool is_214 = strcmp(message_text(set, "set"), "214") == 0;
            const char *fault = is_214 ? is_refused ? "file_refused" : "(none)" : "set_not_supported";
            cr_expect_str_eq(message_fault(set), fault, "%s: set %zu: %s", name, j, message_fault(set));
        }
    }
}

/* Of the sets that are not read here, facts.json knows more than their envelope: keep that. */
static void keep_envelope(json_t *fact) {
    json_t *interchange, *set;
    size_t i, j;
    json_array_foreach(json_object_get(fact, "interchanges"), i, interchange) {
        json_object_del(interchange, "outside");
        json_array_foreach(json_object_get(interchange, "sets"), j, set) {
            json_t *envelope =
                json_pack("{s:O,s:O}", "set", json_object_get(set, "set"), "control", json_object_get(set, "control"));
            json_array_set_new(json_object_get(interchange, "sets"), j, envelope);
        }
    }
}

static json_t *load_facts(const char *folder) {
    size_t len;
    char *text = message_sample(folder, "facts.json", &len);
    return message_keep(json_loadb(text, len, 0, NULL));
}

/* Compares every file of a folder whose name begins with `prefix`. */
static void compare_folder(const char *folder, const char *prefix, bool is_envelope_only, size_t at_least) {
    json_t *facts = load_facts(folder);
    const char *name;
    json_t *fact;
    size_t files = 0;
    json_object_foreach(facts, name, fact) {
        if (strncmp(name, prefix, strlen(prefix)) != 0) continue;
        size_t len;
        char *bytes = message_sample(folder, name, &len);
        json_t *document = message_read(bytes, len);
        cr_assert_not_null(document);
        if (is_envelope_only) keep_envelope(fact);
        compare(name, json_object_get(fact, "interchanges"), json_object_get(document, "interchanges"));
        compare_anomalies(name, json_object_get(fact, "anomalies"), document);
        compare_verdicts(name, json_object_get(fact, "anomalies"), document);
        files++;
    }
    cr_expect_geq(files, at_least);
}

Test(x12_samples, facts_of_214) {
    compare_folder("x12-214", "", false, 9);
}

Test(x12_samples, facts_of_other_sets) {
    compare_folder("x12-other", "", false, 1);
}

Test(x12_samples, facts_of_malformed) {
    compare_folder("edi-malformed", "x12-", false, 4);
}

Test(x12_samples, envelopes_of_204) {
    compare_folder("x12-204", "", true, 5);
}

Test(x12_samples, envelopes_of_210) {
    compare_folder("x12-210", "", true, 4);
}

Test(x12_samples, envelopes_of_990) {
    compare_folder("x12-990", "", true, 3);
}

Test(x12_samples, envelopes_of_997) {
    compare_folder("x12-997", "", true, 4);
}

Test(x12_samples, the_second_of_two_interchanges_is_told) {
    size_t len;
    char *bytes = message_sample("edi-malformed", "x12-duplicate-interchange.edi", &len);
    cr_expect_not_null(message_warning(message_read(bytes, len), "duplicate_interchange"));
}

/* EDIFACT and broken EDIFACT are not X12. */
Test(x12_samples, edifact_is_refused) {
    static const char *const names[] = {"edifact-bgm-before-unh.edi", "edifact-corrupt-unb-tag.edi",
                                        "edifact-duplicate-message.edi", "edifact-tiny-UNOE.edi",
                                        "edifact-tiny-syntaxVariants-UNOA.edi"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t len;
        char *bytes = message_sample("edi-malformed", names[i], &len);
        json_t *document = message_read(bytes, len);
        bool is_corrupt = strstr(names[i], "corrupt") != NULL;
        cr_expect_not(hansa_codec_x12_document_is_accepted(document), "%s", names[i]);
        cr_expect_str_eq(message_fault(document), is_corrupt ? "no_isa" : "edifact", "%s", names[i]);
    }
}

/* Whatever was cut or turned: a set that is accepted is whole, and those of a refused file are rejected. */
static void check_sane(const char *name, size_t at, const json_t *document) {
    json_t *interchange, *set, *event;
    size_t i, j, k;
    bool is_accepted = hansa_codec_x12_document_is_accepted(document);
    json_array_foreach(json_object_get(document, "interchanges"), i, interchange) {
        json_array_foreach(json_object_get(interchange, "sets"), j, set) {
            if (strcmp(message_text(set, "verdict"), "accepted") != 0) continue;
            cr_assert(is_accepted && json_is_null(json_object_get(set, "problem")), "%s at %zu", name, at);
            json_array_foreach(json_object_get(set, "events"), k, event)
                cr_assert_neq(json_is_string(json_object_get(event, "event_time_local")),
                              json_is_object(json_object_get(event, "problem")), "%s at %zu", name, at);
        }
    }
}

/* A set that is accepted from a file cut short says exactly what it said in the whole file. */
static void check_not_half(const char *name, size_t at, const json_t *document, const json_t *whole) {
    size_t count = json_array_size(json_object_get(document, "interchanges"));
    for (size_t i = 0; i < count; i++) {
        json_t *sets = json_object_get(json_array_get(json_object_get(document, "interchanges"), i), "sets");
        json_t *whole_sets = json_object_get(json_array_get(json_object_get(whole, "interchanges"), i), "sets");
        for (size_t j = 0; j < json_array_size(sets); j++) {
            json_t *set = json_array_get(sets, j);
            if (strcmp(message_text(set, "verdict"), "accepted") != 0) continue;
            json_object_set(set, "warnings", json_object_get(json_array_get(whole_sets, j), "warnings"));
            cr_assert(json_equal(set, json_array_get(whole_sets, j)), "%s cut at %zu gives half of set %zu", name, at,
                      j);
        }
    }
}

static void cut_everywhere(const char *name, const char *bytes, size_t len) {
    json_t *whole = message_read(bytes, len);
    for (size_t at = 0; at < len; at++) {
        char *copy = malloc(at + 1); /* an exact copy, so that a read beyond it is seen */
        memcpy(copy, bytes, at);
        json_t *document = hansa_codec_x12_document(copy, at);
        cr_assert_not_null(document);
        check_sane(name, at, document);
        check_not_half(name, at, document, whole);
        json_decref(document);
        free(copy);
    }
}

static void turn_everywhere(const char *name, const char *bytes, size_t len) {
    static const unsigned char turns[] = {0xff, 0x01, 0x20};
    char *copy = malloc(len);
    memcpy(copy, bytes, len);
    for (size_t at = 0; at < len; at++) {
        copy[at] = (char)((unsigned char)bytes[at] ^ turns[at % sizeof turns]);
        json_t *document = hansa_codec_x12_document(copy, len);
        cr_assert_not_null(document);
        check_sane(name, at, document);
        json_decref(document);
        copy[at] = bytes[at];
    }
    free(copy);
}

static void break_folder(const char *folder, const char *prefix,
                         void (*break_file)(const char *, const char *, size_t)) {
    json_t *facts = load_facts(folder);
    const char *name;
    json_t *fact;
    json_object_foreach(facts, name, fact) {
        size_t len;
        if (strncmp(name, prefix, strlen(prefix)) != 0) continue;
        char *bytes = message_sample(folder, name, &len);
        break_file(name, bytes, len);
    }
}

Test(x12_samples, cut_at_every_byte) {
    break_folder("x12-214", "", cut_everywhere);
}

Test(x12_samples, every_byte_turned) {
    break_folder("x12-214", "", turn_everywhere);
}

Test(x12_samples, malformed_cut_and_turned) {
    break_folder("edi-malformed", "x12-", cut_everywhere);
    break_folder("edi-malformed", "x12-", turn_everywhere);
    break_folder("x12-other", "", cut_everywhere);
    break_folder("x12-other", "", turn_everywhere);
}
