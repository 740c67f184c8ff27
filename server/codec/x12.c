/* X12 has no fixed separators and no escape character: the ISA segment names them by its bytes (standards.md 4.1). Real
 * files add what the standard does not know: a byte order mark, line ends and indents between segments, an ISA of the wrong
 * width, no ISA at all.
 *
 * Invariants: `at` only grows; an element view lies inside its segment and that inside the bytes; the separators change only
 * when an ISA is read, so that an interchange never inherits those of the one before it.
 */
#include "codec/x12.h"

#include <string.h>

#define ISA_ELEMENTS 16
#define ISA_LEN 106                          /* with its terminator */
#define ISA_SEARCH_LEN 400                   /* how far sixteen separators of a badly padded ISA may reach */
#define START_SEARCH_LEN ((size_t)64 * 1024) /* how far from the beginning the first segment is looked for */

static bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_blank_or_control(char c) {
    return (unsigned char)c <= ' ' || c == '\x7f';
}

static bool may_separate(char c) {
    return !is_alphanumeric(c) && c != ' ';
}

struct hansa_codec_view hansa_codec_view_trim(struct hansa_codec_view view) {
    while (view.len > 0 && is_blank_or_control(view.at[0])) {
        view.at++;
        view.len--;
    }
    while (view.len > 0 && is_blank_or_control(view.at[view.len - 1]))
        view.len--;
    return view;
}

bool hansa_codec_view_equals(struct hansa_codec_view view, const char *text) {
    return view.len == strlen(text) && memcmp(view.at, text, view.len) == 0;
}

bool hansa_codec_x12_has_tag(const struct hansa_codec_x12_segment *segment, const char *tag) {
    return hansa_codec_view_equals(segment->tag, tag);
}

struct hansa_codec_view hansa_codec_x12_element(const struct hansa_codec_x12_segment *segment, size_t number) {
    if (number == 0 || number > segment->element_count) return (struct hansa_codec_view){.at = "", .len = 0};
    return hansa_codec_view_trim(segment->elements[number - 1]);
}

/* Is there `tag` at `at`, with a byte behind it that may part elements, and no piece of a longer word before it? */
static bool is_tag_at(const struct hansa_codec_x12_reader *reader, size_t at, const char *tag) {
    size_t tag_len = strlen(tag);
    if (reader->len - at <= tag_len || memcmp(reader->bytes + at, tag, tag_len) != 0) return false;
    char behind = reader->bytes[at + tag_len];
    if (!may_separate(behind)) return false;
    if (at == 0) return true;
    char before = reader->bytes[at - 1];
    return !is_alphanumeric(before) && before != behind; /* …*ST*… is an element, not a segment */
}

/* The separators of an ISA of the right width stand at these offsets (X12.5: widths 2 10 2 10 2 15 2 15 6 4 1 5 9 1 1 1). */
static bool has_isa_width(const char *isa, size_t len) {
    static const unsigned char offsets[ISA_ELEMENTS] = {3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103};
    if (len < ISA_LEN) return false;
    for (size_t i = 0; i < ISA_ELEMENTS; i++) {
        if (isa[offsets[i]] != isa[3]) return false;
    }
    return true;
}

/* Finds the offset, from the I of ISA, of the separator before ISA16. Senders that do not pad make it another than 103. */
static bool find_last_isa_separator(const char *isa, size_t len, size_t *ret_offset) {
    if (has_isa_width(isa, len)) {
        *ret_offset = ISA_LEN - 3;
        return true;
    }
    size_t end = len > ISA_SEARCH_LEN ? ISA_SEARCH_LEN : len;
    size_t found = 0;
    for (size_t i = 3; i < end; i++) {
        found += isa[i] == isa[3];
        if (found == ISA_ELEMENTS) {
            *ret_offset = i;
            return true;
        }
    }
    return false;
}

/* An ISA whose last visible byte is followed by a line end: has ISA16 been left out, so that this byte ends segments, or is it
 * ISA16 and the line end the terminator? The next segment tells: it ends in that byte, or it does not have it before its line
 * end. In a file that goes no further, ~ ends segments, as it does nearly everywhere. */
static bool is_component_left_out(const char *isa, size_t len, size_t at) {
    char last = isa[at];
    size_t i = at + 1;
    while (i < len && (isa[i] == '\r' || isa[i] == '\n' || isa[i] == ' '))
        i++;
    if (i == len) return last == '~';
    size_t end = len - i > HANSA_CODEC_X12_MAX_SEGMENT ? i + HANSA_CODEC_X12_MAX_SEGMENT : len;
    while (i < end && isa[i] != '\r' && isa[i] != '\n') {
        if (isa[i] == last) return true;
        i++;
    }
    return false;
}

/* Takes the separators from the ISA at reader->at; sets ret_end to the offset of its terminator. */
static enum hansa_codec_x12_result read_isa_separators(struct hansa_codec_x12_reader *reader, size_t *ret_end) {
    const char *isa = reader->bytes + reader->at;
    size_t left = reader->len - reader->at;
    size_t last = 0;
    if (!find_last_isa_separator(isa, left, &last) || left - last < 3) return HANSA_CODEC_X12_ISA_TRUNCATED;
    struct hansa_codec_x12_separators found = {
        .element = isa[3], .component = isa[last + 1], .terminator = isa[last + 2], .has_component = true};
    size_t end = last + 2;
    if ((found.terminator == '\r' || found.terminator == '\n') && may_separate(found.component) &&
        is_component_left_out(isa, left, last + 1)) {
        found.terminator = found.component;
        found.has_component = false;
        end--;
    }
    if (!may_separate(found.terminator) || found.element == found.terminator ||
        (found.has_component && found.component == found.terminator))
        return HANSA_CODEC_X12_SEPARATORS_UNUSABLE;
    reader->separators = found;
    reader->isa_len = end + 1;
    *ret_end = reader->at + end;
    return HANSA_CODEC_X12_SEGMENT;
}

/* A fragment tells its separators by its first segment: the byte behind the tag, and the first byte behind the last element
 * that the tag must have (ST02 or GS08, both of letters and digits) which cannot belong to it. */
static bool guess_separators(struct hansa_codec_x12_reader *reader, size_t at) {
    size_t wanted = reader->bytes[at] == 'S' ? 2 : 8;
    char element = reader->bytes[at + 2];
    size_t end = reader->len - at > ISA_SEARCH_LEN ? at + ISA_SEARCH_LEN : reader->len;
    size_t seen = 0;
    for (size_t i = at + 2; i < end; i++) {
        char c = reader->bytes[i];
        seen += c == element;
        if (seen < wanted || c == element || c == ' ' || c == '-' || c == '.' || is_alphanumeric(c)) continue;
        reader->separators = (struct hansa_codec_x12_separators){.element = element, .terminator = c};
        return true;
    }
    return false;
}

/* Passes over what lies between segments. A separator is never passed over, even when it is a control byte. */
static void skip_between(struct hansa_codec_x12_reader *reader) {
    while (reader->at < reader->len) {
        char c = reader->bytes[reader->at];
        bool is_gap = is_blank_or_control(c) || (c == reader->separators.terminator && reader->segment_count > 0);
        if (!is_gap || (reader->segment_count > 0 && c == reader->separators.element)) return;
        reader->at++;
    }
}

/* The first place near the beginning where an ISA with all its separators stands, or the length of the file. */
static size_t find_isa(const struct hansa_codec_x12_reader *reader, size_t from) {
    size_t end = reader->len > START_SEARCH_LEN ? START_SEARCH_LEN : reader->len;
    size_t unused;
    for (size_t i = from; i < end; i++) {
        if (is_tag_at(reader, i, "ISA") && find_last_isa_separator(reader->bytes + i, reader->len - i, &unused))
            return i;
    }
    return reader->len;
}

/* The same for a GS or an ST without interchange. */
static size_t find_fragment(struct hansa_codec_x12_reader *reader, size_t from) {
    size_t end = reader->len > START_SEARCH_LEN ? START_SEARCH_LEN : reader->len;
    for (size_t i = from; i < end; i++) {
        if ((is_tag_at(reader, i, "GS") || is_tag_at(reader, i, "ST")) && guess_separators(reader, i)) return i;
    }
    return reader->len;
}

enum hansa_codec_x12_start hansa_codec_x12_reader_init(struct hansa_codec_x12_reader *reader, const char *bytes,
                                                       size_t len) {
    memset(reader, 0, offsetof(struct hansa_codec_x12_reader, segment));
    reader->segment.element_count = 0;
    reader->bytes = bytes;
    reader->len = len;
    reader->has_bom = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0;
    reader->at = reader->has_bom ? 3 : 0;
    skip_between(reader);
    size_t first = reader->at;
    if (is_tag_at(reader, first, "ISA"))
        return HANSA_CODEC_X12_INTERCHANGE; /* truncated or not: hansa_codec_x12_next() will tell */
    size_t isa = find_isa(reader, first);
    size_t fragment = find_fragment(reader, first);
    /* a set or group before the first ISA is no preamble to pass over: the file has lost its envelope */
    reader->is_fragment = isa == len || fragment < isa;
    reader->at = reader->is_fragment ? fragment : isa;
    reader->skipped_len = reader->at - first;
    if (!reader->is_fragment) return HANSA_CODEC_X12_INTERCHANGE;
    return reader->at < len ? HANSA_CODEC_X12_FRAGMENT : HANSA_CODEC_X12_NOTHING;
}

/* Cuts segment->raw at the element separator. */
static bool split(struct hansa_codec_x12_segment *segment, char separator) {
    const char *at = segment->raw.at;
    const char *end = at + segment->raw.len;
    segment->element_count = 0;
    segment->separator = separator;
    struct hansa_codec_view *piece = &segment->tag;
    for (;;) {
        const char *stop = memchr(at, separator, (size_t)(end - at));
        *piece = (struct hansa_codec_view){.at = at, .len = (size_t)((stop == NULL ? end : stop) - at)};
        if (stop == NULL) return true;
        if (segment->element_count == HANSA_CODEC_X12_MAX_ELEMENTS) return false;
        piece = &segment->elements[segment->element_count++];
        at = stop + 1;
    }
}

enum hansa_codec_x12_result hansa_codec_x12_next(struct hansa_codec_x12_reader *reader) {
    reader->end_of_last = reader->at;
    skip_between(reader);
    reader->begin_of_this = reader->at;
    if (reader->at >= reader->len) return HANSA_CODEC_X12_END;
    struct hansa_codec_x12_segment *segment = &reader->segment;
    const char *start = reader->bytes + reader->at;
    size_t left = reader->len - reader->at;
    size_t end = reader->len;
    bool is_isa = !reader->is_fragment && left > 3 && memcmp(start, "ISA", 3) == 0 && may_separate(start[3]);
    if (is_isa) {
        enum hansa_codec_x12_result result = read_isa_separators(reader, &end);
        if (result != HANSA_CODEC_X12_SEGMENT) return result;
    } else {
        size_t window = left > HANSA_CODEC_X12_MAX_SEGMENT ? HANSA_CODEC_X12_MAX_SEGMENT + 1 : left;
        const char *stop = memchr(start, reader->separators.terminator, window);
        if (stop == NULL && window < left) return HANSA_CODEC_X12_SEGMENT_TOO_LONG;
        end = stop == NULL ? reader->len : (size_t)(stop - reader->bytes);
    }
    segment->is_terminated = end < reader->len;
    segment->raw = (struct hansa_codec_view){.at = start, .len = end - reader->at};
    if (segment->raw.len > HANSA_CODEC_X12_MAX_SEGMENT) return HANSA_CODEC_X12_SEGMENT_TOO_LONG;
    reader->at = segment->is_terminated ? end + 1 : end;
    segment->number = ++reader->segment_count;
    if (!split(segment, reader->separators.element)) return HANSA_CODEC_X12_TOO_MANY_ELEMENTS;
    segment->tag = hansa_codec_view_trim(segment->tag);
    return HANSA_CODEC_X12_SEGMENT;
}
