/* What no endpoint of the house does: it falls over. For the test of what a crash leaves behind. */
#include "hansa_steps.h"

#include <hansa/call.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Its name is looked for in the backtrace. */
__attribute__((noinline)) static void probe_write_astray(void) {
    volatile uintptr_t astray = 16;
    *(volatile char *)astray = 1;
}

/* Deeper than any stack; what is kept behind the call keeps the compiler from making a loop of it. */
__attribute__((noinline)) static size_t probe_go_deep(size_t depth) {
    volatile char room[4096];
    room[depth % sizeof room] = (char)depth;
    return depth == SIZE_MAX ? 0 : probe_go_deep(depth + 1) + (size_t)room[0];
}

static void *run(void *input) {
    probe_write_astray();
    return input;
}

static enum hansa_step_result done(struct hansa_call *call, void *output) {
    free(output);
    return hansa_call_answer(call, 204, NULL, "", 0);
}

enum hansa_step_result hansa_probe_fall_answer(struct hansa_call *call) {
    static const struct hansa_work work = {.run = run, .done = done, .drop = free};
    const char *how = hansa_call_param(call, "how");
    if (how == NULL) return hansa_call_answer(call, 204, NULL, "", 0);
    if (strcmp(how, "ASTRAY") == 0) probe_write_astray();
    if (strcmp(how, "ABORT") == 0) abort();
    if (strcmp(how, "DEEP") == 0 && probe_go_deep(0) == 1) return HANSA_STEP_NEXT;
    return hansa_call_work(call, &work, malloc(1), free);
}
