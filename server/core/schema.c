/* Walks a schema and a value side by side. A schema has no circles (the compiler sees to that), so the depth of the
 * recursion is the depth of the schema, not of what a client sent. Faults beyond the caller's limit are only counted. */
#include <hansa/schema.h>

#include "cut.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double WHOLE_MAX = 9007199254740992; /* 2^53 */

struct walk {
    enum hansa_audience audience; /* who sent it */
    struct hansa_fault *faults;
    size_t limit, count;
    char pointer[sizeof((struct hansa_fault *)0)->pointer];
    size_t used;               /* bytes in pointer */
    struct hansa_alone *alone; /* where faults of items that stand alone go, or NULL */
    const char *currency;      /* of the nearest object around that names one, or NULL */
    bool is_full;              /* a step did not fit; deeper ones are not written either */
};

static const struct {
    enum hansa_json_type type;
    const char *name;
} type_names[] = {
    {HANSA_JSON_STRING, "a string"}, {HANSA_JSON_INTEGER, "an integer"},
    {HANSA_JSON_NUMBER, "a number"}, {HANSA_JSON_BOOLEAN, "true or false"},
    {HANSA_JSON_ARRAY, "an array"},  {HANSA_JSON_OBJECT, "an object"},
    {HANSA_JSON_NULL, "null"},
};

/* The next free fault with code and pointer set, or NULL when only counting goes on. */
static struct hansa_fault *fault_new(struct walk *walk, const char *code) {
    if (walk->count++ >= walk->limit) return NULL;
    struct hansa_fault *fault = &walk->faults[walk->count - 1];
    fault->code = code;
    fault->detail[0] = '\0';
    memcpy(fault->pointer, walk->pointer, walk->used);
    fault->pointer[walk->used] = '\0';
    return fault;
}

static void tell(struct walk *walk, const char *code, const char *detail) {
    struct hansa_fault *fault = fault_new(walk, code);
    if (fault != NULL) snprintf(fault->detail, sizeof fault->detail, "%s", detail);
}

static void tell_bound(struct walk *walk, const char *code, const char *before, int64_t bound, const char *after) {
    struct hansa_fault *fault = fault_new(walk, code);
    if (fault != NULL) snprintf(fault->detail, sizeof fault->detail, "%s%" PRId64 "%s", before, bound, after);
}

/* What `step_out` needs to go back. */
struct place {
    size_t used;
    bool is_full;
};

/* Adds one step of RFC 6901. A name that does not fit is cut at a character's end. */
static struct place step_into(struct walk *walk, const char *name) {
    struct place before = {walk->used, walk->is_full};
    size_t room = sizeof walk->pointer - 1 - walk->used;
    if (walk->is_full || room < 2) {
        walk->is_full = true;
        return before;
    }
    char *to = walk->pointer + walk->used;
    size_t len = 0;
    to[len++] = '/';
    for (; *name != '\0' && len + 1 < room; name++) {
        char c = *name;
        if (c == '~' || c == '/') to[len++] = '~';
        to[len++] = (char)(c == '~' ? '0' : c == '/' ? '1' : c);
    }
    if (*name != '\0') {
        walk->is_full = true;
        for (; len > 1 && ((unsigned char)*name & 0xc0) == 0x80; name--)
            len--;
    }
    walk->used += len;
    return before;
}

static void step_out(struct walk *walk, struct place before) {
    walk->used = before.used;
    walk->is_full = before.is_full;
}

bool hansa_schema_is_whole(const json_t *real) {
    double value = json_real_value(real);
    return value >= -WHOLE_MAX && value <= WHOLE_MAX && (double)(int64_t)value == value;
}

static uint32_t type_of(const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return HANSA_JSON_OBJECT;
    case JSON_ARRAY:
        return HANSA_JSON_ARRAY;
    case JSON_STRING:
        return HANSA_JSON_STRING;
    case JSON_INTEGER:
        return HANSA_JSON_INTEGER | HANSA_JSON_NUMBER;
    case JSON_REAL: /* JSON Schema 2020-12: 1.0 is an integer, however it is written */
        return hansa_schema_is_whole(value) ? HANSA_JSON_INTEGER | HANSA_JSON_NUMBER : HANSA_JSON_NUMBER;
    case JSON_TRUE:
    case JSON_FALSE:
        return HANSA_JSON_BOOLEAN;
    case JSON_NULL:
        return HANSA_JSON_NULL;
    }
    return 0;
}

static void tell_wrong_type(struct walk *walk, uint32_t types) {
    struct hansa_fault *fault = fault_new(walk, "wrong_type");
    if (fault == NULL) return;
    size_t used = (size_t)snprintf(fault->detail, sizeof fault->detail, "Expected ");
    const char *between = "";
    for (size_t i = 0; i < sizeof type_names / sizeof type_names[0]; i++) {
        if ((types & (uint32_t)type_names[i].type) == 0) continue;
        used +=
            (size_t)snprintf(fault->detail + used, sizeof fault->detail - used, "%s%s", between, type_names[i].name);
        between = " or ";
    }
    snprintf(fault->detail + used, sizeof fault->detail - used, ".");
}

static void check_choice(struct walk *walk, const struct hansa_schema *schema, const char *text) {
    for (const char *const *choice = schema->choices; *choice != NULL; choice++)
        if (strcmp(*choice, text) == 0) return;
    struct hansa_fault *fault = fault_new(walk, "unknown_value");
    if (fault != NULL) hansa_text_words(fault->detail, sizeof fault->detail, "Expected one of", schema->choices);
}

/* Nobody can pay 1500.50 yen. An amount whose currency is not in the body is judged where it is known, in SQL. */
static void check_money(struct walk *walk, const char *amount) {
    int places;
    if (walk->currency == NULL || !hansa_money_is_too_fine(amount, walk->currency, &places)) return;
    struct hansa_fault *fault = fault_new(walk, "too_many_decimals");
    if (fault != NULL)
        snprintf(fault->detail, sizeof fault->detail, "Expected at most %d decimals: %.3s has no more.", places,
                 walk->currency);
}

static void check_string(struct walk *walk, const struct hansa_schema *schema, const json_t *value) {
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (schema->choices != NULL) {
        check_choice(walk, schema, text);
        return;
    }
    size_t length = hansa_text_length(text, len);
    bool is_free = schema->format == HANSA_FORMAT_LINE || schema->format == HANSA_FORMAT_MULTILINE;
    if (is_free && len > 0 && schema->min_length > 0 && hansa_text_is_blank(text, len)) {
        tell(walk, "blank", "Expected text that can be seen.");
        return;
    }
    if (length < schema->min_length) {
        tell_bound(walk, "too_short", "Expected at least ", schema->min_length, " characters.");
        return;
    }
    if (length > schema->max_length) {
        tell_bound(walk, "too_long", "Expected at most ", schema->max_length, " characters.");
        return;
    }
    const char *expected = hansa_format_check(schema->format, text, len);
    if (expected != NULL) {
        struct hansa_fault *fault = fault_new(walk, "bad_format");
        if (fault != NULL) snprintf(fault->detail, sizeof fault->detail, "Expected %s.", expected);
    } else if (schema->format == HANSA_FORMAT_MONEY) {
        check_money(walk, text);
    }
}

/* A real is compared as the double that jansson made of it: coordinates only, bounds are small whole numbers. */
static void check_range(struct walk *walk, const struct hansa_schema *schema, const json_t *value) {
    bool is_real = json_is_real(value);
    double real = json_real_value(value);
    int64_t whole = json_integer_value(value);
    if (schema->has_minimum && (is_real ? real < (double)schema->minimum : whole < schema->minimum))
        tell_bound(walk, "too_small", "Expected at least ", schema->minimum, ".");
    if (schema->has_maximum && (is_real ? real > (double)schema->maximum : whole > schema->maximum))
        tell_bound(walk, "too_large", "Expected at most ", schema->maximum, ".");
}

static void check(struct walk *walk, const struct hansa_schema *schema, const json_t *value);

/* Room for one more fault; NULL when memory is out. */
static struct hansa_alone_fault *alone_new(struct hansa_alone *alone) {
    if (alone->count == alone->size) {
        size_t size = alone->size == 0 ? 8 : alone->size * 2;
        struct hansa_alone_fault *faults = realloc(alone->faults, size * sizeof *faults);
        if (faults == NULL) return NULL;
        alone->faults = faults;
        alone->size = size;
    }
    return &alone->faults[alone->count++];
}

/* An item whose faults are its own: the first is told of beside the others. */
static void check_alone(struct walk *walk, const struct hansa_schema *schema, const json_t *value, size_t index) {
    struct hansa_fault first;
    struct walk inner = *walk;
    inner.faults = &first;
    inner.limit = 1;
    inner.count = 0;
    check(&inner, schema, value);
    if (inner.count == 0) return;
    struct hansa_alone_fault *fault = alone_new(walk->alone);
    if (fault != NULL)
        *fault = (struct hansa_alone_fault){.index = index, .item_used = walk->used, .fault = first};
    else
        tell(walk, "faulty", "The item is faulty."); /* memory is out: never let it pass */
}

static void check_array(struct walk *walk, const struct hansa_schema *schema, const json_t *value) {
    size_t count = json_array_size(value);
    if (count < schema->min_items)
        tell_bound(walk, "too_few_items", "Expected at least ", schema->min_items, " items.");
    if (count > schema->max_items) {
        /* Nobody wants to read faults of items that are too many anyway. */
        tell_bound(walk, "too_many_items", "Expected at most ", schema->max_items, " items.");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        struct place before = step_into(walk, index);
        if (schema->is_each_alone && walk->alone != NULL)
            check_alone(walk, schema->items, json_array_get(value, i), i);
        else
            check(walk, schema->items, json_array_get(value, i));
        step_out(walk, before);
    }
}

static bool has_member(const struct walk *walk, const struct hansa_schema *schema, const char *name) {
    size_t which = hansa_schema_find(schema, name, strlen(name));
    return which < schema->member_count && hansa_cut_shows(&schema->members[which], walk->audience);
}

/* Names those that the caller may send. */
static void tell_unknown(struct walk *walk, const struct hansa_schema *schema) {
    struct hansa_fault *fault = fault_new(walk, "unknown_member");
    if (fault == NULL) return;
    const char *known[HANSA_TEXT_WORDS_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; i < schema->member_count && count < HANSA_TEXT_WORDS_MAX; i++)
        if (hansa_cut_shows(&schema->members[i], walk->audience)) known[count++] = schema->members[i].name;
    known[count] = NULL;
    hansa_text_words(fault->detail, sizeof fault->detail, count == 0 ? "No member is known here." : "Known here are",
                     known);
}

/* The currency that amounts in this object are in: its own, or that of an object around it. */
static const char *currency_of(const struct walk *walk, const struct hansa_schema *schema, const json_t *value) {
    for (size_t i = 0; i < schema->member_count; i++)
        if (schema->members[i].schema->format == HANSA_FORMAT_CURRENCY) {
            const char *own = json_string_value(json_object_get(value, schema->members[i].name));
            if (own != NULL) return own;
        }
    return walk->currency;
}

/* What only two members together can tell: what kind of number it is, and so which form it has. */
static void check_kind(struct walk *walk, const struct hansa_schema *schema, const json_t *object,
                       const json_t *value) {
    const char *kind = schema->form_by == NULL ? NULL : json_string_value(json_object_get(object, schema->form_by));
    if (kind == NULL || !json_is_string(value)) return;
    const char *expected = hansa_format_check_kind(kind, json_string_value(value), json_string_length(value));
    if (expected == NULL) return;
    struct hansa_fault *fault = fault_new(walk, "bad_format");
    if (fault != NULL) snprintf(fault->detail, sizeof fault->detail, "Expected %s.", expected);
}

static void check_object(struct walk *walk, const struct hansa_schema *schema, const json_t *value) {
    size_t known = 0;
    const char *currency = walk->currency;
    walk->currency = currency_of(walk, schema, value);
    for (size_t i = 0; i < schema->member_count; i++) {
        const struct hansa_schema_member *member = &schema->members[i];
        if (!hansa_cut_shows(member, walk->audience)) continue;
        const json_t *inner = json_object_get(value, member->name);
        if (inner == NULL && !member->is_required) continue;
        struct place before = step_into(walk, member->name);
        if (inner == NULL) {
            tell(walk, "required", "This member is required.");
        } else {
            known++;
            size_t faults = walk->count;
            check(walk, member->schema, inner);
            if (faults == walk->count) check_kind(walk, member->schema, value, inner);
        }
        step_out(walk, before);
    }
    walk->currency = currency;
    if (known == json_object_size(value)) return;
    /* jansson's iteration takes a pointer without const, though it changes nothing. */
    union {
        const json_t *given;
        json_t *taken;
    } object = {.given = value};
    for (void *at = json_object_iter(object.taken); at != NULL; at = json_object_iter_next(object.taken, at)) {
        const char *name = json_object_iter_key(at);
        if (has_member(walk, schema, name)) continue;
        struct place before = step_into(walk, name);
        tell_unknown(walk, schema);
        step_out(walk, before);
    }
}

static void check(struct walk *walk, const struct hansa_schema *schema, const json_t *value) {
    if ((schema->types & HANSA_JSON_ANY) != 0) return;
    uint32_t type = type_of(value);
    if ((schema->types & type) == 0) {
        tell_wrong_type(walk, schema->types);
    } else if ((type & HANSA_JSON_STRING) != 0) {
        check_string(walk, schema, value);
    } else if ((type & HANSA_JSON_NUMBER) != 0) {
        check_range(walk, schema, value);
    } else if ((type & HANSA_JSON_ARRAY) != 0) {
        check_array(walk, schema, value);
    } else if ((type & HANSA_JSON_OBJECT) != 0) {
        check_object(walk, schema, value);
    }
}

size_t hansa_schema_check(const struct hansa_schema *schema, const json_t *value, struct hansa_fault *faults,
                          size_t limit) {
    return hansa_schema_check_each(HANSA_AUDIENCE_STAFF, schema, value, faults, limit, NULL);
}

size_t hansa_schema_check_each(enum hansa_audience audience, const struct hansa_schema *schema, const json_t *value,
                               struct hansa_fault *faults, size_t limit, struct hansa_alone *alone) {
    struct walk walk = {.audience = audience, .faults = faults, .limit = limit, .alone = alone};
    check(&walk, schema, value);
    return walk.count;
}
