/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is still there: linger, lease, stalls, and a random life against a plain table. */
#include <check.h>
#include <stdlib.h>

#include "daemon/gate/liveness.h"
#include "tests/support/alloc.h"

enum { SESSIONS = 200 };

static const uint8_t hash_key[SIPHASH_KEY_LEN] = "who is there";

static uint64_t only_expired(struct liveness *live, uint64_t now_ms)
{
    uint64_t sessions[4];
    size_t n = liveness_expired(live, now_ms, sessions, 4);
    ck_assert_uint_le(n, 1);
    return n == 0 ? 0 : sessions[0];
}

START_TEST(lingers)
{
    struct liveness *live = liveness_new(hash_key);
    ck_assert(liveness_attach(live, 1, 100, 0, 5000));
    ck_assert_uint_eq(liveness_due(live), UINT64_MAX);
    ck_assert_uint_eq(only_expired(live, UINT64_MAX / 4), 0);
    liveness_detach(live, 1, 1000);
    ck_assert_uint_eq(liveness_due(live), 6000);
    liveness_detach(live, 1, 3000); /* it is away already: no new time */
    ck_assert_uint_eq(liveness_due(live), 6000);
    ck_assert_uint_eq(only_expired(live, 5999), 0);
    ck_assert_uint_eq(only_expired(live, 6000), 1);
    ck_assert_uint_eq(only_expired(live, 6000), 1); /* stays until forgotten */
    ck_assert(liveness_attach(live, 1, 6000, 0, 5000));
    ck_assert_uint_eq(only_expired(live, 9000), 0);
    liveness_forget(live, 1);
    ck_assert_uint_eq(liveness_count(live), 0);
    liveness_forget(live, 1);
    liveness_touch(live, 1, 1);
    liveness_detach(live, 1, 1);
    ck_assert_uint_eq(liveness_due(live), UINT64_MAX);
    liveness_free(live);
}
END_TEST

/* Only news is told: a session that is new, or that is there as it was, is none. */
START_TEST(comings_and_goings)
{
    struct liveness *live = liveness_new(hash_key);
    uint64_t session;
    bool attached;
    ck_assert(liveness_attach(live, 1, 0, 0, 5000));
    ck_assert(liveness_attach(live, 2, 0, 0, UINT64_MAX)); /* lingers for ever */
    ck_assert(liveness_attach(live, 1, 10, 0, 5000));      /* taken over */
    ck_assert(!liveness_any_moved(live) && !liveness_moved(live, &session, &attached));
    liveness_detach(live, 2, 20);
    liveness_detach(live, 1, 20);
    liveness_detach(live, 2, 20);
    ck_assert(liveness_any_moved(live));
    ck_assert(liveness_attach(live, 1, 30, 0, 5000));
    ck_assert(liveness_moved(live, &session, &attached) && session == 2 && !attached);
    ck_assert(liveness_moved(live, &session, &attached) && session == 1 && attached);
    ck_assert(!liveness_moved(live, &session, &attached));
    liveness_detach(live, 1, 40);
    liveness_forget(live, 1);
    ck_assert(!liveness_any_moved(live));
    ck_assert(liveness_attach(live, 2, 50, 0, 5000));
    liveness_free(live);
}
END_TEST

START_TEST(leases)
{
    struct liveness *live = liveness_new(hash_key);
    ck_assert(liveness_attach(live, 9, 0, 1000, 60000));
    ck_assert_uint_eq(liveness_due(live), 1000);
    liveness_touch(live, 9, 800);
    ck_assert_uint_eq(liveness_due(live), 1800);
    liveness_detach(live, 9, 900); /* the lease is the first to end */
    ck_assert_uint_eq(liveness_due(live), 1800);
    liveness_touch(live, 9, 62000); /* now the linger time is */
    ck_assert_uint_eq(liveness_due(live), 60900);
    liveness_free(live);
}
END_TEST

START_TEST(renewed_from_elsewhere)
{
    struct liveness *live = liveness_new(hash_key);
    liveness_renew(live, 9, 10, 1000); /* nobody */
    ck_assert(liveness_attach(live, 9, 0, 1000, 1000));
    liveness_detach(live, 9, 100);
    ck_assert_uint_eq(liveness_due(live), 1000);
    liveness_renew(live, 9, 900, 1000); /* lease and linger both start again */
    ck_assert_uint_eq(liveness_due(live), 1900);
    liveness_renew(live, 9, 1000, 5000); /* the linger is not shorter than the lease */
    ck_assert_uint_eq(liveness_due(live), 6000);
    liveness_renew(live, 9, 2000, 500);
    ck_assert_uint_eq(liveness_due(live), 2500);
    liveness_renew(live, 9, 2100, 0); /* no lease: what is left is the linger */
    ck_assert_uint_eq(liveness_due(live), 7100);
    ck_assert(liveness_attach(live, 8, 0, 0, 100));
    liveness_renew(live, 8, 50, 0); /* attached without a lease: never due */
    ck_assert_uint_eq(liveness_due(live), 7100);
    liveness_free(live);
}
END_TEST

START_TEST(endless_times)
{
    struct liveness *live = liveness_new(hash_key);
    ck_assert(liveness_attach(live, 1, 5, UINT64_MAX, UINT64_MAX));
    liveness_detach(live, 1, 5);
    ck_assert_uint_eq(liveness_due(live), UINT64_MAX);
    liveness_free(live);
}
END_TEST

/* ---- against a plain table ---- */

struct plain {
    bool there;
    bool away;
    uint64_t lease_ms, linger_ms, touched, left;
};

static uint64_t plain_due(const struct plain *p)
{
    uint64_t due = p->lease_ms != 0 ? p->touched + p->lease_ms : UINT64_MAX;
    return p->away && p->left + p->linger_ms < due ? p->left + p->linger_ms : due;
}

static void check_expired(struct liveness *live, const struct plain *table, uint64_t now_ms)
{
    uint64_t got[SESSIONS];
    size_t n = liveness_expired(live, now_ms, got, SESSIONS);
    size_t due = 0;
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_le(plain_due(&table[got[i]]), now_ms);
        if (i > 0) {
            uint64_t a = plain_due(&table[got[i - 1]]), b = plain_due(&table[got[i]]);
            ck_assert(a < b || (a == b && got[i - 1] < got[i]));
        }
    }
    for (uint64_t i = 1; i < SESSIONS; i++)
        due += table[i].there && plain_due(&table[i]) <= now_ms;
    ck_assert_uint_eq(n, due);
}

static void one_event(struct liveness *live, uint64_t id, struct plain *p, uint64_t now_ms,
                      long dice)
{
    switch (dice) {
    case 0:
        liveness_forget(live, id);
        p->there = false;
        break;
    case 1:
        liveness_detach(live, id, now_ms);
        if (p->there && !p->away) {
            p->away = true;
            p->left = now_ms;
        }
        break;
    case 2:
        liveness_touch(live, id, now_ms);
        p->touched = now_ms;
        break;
    default:
        *p = (struct plain){true, false, id % 3 * 700, id % 5 * 400, now_ms, 0};
        ck_assert(liveness_attach(live, id, now_ms, p->lease_ms, p->linger_ms));
    }
}

START_TEST(random_lives)
{
    static struct plain table[SESSIONS];
    struct liveness *live = liveness_new(hash_key);
    unsigned short seed[3] = {7, 8, 9};
    uint64_t now_ms = 0;
    for (int round = 0; round < 20000; round++) {
        uint64_t id = 1 + (uint64_t)nrand48(seed) % (SESSIONS - 1);
        now_ms += (uint64_t)nrand48(seed) % 20;
        one_event(live, id, &table[id], now_ms, nrand48(seed) % 5);
        if (round % 10 == 0)
            check_expired(live, table, now_ms);
    }
    liveness_free(live);
}
END_TEST

START_TEST(expired_in_portions)
{
    struct liveness *live = liveness_new(hash_key);
    uint64_t got[3];
    for (uint64_t id = 1; id <= 5; id++)
        ck_assert(liveness_attach(live, id, 0, 60 - id * 10, 0));
    ck_assert_uint_eq(liveness_expired(live, 1000, got, 3), 3);
    ck_assert_uint_eq(got[0], 5);
    ck_assert_uint_eq(got[2], 3);
    for (size_t i = 0; i < 3; i++)
        liveness_forget(live, got[i]);
    ck_assert_uint_eq(liveness_expired(live, 1000, got, 3), 2);
    ck_assert_uint_eq(got[0], 2);
    ck_assert_uint_eq(got[1], 1);
    liveness_free(live);
}
END_TEST

START_TEST(no_memory)
{
    struct liveness *live = liveness_new(hash_key);
    alloc_fail_at(1);
    struct liveness *none = liveness_new(hash_key);
    alloc_fail_never();
    ck_assert_ptr_null(none);
    for (uint64_t id = 1; id <= 40; id++) {
        bool attached = false;
        for (size_t n = 1; !attached; n++) {
            alloc_fail_at(n);
            attached = liveness_attach(live, id, 0, id, 0);
            alloc_fail_never();
            ck_assert_uint_eq(liveness_count(live), attached ? id : id - 1);
        }
    }
    ck_assert_uint_eq(liveness_due(live), 1);
    for (uint64_t id = 1; id <= 40; id++)
        liveness_forget(live, id);
    ck_assert_uint_eq(liveness_count(live), 0);
    liveness_free(live);
}
END_TEST

Suite *suite_liveness(void);

Suite *suite_liveness(void)
{
    Suite *suite = suite_create("liveness");
    TCase *tests = tcase_create("liveness");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, lingers);
    tcase_add_test(tests, comings_and_goings);
    tcase_add_test(tests, leases);
    tcase_add_test(tests, renewed_from_elsewhere);
    tcase_add_test(tests, endless_times);
    tcase_add_test(tests, random_lives);
    tcase_add_test(tests, expired_in_portions);
    tcase_add_test(tests, no_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
