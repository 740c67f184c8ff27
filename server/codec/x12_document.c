/* Puts the parts together: the tokenizer cuts, the envelope and the 214 understand, the scribe writes. What is decided here is
 * the file as a whole: refused or accepted (standards.md 3). A refused file is still told as far as it was read, so that its
 * sender can find the fault, but every set in it is rejected: nothing of it may be applied. */
#include "codec/x12_document.h"

#include "codec/x12_envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct work {
    struct hansa_codec_x12_reader reader;
    struct hansa_codec_scribe scribe;
    struct hansa_codec_x12_envelope envelope;
    json_t *root;
    json_t *warnings;
    json_t *interchanges;
    bool is_over_limit; /* nothing that was read is told */
    bool is_packing;
    const json_t *packing; /* the sets that `packed` counts */
    size_t packed;
    size_t open_begin, open_left; /* the open set: number of its ST, values left before it */
};

static struct hansa_codec_place file_place(const struct work *work) {
    return (struct hansa_codec_place){.segment = "", .position = work->reader.segment_count, .element = 0};
}

/* The first reason stands. */
static void refuse(struct work *work, const char *code, const char *detail) {
    if (!json_is_null(json_object_get(work->root, "reason"))) return;
    json_t *reason = json_object();
    hansa_codec_scribe_put_string(&work->scribe, reason, "code", code);
    hansa_codec_scribe_put_string(&work->scribe, reason, "detail", detail);
    hansa_codec_scribe_put_string(&work->scribe, work->root, "verdict", "refused");
    hansa_codec_scribe_put(&work->scribe, work->root, "reason", reason);
}

/* A file over a limit: what was read of it would be a long answer that helps nobody. */
static void refuse_whole(struct work *work, const char *code, const char *detail) {
    refuse(work, code, detail);
    work->is_over_limit = true;
}

static void refuse_for(struct work *work, enum hansa_codec_x12_result result) {
    switch (result) {
    case HANSA_CODEC_X12_ISA_TRUNCATED:
        refuse(work, "isa_truncated", "an ISA segment does not have its sixteen elements");
        break;
    case HANSA_CODEC_X12_SEPARATORS_UNUSABLE:
        refuse(work, "separators_unusable",
               "the separators that the ISA names are letters, digits, blanks or not distinct");
        break;
    case HANSA_CODEC_X12_SEGMENT_TOO_LONG:
        refuse(work, "segment_too_long",
               "a segment is longer than 64 KiB; is the terminator that the ISA names in use?");
        break;
    case HANSA_CODEC_X12_TOO_MANY_ELEMENTS:
        refuse(work, "too_many_elements", "a segment has more than 1,000 elements");
        break;
    case HANSA_CODEC_X12_SEGMENT:
    case HANSA_CODEC_X12_END:
        break;
    }
}

struct stranger {
    const char *begins, *name, *format, *code; /* code: of the refusal */
};

/* What a file that has no ISA is, by its first visible bytes; NULL when they tell nothing. */
static const struct stranger *stranger_find(const struct hansa_codec_x12_reader *reader) {
    static const struct stranger strangers[] = {
        {"UNA", "EDIFACT", "EDIFACT", "edifact"},  {"UNB+", "EDIFACT", "EDIFACT", "edifact"},
        {"UNH+", "EDIFACT", "EDIFACT", "edifact"}, {"UNG+", "EDIFACT", "EDIFACT", "edifact"},
        {"{", "JSON", "OTHER", "not_x12"},         {"[", "JSON", "OTHER", "not_x12"},
        {"<", "XML", "OTHER", "not_x12"},
    };
    size_t skipped = reader->has_bom ? 3 : 0;
    struct hansa_codec_view left =
        hansa_codec_view_trim((struct hansa_codec_view){.at = reader->bytes + skipped, .len = reader->len - skipped});
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        size_t len = strlen(strangers[i].begins);
        if (left.len >= len && memcmp(left.at, strangers[i].begins, len) == 0) return &strangers[i];
    }
    return NULL;
}

static void refuse_start(struct work *work) {
    char detail[HANSA_CODEC_SCRIBE_DETAIL];
    const struct stranger *found = stranger_find(&work->reader);
    if (found == NULL) {
        refuse(work, "no_isa", "the file has no ISA segment");
        return;
    }
    (void)snprintf(detail, sizeof detail, "the file is %s, which is not read here yet; ANSI X12 is", found->name);
    hansa_codec_scribe_put_string(&work->scribe, work->root, "format", found->format);
    refuse(work, found->code, detail);
}

static void note_start(struct work *work, enum hansa_codec_x12_start start) {
    struct hansa_codec_scribe *scribe = &work->scribe;
    struct hansa_codec_place place = file_place(work);
    if (work->reader.has_bom)
        hansa_codec_scribe_warn(scribe, work->warnings, place, "byte_order_mark", "UTF-8 byte order mark first");
    if (start == HANSA_CODEC_X12_INTERCHANGE && work->reader.skipped_len > 0)
        hansa_codec_scribe_warn(scribe, work->warnings, place, "bytes_before_isa",
                                "%zu bytes before the first ISA were not read", work->reader.skipped_len);
    if (start == HANSA_CODEC_X12_INTERCHANGE) return;
    hansa_codec_scribe_warn(scribe, work->warnings, place, "no_envelope", "no ISA/GS envelope");
    hansa_codec_scribe_put_string(scribe, work->root, "format", start == HANSA_CODEC_X12_FRAGMENT ? "X12" : "OTHER");
    refuse_start(work);
}

/* A finished set becomes the text that it will be written as: its tree takes ten times as much memory. */
static void pack_sets(struct work *work) {
    json_t *sets = work->envelope.sets;
    if (sets == NULL) return;
    if (sets != work->packing) work->packed = 0;
    work->packing = sets;
    size_t finished = json_array_size(sets) - (work->envelope.set != NULL);
    for (; work->packed < finished; work->packed++) {
        char *text = json_dumps(json_array_get(sets, work->packed), JSON_COMPACT);
        json_t *packed = text == NULL ? NULL : json_string_nocheck(text);
        free(text);
        if (json_array_set_new(sets, work->packed, packed) != 0) work->scribe.has_failed = true;
    }
}

/* Is there more in the open set, or in the file, than is read? */
static bool is_full(struct work *work) {
    size_t left = work->scribe.values_left;
    if (work->envelope.set == NULL || work->envelope.set_begin != work->open_begin) {
        work->open_begin = work->envelope.set_begin;
        work->open_left = left;
    }
    return left == 0 || work->open_left - left > HANSA_CODEC_X12_MAX_SET_VALUES;
}

static void read_segments(struct work *work) {
    enum hansa_codec_x12_result result;
    bool is_told = true; /* an end without terminator */
    while ((result = hansa_codec_x12_next(&work->reader)) == HANSA_CODEC_X12_SEGMENT) {
        if (work->reader.segment_count > HANSA_CODEC_X12_MAX_SEGMENTS) {
            refuse_whole(work, "too_many_segments", "the file has more than 100,000 segments; send it in parts");
            return;
        }
        hansa_codec_x12_envelope_segment(&work->envelope);
        is_told = work->reader.segment.is_terminated;
        if (is_full(work) || work->scribe.has_failed) {
            refuse_whole(work, "too_many_values",
                         "the file, or one set of it, says more than is read at once; send it in parts");
            return;
        }
        if (work->is_packing) pack_sets(work);
    }
    refuse_for(work, result);
    if (!is_told)
        hansa_codec_scribe_warn(&work->scribe, work->warnings, file_place(work), "unterminated",
                                "the last segment has no terminator");
}

static void note_text(struct work *work) {
    struct hansa_codec_scribe *scribe = &work->scribe;
    struct hansa_codec_place place = {.segment = "", .position = 0, .element = 0};
    if (scribe->has_converted)
        hansa_codec_scribe_warn(scribe, work->warnings, place, "not_utf8",
                                "the text is not UTF-8 and was read as ISO 8859-1");
    if (scribe->has_controls)
        hansa_codec_scribe_warn(scribe, work->warnings, place, "control_characters",
                                "control characters in values were replaced by blanks");
    if (scribe->has_cut)
        hansa_codec_scribe_warn(scribe, work->warnings, place, "value_cut", "values too long to be kept were cut");
}

/* In a refused file no set is accepted. */
static void reject_all(struct work *work) {
    size_t i, j;
    json_t *interchange;
    json_t *set;
    const struct hansa_codec_place place = {.segment = "", .position = 1, .element = 0};
    json_array_foreach(work->interchanges, i, interchange) {
        json_array_foreach(json_object_get(interchange, "sets"), j, set)
            hansa_codec_x12_reject(&work->scribe, set, place, "file_refused", "the file as a whole is refused");
    }
}

static bool is_x12(const struct work *work) {
    const char *format = json_string_value(json_object_get(work->root, "format"));
    return format != NULL && strcmp(format, "X12") == 0;
}

static void read_file(struct work *work, const char *bytes, size_t len) {
    enum hansa_codec_x12_start start = hansa_codec_x12_reader_init(&work->reader, bytes, len);
    hansa_codec_scribe_init(&work->scribe, bytes, len);
    work->open_begin = 0;
    work->open_left = work->scribe.values_left;
    note_start(work, start);
    hansa_codec_x12_envelope_init(&work->envelope, &work->scribe, &work->reader, work->warnings, work->interchanges);
    if (start != HANSA_CODEC_X12_NOTHING && is_x12(work)) read_segments(work);
    hansa_codec_x12_envelope_done(&work->envelope);
    if (work->is_packing) pack_sets(work);
    note_text(work);
    if (work->is_over_limit) (void)json_array_clear(work->interchanges);
}

static json_t *document(const char *bytes, size_t len, bool is_packing) {
    struct work work;
    work.reader.segment_count = 0;
    work.is_over_limit = false;
    work.is_packing = is_packing;
    work.packing = NULL;
    work.packed = 0;
    hansa_codec_scribe_init(&work.scribe, "", 0);
    work.root = json_object();
    hansa_codec_scribe_put_string(&work.scribe, work.root, "verdict", "accepted");
    hansa_codec_scribe_put_string(&work.scribe, work.root, "format", "X12");
    hansa_codec_scribe_put_string(&work.scribe, work.root, "reason", NULL);
    work.warnings = hansa_codec_scribe_put_new(&work.scribe, work.root, "warnings", json_array());
    work.interchanges = hansa_codec_scribe_put_new(&work.scribe, work.root, "interchanges", json_array());
    if (work.scribe.has_failed) {
        json_decref(work.root);
        return NULL;
    }
    if (len == 0)
        refuse(&work, "empty", "there are no bytes");
    else if (len > HANSA_CODEC_X12_MAX_BYTES)
        refuse(&work, "too_large", "the file is larger than 25 MiB");
    else
        read_file(&work, bytes, len);
    bool is_accepted = hansa_codec_x12_document_is_accepted(work.root);
    if (!is_accepted && is_packing) { /* its sets are to be rejected, and cannot be any more: read it again */
        json_decref(work.root);
        return document(bytes, len, false);
    }
    if (!is_accepted) reject_all(&work);
    if (work.scribe.has_failed) {
        json_decref(work.root);
        return NULL;
    }
    return work.root;
}

json_t *hansa_codec_x12_document(const char *bytes, size_t len) {
    return document(bytes, len, false);
}

json_t *hansa_codec_x12_document_packed(const char *bytes, size_t len) {
    return document(bytes, len, true);
}

/* --- writing --- */

struct text {
    char *at;
    size_t len, size;
};

static int text_add(const char *bytes, size_t len, void *data) {
    struct text *text = data;
    if (text->size - text->len <= len) {
        size_t size = (text->size + len) * 2;
        char *larger = realloc(text->at, size);
        if (larger == NULL) return -1;
        text->at = larger;
        text->size = size;
    }
    memcpy(text->at + text->len, bytes, len);
    text->len += len;
    text->at[text->len] = '\0';
    return 0;
}

static int write_value(struct text *text, const json_t *value) {
    return json_dump_callback(value, text_add, text, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* The keys are our own words: nothing in them is to be escaped. */
static int write_member(struct text *text, const char *key, bool is_first) {
    return text_add(is_first ? "\"" : ",\"", is_first ? 1 : 2, text) | text_add(key, strlen(key), text) |
           text_add("\":", 2, text);
}

static int write_sets(struct text *text, json_t *sets) {
    int failed = text_add("[", 1, text);
    for (size_t i = 0; i < json_array_size(sets) && failed == 0; i++) {
        const json_t *set = json_array_get(sets, i);
        failed |= i > 0 ? text_add(",", 1, text) : 0;
        failed |= json_is_string(set) ? text_add(json_string_value(set), json_string_length(set), text)
                                      : write_value(text, set);
        failed |= json_array_set_new(sets, i, json_null()); /* what is written need not be kept as well */
    }
    return failed | text_add("]", 1, text);
}

static int write_interchanges(struct text *text, const json_t *interchanges) {
    size_t i;
    json_t *interchange, *value;
    const char *key;
    int failed = text_add("[", 1, text);
    json_array_foreach(interchanges, i, interchange) {
        bool is_first = true;
        failed |= text_add(i > 0 ? ",{" : "{", i > 0 ? 2 : 1, text);
        json_object_foreach(interchange, key, value) {
            failed |= write_member(text, key, is_first);
            failed |= strcmp(key, "sets") == 0 ? write_sets(text, value) : write_value(text, value);
            is_first = false;
        }
        failed |= text_add("}", 1, text);
    }
    return failed | text_add("]", 1, text);
}

char *hansa_codec_x12_document_write(json_t *root) {
    struct text text = {NULL, 0, 0};
    const char *key;
    json_t *value;
    bool is_first = true;
    int failed = text_add("{", 1, &text);
    json_object_foreach(root, key, value) {
        failed |= write_member(&text, key, is_first);
        failed |= strcmp(key, "interchanges") == 0 ? write_interchanges(&text, value) : write_value(&text, value);
        is_first = false;
    }
    failed |= text_add("}", 1, &text);
    if (failed == 0) return text.at;
    free(text.at);
    return NULL;
}

int hansa_codec_x12_document_is_accepted(const json_t *document) {
    const char *verdict = json_string_value(json_object_get(document, "verdict"));
    return verdict != NULL && strcmp(verdict, "accepted") == 0;
}
