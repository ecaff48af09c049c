/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of what is gone comes back in slices, the oldest first. */
#include "tests/support/fakes.h"

/* Blocks in a chain behind the first. */
struct chain {
    struct trash trash;
    struct chain *more;
    int *ended; /* counts chains that are gone, in order */
    int order;
};

static bool chain_sweep(struct mem *mem, struct trash *trash, size_t budget)
{
    struct chain *chain = (struct chain *)trash;
    while (chain->more != NULL && budget > 0) {
        struct chain *next = chain->more->more;
        mem_free(mem, chain->more, sizeof *chain);
        chain->more = next;
        budget--;
    }
    if (chain->more != NULL || budget == 0)
        return true;
    ck_assert_int_eq(*chain->ended, chain->order);
    ++*chain->ended;
    mem_free(mem, chain, sizeof *chain);
    return false;
}

static void discard_chain(struct fakes *f, size_t blocks, int *ended, int order)
{
    struct chain *first = NULL;
    for (size_t i = 0; i < blocks; i++) {
        struct chain *chain = mem_zalloc(engine_mem(f->engine), sizeof *chain);
        chain->more = first;
        chain->trash.sweep = chain_sweep;
        chain->ended = ended;
        chain->order = order;
        first = chain;
    }
    engine_discard(f->engine, &first->trash);
}

START_TEST(slices)
{
    struct fakes f;
    int ended = 0;
    fakes_init(&f);
    size_t level = f.engine->mem.blocks;
    ck_assert(!engine_reclaim(f.engine, 10));
    discard_chain(&f, 1, &ended, 0);
    discard_chain(&f, 25, &ended, 1);
    discard_chain(&f, 3, &ended, 2);
    for (size_t left = 29; left > 0;) {
        size_t before = f.engine->mem.blocks;
        bool more = engine_reclaim(f.engine, 10);
        size_t went = before - f.engine->mem.blocks;
        ck_assert_uint_gt(went, 0);
        ck_assert_uint_le(went, 10);
        left -= went;
        ck_assert(more || left == 0);
    }
    (void)engine_reclaim(f.engine, 10);
    ck_assert_int_eq(ended, 3);
    ck_assert_uint_eq(f.engine->mem.blocks, level);
    ck_assert(!engine_reclaim(f.engine, 10));
    discard_chain(&f, 5, &ended, 3); /* the list works again after it was empty */
    discard_chain(&f, 5, &ended, 4);
    while (engine_reclaim(f.engine, 1)) {
    }
    ck_assert_int_eq(ended, 5);
    fakes_free(&f);
}
END_TEST

START_TEST(trims_tables)
{
    struct fakes f;
    fakes_init(&f);
    size_t level = f.engine->mem.used;
    for (int i = 0; i < 2000; i++)
        ck_assert_ptr_nonnull(fake_create(&f, "list", NULL));
    while (f.engine->objects != NULL)
        fakes_destroy(&f, f.engine->objects);
    (void)fakes_ctx(&f);
    while (engine_reclaim(f.engine, 100)) {
    }
    ck_assert_uint_eq(f.engine->mem.used, level);
    fakes_free(&f);
}
END_TEST

START_TEST(freed_with_the_engine)
{
    struct fakes f;
    int ended = 0;
    fakes_init(&f);
    discard_chain(&f, 100, &ended, 0);
    fakes_free(&f);
    ck_assert_int_eq(ended, 1);
}
END_TEST

Suite *suite_trash(void);

Suite *suite_trash(void)
{
    Suite *suite = suite_create("trash");
    TCase *tests = tcase_create("trash");
    tcase_add_test(tests, slices);
    tcase_add_test(tests, trims_tables);
    tcase_add_test(tests, freed_with_the_engine);
    suite_add_tcase(suite, tests);
    return suite;
}
