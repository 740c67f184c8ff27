/* One question by hand: a client library for a request of fixed bytes would be more code than this. */
#include "ready.h"

#include <errno.h>
#include <hansa/config.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { WAIT_S = 2 };

/* "address:port" or "[address]:port", as serve takes it; numeric, so that nobody else is asked. */
static struct addrinfo *address_of(const char *text) {
    char host[64];
    const char *colon = strrchr(text, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - text);
    bool is_bracketed = len >= 2 && text[0] == '[' && text[len - 1] == ']';
    if (len == 0 || len >= sizeof host) return NULL;
    snprintf(host, sizeof host, "%.*s", (int)(is_bracketed ? len - 2 : len), text + is_bracketed);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *found = NULL;
    return getaddrinfo(host, colon + 1, &hints, &found) == 0 ? found : NULL;
}

/* The status of the answer; 0 with errno when there is none. Each wait is bounded, and the server sends its head at once. */
static int ask(int fd, const struct addrinfo *address) {
    static const char request[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const struct timeval wait = {.tv_sec = WAIT_S};
    char head[64] = "";
    size_t len = 0;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) != 0 ||
        connect(fd, address->ai_addr, address->ai_addrlen) != 0 ||
        send(fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
        return 0;
    while (len < strlen("HTTP/1.1 200")) {
        ssize_t n = recv(fd, head + len, sizeof head - 1 - len, 0);
        if (n <= 0) return 0;
        len += (size_t)n;
        head[len] = '\0';
    }
    return strncmp(head, "HTTP/1.1 ", strlen("HTTP/1.1 ")) == 0 ? (int)strtol(head + strlen("HTTP/1.1 "), NULL, 10)
                                                                : -1;
}

int hansa_ready_command(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        puts("hansa ready: asks the server at listen_loopback (HANSA_LISTEN_LOOPBACK) whether it is ready.\nStatus 0 = "
             "it "
             "is.");
        return 0;
    }
    if (!hansa_config_read(argc, argv, NULL)) return 2;
    struct addrinfo *address = address_of(hansa_config()->listen_loopback);
    if (address == NULL) {
        fputs("hansa: listen_loopback: must be a numeric address and port\n", stderr);
        return 2;
    }
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int status = fd < 0 ? 0 : ask(fd, address);
    if (status == 0)
        fprintf(stderr, "hansa ready: no answer: %s\n", errno == 0 ? "closed" : strerror(errno));
    else if (status != 200)
        fprintf(stderr, "hansa ready: status %d\n", status);
    if (fd >= 0) close(fd);
    freeaddrinfo(address);
    return status == 200 ? 0 : 1;
}
