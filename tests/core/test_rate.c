/* The window of a rate: what it lets in, when it tells that something comes back, and what other servers change. */
#include "core/rate.h"

#include <criterion/criterion.h>

static int64_t spend(uint64_t subject, int64_t quota, int64_t now, int64_t times) {
    int64_t admitted = 0;
    for (int64_t i = 0; i < times; i++) {
        if (!hansa_rate_look(subject, quota, now).is_admitted) continue;
        hansa_rate_count(subject, now);
        admitted++;
    }
    return admitted;
}

Test(rate, lets_the_quota_in_and_no_more) {
    cr_assert_eq(spend(11, 100, 1000, 250), 100);
    struct hansa_rate_view view = hansa_rate_look(11, 100, 1000);
    cr_assert(!view.is_admitted);
    cr_assert_eq(view.left, 0);
    cr_assert_eq(view.reset, 60);
    cr_assert_eq(hansa_rate_look(11, 100, 1059).reset, 1);
    cr_assert_eq(spend(11, 100, 1059, 5), 0);
    cr_assert_eq(spend(11, 100, 1060, 250), 100);
}

Test(rate, slides_second_by_second) {
    for (int64_t second = 0; second < 60; second++)
        cr_assert_eq(spend(12, 60, 2000 + second, 1), 1);
    cr_assert_eq(spend(12, 60, 2059, 1), 0);
    cr_assert_eq(spend(12, 60, 2060, 5), 1, "the one of the first second has left");
    cr_assert_eq(spend(12, 60, 2065, 99), 5);
}

/* In any sixty seconds at most the quota, whatever comes when (promise F1). */
Test(rate, holds_over_any_minute) {
    enum { SECONDS = 600, QUOTA = 90 };
    int64_t admitted[SECONDS];
    unsigned random = 7;
    for (int64_t second = 0; second < SECONDS; second++) {
        random = random * 1103515245 + 12345;
        admitted[second] = spend(13, QUOTA, 5000 + second, (int64_t)(random >> 16) % 12);
    }
    for (int64_t first = 0; first + 60 <= SECONDS; first++) {
        int64_t sum = 0;
        for (int64_t second = first; second < first + 60; second++)
            sum += admitted[second];
        cr_assert_leq(sum, QUOTA, "%ld in the minute from %ld on", (long)sum, (long)first);
        cr_assert_geq(sum, QUOTA * 2 / 3, "the quota is spent");
    }
}

Test(rate, subjects_do_not_share) {
    cr_assert_eq(spend(14, 10, 3000, 20), 10);
    cr_assert_eq(spend(15, 10, 3000, 20), 10);
    cr_assert_eq(spend(14 + (UINT64_C(512) << 32), 10, 3000, 20), 10, "not even those of one set of the table");
}

Test(rate, counts_what_other_servers_let_in) {
    uint32_t uses[HANSA_RATE_WINDOW] = {0};
    uses[59] = 70;
    uses[0] = 5;
    hansa_rate_others(16, 4000, uses, 4000);
    cr_assert_eq(spend(16, 100, 4000, 99), 25);
    cr_assert_eq(spend(16, 100, 4001, 99), 5, "those of the first second have left");
    uses[59] = 90;
    hansa_rate_others(16, 4001, uses, 4001);
    cr_assert_eq(hansa_rate_look(16, 100, 4001).left, 0, "what is told later counts instead");
}

Test(rate, stays_within_its_lease_beside_others) {
    hansa_rate_servers(2);
    cr_assert_eq(spend(17, 400, 6000, 400), 10, "a twentieth of its share before the first lease");
    uint32_t own[HANSA_RATE_WINDOW], since;
    cr_assert_eq(hansa_rate_own(17, 6000, own, &since), 400);
    cr_assert_eq(own[59], 10);
    cr_assert_eq(since, 10);
    hansa_rate_lease(17, 100, since, 6000);
    cr_assert_eq(spend(17, 400, 6000, 400), 100);
    hansa_rate_lease(17, 0, 100, 6000);
    cr_assert_eq(spend(17, 400, 6000, 400), 0);
    hansa_rate_servers(1);
    cr_assert_eq(spend(17, 400, 6000, 400), 290, "alone again it needs none");
}

Test(rate, tells_what_is_busy_once) {
    uint64_t ids[64];
    while (hansa_rate_busy(ids, 64) > 0) {
    }
    spend(18, 10, 7000, 3);
    cr_assert(hansa_rate_is_busy());
    cr_assert_eq(hansa_rate_busy(ids, 64), 1);
    cr_assert_eq(ids[0], 18);
    cr_assert(!hansa_rate_is_busy());
    cr_assert_eq(hansa_rate_busy(ids, 64), 0);
}
