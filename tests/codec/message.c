#include "message.h"

#include "codec/x12_document.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_SIZE = 64 * 1024 };

void *message_keep(void *kept) {
    static struct link {
        struct link *next;
        void *kept;
    } * first; /* LeakSanitizer calls no leak what a static can reach */
    struct link *link = malloc(sizeof *link);
    cr_assert(link != NULL && kept != NULL);
    *link = (struct link){.next = first, .kept = kept};
    first = link;
    return kept;
}

char *message_wrap(const char *segments, const char *release) {
    size_t count = 2; /* ST and SE */
    char *text = NULL;
    for (const char *at = segments; *at != '\0'; at++)
        count += *at == '~';
    int len = asprintf(&text, "%sGS*QM*BLUE*HANSADEMO*20260312*0815*1*X*%s~ST*214*0001~%sSE*%zu*0001~%s", MESSAGE_ISA,
                       release == NULL ? "004010" : release, segments, count, MESSAGE_END);
    cr_assert(len > 0);
    return message_keep(text);
}

/* What is written set by set, as the server does, must be the same text. */
static void compare_packed(const char *bytes, size_t len, const json_t *document) {
    json_t *packed = hansa_codec_x12_document_packed(bytes, len);
    cr_assert_not_null(packed);
    cr_expect_eq(hansa_codec_x12_document_is_accepted(packed), hansa_codec_x12_document_is_accepted(document));
    char *whole = json_dumps(document, JSON_COMPACT), *text = hansa_codec_x12_document_write(packed);
    cr_expect_str_eq(text, whole);
    free(whole);
    free(text);
    json_decref(packed);
}

json_t *message_read(const char *bytes, size_t len) {
    json_t *document = hansa_codec_x12_document(bytes, len);
    if (document != NULL) compare_packed(bytes, len, document);
    return message_keep(document);
}

json_t *message_document(const char *text) {
    return message_read(text, strlen(text));
}

json_t *message_set(const char *segments, const char *release, json_t **ret_document) {
    char *text = message_wrap(segments, release);
    json_t *document = message_document(text);
    if (ret_document != NULL) *ret_document = document;
    return message_set_at(document, 0, 0);
}

json_t *message_set_at(const json_t *document, size_t i, size_t j) {
    json_t *interchange = json_array_get(json_object_get(document, "interchanges"), i);
    json_t *set = json_array_get(json_object_get(interchange, "sets"), j);
    cr_assert_not_null(set, "no set %zu in interchange %zu", j, i);
    return set;
}

json_t *message_event(const json_t *set, size_t index) {
    json_t *event = json_array_get(json_object_get(set, "events"), index);
    cr_assert_not_null(event, "no event %zu", index);
    return event;
}

const char *message_dump(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return value == NULL ? "(none)" : message_keep(json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY));
}

const char *message_text(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "(none)" : text;
}

const char *message_warning(const json_t *object_with_warnings, const char *code) {
    json_t *finding;
    size_t i;
    json_array_foreach(json_object_get(object_with_warnings, "warnings"), i, finding) {
        if (strcmp(message_text(finding, "code"), code) == 0) return message_text(finding, "detail");
    }
    return NULL;
}

const char *message_fault(const json_t *document_or_set) {
    json_t *reason = json_object_get(document_or_set, "reason");
    return message_text(reason != NULL ? reason : json_object_get(document_or_set, "problem"), "code");
}

char *message_sample(const char *folder, const char *name, size_t *ret_len) {
    const char *samples = getenv("HANSA_SAMPLES");
    char path[1000];
    if (samples == NULL) cr_skip("HANSA_SAMPLES is not set");
    (void)snprintf(path, sizeof path, "%s/%s/%s", samples, folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) cr_skip("no sample %s/%s", folder, name);
    char *bytes = malloc(SAMPLE_SIZE);
    cr_assert_not_null(bytes);
    *ret_len = fread(bytes, 1, SAMPLE_SIZE - 1, file);
    bytes[*ret_len] = '\0';
    (void)fclose(file);
    return message_keep(bytes);
}
