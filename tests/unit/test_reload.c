/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole engine saved and read back is the same, and goes on the same way. */
#include "daemon/objects/handlers.h"
#include "tests/support/life.h"
#include "tests/support/must.h"
#include "tests/support/reload.h"

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
    for (unsigned i = 0; i < BEFORE; i++) {
        life_step(&first, &seed);
    }
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

Suite *suite_reload(void);
Suite *suite_reload(void)
{
    Suite *suite = suite_create("reload");
    TCase *tc = tcase_create("reload");

    tcase_set_timeout(tc, 240);
    tcase_add_loop_test(tc, life_goes_on, 0, LIVES);
    suite_add_tcase(suite, tc);
    return suite;
}
