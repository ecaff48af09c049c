/* SPDX-License-Identifier: BSD-2-Clause */
/* What is remembered of sessions that ended, and what is told of those that are not. */
#include "daemon/engine/state.h"
#include "daemon/objects/handlers.h"
#include "tests/support/call.h"
#include "tests/support/reload.h"

enum { RING = 4 };

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
    w.engine->options.ended_ring = RING;
    world_create(&w, "value", "a", "1");
}

static void teardown(void)
{
    world_free(&w);
}

static enum session_fate fate(const uint8_t hash[32])
{
    uint64_t session;
    return engine_session_find(w.engine, hash, &session);
}

/* A session that does something and ends; gives the revision of its end. */
static uint64_t come_and_end(uint8_t hash[32], bool bye)
{
    memcpy(hash, w.clients[1].token_hash, 32);
    ck_assert_int_eq(call(&w, 1, "value.add", "name=a|by=1")->result.kind, RESULT_VALUE);
    ck_assert_int_eq(fate(hash), SESSION_ALIVE);
    if (bye)
        world_bye(&w, 1);
    else
        world_end(&w, 1);
    return engine_revision(w.engine);
}

/* A client that saw its session at this revision must not take "unknown" for "never was". */
START_TEST(the_end_of_the_last_forgotten_is_told)
{
    uint64_t ends[3 * RING];
    uint8_t hashes[3 * RING][32];
    for (unsigned n = 0; n < 3 * RING; n++) {
        ends[n] = come_and_end(hashes[n], false);
        ck_assert_uint_eq(engine_forgotten(w.engine), n < RING ? 0 : ends[n - RING]);
        ck_assert_int_eq(fate(hashes[n]), SESSION_ENDED);
        for (unsigned old = 0; old < n; old++) {
            ck_assert_int_eq(fate(hashes[old]), ends[old] <= engine_forgotten(w.engine)
                                                    ? SESSION_UNKNOWN
                                                    : SESSION_ENDED);
        }
    }
}
END_TEST

/* Whatever the daemon shows while a session lives comes before the revision of its end. */
START_TEST(a_session_shows_nothing_as_late_as_its_end)
{
    uint8_t hash[32];
    uint64_t seen = 0;
    for (unsigned n = 0; n < 2 * RING; n++) {
        call(&w, 2, "value.add", "name=a|by=1");
        seen = engine_revision(w.engine);
        ck_assert_uint_gt(come_and_end(hash, false), seen);
    }
    ck_assert_int_eq(fate(w.clients[2].token_hash), SESSION_ALIVE);
    ck_assert_uint_lt(engine_forgotten(w.engine), seen);
}
END_TEST

/* Who says Bye does not come back: a crowd of those makes nobody forgotten. */
START_TEST(bye_takes_no_place)
{
    uint8_t hash[32], first[32];
    come_and_end(first, false);
    uint64_t bytes = world_usage(&w).bytes;
    for (unsigned n = 0; n < 3 * RING; n++) {
        come_and_end(hash, true);
        ck_assert_int_eq(fate(hash), SESSION_UNKNOWN);
    }
    ck_assert_uint_eq(engine_forgotten(w.engine), 0);
    ck_assert_int_eq(fate(first), SESSION_ENDED);
    ck_assert_uint_eq(world_usage(&w).bytes, bytes);
}
END_TEST

/* A snapshot keeps what was forgotten, and in which order the rest will be. */
START_TEST(it_is_saved_and_read_back)
{
    for (unsigned count = 0; count < 2 * RING; count++) {
        struct world again;
        struct buf state;
        uint8_t hash[32];
        reload_save(w.engine, &state);
        reload(&w, buf_bytes(&state), &again);
        buf_free(&state);
        ck_assert_uint_eq(engine_forgotten(again.engine), engine_forgotten(w.engine));
        ck_assert_str_eq(world_digest(&again), world_digest(&w));
        world_free(&again);
        come_and_end(hash, false);
    }
    ck_assert_uint_gt(engine_forgotten(w.engine), 0);
}
END_TEST

/* Ends that do not rise, or are still to come, are damage. */
START_TEST(damaged_ends_are_refused)
{
    uint8_t hash[32];
    struct buf out;
    for (unsigned n = 0; n < 2 * RING; n++)
        come_and_end(hash, false);
    for (int damage = 0; damage < 4; damage++) {
        buf_init(&out);
        struct writer writer = reload_writer(&out);
        resume_tokens_save(w.engine, &writer);
        /* F, the count, a hash and its end, the next hash and its end */
        uint64_t *end = (uint64_t *)(void *)(out.data + 16 + 32);
        if (damage == 1)
            *end = engine_revision(w.engine) + 1;
        else if (damage == 2)
            *end = engine_forgotten(w.engine) - 1;
        else if (damage == 3)
            *(uint64_t *)(void *)out.data = engine_revision(w.engine) + 1;
        struct reader reader = {.at = out.data, .end = out.data + out.len};
        struct engine *engine = world_engine(objects_handlers(), 7);
        engine->options.ended_ring = RING;
        engine->revision = w.engine->revision;
        ck_assert_int_eq(resume_tokens_load(engine, &reader), damage == 0);
        engine_free(engine);
        buf_free(&out);
    }
}
END_TEST

Suite *suite_resume_tokens(void);
Suite *suite_resume_tokens(void)
{
    Suite *suite = suite_create("resume_tokens");
    TCase *tests = tcase_create("tokens");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_end_of_the_last_forgotten_is_told);
    tcase_add_test(tests, a_session_shows_nothing_as_late_as_its_end);
    tcase_add_test(tests, bye_takes_no_place);
    tcase_add_test(tests, it_is_saved_and_read_back);
    tcase_add_test(tests, damaged_ends_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
