/* One thread that sleeps until the next chore is due, or until it is to end. */
#include "chore.h"

#include "crash.h"
#include "log.h"

#include <pthread.h>
#include <stdint.h>
#include <time.h>

enum { CHORES_MAX = 16 };

static const struct hansa_chore *const *list;
static size_t list_count;
static pthread_t thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t waking;
static bool is_started, is_ending;

void hansa_chores_set(const struct hansa_chore *const *chores, size_t count) {
    list = chores;
    list_count = count < CHORES_MAX ? count : CHORES_MAX;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False = it is time to end. */
static bool sleep_until(int64_t at_ms) {
    struct timespec until = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    pthread_mutex_lock(&lock);
    while (!is_ending && now_ms() < at_ms)
        pthread_cond_timedwait(&waking, &lock, &until);
    bool goes_on = !is_ending;
    pthread_mutex_unlock(&lock);
    return goes_on;
}

static void *chores_main(void *data) {
    int64_t due[CHORES_MAX];
    (void)data;
    hansa_crash_thread();
    for (size_t i = 0; i < list_count; i++)
        due[i] = now_ms() + list[i]->period_ms();
    for (;;) {
        size_t next = list_count;
        for (size_t i = 0; i < list_count; i++)
            if (list[i]->period_ms() > 0 && (next == list_count || due[i] < due[next])) next = i;
        if (!sleep_until(next == list_count ? now_ms() + 3600000 : due[next])) break;
        if (next == list_count) continue;
        list[next]->run();
        hansa_log_flush();
        due[next] = now_ms() + list[next]->period_ms();
    }
    return NULL;
}

bool hansa_chores_start(void) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&waking, &attributes);
    pthread_condattr_destroy(&attributes);
    is_started = list_count == 0 || pthread_create(&thread, NULL, chores_main, NULL) == 0;
    return is_started;
}

void hansa_chores_stop(void) {
    if (!is_started || list_count == 0) return;
    pthread_mutex_lock(&lock);
    is_ending = true;
    pthread_cond_broadcast(&waking);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
}
