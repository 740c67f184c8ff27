/* The problem: a body goes to PostgreSQL as it came, so that no digit is lost, yet what people write needs a hand here and there.
 * jansson's tree cannot be written back: it has rounded the numbers.
 * The idea: walk the text and the schema side by side, copy what is in order, and rewrite single tokens. The text is known to be
 * JSON of bounded depth, so the walk checks nothing; it keeps to the bounds all the same. */
#include "tidy.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

/* A string with its quotes, a number or a word, where it stands in the text. */
struct token {
    const char *at;
    size_t len;
};

struct tidy {
    const char *at, *end;
    char *out;
    size_t used, size;
    bool is_changed, has_failed;
    const struct hansa_alone *alone; /* NULL: tidy; else only faults are put in */
    size_t next_alone;
};

static void put(struct tidy *tidy, const char *text, size_t len) {
    if (len == 0) return;
    if (tidy->used + len > tidy->size) {
        size_t size = (tidy->used + len) * 2;
        char *out = realloc(tidy->out, size);
        if (out == NULL) {
            tidy->has_failed = true;
            return;
        }
        tidy->out = out;
        tidy->size = size;
    }
    memcpy(tidy->out + tidy->used, text, len);
    tidy->used += len;
}

static bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void put_spaces(struct tidy *tidy) {
    const char *from = tidy->at;
    while (tidy->at < tidy->end && is_space(*tidy->at))
        tidy->at++;
    put(tidy, from, (size_t)(tidy->at - from));
}

/* The one character that must stand here, and what blanks follow. */
static void put_sign(struct tidy *tidy) {
    if (tidy->at < tidy->end) put(tidy, tidy->at++, 1);
    put_spaces(tidy);
}

/* Steps over a string, quotes and all. */
static struct token string_token(struct tidy *tidy) {
    const char *from = tidy->at++;
    while (tidy->at < tidy->end && *tidy->at != '"')
        tidy->at += *tidy->at == '\\' ? 2 : 1;
    tidy->at = tidy->at < tidy->end ? tidy->at + 1 : tidy->end;
    return (struct token){from, (size_t)(tidy->at - from)};
}

/* An empty word would be no step forward: there is none in what jansson has taken. */
static struct token word_token(struct tidy *tidy) {
    const char *from = tidy->at;
    while (tidy->at < tidy->end && !is_space(*tidy->at) && *tidy->at != ',' && *tidy->at != ']' && *tidy->at != '}')
        tidy->at++;
    tidy->has_failed |= tidy->at == from;
    return (struct token){from, (size_t)(tidy->at - from)};
}

/* --- single values --- */

static bool is_time(const struct hansa_schema *schema) {
    return schema != NULL && (schema->format == HANSA_FORMAT_DATE_TIME || schema->format == HANSA_FORMAT_TOLD_TIME);
}

static enum hansa_text_care care_of(const struct hansa_schema *schema) {
    if (schema == NULL || (schema->types & HANSA_JSON_STRING) == 0) return HANSA_TEXT_KEPT;
    if (schema->choices != NULL || schema->format == HANSA_FORMAT_SECRET) return HANSA_TEXT_KEPT;
    switch (schema->format) {
    case HANSA_FORMAT_NUMBER:
    case HANSA_FORMAT_ASKED:
    case HANSA_FORMAT_PHONE:
        return HANSA_TEXT_DIGITS;
    default:
        return HANSA_TEXT_TRIM;
    }
}

/* Is there anything in the token that tidying could change? */
static bool is_plain(struct token token) {
    if (token.len > 2 && (token.at[1] == ' ' || token.at[token.len - 2] == ' ')) return false;
    for (size_t i = 0; i < token.len; i++)
        if ((unsigned char)token.at[i] >= 0x80 || token.at[i] == '\\') return false;
    return true;
}

static void put_string(struct tidy *tidy, const struct hansa_schema *schema) {
    struct token token = string_token(tidy);
    json_t *read = tidy->alone != NULL || (is_plain(token) && !is_time(schema))
                       ? NULL
                       : json_loadb(token.at, token.len, JSON_DECODE_ANY, NULL);
    size_t len = 0;
    char *made =
        read == NULL ? NULL : hansa_text_tidy(json_string_value(read), json_string_length(read), care_of(schema), &len);
    if (made != NULL && is_time(schema)) hansa_time_settle(made, len);
    if (made == NULL || (len == json_string_length(read) && memcmp(made, json_string_value(read), len) == 0)) {
        put(tidy, token.at, token.len);
    } else {
        json_t *value = json_stringn(made, len);
        char *text = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY);
        if (text == NULL)
            put(tidy, token.at, token.len); /* not UTF-8 after all: as it came */
        else
            put(tidy, text, strlen(text));
        tidy->is_changed |= text != NULL;
        free(text);
        json_decref(value);
    }
    free(made);
    json_decref(read);
}

/* A number, true, false or null. Beyond 2^53 a double no longer tells neighbours apart: such a real is not taken for whole. */
static void put_word(struct tidy *tidy, const struct hansa_schema *schema) {
    struct token token = word_token(tidy);
    bool is_whole = schema != NULL && (schema->types & (HANSA_JSON_INTEGER | HANSA_JSON_NUMBER)) == HANSA_JSON_INTEGER;
    json_t *read = tidy->alone == NULL && is_whole ? json_loadb(token.at, token.len, JSON_DECODE_ANY, NULL) : NULL;
    if (!json_is_real(read) || !hansa_schema_is_whole(read)) {
        put(tidy, token.at, token.len);
    } else {
        json_t *value = json_integer((json_int_t)json_real_value(read));
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        if (text == NULL) tidy->has_failed = true;
        if (text != NULL) put(tidy, text, strlen(text));
        tidy->is_changed = true;
        free(text);
        json_decref(value);
    }
    json_decref(read);
}

/* --- what holds others --- */

static void put_value(struct tidy *tidy, const struct hansa_schema *schema);

static const struct hansa_schema *member_schema(const struct hansa_schema *schema, struct token token) {
    if (schema == NULL || schema->member_count == 0) return NULL;
    json_t *read = json_loadb(token.at, token.len, JSON_DECODE_ANY, NULL);
    const struct hansa_schema *found = NULL;
    for (size_t i = 0; read != NULL && i < schema->member_count; i++)
        if (strcmp(schema->members[i].name, json_string_value(read)) == 0) found = schema->members[i].schema;
    json_decref(read);
    return found;
}

static void put_object(struct tidy *tidy, const struct hansa_schema *schema) {
    put_sign(tidy);
    while (tidy->at < tidy->end && *tidy->at != '}' && !tidy->has_failed) {
        struct token name = string_token(tidy);
        put(tidy, name.at, name.len);
        put_spaces(tidy);
        put_sign(tidy); /* the colon */
        put_value(tidy, member_schema(schema, name));
        put_spaces(tidy);
        if (tidy->at < tidy->end && *tidy->at == ',') put_sign(tidy);
    }
    put_sign(tidy);
}

/* The fault of an item in the item's place; a bar parts the two, so none may stand in the pointer. */
static void put_fault(struct tidy *tidy, const struct hansa_alone_fault *fault) {
    char pointer[sizeof fault->fault.pointer];
    const char *from = fault->fault.pointer + fault->item_used;
    size_t len = strlen(from);
    for (size_t i = 0; i <= len; i++)
        pointer[i] = (char)(from[i] == '|' ? '?' : from[i]);
    json_t *item = json_object();
    json_object_set_new(item, "fault",
                        json_sprintf("%s|%s", pointer[0] == '/' ? pointer + 1 : pointer, fault->fault.detail));
    char *text = json_dumps(item, JSON_COMPACT);
    if (text == NULL) tidy->has_failed = true;
    if (text != NULL) put(tidy, text, strlen(text));
    tidy->is_changed = true;
    free(text);
    json_decref(item);
}

static void put_array(struct tidy *tidy, const struct hansa_schema *schema) {
    const struct hansa_alone *alone = schema != NULL && schema->is_each_alone ? tidy->alone : NULL;
    put_sign(tidy);
    for (size_t i = 0; tidy->at < tidy->end && *tidy->at != ']' && !tidy->has_failed; i++) {
        bool is_bad = alone != NULL && tidy->next_alone < alone->count && alone->faults[tidy->next_alone].index == i;
        size_t before = tidy->used;
        put_value(tidy, schema == NULL ? NULL : schema->items);
        if (is_bad) {
            tidy->used = before;
            put_fault(tidy, &alone->faults[tidy->next_alone++]);
        }
        put_spaces(tidy);
        if (tidy->at < tidy->end && *tidy->at == ',') put_sign(tidy);
    }
    put_sign(tidy);
}

/* The depth of the recursion is that of the document, which hansa_json_read has bounded. */
static void put_value(struct tidy *tidy, const struct hansa_schema *schema) {
    char c = tidy->at < tidy->end ? *tidy->at : '\0';
    if (c == '{')
        put_object(tidy, schema);
    else if (c == '[')
        put_array(tidy, schema);
    else if (c == '"')
        put_string(tidy, schema);
    else
        put_word(tidy, schema);
}

static char *walk(struct tidy *tidy, const struct hansa_schema *schema, size_t *ret_len) {
    put_spaces(tidy);
    put_value(tidy, schema);
    put_spaces(tidy);
    put(tidy, "", 1);
    if (tidy->has_failed || !tidy->is_changed) {
        free(tidy->out);
        return NULL;
    }
    *ret_len = tidy->used - 1;
    return tidy->out;
}

char *hansa_tidy(const struct hansa_schema *schema, const char *text, size_t len, size_t *ret_len) {
    struct tidy tidy = {.at = text, .end = text + len};
    return walk(&tidy, schema, ret_len);
}

char *hansa_tidy_faults(const struct hansa_schema *schema, const char *text, size_t len,
                        const struct hansa_alone *alone, size_t *ret_len) {
    struct tidy tidy = {.at = text, .end = text + len, .alone = alone};
    return walk(&tidy, schema, ret_len);
}
