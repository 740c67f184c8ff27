/* Start: settings, log, listeners, loops. End: SIGTERM drains and exits 0; a second one, or drain_ms, ends at once.
 *
 * The UNIX socket is made under a temporary name and renamed over the old one, so a new server takes over from a running
 * one without a moment in which the edge finds nothing; the old one removes the path only if it is still its own. */
#include "serve.h"

#include "call_state.h"
#include "chore.h"
#include "egress.h"
#include "log.h"
#include "loop.h"
#include "work.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <hansa/config.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

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
    freeaddrinfo(found);
    if (!ok) return refuse(setting, strerror(errno));
    *ret_fd = fd;
    return true;
}

static bool unix_listen(const char *setting, const char *path, int *ret_fd, struct stat *ret_made) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int n = snprintf(address.sun_path, sizeof address.sun_path, "%s.%d", path, (int)getpid());
    if (n < 0 || (size_t)n >= sizeof address.sun_path) return refuse(setting, "the path is too long");
    unlink(address.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
              chmod(address.sun_path, 0660) == 0 && listen(fd, SOMAXCONN) == 0 && rename(address.sun_path, path) == 0 &&
              stat(path, ret_made) == 0;
    if (!ok) return refuse(setting, strerror(errno));
    *ret_fd = fd;
    return true;
}

static void unix_remove(const char *path, const struct stat *made) {
    struct stat now;
    if (stat(path, &now) == 0 && now.st_ino == made->st_ino && now.st_dev == made->st_dev) unlink(path);
}

static void on_terminate(int signal_number) {
    (void)signal_number;
    if (hansa_is_draining()) _exit(1); /* asked twice: now */
    hansa_drain_begin();
}

static void on_hangup(int signal_number) {
    (void)signal_number;
    hansa_log_open(hansa_config()->log_file); /* open, dup and close are safe here */
}

static void signals_set(void) {
    struct sigaction action = {.sa_handler = on_terminate};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = on_hangup;
    action.sa_flags = SA_RESTART;
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk, not the end */
}

static void *loop_main(void *data) {
    hansa_loop_run(data);
    return NULL;
}

static bool settings_check(const struct hansa_config *config, bool is_work) {
    if (config->database_url[0] == '\0') return refuse("database_url", "must be set");
    if (!is_work && config->listen_unix[0] == '\0' && config->listen_loopback[0] == '\0')
        return refuse("listen_unix", "no listener is set, nor is listen_loopback");
    if (!hansa_cursor_init(config->secret_file))
        return refuse("secret_file", "cannot be read or holds fewer than 32 bytes");
    if (!hansa_egress_ports_are_sound(config->egress_ports))
        return refuse("egress_ports", "is not a list of ports with commas between them");
    if (config->egress_ca_file[0] != '\0' && access(config->egress_ca_file, R_OK) != 0)
        return refuse("egress_ca_file", strerror(errno));
    if (config->files_dir[0] != '\0' && access(config->files_dir, R_OK | W_OK | X_OK) != 0)
        return refuse("files_dir", strerror(errno));
    if (!hansa_log_open(config->log_file)) return refuse("log_file", strerror(errno));
    return true;
}

/* Loops that answer, then those that do jobs. `hansa work` has only the latter, of which the first answers /metrics. */
static int loops_run(const struct hansa_door *door, const int fds[HANSA_LEG_COUNT], bool is_work) {
    static const int no_ways[HANSA_LEG_COUNT] = {-1, -1, -1};
    size_t answering = is_work ? 0 : (size_t)hansa_config()->loops, working = (size_t)hansa_config()->job_workers;
    size_t count = answering + (is_work && working == 0 ? 1 : working);
    struct hansa_loop **loops = calloc(count, sizeof *loops);
    if (loops == NULL || !hansa_workers_start((size_t)hansa_config()->workers)) return 1;
    for (size_t i = 0; i < count; i++)
        loops[i] = hansa_loop_new(door, i < answering || i == 0 ? fds : no_ways, i >= answering);
    for (size_t leg = 0; leg < HANSA_LEG_COUNT; leg++)
        if (fds[leg] >= 0) close(fds[leg]);
    hansa_log_event(HANSA_LOG_INFO, is_work ? "working" : "serving", is_work ? "" : hansa_config()->listen_unix,
                    is_work ? hansa_config()->work_listen : hansa_config()->listen_loopback);
    for (size_t i = 1; i < count; i++)
        if (pthread_create(&loops[i]->thread, NULL, loop_main, loops[i]) != 0) return 1;
    if (!hansa_chores_start()) return 1;
    hansa_loop_run(loops[0]);
    for (size_t i = 1; i < count; i++)
        pthread_join(loops[i]->thread, NULL);
    hansa_chores_stop();
    hansa_workers_stop();
    for (size_t i = 0; i < count; i++)
        hansa_loop_end(loops[i]);
    free(loops);
    hansa_log_event(HANSA_LOG_INFO, "drained", NULL, NULL);
    return 0;
}

static int command_run(int argc, char **argv, const struct hansa_door *door, bool is_work) {
    bool wants_print = false;
    int kept = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--print-config") == 0)
            wants_print = true;
        else if (strcmp(argv[i], "--help") == 0) {
            puts(is_work ? "hansa work [flags]: does queued work until SIGTERM; answers /metrics on work_listen."
                         : "hansa serve [flags]: answers requests until SIGTERM.");
            puts("\nFlags (each also HANSA_<NAME> or a line in --config FILE):");
            return hansa_config_help(stdout), 0;
        } else
            argv[kept++] = argv[i];
    }
    if (!hansa_config_read(kept, argv, NULL)) return 2;
    if (wants_print) return hansa_config_print(stdout), 0;
    const struct hansa_config *config = hansa_config();
    int fds[HANSA_LEG_COUNT] = {-1, -1, -1};
    struct stat made = {0}, made_uploads = {0};
    bool has_edge = !is_work && config->listen_unix[0] != '\0',
         has_uploads = !is_work && config->listen_uploads[0] != '\0';
    if (!settings_check(config, is_work)) return 2;
    const char *private = is_work ? config->work_listen : config->listen_loopback;
    if (private[0] != '\0' && !loopback_listen(private, is_work ? "work_listen" : "listen_loopback",
                                               config->unsafe_listen, &fds[HANSA_LEG_LOOPBACK]))
        return 1;
    if (has_edge && !unix_listen("listen_unix", config->listen_unix, &fds[HANSA_LEG_EDGE], &made)) return 1;
    if (has_uploads && !unix_listen("listen_uploads", config->listen_uploads, &fds[HANSA_LEG_UPLOADS], &made_uploads))
        return 1;
    prctl(PR_SET_DUMPABLE, 0); /* keys and personal data pass through this memory (promise K4) */
    signals_set();
    hansa_route_init();
    int code = loops_run(door, fds, is_work);
    if (has_edge) unix_remove(config->listen_unix, &made);
    if (has_uploads) unix_remove(config->listen_uploads, &made_uploads);
    return code;
}

int hansa_serve_command(int argc, char **argv, const struct hansa_door *door) {
    return command_run(argc, argv, door, false);
}

int hansa_work_command(int argc, char **argv, const struct hansa_door *door) {
    return command_run(argc, argv, door, true);
}
