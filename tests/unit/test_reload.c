/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole engine saved and read back is the same, and goes on the same way. */
#include <stdlib.h>

#include "daemon/objects/handlers.h"
#include "tests/support/alloc.h"
#include "tests/support/life.h"
#include "tests/support/must.h"
#include "tests/support/queue_kit.h"
#include "tests/support/reload.h"

enum { STEPS = 400, CUTS = 1500, LONG = 3000, DAMAGED = 10 };
enum { LIVES = 40, BEFORE = 600, AFTER = 100, RELOADS = 20 };

/* The same steps in both; from time to time a look at the whole state. */
static void go_on(struct world *first, struct world *second, uint64_t *seed, unsigned life)
{
    uint64_t again = *seed;
    world_tick(first, 1); /* what was seen last is of the same command from here on */
    world_tick(second, 1);
    for (unsigned i = 0; i < AFTER; i++) {
        life_step(first, seed);
        life_step(second, &again);
        ck_assert_msg(reload_same_seen(first, second), "life %u: told otherwise in step %u", life,
                      i);
        if (i % 16 == 0 || i + 1 == AFTER) {
            ck_assert_msg(strcmp(world_digest(first), world_digest(second)) == 0,
                          "life %u: another state after step %u", life, i);
        }
    }
    must(again == *seed);
}

START_TEST(life_goes_on)
{
    uint64_t seed = (uint64_t)_i * 1000003 + 17;
    struct world first, second;
    struct buf state;
    world_init(&first, objects_handlers());
    for (unsigned i = 0; i < BEFORE; i++)
        life_step(&first, &seed);
    for (unsigned i = 0; i < RELOADS; i++) {
        reload_save(first.engine, &state);
        reload(&first, buf_bytes(&state), &second);
        buf_free(&state);
        ck_assert_str_eq(world_digest(&first), world_digest(&second));
        go_on(&first, &second, &seed, (unsigned)_i);
        world_free(&first);
        first = second;
    }
    world_free(&first);
}
END_TEST

/* Parts of a long queue are found by marks, which are made anew. */
START_TEST(a_long_queue_is_read_in_parts)
{
    static const char *const kinds[] = {"|kind=fifo", "|kind=lifo", "|kind=priority"};
    struct world first, second;
    struct buf state;
    world_init(&first, objects_handlers());
    kit_make(&first, "queue", "q", kinds[_i]);
    for (int i = 0; i < LONG; i++)
        ask(&first, 0, "queue.put", "name=q|value=%d", i * 7919 % LONG);
    for (int i = 0; i < 3; i++) { /* one comes back later, one at once, one stays away */
        ask(&first, 1, "queue.get", "name=q|reserve=1");
        ask(&first, 1, "queue.nack", i == 0 ? "name=q|token=%llu|delay_ms=50" : "name=q|token=%llu",
            (unsigned long long)(i == 2 ? 0 : kit_token()));
    }
    reload_save(first.engine, &state);
    reload(&first, buf_bytes(&state), &second);
    buf_free(&state);
    ck_assert_str_eq(kit_items(&first, "q", 300), kit_items(&second, "q", 300));
    world_tick(&first, 100);
    world_tick(&second, 100);
    for (int i = 0; i < LONG; i++) {
        const char *item = ask(&first, 2, "queue.get", "name=q");
        must(strcmp(item, ask(&second, 2, "queue.get", "name=q")) == 0);
    }
    ck_assert_str_eq(world_digest(&first), world_digest(&second));
    world_free(&first);
    world_free(&second);
}
END_TEST

/* ---- what is not as it was written ---- */

/* Into an engine of its own, which is then looked at as a whole, and freed. */
static bool loads(struct bytes state)
{
    struct engine *engine = world_engine(objects_handlers(), 3);
    struct reader in = {.at = state.data, .end = state.data + state.len};
    bool loaded = engine_load(engine, &in);
    uint8_t digest[32];
    must(loaded == reader_ok(&in));
    if (loaded)
        engine_digest(engine, digest);
    engine_free(engine);
    return loaded;
}

static void lived(struct world *w, struct buf *state, unsigned steps)
{
    uint64_t seed = (uint64_t)steps * 77 + 5;
    world_init(w, objects_handlers());
    for (unsigned i = 0; i < steps; i++)
        life_step(w, &seed);
    reload_save(w->engine, state);
}

START_TEST(what_is_cut_is_refused)
{
    struct world w;
    struct buf state;
    lived(&w, &state, STEPS + (unsigned)_i);
    must(loads(buf_bytes(&state)));
    for (size_t len = 0; len < state.len; len += 1 + state.len / CUTS) {
        uint8_t *cut = malloc(len + 1); /* so that the sanitizer sees its end */
        must(cut != NULL);
        memcpy(cut, state.data, len);
        must(!loads(bytes_of(cut, len)));
        free(cut);
    }
    buf_free(&state);
    world_free(&w);
}
END_TEST

START_TEST(what_is_damaged_does_no_harm)
{
    static const uint8_t damage[] = {0x01, 0x02, 0x80, 0xff};
    struct world w;
    struct buf state;
    lived(&w, &state, STEPS + (unsigned)_i);
    for (size_t i = 0; i < state.len; i += 1 + state.len / CUTS) {
        uint8_t *at = state.data + i;
        uint8_t was = *at;
        *at ^= damage[i % sizeof damage];
        (void)loads(buf_bytes(&state));
        *at = was;
    }
    buf_free(&state);
    world_free(&w);
}
END_TEST

START_TEST(without_memory_it_is_refused)
{
    struct world w;
    struct buf state;
    bool loaded = false;
    lived(&w, &state, STEPS);
    for (size_t n = 1; !loaded; n += 1 + n / 30) {
        struct engine *engine = world_engine(objects_handlers(), 3);
        struct reader in = {.at = state.data, .end = state.data + state.len};
        alloc_fail_at(n);
        loaded = engine_load(engine, &in);
        alloc_fail_never();
        must(loaded || in.nomem);
        engine_free(engine);
    }
    buf_free(&state);
    world_free(&w);
}
END_TEST

Suite *suite_reload(void);
Suite *suite_reload(void)
{
    Suite *suite = suite_create("reload");
    TCase *tc = tcase_create("reload");
    tcase_set_timeout(tc, 240);
    tcase_add_loop_test(tc, life_goes_on, 0, LIVES);
    tcase_add_loop_test(tc, a_long_queue_is_read_in_parts, 0, 3);
    tcase_add_loop_test(tc, what_is_cut_is_refused, 0, 2);
    tcase_add_loop_test(tc, what_is_damaged_does_no_harm, 0, DAMAGED);
    tcase_add_test(tc, without_memory_it_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
