/* Reader of the X12 envelope: interchanges ISA..IEA, groups GS..GE, sets ST..SE (standards.md 4.1), into JSON.
 *
 * Lives in the maker of the document for one file; one thread. Fed every segment in turn. The JSON belongs to the document;
 * what is kept here are borrowed references into it, the two sets of seen numbers excepted, and views into the file.
 */
#ifndef HANSA_CODEC_X12_ENVELOPE_H
#define HANSA_CODEC_X12_ENVELOPE_H

#include "codec/x12_214.h"
#include "codec/x12_scribe.h"

#define HANSA_CODEC_X12_STRAY_SIZE 80

struct hansa_codec_x12_envelope {
    struct hansa_codec_scribe *scribe;
    const struct hansa_codec_x12_reader *reader;
    json_t *warnings; /* of the file */
    json_t *interchanges;
    json_t *seen_interchanges; /* owned: "sender control" of the file */
    json_t *seen_qualifiers;   /* owned: reference qualifiers already wondered at */
    json_t *seen_sets;         /* owned: control numbers of the open group */
    json_t *interchange;       /* NULL between interchanges */
    json_t *groups;
    json_t *sets;
    json_t *set; /* NULL between sets */
    json_t *set_warnings;
    bool has_group;            /* a GS is open */
    bool is_214;               /* the open set is one that is read */
    bool has_told_group_code;  /* told once a group */
    bool has_told_no_group;    /* told once an interchange */
    size_t set_begin;          /* number of its ST */
    size_t group_sets;         /* begun in the open group */
    size_t interchange_begin;  /* offset of its first byte in the file */
    char repetition;           /* separator of ISA11, NUL when it names none */
    size_t interchange_groups; /* begun in the open interchange */
    struct hansa_codec_view isa_control, group_code, group_control, release, set_id, set_control;
    char stray[HANSA_CODEC_X12_STRAY_SIZE]; /* tags of segments after IEA, told together */
    size_t stray_count;
    struct hansa_codec_x12_214 set_214;
};

void hansa_codec_x12_envelope_init(struct hansa_codec_x12_envelope *envelope, struct hansa_codec_scribe *scribe,
                                   const struct hansa_codec_x12_reader *reader, json_t *warnings, json_t *interchanges);

/* Takes reader->segment. */
void hansa_codec_x12_envelope_segment(struct hansa_codec_x12_envelope *envelope);

/* The file has ended: closes what is open and says what was missing. Frees what init made. */
void hansa_codec_x12_envelope_done(struct hansa_codec_x12_envelope *envelope);

#endif
