/* A name that changes its answer between the look at it and the connection (DNS rebinding) reaches nobody: the resolver here
 * is this file's, and answers with inner addresses on which this test listens. Not one connection may come (promise W3). */
#include "core/fetch.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <hansa/config.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *answer; /* what every name resolves to */
static int asked;

/* In place of the system's, for libcurl too. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    (void)node;
    asked++;
    struct addrinfo *made = calloc(1, sizeof *made + sizeof(struct sockaddr_in6));
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(service == NULL ? "0" : service))};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = in.sin_port};
    made->ai_addr = (struct sockaddr *)(made + 1);
    made->ai_socktype = hints == NULL ? SOCK_STREAM : hints->ai_socktype;
    if (inet_pton(AF_INET, answer, &in.sin_addr) == 1) {
        made->ai_family = AF_INET;
        made->ai_addrlen = sizeof in;
        memcpy(made->ai_addr, &in, sizeof in);
    } else {
        cr_assert_eq(inet_pton(AF_INET6, answer, &in6.sin6_addr), 1);
        made->ai_family = AF_INET6;
        made->ai_addrlen = sizeof in6;
        memcpy(made->ai_addr, &in6, sizeof in6);
    }
    *found = made;
    return 0;
}

void freeaddrinfo(struct addrinfo *found) {
    free(found);
}

static int listen_on(int family, const struct sockaddr *address, socklen_t len, uint16_t *ret_port) {
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_storage bound;
    socklen_t bound_len = sizeof bound;
    if (fd < 0 || bind(fd, address, len) != 0 || listen(fd, 8) != 0) return -1;
    getsockname(fd, (struct sockaddr *)&bound, &bound_len);
    struct sockaddr_in in;
    memcpy(&in, &bound, sizeof in); /* the port stands at the same place in both families */
    *ret_port = ntohs(in.sin_port);
    return fd;
}

Test(fetch, a_name_that_leads_inside_reaches_nobody) {
    static const char *const inner[] = {
        "127.0.0.1", "0.0.0.0",         "127.9.9.9",       "::1",    "::", "::ffff:127.0.0.1",
        "10.0.0.1",  "169.254.169.254", "64:ff9b::7f00:1", "fd00::1"};
    static char program[] = "test", ports[64];
    struct sockaddr_in any = {.sin_family = AF_INET};
    uint16_t port = 0;
    int fd = listen_on(AF_INET, (const struct sockaddr *)&any, sizeof any, &port);
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    uint16_t port6 = 0;
    int fd6 = listen_on(AF_INET6, (const struct sockaddr *)&any6, sizeof any6, &port6); /* -1: a machine without IPv6 */
    cr_assert(fd >= 0);
    snprintf(ports, sizeof ports, "--egress-ports=%u", port);
    char *argv[] = {program, ports, NULL};
    cr_assert(hansa_config_read(2, argv, NULL));
    char url[96];
    snprintf(url, sizeof url, "https://rebind.example.com:%u/", port);
    for (size_t i = 0; i < sizeof inner / sizeof inner[0]; i++) {
        struct hansa_fetched fetched;
        answer = inner[i];
        int before = asked;
        cr_expect_eq(hansa_fetch(&(struct hansa_fetch){.url = url, .most_ms = 2000}, &fetched), HANSA_FETCH_REFUSED,
                     "%s: %s", inner[i], fetched.why);
        cr_expect(asked > before, "the name was resolved");
        hansa_fetched_done(&fetched);
    }
    struct pollfd waiting[2] = {{.fd = fd, .events = POLLIN}, {.fd = fd6, .events = POLLIN}};
    cr_expect_eq(poll(waiting, 2, 200), 0, "somebody connected");
    close(fd);
    if (fd6 >= 0) close(fd6);
}
