/* The writer of a document about a file of EDI: turns views into clean JSON text, notes warnings, and keeps the whole bounded.
 *
 * Owned by the maker of the document, on its stack, for one file; one thread. Values made here belong to whoever gets them,
 * as usual with jansson. A failed allocation is remembered in `has_failed`, so callers need not check each value: the
 * document is thrown away at the end.
 */
#ifndef HANSA_CODEC_X12_SCRIBE_H
#define HANSA_CODEC_X12_SCRIBE_H

#include "codec/x12.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define HANSA_CODEC_SCRIBE_TEXT 256      /* bytes of a value in UTF-8 */
#define HANSA_CODEC_SCRIBE_PLACE 100     /* the same of a value that many events share */
#define HANSA_CODEC_SCRIBE_RAW 1000      /* bytes of a raw segment in UTF-8 */
#define HANSA_CODEC_SCRIBE_VALUES 600000 /* values of a document; about 100 bytes each */
#define HANSA_CODEC_SCRIBE_WARNINGS 1000 /* of a document */
#define HANSA_CODEC_SCRIBE_DETAIL 400    /* bytes of a sentence, NUL included */
#define HANSA_CODEC_SCRIBE_WORD 48       /* a value in a sentence */

struct hansa_codec_scribe {
    size_t values_left; /* 0: the document is full, stop reading */
    size_t warnings_left;
    bool is_latin1;     /* the file is not valid UTF-8: its bytes are ISO 8859-1 */
    bool has_controls;  /* a control, NUL or bidi character was replaced by a blank */
    bool has_cut;       /* a value was longer than it may be */
    bool has_converted; /* a value was converted from ISO 8859-1 */
    bool has_failed;    /* out of memory */
};

/* A place in a file that a warning or problem is about. Position counts from 1; element 0 means the whole segment. */
struct hansa_codec_place {
    const char *segment; /* tag, or "" */
    size_t position;
    size_t element;
};

/* Looks once at all bytes to learn whether they are UTF-8. */
void hansa_codec_scribe_init(struct hansa_codec_scribe *scribe, const char *bytes, size_t len);

/* The value of a view: blanks around removed, UTF-8, no control characters, at most max_len bytes (<= RAW). */
json_t *hansa_codec_scribe_text(struct hansa_codec_scribe *scribe, struct hansa_codec_view view, size_t max_len);

/* A segment as text. A separator that is no visible character is written * because text may not hold it. */
json_t *hansa_codec_scribe_raw(struct hansa_codec_scribe *scribe, const struct hansa_codec_x12_segment *segment);

/* object[key] = value, taking the value. */
void hansa_codec_scribe_put(struct hansa_codec_scribe *scribe, json_t *object, const char *key, json_t *value);
void hansa_codec_scribe_put_text(struct hansa_codec_scribe *scribe, json_t *object, const char *key,
                                 struct hansa_codec_view view);
void hansa_codec_scribe_put_string(struct hansa_codec_scribe *scribe, json_t *object, const char *key,
                                   const char *text_or_null); /* NULL becomes null */

/* array += value, taking the value. */
void hansa_codec_scribe_add(struct hansa_codec_scribe *scribe, json_t *array, json_t *value);
void hansa_codec_scribe_add_text(struct hansa_codec_scribe *scribe, json_t *array, struct hansa_codec_view view);

/* A fresh object or array that now stands in parent; the reference is borrowed. NULL only after a failure. */
json_t *hansa_codec_scribe_put_new(struct hansa_codec_scribe *scribe, json_t *parent, const char *key, json_t *fresh);
json_t *hansa_codec_scribe_add_new(struct hansa_codec_scribe *scribe, json_t *parent, json_t *fresh);

/* A short clean copy of a view for use in a sentence. Returns buffer. */
const char *hansa_codec_scribe_word(struct hansa_codec_scribe *scribe, struct hansa_codec_view view,
                                    char buffer[HANSA_CODEC_SCRIBE_WORD]);

/* {"code","segment","position","element" (if any),"detail"}. The detail is a sentence of clean words. */
json_t *hansa_codec_scribe_finding(struct hansa_codec_scribe *scribe, struct hansa_codec_place place, const char *code,
                                   const char *detail);

/* Adds a finding to an array of warnings. The last one that fits says that there were more. */
void hansa_codec_scribe_warn(struct hansa_codec_scribe *scribe, json_t *warnings, struct hansa_codec_place place,
                             const char *code, const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
