/* One child at a time. What the parent does not do cannot break in it: it opens sockets, forks, waits for signals, writes a line.
 *
 * - A child that ends in order ends the house with its code: it was asked to, or it refused its settings, and would again.
 * - A child that was killed, by a fault of its own or by somebody, is followed by another: at once, then after 0.25 s, 0.5 s and
 *   so on to 8 s while they die young. The listeners stay open in between, so that who comes now is answered a moment later;
 *   when the wait is long they are closed, so that the edge says 503 in milliseconds.
 * - A parent that dies takes its child with it: there is one server or none.
 * - Signals are blocked and waited for, in one place. That holds for the first process of a container too, for which the
 *   kernel throws away what is neither blocked nor handled; and such a one has orphans to bury. */
#include "parent.h"

#include "log.h"

#include <errno.h>
#include <hansa/config.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OLD_MS = 10000, SHORTEST_MS = 250, LONGEST_MS = 8000, CLOSE_MS = 1000, DOUBLINGS_MAX = 5 };

static sigset_t awaited, before;
static unsigned restarts;
static bool is_ending;

unsigned hansa_parent_restarts(void) {
    return restarts;
}

void hansa_child_signals_open(void) {
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds before the next child, when `young` of them in a row have died young. */
static int64_t pause_after(unsigned young) {
    if (young < 2) return 0;
    return young - 2 < DOUBLINGS_MAX ? SHORTEST_MS << (young - 2) : LONGEST_MS;
}

static void told(int number, pid_t child, void (*unlisten)(void)) {
    if (number == SIGHUP) hansa_log_open(hansa_config()->log_file);
    if (number == SIGTERM || number == SIGINT) {
        is_ending = true;
        unlisten(); /* before the child lets go of its own: nobody may wait at a door that stays shut */
    }
    if (number != SIGCHLD && child > 0) kill(child, number);
}

/* Until the child has ended; gives its wait status. */
static int child_wait(pid_t child, void (*unlisten)(void)) {
    for (;;) {
        int status;
        pid_t ended;
        while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
            if (ended == child) return status;
        int number = sigwaitinfo(&awaited, NULL);
        if (number > 0) told(number, child, unlisten);
    }
}

/* False = was asked to end meanwhile. */
static bool pause_for(int64_t ms, void (*unlisten)(void)) {
    for (int64_t until = now_ms() + ms, left = ms; left > 0 && !is_ending; left = until - now_ms()) {
        struct timespec rest = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
        int number = sigtimedwait(&awaited, NULL, &rest);
        if (number > 0) told(number, 0, unlisten);
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
    }
    return !is_ending;
}

static void child_begin(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1); /* it died before the line above */
    setpgid(0, 0);                     /* Ctrl-C is for the parent, which hands it on once */
}

static void killed_note(pid_t child, int status, int64_t lived, int64_t pause) {
    char name[16] = "SIG";
    const char *abbreviation = sigabbrev_np(WTERMSIG(status));
    struct hansa_log_line line;
    strncat(name, abbreviation == NULL ? "?" : abbreviation, sizeof name - 4);
    hansa_log_begin(&line, HANSA_LOG_ERROR,
                    is_ending ? "the serving process was killed while it ended" : "the serving process was killed");
    hansa_log_text(&line, "signal", name, SIZE_MAX);
    hansa_log_number(&line, "pid", child);
    hansa_log_number(&line, "parent", getpid());
    hansa_log_number(&line, "lived_ms", lived);
    if (!is_ending) hansa_log_number(&line, "again_in_ms", pause);
    hansa_log_end(&line);
    hansa_log_flush();
}

static void signals_block(void) {
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    sigemptyset(&awaited);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaddset(&awaited, numbers[i]);
    sigprocmask(SIG_BLOCK, &awaited, &before);
    signal(SIGCHLD, SIG_DFL); /* who started us may have ignored it, and then the kernel keeps no child for us */
    signal(SIGPIPE, SIG_IGN);
}

bool hansa_parent_run(bool (*listen)(void), void (*unlisten)(void), int *ret_code) {
    pid_t parent = getpid();
    unsigned young = 0;
    signals_block();
    for (*ret_code = 0; !is_ending;) {
        int64_t began = now_ms();
        pid_t child = fork();
        if (child == 0) {
            child_begin(parent);
            return true;
        }
        int status = SIGKILL; /* a fork that fails: as if it had been killed */
        if (child > 0) status = child_wait(child, unlisten);
        if (WIFEXITED(status)) return *ret_code = WEXITSTATUS(status), false;
        int64_t lived = now_ms() - began;
        young = lived < OLD_MS ? young + 1 : 1;
        int64_t pause = pause_after(young);
        killed_note(child, status, lived, pause);
        restarts++;
        if (is_ending) *ret_code = 1; /* what it had accepted is lost */
        if (pause > CLOSE_MS) unlisten();
        while (pause_for(pause, unlisten) && !listen())
            pause = LONGEST_MS;
    }
    return false;
}
