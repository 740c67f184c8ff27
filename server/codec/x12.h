/* Tokenizer of ANSI X12: cuts the bytes of a file into segments and elements.
 *
 * Pure and without allocation: a reader and what it hands out are views into the caller's bytes, which must outlive them.
 * One thread a reader; it lives on the caller's stack (about 17 KiB because of the element table) or in its memory.
 * Every byte is looked at a fixed number of times, so the time is linear in the length whatever the bytes say.
 */
#ifndef HANSA_CODEC_X12_H
#define HANSA_CODEC_X12_H

#include <stdbool.h>
#include <stddef.h>

#define HANSA_CODEC_X12_MAX_BYTES ((size_t)25 * 1024 * 1024) /* of a file */
#define HANSA_CODEC_X12_MAX_SEGMENT ((size_t)64 * 1024)      /* bytes of a segment without its terminator */
#define HANSA_CODEC_X12_MAX_ELEMENTS 1000                    /* of a segment, the tag not counted */

/* A piece of the file. Never NUL-terminated. */
struct hansa_codec_view {
    const char *at;
    size_t len;
};

/* The bytes that part a file. has_component is false when the file does not tell it (a fragment, an empty ISA16). */
struct hansa_codec_x12_separators {
    char element;
    char component;
    char terminator;
    bool has_component;
};

/* One segment. Overwritten by the next call of hansa_codec_x12_next(). */
struct hansa_codec_x12_segment {
    struct hansa_codec_view raw; /* from the tag up to the terminator, which is left out */
    struct hansa_codec_view tag;
    size_t number;        /* 1 for the first segment of the file */
    size_t element_count; /* without the tag */
    char separator;       /* of its elements */
    bool is_terminated;   /* false when the file ended first */
    struct hansa_codec_view elements[HANSA_CODEC_X12_MAX_ELEMENTS];
};

enum hansa_codec_x12_result {
    HANSA_CODEC_X12_SEGMENT,
    HANSA_CODEC_X12_END,
    HANSA_CODEC_X12_ISA_TRUNCATED,       /* an ISA without its sixteen elements */
    HANSA_CODEC_X12_SEPARATORS_UNUSABLE, /* an ISA whose separators are letters, digits or blanks, or twice the same */
    HANSA_CODEC_X12_SEGMENT_TOO_LONG,
    HANSA_CODEC_X12_TOO_MANY_ELEMENTS
};

enum hansa_codec_x12_start {
    HANSA_CODEC_X12_INTERCHANGE, /* an ISA was found */
    HANSA_CODEC_X12_FRAGMENT,    /* no ISA, but a GS or an ST: separators are guessed from it */
    HANSA_CODEC_X12_NOTHING      /* neither */
};

struct hansa_codec_x12_reader {
    const char *bytes;
    size_t len;
    size_t at;
    bool is_fragment;
    bool has_bom;         /* a UTF-8 byte order mark stands first */
    size_t skipped_len;   /* bytes before the first segment that are neither mark nor white space */
    size_t begin_of_this; /* offset of the last segment read */
    size_t end_of_last;   /* offset behind the one before it, terminator included */
    size_t isa_len;       /* of the last ISA, terminator included; 106 when it is right */
    size_t segment_count;
    struct hansa_codec_x12_separators separators; /* of the interchange being read */
    struct hansa_codec_x12_segment segment;       /* the last one read */
};

/* Makes a reader and finds the first segment. With HANSA_CODEC_X12_NOTHING there is nothing to read.
 * The separators of an interchange are known only once its ISA has been read by hansa_codec_x12_next(). */
enum hansa_codec_x12_start hansa_codec_x12_reader_init(struct hansa_codec_x12_reader *reader, const char *bytes,
                                                       size_t len);

/* Reads the next segment into reader->segment. An ISA changes the separators (X12.5: they are the bytes of the ISA itself).
 * White space and control bytes after a terminator are passed over. After anything but SEGMENT the reader is spent. */
enum hansa_codec_x12_result hansa_codec_x12_next(struct hansa_codec_x12_reader *reader);

/* Element `number` (from 1, as standards count), without blanks around; empty when it is not there. */
struct hansa_codec_view hansa_codec_x12_element(const struct hansa_codec_x12_segment *segment, size_t number);

bool hansa_codec_x12_has_tag(const struct hansa_codec_x12_segment *segment, const char *tag);
bool hansa_codec_view_equals(struct hansa_codec_view view, const char *text);
struct hansa_codec_view hansa_codec_view_trim(struct hansa_codec_view view);

#endif
