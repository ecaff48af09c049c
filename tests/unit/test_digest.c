/* SPDX-License-Identifier: BSD-2-Clause */
/* The digest sees everything that is state, and nothing that is not. */
#include "tests/support/fakelock.h"

static struct world first, second;

static void setup(void)
{
    world_init_key(&first, &fakelock_handlers, 1);
    world_init_key(&second, &fakelock_handlers, 2);
}

static void teardown(void)
{
    world_free(&first);
    world_free(&second);
}

/* Both come to the same state. */
static void same_in_both(void)
{
    struct world *const worlds[] = {&first, &second};
    for (unsigned i = 0; i < 2; i++) {
        struct world *w = worlds[i];
        fakelock_create(w, "a", "2");
        fakelock_create(w, "b", "2");
        fakelock_acquire(w, 1, "a", 2, 0);
        fakelock_acquire(w, 2, "a", 1, 1000);
        fakelock_acquire(w, 3, "a", 1, UINT64_MAX);
        fakelock_watch(w, 3, "b", engine_revision(w->engine), 5000);
        fakelock_swap(w, 1, "b", "[1, 2, 3]");
        fakelock_add(w, 4, "b", "1");
        world_end(w, 4);
    }
    ck_assert_str_eq(world_digest(&first), world_digest(&second));
}

static void differs(void)
{
    ck_assert_str_ne(world_digest(&first), world_digest(&second));
}

START_TEST(equal_whatever_the_hash_key_and_memory)
{
    same_in_both();
    /* what came and went without effect is not state */
    fakelock_acquire(&first, 9, "a", 1, 0);
    fakelock_add(&first, 1, "none", "1");
    ck_assert_str_eq(world_digest(&first), world_digest(&second));
}
END_TEST

START_TEST(a_reply_that_is_kept)
{
    same_in_both();
    world_ack(&first, 1, 2);
    second.now_ms = first.now_ms;
    world_ack(&second, 1, 1);
    ck_assert_uint_eq(engine_revision(first.engine), engine_revision(second.engine));
    differs();
}
END_TEST

START_TEST(who_waits_first)
{
    struct world *const worlds[] = {&first, &second};
    for (unsigned i = 0; i < 2; i++) {
        fakelock_create(worlds[i], "a", "1");
        fakelock_acquire(worlds[i], 1, "a", 1, 0);
        fakelock_add(worlds[i], 2, "a", "1");
        fakelock_add(worlds[i], 3, "a", "1");
        fakelock_acquire(worlds[i], i == 0 ? 2 : 3, "a", 1, UINT64_MAX);
        fakelock_acquire(worlds[i], i == 0 ? 3 : 2, "a", 1, UINT64_MAX);
    }
    differs();
}
END_TEST

START_TEST(the_deadline)
{
    same_in_both();
    fakelock_acquire(&first, 5, "a", 1, 100);
    fakelock_acquire(&second, 5, "a", 1, 101);
    differs();
}
END_TEST

START_TEST(the_content)
{
    same_in_both();
    fakelock_swap(&first, 1, "b", "1");
    fakelock_swap(&second, 1, "b", "2");
    differs();
}
END_TEST

START_TEST(who_has_ended)
{
    same_in_both();
    fakelock_add(&first, 5, "b", "1");
    fakelock_add(&second, 5, "b", "1");
    first.clients[5].token_hash[3] ^= 1;
    world_end(&first, 5);
    world_end(&second, 5);
    ck_assert_str_eq(world_digest(&first), world_digest(&second));
    memset(first.clients[6].token_hash, 99, 32);
    fakelock_add(&first, 6, "b", "1");
    fakelock_add(&second, 6, "b", "1");
    world_end(&first, 6);
    world_end(&second, 6);
    differs();
}
END_TEST

START_TEST(incarnation_version_and_time)
{
    same_in_both();
    struct command boot = {.kind = COMMAND_BOOT, .incarnation = 3};
    world_apply(&first, &boot);
    boot.incarnation = 4;
    world_apply(&second, &boot);
    differs();
    world_apply(&first, &boot);
    world_apply(&second, &boot);
    ck_assert_str_eq(world_digest(&first), world_digest(&second));
    world_apply(&first, &(struct command){.kind = COMMAND_VERSION, .version = 7});
    world_apply(&second, &(struct command){.kind = COMMAND_VERSION, .version = 8});
    differs();
}
END_TEST

Suite *suite_digest(void);
Suite *suite_digest(void)
{
    Suite *suite = suite_create("digest");
    TCase *tc = tcase_create("digest");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, equal_whatever_the_hash_key_and_memory);
    tcase_add_test(tc, a_reply_that_is_kept);
    tcase_add_test(tc, who_waits_first);
    tcase_add_test(tc, the_deadline);
    tcase_add_test(tc, the_content);
    tcase_add_test(tc, who_has_ended);
    tcase_add_test(tc, incarnation_version_and_time);
    suite_add_tcase(suite, tc);
    return suite;
}
