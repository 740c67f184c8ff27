/* The text comes from PostgreSQL or from a step of ours, so it is well formed; bounds are kept all the same. An object
 * or list where the schema knows none is 0 to an outsider: better a hole than a leak. The depth of the recursion is the schema's. */
#include "cut.h"

#include <string.h>

struct walk {
    const struct hansa_cut *cut;
    const char *at, *end;
    char *out;
};

bool hansa_cut_shows(const struct hansa_schema_member *member, enum hansa_audience audience) {
    return audience == HANSA_AUDIENCE_STAFF || (member->audiences & (unsigned)audience) != 0;
}

/* `from` is where the last one was: PostgreSQL writes members in much the same order as the file. */
static size_t find_from(const struct hansa_schema *schema, size_t from, const char *name, size_t len) {
    for (size_t n = 0; n < schema->member_count; n++) {
        size_t i = (from + n) % schema->member_count;
        const char *known = schema->members[i].name;
        if (strncmp(known, name, len) == 0 && known[len] == '\0') return i;
    }
    return schema->member_count;
}

size_t hansa_schema_find(const struct hansa_schema *schema, const char *name, size_t len) {
    return find_from(schema, 0, name, len);
}

bool hansa_cut_is_for(const struct hansa_schema *schema, enum hansa_audience audience) {
    if (schema == NULL || schema->member_count == 0) return true;
    for (size_t i = 0; i < schema->member_count; i++)
        if (hansa_cut_shows(&schema->members[i], audience)) return true;
    return false;
}

bool hansa_cut_hides(const struct hansa_schema *schema, enum hansa_audience audience, const char *parameter) {
    static const char *const endings[] = {"", "_id", "_from", "_to"};
    size_t len = strlen(parameter);
    for (size_t i = 0; schema != NULL && i < sizeof endings / sizeof endings[0]; i++) {
        size_t end = strlen(endings[i]);
        if (len <= end || strcmp(parameter + len - end, endings[i]) != 0) continue;
        size_t which = hansa_schema_find(schema, parameter, len - end);
        if (which < schema->member_count) return !hansa_cut_shows(&schema->members[which], audience);
    }
    return false;
}

static void blanks(struct walk *walk) {
    while (walk->at < walk->end && (*walk->at == ' ' || *walk->at == '\n' || *walk->at == '\t' || *walk->at == '\r'))
        walk->at++;
}

static void string_pass(struct walk *walk) {
    for (walk->at++; walk->at < walk->end && *walk->at != '"'; walk->at++)
        if (*walk->at == '\\') walk->at++;
    walk->at++;
    if (walk->at > walk->end) walk->at = walk->end;
}

/* To the end of one value. */
static void value_pass(struct walk *walk) {
    size_t depth = 0;
    while (walk->at < walk->end) {
        char c = *walk->at;
        if (c == '"') {
            string_pass(walk);
        } else if (c == '{' || c == '[') {
            depth++;
            walk->at++;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
            walk->at++;
        } else if (depth > 0) {
            walk->at++;
            continue;
        } else {
            while (walk->at < walk->end && (*walk->at == '\0' || strchr(",}] \n\t\r", *walk->at) == NULL))
                walk->at++;
        }
        if (depth == 0) break;
    }
}

static void put(struct walk *walk, const char *from, const char *to) {
    memcpy(walk->out, from, (size_t)(to - from));
    walk->out += to - from;
}

static void value_keep(struct walk *walk) {
    const char *from = walk->at;
    value_pass(walk);
    put(walk, from, walk->at);
}

static void value_cut(struct walk *walk, const struct hansa_schema *schema, const bool *wanted);

/* Behind a member or an item: passes the comma. False = there was none, so that no more is written than was read. */
static bool comma_pass(struct walk *walk) {
    blanks(walk);
    if (walk->at >= walk->end || *walk->at != ',') return false;
    walk->at++;
    blanks(walk);
    return walk->at < walk->end;
}

static void end_pass(struct walk *walk, char end) {
    blanks(walk);
    if (walk->at >= walk->end || *walk->at != end) return;
    walk->at++;
    *walk->out++ = end;
}

static bool is_shown(const struct walk *walk, const struct hansa_schema *schema, size_t which, const bool *wanted) {
    return which < schema->member_count && hansa_cut_shows(&schema->members[which], walk->cut->audience) &&
           (wanted == NULL || (which < CUT_WANTED_MAX && wanted[which]));
}

static void object_cut(struct walk *walk, const struct hansa_schema *schema, const bool *wanted) {
    size_t which = 0;
    bool is_first = true;
    *walk->out++ = '{';
    walk->at++;
    blanks(walk);
    do {
        const char *name = walk->at;
        if (walk->at >= walk->end || *walk->at != '"') break;
        string_pass(walk);
        size_t len = (size_t)(walk->at - name);
        if (len < 2) break;
        size_t found = find_from(schema, which, name + 1, len - 2);
        blanks(walk);
        if (walk->at >= walk->end || *walk->at != ':') break;
        walk->at++;
        blanks(walk);
        if (!is_shown(walk, schema, found, wanted)) {
            value_pass(walk);
            continue;
        }
        which = found + 1;
        if (!is_first) *walk->out++ = ',';
        is_first = false;
        put(walk, name, name + len);
        *walk->out++ = ':';
        value_cut(walk, schema->members[found].schema, NULL);
    } while (comma_pass(walk));
    end_pass(walk, '}');
}

static void array_cut(struct walk *walk, const struct hansa_schema *item, const bool *wanted) {
    *walk->out++ = '[';
    walk->at++;
    blanks(walk);
    while (walk->at < walk->end && *walk->at != ']') {
        value_cut(walk, item, wanted);
        if (!comma_pass(walk)) break;
        *walk->out++ = ',';
    }
    end_pass(walk, ']');
}

static void value_cut(struct walk *walk, const struct hansa_schema *schema, const bool *wanted) {
    if (walk->at >= walk->end) return;
    bool is_object = *walk->at == '{', is_array = *walk->at == '[';
    bool is_whole = (walk->cut->audience == HANSA_AUDIENCE_STAFF && wanted == NULL) ||
                    (schema->types & HANSA_JSON_ANY) != 0 || (!is_object && !is_array);
    if (is_whole) {
        value_keep(walk);
    } else if (is_object && (schema->types & HANSA_JSON_OBJECT) != 0) {
        object_cut(walk, schema, wanted);
    } else if (is_array && schema->items != NULL) {
        array_cut(walk, schema->items, wanted);
    } else {
        value_pass(walk);
        *walk->out++ = '0'; /* not null: nothing that is written may be longer than what it stands for */
    }
}

size_t hansa_cut(const struct hansa_schema *schema, const struct hansa_cut *cut, struct hansa_bytes text, char *out) {
    struct walk walk = {cut, text.at, text.at + text.len, out};
    blanks(&walk);
    if (walk.at == walk.end) return 0;
    if (*walk.at == '[' && schema->items == NULL) /* the items of a list */
        array_cut(&walk, schema, cut->wanted);
    else
        value_cut(&walk, schema, cut->wanted);
    return (size_t)(walk.out - out);
}
