/* Routing against the table that was compiled in: every endpoint is reached by its own address. */
#include "core/call_state.h"

#include <criterion/criterion.h>
#include <string.h>

static struct hansa_route find(const char *method, const char *path) {
    struct hansa_route route;
    hansa_route_init();
    hansa_route_find((struct hansa_bytes){method, strlen(method)}, (struct hansa_bytes){path, strlen(path)}, &route);
    return route;
}

Test(route, every_endpoint_is_reached) {
    for (size_t e = 0; e < hansa_endpoint_count; e++) {
        if (hansa_endpoints[e].method == NULL) continue;
        struct hansa_route route =
            find(hansa_endpoints[e].method, hansa_endpoints[e].path); /* {name} is a value like any other */
        cr_assert_eq(route.endpoint, &hansa_endpoints[e], "%s %s", hansa_endpoints[e].method, hansa_endpoints[e].path);
    }
}

Test(route, unknown_paths_and_methods) {
    cr_assert_null(find("GET", "/v1/no-such-thing").endpoint);
    cr_assert_str_empty(find("GET", "/v1/no-such-thing").allow);
    cr_assert_null(find("GET", "").endpoint);
    cr_assert_null(find("GET", "//healthz").endpoint);
    cr_assert_null(find("GET", "/healthz/").endpoint);
    cr_assert_null(find("DELETE", "/healthz").endpoint);
    cr_assert_str_eq(find("DELETE", "/healthz").allow, "GET, HEAD");
    cr_assert_str_eq(find("HEAD", "/healthz").endpoint->name, "healthz");
    cr_assert_null(find("GET", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q").endpoint);
}
