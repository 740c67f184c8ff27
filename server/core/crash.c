/* The problem: a process that has just lost its footing must say where, and may call nothing that takes a lock or memory.
 *
 * The idea: what needs libc (the list of modules, the unwinder's own library) is fetched at start. The handler puts a line
 * together in a buffer of its own from texts and digits and hands it to write(2) once. The unwinder is the part that may fall
 * over a broken stack: the head of the line is made before it, and a second fault in it writes that head alone.
 *
 * Then the signal has its usual effect, so that the parent sees what it was. */
#include "crash.h"

#include "log.h"

#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    MODULES_MAX = 64,
    FRAMES_MAX = 48,
    LINE_BYTES = 8192,
    NAME_BYTES = 48,
    STACK_BYTES = 65536,
    SECONDS_A_DAY = 86400
};

static const struct {
    int number;
    const char *name;
} watched[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
               {SIGILL, "SIGILL"},   {SIGABRT, "SIGABRT"}, {SIGSYS, "SIGSYS"}};
enum { WATCHED_COUNT = sizeof watched / sizeof watched[0] };

static _Thread_local const struct hansa_crash_mark *innermost;
static _Thread_local char own_stack[STACK_BYTES];

static struct {
    uintptr_t base, from, to;
    char name[NAME_BYTES];
} modules[MODULES_MAX];
static size_t module_count;

static atomic_int crashing; /* id of the thread that tells; others wait for the end */
static bool is_unwinding;   /* of that thread */
static char line[LINE_BYTES];
static size_t line_len;

/* --- marks --- */

void hansa_crash_enter(struct hansa_crash_mark *mark, const char request_id[37],
                       const struct hansa_endpoint *endpoint) {
    memcpy(mark->request_id, request_id, sizeof mark->request_id);
    mark->endpoint = endpoint;
    mark->around = innermost;
    innermost = mark;
}

void hansa_crash_leave(struct hansa_crash_mark *mark) {
    innermost = mark->around;
}

/* --- the line; all of this runs in the handler --- */

static void put(const char *text) {
    for (; *text != '\0' && line_len + 4 < sizeof line; text++)
        line[line_len++] = (*text < 0x20 || *text > 0x7e || *text == '"' || *text == '\\') ? '?' : *text;
}

static void put_sign(char sign) {
    if (line_len + 4 < sizeof line) line[line_len++] = sign;
}

/* At least `width` digits. */
static void put_number(uint64_t value, unsigned radix, size_t width) {
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % radix];
        value /= radix;
    } while ((value > 0 || sizeof digits - at < width) && at > 0);
    while (at < sizeof digits)
        put_sign(digits[at++]);
}

static void put_key(const char *key) {
    put_sign(',');
    put_sign('"');
    put(key);
    put_sign('"');
    put_sign(':');
}

static void put_text(const char *key, const char *text) {
    put_key(key);
    put_sign('"');
    put(text);
    put_sign('"');
}

/* gmtime_r may take a lock. Days to a date of the Gregorian calendar, years beginning in March, eras of 400 of them. */
static void put_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seconds = (uint64_t)now.tv_sec, day = seconds / SECONDS_A_DAY + 719468, of_era = day % 146097;
    uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t march = (5 * of_year + 2) / 153, month = march < 10 ? march + 3 : march - 9;
    put_number(day / 146097 * 400 + year_of_era + (month <= 2), 10, 4);
    put_sign('-');
    put_number(month, 10, 2);
    put_sign('-');
    put_number(of_year - (153 * march + 2) / 5 + 1, 10, 2);
    put_sign('T');
    put_number(seconds % SECONDS_A_DAY / 3600, 10, 2);
    put_sign(':');
    put_number(seconds % 3600 / 60, 10, 2);
    put_sign(':');
    put_number(seconds % 60, 10, 2);
    put_sign('.');
    put_number((uint64_t)now.tv_nsec / 1000000, 10, 3);
    put_sign('Z');
}

static void put_head(int number, const siginfo_t *info, int thread) {
    const struct hansa_crash_mark *mark = innermost;
    line_len = 0;
    put_sign('{');
    put_sign('"');
    put("time");
    put_sign('"');
    put_sign(':');
    put_sign('"');
    put_time();
    put_sign('"');
    put_text("level", "error");
    put_text("message", "crash");
    for (size_t i = 0; i < WATCHED_COUNT; i++)
        if (watched[i].number == number) put_text("signal", watched[i].name);
    put_key("pid");
    put_number((uint64_t)getpid(), 10, 1);
    put_key("thread");
    put_number((uint64_t)thread, 10, 1);
    if (info->si_code > 0 && (number == SIGSEGV || number == SIGBUS)) {
        put_text("address", "0x");
        line_len--; /* the closing quotation mark comes behind the digits */
        put_number((uintptr_t)info->si_addr, 16, 1);
        put_sign('"');
    }
    if (mark == NULL) return;
    put_text("request_id", mark->request_id);
    if (mark->endpoint == NULL) return;
    put_text("room", mark->endpoint->room);
    put_text("endpoint", mark->endpoint->name);
}

/* Where the thread was; 0 where we do not know how to ask. */
static uintptr_t interrupted_at(const void *context) {
    const ucontext_t *thread = context;
#if defined(__x86_64__)
    return (uintptr_t)thread->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)thread->uc_mcontext.pc;
#else
    (void)thread;
    return 0;
#endif
}

/* What a call returns to may be the next function already: the byte before it is of the call. */
static void put_frame(uintptr_t at, uintptr_t exact) {
    if (at != exact) at--;
    put_sign('"');
    for (size_t i = 0; i < module_count; i++) {
        if (at < modules[i].from || at >= modules[i].to) continue;
        put(modules[i].name);
        put_sign('+');
        at -= modules[i].base;
        break;
    }
    put("0x");
    put_number(at, 16, 1);
    put_sign('"');
}

static void line_write(void) {
    line[line_len++] = '}';
    line[line_len++] = '\n';
    hansa_log_write(line, line_len);
}

static void on_crash(int number, siginfo_t *info, void *context) {
    int thread = (int)syscall(SYS_gettid), nobody = 0;
    if (!atomic_compare_exchange_strong(&crashing, &nobody, thread)) {
        while (nobody != thread)
            pause();
        if (is_unwinding) line_write(); /* the unwinder fell: what is known without it */
    } else {
        void *frames[FRAMES_MAX];
        hansa_log_flush();
        put_head(number, info, thread);
        size_t head_len = line_len;
        is_unwinding = true;
        int count = backtrace(frames, FRAMES_MAX);
        is_unwinding = false;
        line_len = head_len;
        put_key("backtrace");
        put_sign('[');
        for (int i = 0; i < count; i++) {
            if (i > 0) put_sign(',');
            put_frame((uintptr_t)frames[i], interrupted_at(context));
        }
        put_sign(']');
        line_write();
    }
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    signal(number, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    raise(number);
    _exit(128 + number);
}

/* --- start --- */

static int module_note(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size, (void)data;
    if (module_count == MODULES_MAX) return 1;
    const char *slash = strrchr(info->dlpi_name, '/'), *name = slash == NULL ? info->dlpi_name : slash + 1;
    uintptr_t from = UINTPTR_MAX, to = 0;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
        uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr, end = begin + info->dlpi_phdr[i].p_memsz;
        if (begin < from) from = begin;
        if (end > to) to = end;
    }
    modules[module_count].base = info->dlpi_addr;
    modules[module_count].from = from;
    modules[module_count].to = to;
    strncpy(modules[module_count].name, *name == '\0' ? "hansa" : name, NAME_BYTES - 1);
    module_count++;
    return 0;
}

void hansa_crash_thread(void) {
    stack_t there;
    if (sigaltstack(NULL, &there) != 0 || (there.ss_flags & SS_DISABLE) == 0) return; /* a sanitizer gave it one */
    stack_t mine = {.ss_sp = own_stack, .ss_size = sizeof own_stack};
    sigaltstack(&mine, NULL);
}

void hansa_crash_watch(void) {
    void *frames[2];
    backtrace(frames, 2); /* its library is loaded now, and not in the handler */
    module_count = 0;
    dl_iterate_phdr(module_note, NULL);
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < WATCHED_COUNT; i++) {
        struct sigaction there = {.sa_handler = SIG_DFL};
        if (sigaction(watched[i].number, NULL, &there) == 0 && there.sa_handler == SIG_DFL)
            sigaction(watched[i].number, &action, NULL);
    }
    hansa_crash_thread();
}
