/* Senders leave out, repeat and miscount the parts of an envelope, so none is required before another is understood: each
 * closes what is still open inside it, and what does not fit is told.
 *
 * Invariants: counts are compared after reading and size nothing (standards.md 3); a set without its SE is rejected, so that
 * a file cut short never gives half a message; in a fragment nothing is said of the missing ISA, GS, GE and IEA, because the
 * file is refused for that. */
#include "codec/x12_envelope.h"

#include "codec/x12_control.h"
#include "core/text.h"

#include <stdio.h>
#include <string.h>

#define MAX_STRAY_TAGS 10
#define MAX_TAG 5 /* bytes: a tag has two or three, but this one is a stranger */
#define WORD HANSA_CODEC_SCRIBE_WORD

static struct hansa_codec_view element(const struct hansa_codec_x12_envelope *envelope, size_t number) {
    return hansa_codec_x12_element(&envelope->reader->segment, number);
}

static const char *word(struct hansa_codec_x12_envelope *envelope, struct hansa_codec_view view, char buffer[WORD]) {
    return hansa_codec_scribe_word(envelope->scribe, view, buffer);
}

static struct hansa_codec_place file_place(const struct hansa_codec_x12_envelope *envelope, const char *tag,
                                           size_t number) {
    return (struct hansa_codec_place){.segment = tag, .position = envelope->reader->segment_count, .element = number};
}

static struct hansa_codec_place set_place(const struct hansa_codec_x12_envelope *envelope, const char *tag,
                                          size_t number) {
    size_t position = envelope->reader->segment_count - envelope->set_begin + 1;
    return (struct hansa_codec_place){.segment = tag, .position = position, .element = number};
}

void hansa_codec_x12_envelope_init(struct hansa_codec_x12_envelope *envelope, struct hansa_codec_scribe *scribe,
                                   const struct hansa_codec_x12_reader *reader, json_t *warnings,
                                   json_t *interchanges) {
    *envelope = (struct hansa_codec_x12_envelope){.scribe = scribe,
                                                  .reader = reader,
                                                  .warnings = warnings,
                                                  .interchanges = interchanges,
                                                  .seen_interchanges = json_object(),
                                                  .seen_qualifiers = json_object(),
                                                  .seen_sets = json_object()};
}

static void put_separator(struct hansa_codec_scribe *scribe, json_t *object, const char *key, char separator) {
    char name[8];
    if (separator == '\n' || separator == '\r')
        (void)snprintf(name, sizeof name, "%s", separator == '\n' ? "LF" : "CR");
    else if (separator > ' ' && separator <= '~')
        (void)snprintf(name, sizeof name, "%c", separator);
    else
        (void)snprintf(name, sizeof name, "0x%02X", (unsigned)(unsigned char)separator);
    hansa_codec_scribe_put_string(scribe, object, key, name);
}

/* "qualifier:id", the name of a trading partner. */
static void put_party(struct hansa_codec_x12_envelope *envelope, const char *key, size_t number) {
    char qualifier[WORD];
    char id[WORD];
    char party[2 * WORD];
    (void)snprintf(party, sizeof party, "%s:%s", word(envelope, element(envelope, number), qualifier),
                   word(envelope, element(envelope, number + 1), id));
    hansa_codec_scribe_put_string(envelope->scribe, envelope->interchange, key, party);
}

static void flush_stray(struct hansa_codec_x12_envelope *envelope) {
    if (envelope->stray_count > 0)
        hansa_codec_scribe_warn(envelope->scribe, envelope->warnings, file_place(envelope, "", 0), "segments_after_iea",
                                "segments after IEA: %s%s", envelope->stray,
                                envelope->stray_count > MAX_STRAY_TAGS ? ", ..." : "");
    envelope->stray_count = 0;
    envelope->stray[0] = '\0';
}

static void note_stray(struct hansa_codec_x12_envelope *envelope) {
    char tag[WORD];
    size_t used = strlen(envelope->stray);
    if (envelope->stray_count++ >= MAX_STRAY_TAGS) return;
    word(envelope, envelope->reader->segment.tag, tag);
    tag[hansa_text_cut(tag, strlen(tag), MAX_TAG)] = '\0';
    (void)snprintf(envelope->stray + used, sizeof envelope->stray - used, "%s%s", used > 0 ? ", " : "", tag);
}

static void end_set(struct hansa_codec_x12_envelope *envelope) {
    if (envelope->is_214) hansa_codec_x12_214_done(&envelope->set_214);
    envelope->set = NULL;
    envelope->is_214 = false;
}

/* Something else began, or the file ended, before SE came. */
static void cut_set(struct hansa_codec_x12_envelope *envelope) {
    if (envelope->set == NULL) return;
    hansa_codec_x12_reject(envelope->scribe, envelope->set, set_place(envelope, "SE", 0), "trailer_missing",
                           "the set has no SE: it is not whole");
    end_set(envelope);
}

static void cut_group(struct hansa_codec_x12_envelope *envelope) {
    cut_set(envelope);
    if (envelope->has_group && !envelope->reader->is_fragment)
        hansa_codec_scribe_warn(envelope->scribe, envelope->warnings, file_place(envelope, "GE", 0), "ge_missing",
                                "a group has no GE");
    envelope->has_group = false;
    envelope->release = envelope->group_code = (struct hansa_codec_view){.at = "", .len = 0};
}

/* Its bytes are told by their place in the file, so that it can be known again whatever its control number says. */
static void end_interchange(struct hansa_codec_x12_envelope *envelope, size_t end) {
    if (envelope->interchange == NULL) return;
    hansa_codec_scribe_put(envelope->scribe, envelope->interchange, "offset",
                           json_integer((json_int_t)envelope->interchange_begin));
    hansa_codec_scribe_put(envelope->scribe, envelope->interchange, "length",
                           json_integer((json_int_t)(end - envelope->interchange_begin)));
    envelope->interchange = NULL;
}

static void cut_interchange(struct hansa_codec_x12_envelope *envelope) {
    cut_group(envelope);
    if (envelope->interchange != NULL && !envelope->reader->is_fragment)
        hansa_codec_scribe_warn(envelope->scribe, envelope->warnings, file_place(envelope, "IEA", 0), "iea_missing",
                                "the interchange has no IEA");
    end_interchange(envelope, envelope->reader->end_of_last);
}

static void open_interchange(struct hansa_codec_x12_envelope *envelope) {
    struct hansa_codec_scribe *scribe = envelope->scribe;
    const struct hansa_codec_x12_separators *separators = &envelope->reader->separators;
    json_t *interchange = hansa_codec_scribe_add_new(scribe, envelope->interchanges, json_object());
    put_separator(scribe, interchange, "element_separator", separators->element);
    if (separators->has_component)
        put_separator(scribe, interchange, "component_separator", separators->component);
    else
        hansa_codec_scribe_put_string(scribe, interchange, "component_separator", NULL);
    put_separator(scribe, interchange, "segment_terminator", separators->terminator);
    envelope->interchange = interchange;
    envelope->interchange_begin = envelope->reader->begin_of_this;
    envelope->interchange_groups = 0;
    envelope->has_told_no_group = false;
}

static void open_lists(struct hansa_codec_x12_envelope *envelope) {
    envelope->groups = hansa_codec_scribe_put_new(envelope->scribe, envelope->interchange, "groups", json_array());
    envelope->sets = hansa_codec_scribe_put_new(envelope->scribe, envelope->interchange, "sets", json_array());
}

/* ISA11 parts repeated elements since 00402; before, it names the standard (U). */
static bool has_repetition(const struct hansa_codec_x12_envelope *envelope) {
    struct hansa_codec_view version = element(envelope, 12);
    return version.len == 5 && memcmp(version.at, "00402", 5) >= 0 && element(envelope, 11).len == 1 &&
           !hansa_codec_view_equals(element(envelope, 11), "U");
}

static void check_isa(struct hansa_codec_x12_envelope *envelope) {
    char first[WORD];
    char second[WORD];
    struct hansa_codec_view repetition = element(envelope, 11);
    struct hansa_codec_view version = element(envelope, 12);
    if (envelope->reader->isa_len != 106)
        hansa_codec_scribe_warn(envelope->scribe, envelope->warnings, file_place(envelope, "ISA", 0), "isa_length",
                                "ISA is %zu bytes to its terminator, not 106", envelope->reader->isa_len);
    if (version.len == 5 && memcmp(version.at, "00402", 5) < 0 && !hansa_codec_view_equals(repetition, "U"))
        hansa_codec_scribe_warn(envelope->scribe, envelope->warnings, file_place(envelope, "ISA", 11), "isa_standard",
                                "ISA11 is \"%s\" with version %s", word(envelope, repetition, first),
                                word(envelope, version, second));
}

/* Whether it is the same interchange again is for who keeps those that came before to say: senders use numbers again. */
static void check_repeated(struct hansa_codec_x12_envelope *envelope) {
    struct hansa_codec_scribe *scribe = envelope->scribe;
    char control[WORD];
    char key[4 * WORD];
    const char *sender = json_string_value(json_object_get(envelope->interchange, "sender"));
    (void)snprintf(key, sizeof key, "%s %s", sender == NULL ? "" : sender,
                   word(envelope, envelope->isa_control, control));
    if (json_object_get(envelope->seen_interchanges, key) != NULL)
        hansa_codec_scribe_warn(scribe, envelope->warnings, file_place(envelope, "ISA", 13), "duplicate_interchange",
                                "interchange number %s came before in this file", control);
    hansa_codec_scribe_put(scribe, envelope->seen_interchanges, key, json_true());
}

static void read_isa(struct hansa_codec_x12_envelope *envelope) {
    struct hansa_codec_scribe *scribe = envelope->scribe;
    cut_interchange(envelope);
    flush_stray(envelope);
    open_interchange(envelope);
    envelope->repetition = has_repetition(envelope) ? element(envelope, 11).at[0] : '\0';
    if (envelope->repetition != '\0')
        put_separator(scribe, envelope->interchange, "repetition_separator", envelope->repetition);
    envelope->isa_control = element(envelope, 13);
    put_party(envelope, "sender", 5);
    put_party(envelope, "receiver", 7);
    hansa_codec_scribe_put_text(scribe, envelope->interchange, "version", element(envelope, 12));
    hansa_codec_scribe_put_text(scribe, envelope->interchange, "control", envelope->isa_control);
    hansa_codec_scribe_put_text(scribe, envelope->interchange, "usage", element(envelope, 15));
    hansa_codec_scribe_put_text(scribe, envelope->interchange, "date", element(envelope, 9));
    hansa_codec_scribe_put_text(scribe, envelope->interchange, "time", element(envelope, 10));
    check_repeated(envelope);
    open_lists(envelope);
    check_isa(envelope);
}

static void read_iea(struct hansa_codec_x12_envelope *envelope) {
    struct hansa_codec_scribe *scribe = envelope->scribe;
    char first[WORD];
    char second[WORD];
    size_t count = 0;
    cut_group(envelope);
    if (envelope->reader->is_fragment) return;
    if (!hansa_codec_x12_count(element(envelope, 1), &count) || count != envelope->interchange_groups)
        hansa_codec_scribe_warn(scribe, envelope->warnings, file_place(envelope, "IEA", 1), "iea_count",
                                "IEA01 %s but %zu group(s)", word(envelope, element(envelope, 1), first),
                                envelope->interchange_groups);
    if (!hansa_codec_x12_is_same_control(element(envelope, 2), envelope->isa_control))
        hansa_codec_scribe_warn(scribe, envelope->warnings, file_place(envelope, "IEA", 2), "iea_control",
                                "IEA02 %s differs from ISA13 %s", word(envelope, element(envelope, 2), first),
                                word(envelope, envelope->isa_control, second));
    end_interchange(envelope, envelope->reader->at);
}

static void read_gs(struct hansa_codec_x12_envelope *envelope) {
    struct hansa_codec_scribe *scribe = envelope->scribe;
    cut_group(envelope);
    envelope->has_group = true;
    envelope->has_told_group_code = false;
    envelope->group_sets = 0;
    envelope->interchange_groups++;
    envelope->group_code = element(envelope, 1);
    envelope->group_control = element(envelope, 6);
    envelope->release = element(envelope, 8);
    if (json_object_clear(envelope->seen_sets) != 0) scribe->has_failed = true;
    json_t *group = hansa_codec_scribe_add_new(scribe, envelope->groups, json_object());
    hansa_codec_scribe_put_text(scribe, group, "code", envelope->group_code);
    hansa_codec_scribe_put_text(scribe, group, "control", envelope->group_control);
    hansa_codec_scribe_put_text(scribe, group, "version", envelope->release);
    hansa_codec_scribe_put_text(scribe, group, "sender", element(envelope, 2));
    hansa_codec_scribe_put_text(scribe, group, "receiver", element(envelope, 3));
    hansa_codec_scribe_put_text(scribe, group, "date", element(envelope, 4));
    hansa_codec_scribe_put_text(scribe, group, "time", element(envelope, 5));
}

static void read_ge(struct hansa_codec_x12_envelope *envelope) {
    struct hansa_codec_scribe *scribe = envelope->scribe;
    char first[WORD];
    char second[WORD];
    size_t count = 0;
    cut_set(envelope);
    if (!envelope->has_group) {
        hansa_codec_scribe_warn(scribe, envelope->warnings, file_place(envelope, "GE", 0), "gs_missing",
                                "GE without its GS");
        return;
    }
    if (!hansa_codec_x12_count(element(envelope, 1), &count) || count != envelope->group_sets)
        hansa_codec_scribe_warn(scribe, envelope->warnings, file_place(envelope, "GE", 1), "ge_count",
                                "GE01 %s but %zu set(s)", word(envelope, element(envelope, 1), first),
                                envelope->group_sets);
    if (!hansa_codec_x12_is_same_control(element(envelope, 2), envelope->group_control))
        hansa_codec_scribe_warn(scribe, envelope->warnings, file_place(envelope, "GE", 2), "ge_control",
                                "GE02 %s differs from GS06 %s", word(envelope, element(envelope, 2), first),
                                word(envelope, envelope->group_control, second));
    envelope->has_group = false;
    envelope->release = envelope->group_code = (struct hansa_codec_view){.at = "", .len = 0};
}

/* The functional group that a set belongs in (standards.md 4.1), for those of our trade; NULL for others. */
static const char *group_code_of(struct hansa_codec_view set_id) {
    static const char *const codes[][2] = {{"204", "SM"}, {"210", "IM"}, {"214", "QM"}, {"315", "QO"},
                                           {"322", "SO"}, {"990", "GF"}, {"997", "FA"}};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (hansa_codec_view_equals(set_id, codes[i][0])) return codes[i][1];
    }
    return NULL;
}

static void check_group(struct hansa_codec_x12_envelope *envelope) {
    struct hansa_codec_scribe *scribe = envelope->scribe;
    const char *wanted = group_code_of(envelope->set_id);
    char first[WORD];
    char second[WORD];
    if (!envelope->has_group) {
        if (!envelope->reader->is_fragment && !envelope->has_told_no_group)
            hansa_codec_scribe_warn(scribe, envelope->warnings, file_place(envelope, "ST", 0), "gs_missing",
                                    "a set stands outside any group");
        envelope->has_told_no_group = true;
        return;
    }
    if (wanted == NULL || envelope->has_told_group_code || hansa_codec_view_equals(envelope->group_code, wanted))
        return;
    envelope->has_told_group_code = true;
    hansa_codec_scribe_warn(scribe, envelope->warnings, file_place(envelope, "GS", 1), "gs_code",
                            "GS01 is %s, a %s belongs in %s", word(envelope, envelope->group_code, first),
                            word(envelope, envelope->set_id, second), wanted);
}

/* A new set, accepted until something speaks against it. */
static void open_set(struct hansa_codec_x12_envelope *envelope, struct hansa_codec_view id,
                     struct hansa_codec_view control) {
    struct hansa_codec_scribe *scribe = envelope->scribe;
    json_int_t group = (json_int_t)json_array_size(envelope->groups) - 1;
    json_t *set = hansa_codec_scribe_add_new(scribe, envelope->sets, json_object());
    hansa_codec_scribe_put_text(scribe, set, "set", id);
    hansa_codec_scribe_put_text(scribe, set, "control", control);
    hansa_codec_scribe_put(scribe, set, "group", envelope->has_group ? json_integer(group) : json_null());
    hansa_codec_scribe_put_string(scribe, set, "verdict", "accepted");
    hansa_codec_scribe_put(scribe, set, "problem", json_null());
    envelope->set_warnings = hansa_codec_scribe_put_new(scribe, set, "warnings", json_array());
    envelope->set = set;
    envelope->set_id = id;
    envelope->set_control = control;
    envelope->set_begin = envelope->reader->segment_count;
    envelope->group_sets++;
}

static void read_st(struct hansa_codec_x12_envelope *envelope) {
    struct hansa_codec_scribe *scribe = envelope->scribe;
    char name[WORD];
    cut_set(envelope);
    open_set(envelope, element(envelope, 1), element(envelope, 2));
    check_group(envelope);
    word(envelope, envelope->set_control, name);
    if (envelope->has_group && json_object_get(envelope->seen_sets, name) != NULL)
        hansa_codec_scribe_warn(scribe, envelope->set_warnings, set_place(envelope, "ST", 2), "duplicate_set_control",
                                "control number %s came before in this group", name);
    hansa_codec_scribe_put(scribe, envelope->seen_sets, name, json_true());
    envelope->is_214 = hansa_codec_view_equals(envelope->set_id, "214");
    if (envelope->is_214)
        hansa_codec_x12_214_init(&envelope->set_214, scribe, envelope->set, envelope->set_warnings,
                                 envelope->seen_qualifiers, envelope->release, envelope->repetition);
    else
        hansa_codec_x12_reject(scribe, envelope->set, set_place(envelope, "ST", 1), "set_not_supported",
                               "transaction set %s is not read here", word(envelope, envelope->set_id, name));
}

/* An SE that ends nothing stands for a set whose ST was lost. */
static void read_lonely_se(struct hansa_codec_x12_envelope *envelope) {
    open_set(envelope, (struct hansa_codec_view){.at = "", .len = 0}, element(envelope, 2));
    hansa_codec_x12_reject(envelope->scribe, envelope->set, set_place(envelope, "ST", 0), "header_missing",
                           "SE came without its ST");
    envelope->set = NULL;
}

static void read_se(struct hansa_codec_x12_envelope *envelope) {
    struct hansa_codec_scribe *scribe = envelope->scribe;
    size_t counted = envelope->reader->segment_count - envelope->set_begin + 1;
    size_t count = 0;
    char id[WORD];
    char control[WORD];
    char said[WORD];
    if (envelope->set == NULL) {
        read_lonely_se(envelope);
        return;
    }
    word(envelope, envelope->set_id, id);
    word(envelope, envelope->set_control, control);
    if (!hansa_codec_x12_count(element(envelope, 1), &count))
        hansa_codec_scribe_warn(scribe, envelope->set_warnings, set_place(envelope, "SE", 1), "se_count",
                                "set %s %s: SE01 says '%s', %zu counted", id, control,
                                word(envelope, element(envelope, 1), said), counted);
    else if (count != counted)
        hansa_codec_scribe_warn(scribe, envelope->set_warnings, set_place(envelope, "SE", 1), "se_count",
                                "set %s %s: SE01 says %zu, %zu counted", id, control, count, counted);
    if (!hansa_codec_x12_is_same_control(element(envelope, 2), envelope->set_control))
        hansa_codec_scribe_warn(scribe, envelope->set_warnings, set_place(envelope, "SE", 2), "se_control",
                                "set %s %s: SE02 %s differs from ST02", id, control,
                                word(envelope, element(envelope, 2), said));
    end_set(envelope);
}

/* A segment that is no part of an envelope and stands outside any set. */
static void read_outside(struct hansa_codec_x12_envelope *envelope) {
    char tag[WORD];
    bool is_ta1 = hansa_codec_x12_has_tag(&envelope->reader->segment, "TA1");
    if (envelope->reader->is_fragment || (is_ta1 && !envelope->has_group)) return;
    hansa_codec_scribe_warn(envelope->scribe, envelope->warnings, file_place(envelope, "", 0), "segment_outside_set",
                            "segment %s stands outside any set", word(envelope, envelope->reader->segment.tag, tag));
}

void hansa_codec_x12_envelope_segment(struct hansa_codec_x12_envelope *envelope) {
    const struct hansa_codec_x12_segment *segment = &envelope->reader->segment;
    if (envelope->reader->is_fragment && envelope->interchange == NULL) {
        open_interchange(envelope);
        open_lists(envelope);
    }
    if (!envelope->reader->is_fragment && hansa_codec_x12_has_tag(segment, "ISA"))
        read_isa(envelope);
    else if (envelope->interchange == NULL)
        note_stray(envelope);
    else if (hansa_codec_x12_has_tag(segment, "IEA"))
        read_iea(envelope);
    else if (hansa_codec_x12_has_tag(segment, "GS"))
        read_gs(envelope);
    else if (hansa_codec_x12_has_tag(segment, "GE"))
        read_ge(envelope);
    else if (hansa_codec_x12_has_tag(segment, "ST"))
        read_st(envelope);
    else if (hansa_codec_x12_has_tag(segment, "SE"))
        read_se(envelope);
    else if (envelope->set == NULL)
        read_outside(envelope);
    else if (envelope->is_214)
        hansa_codec_x12_214_segment(&envelope->set_214, segment,
                                    envelope->reader->segment_count - envelope->set_begin + 1);
}

void hansa_codec_x12_envelope_done(struct hansa_codec_x12_envelope *envelope) {
    cut_interchange(envelope);
    flush_stray(envelope);
    json_decref(envelope->seen_interchanges);
    json_decref(envelope->seen_qualifiers);
    json_decref(envelope->seen_sets);
}
