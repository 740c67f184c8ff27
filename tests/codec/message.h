/* Small X12 messages for the tests and a way to look into what they give. Texts and documents live
 * to the end of the process, of which Criterion gives each test one of its own; nobody frees them but who needs the memory. */
#ifndef HANSA_TESTS_CODEC_MESSAGE_H
#define HANSA_TESTS_CODEC_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A right ISA of 106 bytes with the separators * > ~. */
#define MESSAGE_ISA                                                                                                    \
    "ISA*00*          *00*          *02*BLUE           *ZZ*HANSADEMO      *260312*0815*U*00401*000000007*0*T*>~"
#define MESSAGE_GS "GS*QM*BLUE*HANSADEMO*20260312*0815*1*X*004010~"
#define MESSAGE_END "GE*1*1~IEA*1*000000007~"
#define MESSAGE_B10 "B10*BLU900100*LOAD-31*BLUE~"

/* Keeps what would else be a leak until the process ends. Returns it. */
void *message_keep(void *kept);

/* An interchange around one 214 of these segments, with right counts. Release NULL: 004010. */
char *message_wrap(const char *segments, const char *release);

/* The document of bytes; fails the test when there is none. */
json_t *message_read(const char *bytes, size_t len);

/* The same for a text; fails the test when there is none. */
json_t *message_document(const char *text);

/* The document of an interchange around these segments, and its only set. */
json_t *message_set(const char *segments, const char *release, json_t **ret_document);

/* Set j of interchange i. */
json_t *message_set_at(const json_t *document, size_t i, size_t j);

/* The event at an index of a set. */
json_t *message_event(const json_t *set, size_t index);

/* The JSON of a member, written compactly. */
const char *message_dump(const json_t *object, const char *key);

/* A string member; "(none)" when it is null or not there. */
const char *message_text(const json_t *object, const char *key);

/* Is there a finding with this code? Its detail, else NULL. */
const char *message_warning(const json_t *object_with_warnings, const char *code);

/* Code of why the file is refused or the set rejected; "(none)" when it is not. */
const char *message_fault(const json_t *document_or_set);

/* $HANSA_SAMPLES/folder/name; skips the test aloud when there are no samples. */
char *message_sample(const char *folder, const char *name, size_t *ret_len);

#endif
