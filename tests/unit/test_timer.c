/* SPDX-License-Identifier: BSD-2-Clause */
/* Deadlines: the first one first, equal ones in the order they were set. */
#include <check.h>
#include <stdlib.h>

#include "daemon/engine/mem.h"
#include "daemon/engine/timer.h"
#include "tests/support/alloc.h"

enum { TIMERS = 300 };

static void set_new(struct timers *timers, struct mem *mem, struct timer *timer, uint64_t at_ms)
{
    ck_assert(timers_reserve(timers, mem));
    timers_set(timers, timer, at_ms);
}

/* By looking at all of them. */
static struct timer *naive_first(struct timer *all)
{
    struct timer *first = NULL;
    for (size_t i = 0; i < TIMERS; i++)
        if (all[i].slot != 0 && (first == NULL || all[i].at_ms < first->at_ms ||
                                 (all[i].at_ms == first->at_ms && all[i].order < first->order)))
            first = &all[i];
    return first;
}

START_TEST(first_is_first)
{
    static struct timer all[TIMERS];
    struct timers timers = {0};
    struct mem mem = {0};
    unsigned short seed[3] = {4, 5, 6};
    for (int round = 0; round < 20000; round++) {
        struct timer *timer = &all[nrand48(seed) % TIMERS];
        uint64_t at_ms = (uint64_t)nrand48(seed) % 100;
        if (nrand48(seed) % 3 == 0) {
            timers_clear(&timers, timer);
            ck_assert_uint_eq(timer->slot, 0);
        } else if (timer->slot != 0) {
            timers_set(&timers, timer, at_ms);
        } else {
            set_new(&timers, &mem, timer, at_ms);
        }
        ck_assert_ptr_eq(timers_first(&timers), naive_first(all));
        ck_assert_uint_eq(timers.reserved, 0);
    }
    timers_free(&timers, &mem);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

START_TEST(equal_ones_keep_their_order)
{
    struct timer all[50] = {{0}};
    struct timers timers = {0};
    struct mem mem = {0};
    for (size_t i = 0; i < 50; i++)
        set_new(&timers, &mem, &all[i], 7);
    timers_set(&timers, &all[0], 7); /* set again: now the last one */
    for (size_t i = 1; i < 50; i++) {
        ck_assert_ptr_eq(timers_first(&timers), &all[i]);
        timers_clear(&timers, &all[i]);
    }
    ck_assert_ptr_eq(timers_first(&timers), &all[0]);
    timers_free(&timers, &mem);
}
END_TEST

START_TEST(promises_hold)
{
    struct timer all[20] = {{0}};
    struct timers timers = {0};
    struct mem mem = {0};
    for (size_t i = 0; i < 20; i++)
        ck_assert(timers_reserve(&timers, &mem));
    size_t used = mem.used;
    for (size_t i = 0; i < 19; i++)
        timers_set(&timers, &all[i], 100 - i);
    timers_clear_keep(&timers, &all[3]);
    ck_assert_uint_eq(timers.reserved, 2);
    timers_clear_keep(&timers, &all[3]); /* not set: nothing to keep */
    ck_assert_uint_eq(timers.reserved, 2);
    timers_set(&timers, &all[3], 5);
    ck_assert_ptr_eq(timers_first(&timers), &all[3]);
    ck_assert_uint_eq(mem.used, used);
    timers_unreserve(&timers);
    ck_assert_uint_eq(timers.reserved, 0);
    timers_free(&timers, &mem);
}
END_TEST

START_TEST(failed_growth_changes_nothing)
{
    struct timer all[17] = {{0}};
    struct timers timers = {0};
    struct mem mem = {0};
    alloc_fail_at(1);
    ck_assert(!timers_reserve(&timers, &mem));
    alloc_fail_never();
    for (size_t i = 0; i < 16; i++)
        set_new(&timers, &mem, &all[i], i);
    alloc_fail_at(1);
    ck_assert(!timers_reserve(&timers, &mem));
    alloc_fail_never();
    ck_assert_uint_eq(timers.reserved, 0);
    set_new(&timers, &mem, &all[16], 0);
    ck_assert_ptr_eq(timers_first(&timers), &all[0]);
    timers_free(&timers, &mem);
}
END_TEST

START_TEST(trims_back)
{
    static struct timer all[1000];
    struct timers timers = {0};
    struct mem mem = {0};
    set_new(&timers, &mem, &all[0], 500);
    size_t level = mem.used;
    for (size_t i = 1; i < 1000; i++)
        set_new(&timers, &mem, &all[i], i);
    for (size_t i = 1; i < 1000; i++)
        timers_clear(&timers, &all[i]);
    timers_trim(&timers, &mem);
    ck_assert_uint_eq(mem.used, level);
    ck_assert_ptr_eq(timers_first(&timers), &all[0]);
    timers_clear(&timers, &all[0]);
    timers_trim(&timers, &mem);
    ck_assert_uint_eq(mem.used, 0);
    ck_assert_ptr_null(timers_first(&timers));
}
END_TEST

Suite *suite_timer(void);

Suite *suite_timer(void)
{
    Suite *suite = suite_create("timer");
    TCase *tests = tcase_create("timer");
    tcase_add_test(tests, first_is_first);
    tcase_add_test(tests, equal_ones_keep_their_order);
    tcase_add_test(tests, promises_hold);
    tcase_add_test(tests, failed_growth_changes_nothing);
    tcase_add_test(tests, trims_back);
    suite_add_tcase(suite, tests);
    return suite;
}
