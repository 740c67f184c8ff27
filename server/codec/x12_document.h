/* One JSON document that says what a file of ANSI X12 holds, what was understood of it and what was not.
 *
 * Pure: bytes in, document out; any thread. Linear in the length of the file. The caller owns the document (json_decref);
 * it holds no view into the bytes. `hansa edi parse` prints it and the upload works from it, so both always agree.
 *
 * {"verdict": "accepted" | "refused",            refused: nothing of the file may be applied, every set is rejected
 *  "format": "X12" | "EDIFACT" | "OTHER",        only X12 is read
 *  "reason": {"code", "detail"} | null,          why it is refused
 *  "warnings": [finding],                        of the envelope; positions count the segments of the file
 *  "interchanges": [{
 *    "element_separator", "component_separator" (or null), "segment_terminator" ("LF", "CR", "0x1C" for control bytes),
 *    "repetition_separator" (where ISA11 is one),
 *    "sender" "qualifier:id", "receiver", "version", "control", "usage", "date", "time",
 *                                                the last seven are not there in a fragment without ISA
 *    "offset", "length",                         its bytes in the file, from ISA to the terminator of IEA
 *    "groups": [{"code", "control", "version", "sender", "receiver", "date", "time"}],
 *    "sets": [{"set", "control", "group" (index or null), "verdict": "accepted" | "rejected", "problem": finding | null,
 *              "warnings": [finding],              positions count from ST = 1
 *              and, of a 214, what x12_214.h says}]}]}
 * A finding is {"code", "segment", "position", "element" (when one is meant), "detail"}.
 * An event is {"status", "reason" | "appointment", "appointment_reason"; "date", "time", "tz" as sent, left out when empty;
 *   "code" (event_codes.def), "text", "moves_status", "time_kind", "time_subject", "reason_family", "reason_text" (see
 *   status_codes.h); "event_time_local" "YYYY-MM-DDTHH:MM[:SS]" or null; "zone" an IANA name, a fixed offset "-05:00", or
 *   null: unknown, use the default of the partner; "zone_source" "given" | "assumed"; "latitude", "longitude" decimal degrees
 *   as text or null; "loop" index in loops or null; "position"; "raw" the AT7; "at" {city, state, country, lon, lat} as sent;
 *   "equipment" [MS2 elements]; "place_inferred", "stop", "units" (x12_loop.h); "problem" a finding: its time cannot be read,
 *   event_time_local is null, and the event is lost by itself; what is not said is left out}. A set of which every event has
 *   a problem is rejected.
 * A fixed offset must not be given to PostgreSQL's AT TIME ZONE, which reads "-05:00" the POSIX way round: append it to the
 * time and cast to timestamptz.
 *
 * A file that is refused for its size (too_many_…) is told without its interchanges.
 *
 * Accepted, warned of and refused is what standards.md section 3 says.
 */
#ifndef HANSA_CODEC_X12_DOCUMENT_H
#define HANSA_CODEC_X12_DOCUMENT_H

#include <jansson.h>
#include <stddef.h>

/* Most segments of a file: a megabyte of 214 has some 60,000. The document has its own bound on values (x12_scribe.h), and a set of
 * it another, since an open set is a tree in memory. */
#define HANSA_CODEC_X12_MAX_SEGMENTS 100000
#define HANSA_CODEC_X12_MAX_SET_VALUES 600000

/* Never refuses by returning NULL: that means that memory ran out. A refused file's reason.code is one of empty, too_large,
 * edifact, not_x12, no_isa, isa_truncated, separators_unusable, segment_too_long, too_many_elements, too_many_segments, too_many_values. */
json_t *hansa_codec_x12_document(const char *bytes, size_t len);

/* The same in less memory: each set of an accepted file is a JSON string that holds the set's own JSON text, to be written only. */
json_t *hansa_codec_x12_document_packed(const char *bytes, size_t len);

/* The document `root`, packed or not, as compact JSON text, malloc'd; NULL when memory ran out. Its sets are gone afterwards. */
char *hansa_codec_x12_document_write(json_t *root);

/* True when the document's verdict is "accepted". */
int hansa_codec_x12_document_is_accepted(const json_t *document);

#endif
