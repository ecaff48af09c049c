/* SPDX-License-Identifier: BSD-2-Clause */
/* backlog: against a plain array, whatever comes, goes and comes back. */
#include <stdlib.h>

#include "daemon/objects/handlers.h"
#include "daemon/objects/queue/backlog.h"
#include "tests/support/alloc.h"
#include "tests/support/must.h"
#include "tests/support/randval.h"
#include "tests/support/world.h"

enum { MOST = 6000, STEPS = 60000 };

static struct world w;
static struct mem *mem;
static struct backlog backlog;
static struct item *model[MOST]; /* in order of delivery */
static size_t count;

static void setup(void)
{
    world_init(&w, objects_handlers());
    mem = engine_mem(w.engine);
    backlog = (struct backlog){0};
    count = 0;
}

static void teardown(void)
{
    backlog_clear(w.engine, &backlog);
    world_free(&w);
}

static struct item *item_of(int64_t number)
{
    struct buf value;
    buf_init(&value);
    val_put_int(&value, number);
    must(!value.failed);
    struct item *item = mem_zalloc(mem, sizeof *item + value.len);
    must(item != NULL);
    item->len = (uint32_t)value.len;
    memcpy(item->value, value.data, value.len);
    buf_free(&value);
    return item;
}

static int64_t number_of(const struct item *item)
{
    return val_read(item_value(item)).integer;
}

static bool before(const struct item *a, const struct item *b)
{
    if (backlog.order == ORDER_PRIORITY && number_of(a) != number_of(b))
        return number_of(a) < number_of(b);
    return backlog.order == ORDER_LIFO ? a->seq > b->seq : a->seq < b->seq;
}

static void model_add(struct item *item)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (before(model[middle], item))
            low = middle + 1;
        else
            high = middle;
    }
    memmove(&model[low + 1], &model[low], (count - low) * sizeof model[0]);
    model[low] = item;
    count++;
}

static struct item *model_take(void)
{
    struct item *item = model[0];
    must(backlog_first(&backlog) == item);
    must(backlog_take(mem, &backlog) == item);
    memmove(&model[0], &model[1], --count * sizeof model[0]);
    return item;
}

/* From some item on, which may have gone. */
static void check_walk(const struct item *probe)
{
    struct backlog_walk walk =
        probe == NULL ? backlog_walk(&backlog) : backlog_walk_after(&backlog, probe);
    size_t at = 0;
    while (probe != NULL && at < count && !before(probe, model[at]))
        at++;
    for (; at < count; at++)
        must(backlog_next(&walk) == model[at]);
    must(backlog_next(&walk) == NULL);
}

static void step(uint64_t *seed, struct item **away, size_t *away_count)
{
    bool grow = backlog.seq / 5000 % 2 == 0;
    uint64_t what = randval_below(seed, 10);
    if (what < (grow ? 6u : 3u) && count + *away_count < MOST) {
        struct item *item = item_of((int64_t)randval_below(seed, 50));
        backlog_put(mem, &backlog, item);
        must(item->state == ITEM_READY);
        model_add(item);
    } else if (what < 8 && count > 0) {
        struct item *item = model_take();
        if (randval_below(seed, 4) == 0)
            away[(*away_count)++] = item;
        else
            item_delete(mem, item);
    } else if (what == 8 && *away_count > 0) {
        struct item *item = away[randval_below(seed, *away_count)];
        for (size_t i = 0; i < *away_count; i++) {
            if (away[i] == item) {
                away[i] = away[--*away_count];
                break;
            }
        }
        backlog_put_back(&backlog, item);
        model_add(item);
    } else if (what == 9 && randval_below(seed, 40) == 0) {
        check_walk(*away_count > 0 ? away[randval_below(seed, *away_count)]
                   : count > 0     ? model[randval_below(seed, count)]
                                   : NULL);
    }
    must(backlog.count == count);
}

START_TEST(as_a_sorted_array)
{
    static struct item *away[MOST];
    size_t away_count = 0;
    uint64_t seed = 7 + (uint64_t)_i;
    backlog.order = (enum backlog_order)(_i % 3);
    size_t used = mem->used;
    for (unsigned i = 0; i < STEPS; i++)
        step(&seed, away, &away_count);
    check_walk(NULL);
    for (size_t i = 0; i < count; i += 97)
        check_walk(model[i]);
    while (away_count > 0) {
        backlog_put_back(&backlog, away[away_count - 1]);
        model_add(away[--away_count]);
    }
    while (count > (_i % 2 == 0 ? 0u : 100u))
        item_delete(mem, model_take());
    backlog_clear(w.engine, &backlog);
    while (engine_reclaim(w.engine, 7)) {
    }
    ck_assert_uint_eq(mem->used, used);
    ck_assert_ptr_null(backlog.marks.places);
}
END_TEST

START_TEST(marks_make_reading_short_and_may_be_missing)
{
    enum { MANY = 200 * BACKLOG_MARK };
    backlog.order = _i == 0 ? ORDER_FIFO : ORDER_LIFO;
    for (unsigned i = 1; i <= MANY; i++) {
        struct item *item = item_of(i);
        bool fails = i % (BACKLOG_MARK * 50) == 0;
        if (fails)
            alloc_fail_at(1);
        backlog_put(mem, &backlog, item);
        alloc_fail_never();
    }
    ck_assert_uint_ge(backlog.marks.count, 190);
    for (uint64_t seq = 1; seq < MANY; seq += 777) {
        struct backlog_walk walk = backlog_walk_after(&backlog, &(struct item){.seq = seq});
        const struct item *next = backlog_next(&walk);
        if (_i == 0)
            ck_assert_uint_eq(next->seq, seq + 1);
        else if (seq > 1)
            ck_assert_uint_eq(next->seq, seq - 1);
        else
            ck_assert_ptr_null(next);
    }
    while (backlog.count > 0)
        item_delete(mem, backlog_take(mem, &backlog));
    ck_assert_ptr_null(backlog.marks.places);
}
END_TEST

Suite *suite_backlog(void);
Suite *suite_backlog(void)
{
    Suite *suite = suite_create("backlog");
    TCase *tests = tcase_create("backlog");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, as_a_sorted_array, 0, 9);
    tcase_add_loop_test(tests, marks_make_reading_short_and_may_be_missing, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
