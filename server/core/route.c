/* Routes: paths are split into segments once; a request is matched segment by segment, fixed words before parameters.
 * A few dozen endpoints need no cleverer tree: a scan costs less than one system call. */
#include "call_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENTS_MAX = 12 };

struct pattern {
    const struct hansa_endpoint *endpoint;
    struct hansa_bytes segments[SEGMENTS_MAX]; /* at NULL: a parameter */
    size_t count, fixed;
};

static struct pattern *patterns;
static size_t pattern_count;

static size_t split(struct hansa_bytes path, struct hansa_bytes segments[SEGMENTS_MAX + 1]) {
    size_t count = 0, at = 0;
    if (path.len == 0 || path.at[0] != '/') return 0;
    while (at < path.len && count <= SEGMENTS_MAX) {
        at++; /* the slash */
        const char *end = memchr(path.at + at, '/', path.len - at);
        size_t len = end == NULL ? path.len - at : (size_t)(end - path.at) - at;
        segments[count++] = (struct hansa_bytes){path.at + at, len};
        at += len;
    }
    return count;
}

static int fixed_first(const void *one, const void *other) {
    const struct pattern *a = one, *b = other;
    return (a->fixed < b->fixed) - (a->fixed > b->fixed);
}

void hansa_route_init(void) {
    if (patterns != NULL) return;
    patterns = calloc(hansa_endpoint_count + 1, sizeof *patterns);
    if (patterns == NULL) abort();
    for (size_t e = 0; e < hansa_endpoint_count; e++) {
        const struct hansa_endpoint *endpoint = &hansa_endpoints[e];
        if (endpoint->method == NULL) continue;
        struct pattern *pattern = &patterns[pattern_count++];
        struct hansa_bytes segments[SEGMENTS_MAX + 1];
        pattern->endpoint = endpoint;
        pattern->count = split((struct hansa_bytes){endpoint->path, strlen(endpoint->path)}, segments);
        for (size_t s = 0; s < pattern->count && s < SEGMENTS_MAX; s++) {
            bool is_parameter = segments[s].len > 0 && segments[s].at[0] == '{';
            pattern->segments[s] = is_parameter ? (struct hansa_bytes){NULL, 0} : segments[s];
            pattern->fixed += !is_parameter;
        }
    }
    qsort(patterns, pattern_count, sizeof *patterns, fixed_first);
}

static bool fits(const struct pattern *pattern, const struct hansa_bytes *segments, size_t count) {
    if (pattern->count != count) return false;
    for (size_t s = 0; s < count; s++) {
        const struct hansa_bytes *wanted = &pattern->segments[s];
        if (wanted->at == NULL ? segments[s].len == 0
                               : wanted->len != segments[s].len || memcmp(wanted->at, segments[s].at, wanted->len) != 0)
            return false;
    }
    return true;
}

void hansa_route_find(struct hansa_bytes method, struct hansa_bytes path, struct hansa_route *ret_route) {
    struct hansa_bytes segments[SEGMENTS_MAX + 1];
    size_t count = split(path, segments);
    bool is_head = method.len == 4 && memcmp(method.at, "HEAD", 4) == 0;
    if (is_head) method = (struct hansa_bytes){"GET", 3};
    *ret_route = (struct hansa_route){0};
    const struct pattern *first = NULL;
    for (size_t p = 0; p < pattern_count && count <= SEGMENTS_MAX; p++) {
        const struct pattern *pattern = &patterns[p];
        if (!fits(pattern, segments, count)) continue;
        /* only the most fixed path counts: /v1/x/query is not /v1/x/{id} with another method */
        if (first == NULL)
            first = pattern;
        else if (pattern->fixed != first->fixed)
            continue;
        const char *offered = pattern->endpoint->method;
        size_t used = strlen(ret_route->allow);
        snprintf(ret_route->allow + used, sizeof ret_route->allow - used, "%s%s%s", used > 0 ? ", " : "", offered,
                 strcmp(offered, "GET") == 0 ? ", HEAD" : "");
        if (ret_route->endpoint != NULL || strlen(offered) != method.len || memcmp(offered, method.at, method.len) != 0)
            continue;
        ret_route->endpoint = pattern->endpoint;
        for (size_t s = 0; s < count; s++)
            if (pattern->segments[s].at == NULL && ret_route->value_count < ROUTE_VALUES_MAX)
                ret_route->values[ret_route->value_count++] = segments[s];
    }
}
