/* Start: settings, log, listeners, the parent (parent.c) and below it what serves: signals, loops. End: SIGTERM drains and exits
 * 0; a second one, or drain_ms, ends at once. */
#include "serve.h"

#include "call_state.h"
#include "chore.h"
#include "closed.h"
#include "confine.h"
#include "crash.h"
#include "egress.h"
#include "listen.h"
#include "log.h"
#include "loop.h"
#include "parent.h"
#include "secret_mark.h"
#include "work.h"

#include <errno.h>
#include <hansa/config.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool refuse(const char *setting, const char *why) {
    fprintf(stderr, "hansa: %s: %s\n", setting, why);
    return false;
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
    hansa_crash_thread();
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

static void serving_note(bool is_work) {
    struct hansa_log_line line;
    hansa_log_begin(&line, HANSA_LOG_INFO, is_work ? "working" : "serving");
    hansa_log_text(&line, "detail", is_work ? "" : hansa_config()->listen_unix, SIZE_MAX);
    hansa_log_text(&line, "more", is_work ? hansa_config()->work_listen : hansa_config()->listen_loopback, SIZE_MAX);
    hansa_log_number(&line, "pid", getpid());
    hansa_log_number(&line, "parent", getppid());
    hansa_log_number(&line, "restarts", hansa_parent_restarts());
    hansa_log_end(&line);
    hansa_log_flush();
}

/* Loops that answer, then those that do jobs. `hansa work` has only the latter, of which the first answers /metrics. */
static int loops_run(const struct hansa_door *door, bool is_work) {
    const int *fds = hansa_listen_fds();
    static const int no_ways[HANSA_LEG_COUNT] = {-1, -1, -1};
    size_t answering = is_work ? 0 : (size_t)hansa_config()->loops, working = (size_t)hansa_config()->job_workers;
    size_t count = answering + (is_work && working == 0 ? 1 : working);
    struct hansa_loop **loops = calloc(count, sizeof *loops);
    if (loops == NULL || !hansa_workers_start((size_t)hansa_config()->workers)) return 1;
    for (size_t i = 0; i < count; i++)
        loops[i] = hansa_loop_new(door, i < answering || i == 0 ? fds : no_ways, i >= answering);
    hansa_listen_close(); /* the loops have descriptors of their own */
    serving_note(is_work);
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

/* A sanitizer needs some of what is refused: it asks for a copy of itself that looks into it. */
static void confine(void) {
#if !defined(__SANITIZE_ADDRESS__)
    if (!hansa_confine())
        hansa_log_event(HANSA_LOG_WARNING, "not confined", "this kernel or what is around us has no seccomp filters",
                        NULL);
#endif
}

/* The serving process. */
static int child_run(const struct hansa_door *door, bool is_work) {
    hansa_crash_watch();
    signals_set();
    hansa_child_signals_open();
    confine();
    if (hansa_database_is_closed()) {
        fputs("hansa: database_url: this role may not connect to the database: a backup is being restored into it, or "
              "was not restored "
              "to its end (hansa admin backup restore; deploy/runbook.md)\n",
              stderr);
        return 2;
    }
    hansa_route_init();
    return loops_run(door, is_work);
}

static bool listen_serve(void) {
    return hansa_listen_open(false);
}

static bool listen_work(void) {
    return hansa_listen_open(true);
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
    if (!settings_check(hansa_config(), is_work) || !hansa_secret_start()) return 2;
    if (!(is_work ? listen_work() : listen_serve())) return 1;
    /* Keys and personal data pass through this memory (promise K4); and nothing that is started from here gains a right. */
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    int code;
    if (hansa_parent_run(is_work ? listen_work : listen_serve, hansa_listen_close, &code))
        return child_run(door, is_work);
    hansa_listen_remove();
    return code;
}

int hansa_serve_command(int argc, char **argv, const struct hansa_door *door) {
    return command_run(argc, argv, door, false);
}

int hansa_work_command(int argc, char **argv, const struct hansa_door *door) {
    return command_run(argc, argv, door, true);
}
