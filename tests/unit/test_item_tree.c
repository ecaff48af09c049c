/* SPDX-License-Identifier: BSD-2-Clause */
/* items: trees, lists, chains, and letting go of many in slices. */
#include "daemon/objects/handlers.h"
#include "daemon/objects/queue/item_tree.h"
#include "daemon/objects/queue/items.h"
#include "tests/support/must.h"
#include "tests/support/world.h"

static struct world w;

static void setup(void)
{
    world_init(&w, objects_handlers());
}

static void teardown(void)
{
    world_free(&w);
}

static struct item *item_numbered(uint64_t seq)
{
    struct item *item = mem_zalloc(engine_mem(w.engine), sizeof *item + 2);
    must(item != NULL);
    item->len = 2;
    item->seq = seq;
    return item;
}

START_TEST(a_list_is_left_anywhere)
{
    struct item items[3] = {{.seq = 1}, {.seq = 2}, {.seq = 3}};
    static const int order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct item_list list = {0};
    for (unsigned i = 0; i < 3; i++)
        item_list_add(&list, &items[i]);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t before = 0;
        for (const struct item *item = list.first; item != NULL; item = item->kept_next) {
            ck_assert_uint_gt(item->seq, before);
            before = item->seq;
        }
        item_list_del(&list, &items[order[_i][i]]);
    }
    ck_assert_ptr_null(list.first);
    ck_assert_ptr_null(list.last);
}
END_TEST

/* A line and a tree of them, or one of both. */
START_TEST(many_go_in_slices)
{
    enum { MANY = 5000 };
    uint64_t before = world_usage(&w).bytes;
    struct items line = {0};
    struct item_tree tree = RB_INITIALIZER(&tree);
    for (unsigned i = 0; i < MANY && _i != 1; i++)
        items_add(&line, item_numbered(i));
    for (unsigned i = 0; i < MANY && _i != 0; i++)
        item_tree_add(&tree, item_numbered(i * 7919 % MANY), item_compare_age);
    uint64_t all = world_usage(&w).blocks;
    items_discard(w.engine, line.first, RB_ROOT(&tree));
    ck_assert_uint_eq(world_usage(&w).blocks, all);
    unsigned slices = 0;
    while (engine_reclaim(w.engine, 100)) {
        slices++;
        must(world_usage(&w).blocks + 101 >= all - slices * 100);
    }
    ck_assert_uint_ge(slices, _i == 2 ? 99 : 49);
    ck_assert_uint_eq(world_usage(&w).bytes, before);
    items_discard(w.engine, NULL, NULL);
    ck_assert(!engine_reclaim(w.engine, 1));
}
END_TEST

START_TEST(a_tree_keeps_its_order)
{
    enum { MANY = 1000 };
    struct item_tree tree = RB_INITIALIZER(&tree);
    struct item *last = NULL;
    for (unsigned i = 0; i < MANY; i++) {
        struct item *item = item_numbered(i * 7919 % MANY);
        item->due_ms = item->seq / 10;
        item_tree_add(&tree, item, item_compare_due);
    }
    unsigned seen = 0;
    for (struct item *item = item_tree_first(&tree); item != NULL; item = item_tree_next(item)) {
        must(item->seq == seen++);
        must(item_tree_prev(item) == last);
        last = item;
    }
    ck_assert_uint_eq(seen, MANY);
    ck_assert_ptr_eq(item_tree_last(&tree), last);
    struct item probe = {.seq = 500, .due_ms = 50};
    ck_assert_uint_eq(item_tree_after(&tree, &probe, item_compare_due)->seq, 501);
    ck_assert_uint_eq(item_tree_before(&tree, &probe, item_compare_due)->seq, 499);
    probe.due_ms = 1000;
    ck_assert_ptr_null(item_tree_after(&tree, &probe, item_compare_due));
    items_discard(w.engine, NULL, RB_ROOT(&tree));
}
END_TEST

Suite *suite_item_tree(void);
Suite *suite_item_tree(void)
{
    Suite *suite = suite_create("item_tree");
    TCase *tests = tcase_create("item");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_list_is_left_anywhere, 0, 6);
    tcase_add_loop_test(tests, many_go_in_slices, 0, 3);
    tcase_add_test(tests, a_tree_keeps_its_order);
    suite_add_tcase(suite, tests);
    return suite;
}
