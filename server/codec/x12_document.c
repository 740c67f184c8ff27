/* Puts the parts together: the tokenizer cuts, the envelope and the 214 understand, the scribe writes. What is decided here is
 * the file as a whole: refused or accepted (standards.md 3). A refused file is still told as far as it was read, so that its
 * sender can find the fault, but every set in it is rejected: nothing of it may be applied. */
#include "codec/x12_document.h"

#include "codec/x12_envelope.h"

#include <string.h>

struct work {
    struct hansa_codec_x12_reader reader;
    struct hansa_codec_scribe scribe;
    struct hansa_codec_x12_envelope envelope;
    json_t *root;
    json_t *warnings;
    json_t *interchanges;
    bool is_over_limit; /* nothing that was read is told */
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

static void note_start(struct work *work, enum hansa_codec_x12_start start) {
    struct hansa_codec_scribe *scribe = &work->scribe;
    struct hansa_codec_place place = file_place(work);
    const char *first = work->reader.bytes;
    size_t len = work->reader.len;
    if (work->reader.has_bom)
        hansa_codec_scribe_warn(scribe, work->warnings, place, "byte_order_mark", "UTF-8 byte order mark first");
    if (start == HANSA_CODEC_X12_INTERCHANGE && work->reader.skipped_len > 0)
        hansa_codec_scribe_warn(scribe, work->warnings, place, "bytes_before_isa",
                                "%zu bytes before the first ISA were not read", work->reader.skipped_len);
    if (start == HANSA_CODEC_X12_INTERCHANGE) return;
    hansa_codec_scribe_warn(scribe, work->warnings, place, "no_envelope", "no ISA/GS envelope");
    if (start == HANSA_CODEC_X12_NOTHING && len >= 3 && (memcmp(first, "UNA", 3) == 0 || memcmp(first, "UNB", 3) == 0))
        refuse(work, "not_x12", "the file begins like EDIFACT, not like X12");
    else
        refuse(work, "no_isa", "the file has no ISA segment");
}

static void read_segments(struct work *work) {
    enum hansa_codec_x12_result result;
    bool is_told = true; /* an end without terminator */
    while ((result = hansa_codec_x12_next(&work->reader)) == HANSA_CODEC_X12_SEGMENT) {
        if (work->reader.segment_count > HANSA_CODEC_X12_MAX_SEGMENTS) {
            refuse_whole(work, "too_many_segments", "the file has more than 500,000 segments; send it in parts");
            return;
        }
        hansa_codec_x12_envelope_segment(&work->envelope);
        is_told = work->reader.segment.is_terminated;
        if (work->scribe.values_left == 0 || work->scribe.has_failed) {
            refuse_whole(work, "too_many_values", "the file says more than is read at once; send it in parts");
            return;
        }
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

static void read_file(struct work *work, const char *bytes, size_t len) {
    enum hansa_codec_x12_start start = hansa_codec_x12_reader_init(&work->reader, bytes, len);
    hansa_codec_scribe_init(&work->scribe, bytes, len);
    note_start(work, start);
    hansa_codec_x12_envelope_init(&work->envelope, &work->scribe, &work->reader, work->warnings, work->interchanges);
    if (start != HANSA_CODEC_X12_NOTHING) read_segments(work);
    hansa_codec_x12_envelope_done(&work->envelope);
    note_text(work);
    if (work->is_over_limit) (void)json_array_clear(work->interchanges);
}

json_t *hansa_codec_x12_document(const char *bytes, size_t len) {
    struct work work;
    work.reader.segment_count = 0;
    work.is_over_limit = false;
    hansa_codec_scribe_init(&work.scribe, "", 0);
    work.root = json_object();
    hansa_codec_scribe_put_string(&work.scribe, work.root, "verdict", "accepted");
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
    if (!hansa_codec_x12_document_is_accepted(work.root)) reject_all(&work);
    if (work.scribe.has_failed) {
        json_decref(work.root);
        return NULL;
    }
    return work.root;
}

int hansa_codec_x12_document_is_accepted(const json_t *document) {
    const char *verdict = json_string_value(json_object_get(document, "verdict"));
    return verdict != NULL && strcmp(verdict, "accepted") == 0;
}
