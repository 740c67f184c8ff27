/* Fuzzes the way of a request body: scan, jansson, schema check, text normalising. Run with tests/fuzz/corpus/json.
 *
 * What must hold besides memory safety: a refusal has a code, a status that we promise and a pointer of whole UTF-8; what is
 * taken can be written and read again; the schema check never writes beyond its limit. */
#include <hansa/schema.h>

#include "core/json.h"
#include "core/text.h"
#include "core/tidy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BOUNDS .max_length = 64, .max_items = 100

static const char *const choices[] = {"PLANNED", "BOOKED", NULL};
static const struct hansa_schema strings[] = {
    {.types = HANSA_JSON_STRING, .choices = choices, BOUNDS},
#define HANSA_FORMAT(name, json_name, longest, detail)                                                                 \
    {.types = HANSA_JSON_STRING, .format = HANSA_FORMAT_##name, BOUNDS},
#include <hansa/formats.def>
#undef HANSA_FORMAT
};
enum { STRING_COUNT = sizeof strings / sizeof strings[0], LIMIT = 3 };
static const struct hansa_schema number = {.types = HANSA_JSON_NUMBER | HANSA_JSON_NULL,
                                           .has_minimum = true,
                                           .minimum = -90,
                                           .has_maximum = true,
                                           .maximum = 90,
                                           BOUNDS};
static const struct hansa_schema anything = {.types = HANSA_JSON_ANY, BOUNDS};
static const struct hansa_schema numbers = {.types = HANSA_JSON_ARRAY, .items = &number, BOUNDS};
static const struct hansa_schema_member members[] = {{"a", &number, true, HANSA_AUDIENCE_STAFF},
                                                     {"b", &numbers, false, HANSA_AUDIENCE_STAFF},
                                                     {"c", &anything, false, HANSA_AUDIENCE_STAFF},
                                                     {"s", &strings[0], false, HANSA_AUDIENCE_STAFF},
                                                     {"t/~", &strings[1], false, HANSA_AUDIENCE_STAFF}};
static const struct hansa_schema body = {.types = HANSA_JSON_OBJECT, .members = members, .member_count = 5, BOUNDS};

static void must(bool holds) {
    if (!holds) abort();
}

static void check_fault(const struct hansa_fault *fault) {
    must(fault->code[0] != '\0' && fault->detail[0] != '\0');
    must(fault->pointer[0] == '\0' || fault->pointer[0] == '/');
    must(hansa_text_is_utf8(fault->pointer, strlen(fault->pointer)));
}

static void check_refusal(const struct hansa_fault *fault, int status) {
    must(status == 400 || status == 413 || status == 422);
    check_fault(fault);
}

static void check_text(const char *text, size_t len) {
    for (int format = 0; format < STRING_COUNT - 1; format++) {
        if (hansa_format_check((enum hansa_format)format, text, len) == NULL) must(hansa_text_is_utf8(text, len));
    }
    size_t made_len = 0;
    char *made = hansa_text_nfc(text, len, &made_len);
    if (made == NULL) return;
    must(hansa_text_is_utf8(made, made_len));
    free(made);
}

/* What is tidied is a document as good as before, and tidy: a plain one is left alone, and so is one that was tidied already. */
static void check_tidy(const char *text, size_t size, bool is_plain) {
    size_t made_len = 0, again_len = 0;
    char *made = hansa_tidy(&body, text, size, &made_len);
    must(!is_plain || made == NULL);
    if (made == NULL) return;
    struct hansa_fault fault = {.code = ""};
    int status = 0;
    json_t *read = hansa_json_read(made, made_len, 1 << 22, &fault, &status);
    must(read != NULL);
    json_decref(read);
    must(hansa_tidy(&body, made, made_len, &again_len) == NULL);
    free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    check_text(text, size);
    struct hansa_fault fault = {.code = ""}, faults[LIMIT];
    int status = 0;
    bool is_plain = true;
    json_t *read = hansa_json_read_noting(text, size, 1 << 20, &fault, &status, &is_plain);
    if (read == NULL) {
        check_refusal(&fault, status);
        return 0;
    }
    check_tidy(text, size, is_plain);
    size_t count = hansa_schema_check(&body, read, faults, LIMIT);
    for (size_t i = 0; i < count && i < LIMIT; i++)
        check_fault(&faults[i]);
    for (size_t i = 0; i < STRING_COUNT; i++)
        hansa_schema_check(&strings[i], read, faults, LIMIT);
    char *written = json_dumps(read, JSON_ENCODE_ANY | JSON_COMPACT);
    must(written != NULL);
    free(written);
    json_decref(read);
    return 0;
}
