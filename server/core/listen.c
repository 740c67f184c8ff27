/* Listeners: opened before anything else that can fail, closed and opened again by the parent while it waits (parent.c). */
#include "listen.h"

#include "log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <hansa/config.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATH_LEN = sizeof((struct sockaddr_un *)NULL)->sun_path };

static int fds[HANSA_LEG_COUNT] = {-1, -1, -1};
static struct stat made[HANSA_LEG_COUNT];     /* of UNIX sockets; st_ino 0: none yet */
static char under[HANSA_LEG_COUNT][PATH_LEN]; /* their names until they are published */

static bool refuse(const char *setting, const char *why) {
    fprintf(stderr, "hansa: %s: %s\n", setting, why);
    return false;
}

static bool is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24) == 127;
    return address->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

/* "address:port" or "[address]:port"; numeric only, so that no name can turn into a public address (promise X1). */
static bool loopback_listen(const char *text, const char *setting, bool is_unsafe, int *ret_fd) {
    char host[64];
    const char *colon = strrchr(text, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - text);
    bool is_bracketed = len >= 2 && text[0] == '[' && text[len - 1] == ']';
    if (len == 0 || len >= sizeof host) return refuse(setting, "must be address:port, such as 127.0.0.1:8080");
    snprintf(host, sizeof host, "%.*s", (int)(is_bracketed ? len - 2 : len), text + is_bracketed);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE},
                    *found;
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0) return refuse(setting, "must be a numeric address and port");
    if (!is_loopback(found->ai_addr) && !is_unsafe) {
        freeaddrinfo(found);
        return refuse(setting, "is not a loopback address; clients belong to the edge (unsafe_listen overrides)");
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    bool ok =
        fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0 && /* a new server takes over from an old one */
        bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0;
    int error = errno;
    freeaddrinfo(found);
    if (!ok) {
        if (fd >= 0) close(fd);
        return refuse(setting, strerror(error));
    }
    *ret_fd = fd;
    return true;
}

static bool is_ours(const char *path, const struct stat *ours) {
    struct stat now;
    return stat(path, &now) == 0 && now.st_ino == ours->st_ino && now.st_dev == ours->st_dev;
}

/* Does another server answer at this path? A path alone may be what a killed one has left. */
static bool is_served(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    bool answers = fd >= 0 && (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN);
    if (fd >= 0) close(fd);
    return answers;
}

static bool unix_listen(const char *setting, const char *path, enum hansa_leg leg) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int n = snprintf(address.sun_path, sizeof address.sun_path, "%s.%d", path, (int)getpid());
    if (n < 0 || (size_t)n >= sizeof address.sun_path) return refuse(setting, "the path is too long");
    memcpy(under[leg], address.sun_path, sizeof under[leg]);
    unlink(under[leg]);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && chmod(under[leg], 0660) == 0 &&
              listen(fd, SOMAXCONN) == 0 && stat(under[leg], &made[leg]) == 0 &&
              (is_served(path) || rename(under[leg], path) == 0);
    if (!ok) {
        int error = errno;
        if (fd >= 0) close(fd);
        return refuse(setting, strerror(error));
    }
    fds[leg] = fd;
    return true;
}

static const struct {
    enum hansa_leg leg;
    const char *name;
} unix_legs[] = {{HANSA_LEG_EDGE, "listen_unix"}, {HANSA_LEG_UPLOADS, "listen_uploads"}};
enum { UNIX_LEGS = sizeof unix_legs / sizeof unix_legs[0] };

static const char *path_of(enum hansa_leg leg) {
    return leg == HANSA_LEG_EDGE ? hansa_config()->listen_unix : hansa_config()->listen_uploads;
}

bool hansa_listen_open(bool is_work) {
    const struct hansa_config *config = hansa_config();
    const char *private = is_work ? config->work_listen : config->listen_loopback;
    if (private[0] != '\0' && fds[HANSA_LEG_LOOPBACK] < 0 &&
        !loopback_listen(private, is_work ? "work_listen" : "listen_loopback", config->unsafe_listen,
                         &fds[HANSA_LEG_LOOPBACK]))
        return false;
    for (size_t i = 0; i < UNIX_LEGS && !is_work; i++) {
        enum hansa_leg leg = unix_legs[i].leg;
        const char *path = path_of(leg);
        bool was_ours = made[leg].st_ino != 0 && !is_ours(under[leg], &made[leg]);
        bool is_taken_over = was_ours && !is_ours(path, &made[leg]);
        if (path[0] == '\0' || fds[leg] >= 0 || (is_taken_over && access(path, F_OK) == 0)) continue;
        if (!unix_listen(unix_legs[i].name, path, leg)) return false;
    }
    return true;
}

void hansa_listen_publish(void) {
    for (size_t i = 0; i < UNIX_LEGS; i++) {
        enum hansa_leg leg = unix_legs[i].leg;
        if (made[leg].st_ino == 0 || !is_ours(under[leg], &made[leg])) continue;
        if (rename(under[leg], path_of(leg)) != 0)
            hansa_log_event(HANSA_LOG_ERROR, "cannot take over", path_of(leg), strerror(errno));
    }
}

const int *hansa_listen_fds(void) {
    return fds;
}

void hansa_listen_close(void) {
    for (size_t leg = 0; leg < HANSA_LEG_COUNT; leg++) {
        if (fds[leg] >= 0) close(fds[leg]);
        fds[leg] = -1;
    }
}

void hansa_listen_remove(void) {
    for (size_t i = 0; i < UNIX_LEGS; i++) {
        enum hansa_leg leg = unix_legs[i].leg;
        if (made[leg].st_ino == 0) continue;
        if (is_ours(under[leg], &made[leg])) unlink(under[leg]);
        if (is_ours(path_of(leg), &made[leg])) unlink(path_of(leg));
    }
}
