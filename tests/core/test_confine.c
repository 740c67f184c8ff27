/* The serving process's own cage, tried from inside: each call that it must be refused, and what it must still be able to do. */
#include "core/confine.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `inside` in a process that is confined; what it prints comes back in `said`, empty when all is well. */
static void confined(void (*inside)(int out), char *said, size_t size) {
    int ends[2];
    size_t len = 0;
    cr_assert(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        if (hansa_confine())
            inside(ends[1]);
        else
            dprintf(ends[1], "no filter: %s", strerror(errno));
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t n; len + 1 < size && (n = read(ends[0], said + len, size - 1 - len)) > 0;)
        len += (size_t)n;
    said[len] = '\0';
    close(ends[0]);
    int status;
    cr_assert(waitpid(child, &status, 0) == child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it died of status %d: %s", status, said);
}

/* Arguments that no call takes for good, should it get through. */
static void try_each(int out) {
    size_t count, tried = 0;
    const char *const *names = hansa_confine_denied(&count);
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);
        if (number < 0) continue; /* not of this machine */
        tried++;
        errno = 0;
        long got = syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
        if (got == 0 && (strcmp(names[i], "fork") == 0 || strcmp(names[i], "vfork") == 0)) _exit(0);
        if (got != -1 || errno != EPERM) dprintf(out, "%s: %ld, %s\n", names[i], got, strerror(errno));
    }
    if (tried < 60) dprintf(out, "only %zu calls could be tried\n", tried);
}

Test(confine, each_call_of_the_list_is_refused) {
    char said[4096];
    confined(try_each, said, sizeof said);
    cr_assert_str_empty(said);
}

Test(confine, the_list_has_what_it_must) {
    static const char *const must[] = {"execve",         "execveat",    "ptrace",
                                       "mount",          "bpf",         "keyctl",
                                       "unshare",        "setns",       "process_vm_writev",
                                       "init_module",    "kexec_load",  "perf_event_open",
                                       "io_uring_setup", "userfaultfd", "chroot",
                                       "pivot_root",     "setuid",      "capset"};
    size_t count;
    const char *const *names = hansa_confine_denied(&count);
    for (size_t i = 0; i < sizeof must / sizeof must[0]; i++) {
        bool is_there = false;
        for (size_t n = 0; n < count; n++)
            is_there |= strcmp(names[n], must[i]) == 0;
        cr_expect(is_there, "%s is not refused", must[i]);
    }
}

static void no_process(int out) {
    char path[] = "/bin/true", *const words[] = {path, NULL};
    if (fork() != -1 || errno != EPERM) dprintf(out, "fork: %s\n", strerror(errno));
    if (execv(words[0], words) != -1 || errno != EPERM) dprintf(out, "execv: %s\n", strerror(errno));
    if (popen("true", "r") != NULL) dprintf(out, "popen works\n");
    if (syscall(SYS_clone, 0x10000000L, 0L, 0L, 0L, 0L) != -1 || errno != EPERM)
        dprintf(out, "a user name space: %s\n", strerror(errno));
}

Test(confine, no_new_process_and_no_other_program) {
    char said[1024];
    confined(no_process, said, sizeof said);
    cr_assert_str_empty(said);
}

static void other_sockets(int out) {
    static const int families[] = {AF_PACKET, AF_ALG, AF_VSOCK, AF_BLUETOOTH, AF_KEY, AF_TIPC, AF_X25, AF_CAN};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (socket(families[i], SOCK_RAW, 0) != -1 || errno != EAFNOSUPPORT)
            dprintf(out, "family %d: %s\n", families[i], strerror(errno));
}

Test(confine, sockets_of_families_that_nobody_speaks_here) {
    char said[1024];
    confined(other_sockets, said, sizeof said);
    cr_assert_str_empty(said);
}

static void *nothing(void *data) {
    return data;
}

static void daily_work(int out) {
    static const int families[] = {AF_UNIX, AF_INET, AF_INET6};
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
        dprintf(out, "a thread\n");
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        int fd = socket(families[i], SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 && errno != EAFNOSUPPORT) dprintf(out, "family %d: %s\n", families[i], strerror(errno));
        if (fd >= 0) close(fd);
    }
    int fd = memfd_create("bytes", MFD_CLOEXEC);
    if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) != 0) dprintf(out, "a file: %s\n", strerror(errno));
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) dprintf(out, "a new right can be had\n");
    if (kill(getpid(), 0) != 0) dprintf(out, "a signal to itself\n");
}

Test(confine, its_daily_work_goes_on) {
    char said[1024];
    confined(daily_work, said, sizeof said);
    cr_assert_str_empty(said);
}
