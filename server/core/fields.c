/* The projection walks text, it builds no tree: decimals and their digits stay as they are, and a member that nobody asked for
 * costs its scan alone. The text comes from PostgreSQL, so it is well formed; bounds are kept all the same. */
#include "fields.h"

#include "call_state.h"

#include <stdio.h>
#include <string.h>

static size_t member_find(const struct hansa_schema *schema, const char *name, size_t len) {
    size_t i = 0;
    while (i < schema->member_count &&
           (strlen(schema->members[i].name) != len || memcmp(schema->members[i].name, name, len) != 0))
        i++;
    return i;
}

const char *hansa_fields_take(struct hansa_call *call, const char *text) {
    const struct hansa_schema *schema = call->endpoint->reply;
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ","), which = member_find(schema, at, len);
        if (which == schema->member_count || which >= FIELDS_MEMBERS_MAX)
            return "Expected names of members of the answer with commas between them.";
        call->fields.wanted[which] = true;
        at += len;
        if (*at == '\0') return NULL;
    }
}

const char *hansa_expand_take(struct hansa_call *call, const char *text) {
    const struct hansa_endpoint *endpoint = call->endpoint;
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ","), i = 0;
        for (; i < endpoint->param_count; i++) {
            const struct hansa_param *param = &endpoint->params[i];
            if (param->place == HANSA_IN_EXPAND && strlen(param->name) == len + 7 &&
                memcmp(param->name + 7, at, len) == 0) /* behind "expand_" */
                break;
        }
        if (i == endpoint->param_count) return "Expected words that the API reference lists, with commas between them.";
        call->params[i] = "yes";
        at += len;
        if (*at == '\0') return NULL;
    }
}

/* --- the walk --- */

struct walk {
    const char *at, *end;
    char *out;
};

static void blanks(struct walk *walk) {
    while (walk->at < walk->end && (*walk->at == ' ' || *walk->at == '\n' || *walk->at == '\t' || *walk->at == '\r'))
        walk->at++;
}

static void string_pass(struct walk *walk) {
    for (walk->at++; walk->at < walk->end && *walk->at != '"'; walk->at++)
        if (*walk->at == '\\') walk->at++;
    walk->at++;
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
            while (walk->at < walk->end && strchr(",}] \n\t\r", *walk->at) == NULL)
                walk->at++;
        }
        if (depth == 0) break;
    }
    if (walk->at > walk->end) walk->at = walk->end;
}

static void put(struct walk *walk, const char *from, const char *to) {
    memcpy(walk->out, from, (size_t)(to - from));
    walk->out += to - from;
}

static void object_keep(struct walk *walk, const struct hansa_call *call) {
    bool is_first = true;
    *walk->out++ = '{';
    walk->at++;
    for (blanks(walk); walk->at < walk->end && *walk->at == '"'; blanks(walk)) {
        const char *name = walk->at;
        string_pass(walk);
        size_t which = member_find(call->endpoint->reply, name + 1, (size_t)(walk->at - name) - 2);
        while (walk->at < walk->end && *walk->at != ':')
            walk->at++;
        walk->at++;
        blanks(walk);
        value_pass(walk);
        if (which < FIELDS_MEMBERS_MAX && call->fields.wanted[which]) {
            if (!is_first) *walk->out++ = ',';
            put(walk, name, walk->at);
            is_first = false;
        }
        blanks(walk);
        if (walk->at < walk->end && *walk->at == ',') walk->at++;
    }
    *walk->out++ = '}';
    walk->at++;
}

struct hansa_bytes hansa_fields_keep(struct hansa_call *call, struct hansa_bytes body) {
    char *text = hansa_call_alloc(call, body.len + 2);
    struct walk walk = {body.at, body.at + body.len, text};
    blanks(&walk);
    if (walk.at < walk.end && *walk.at == '{') {
        object_keep(&walk, call);
    } else { /* the items of a list */
        bool is_first = true;
        *walk.out++ = '[';
        walk.at++;
        for (blanks(&walk); walk.at < walk.end && *walk.at == '{'; blanks(&walk)) {
            if (!is_first) *walk.out++ = ',';
            object_keep(&walk, call);
            is_first = false;
            blanks(&walk);
            if (walk.at < walk.end && *walk.at == ',') walk.at++;
        }
        *walk.out++ = ']';
    }
    return (struct hansa_bytes){text, (size_t)(walk.out - text)};
}
