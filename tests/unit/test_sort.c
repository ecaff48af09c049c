/* SPDX-License-Identifier: BSD-2-Clause */
/* The sort: order, stability, what cannot be compared, memory. */
#include "daemon/objects/python/sort.h"

#include <check.h>
#include <stdlib.h>

#include "tests/support/alloc.h"
#include "tests/support/randval.h"
#include "wire/base/buf.h"

enum { ITEMS_MAX = 3000 };

/* count values put by `put`, one after the other in out. */
static struct sort_item *items_make(struct buf *out, size_t count,
                                    void (*put)(struct buf *out, size_t i, uint64_t *seed))
{
    struct sort_item *items = calloc(count, sizeof *items);
    uint64_t seed = count;
    ck_assert_ptr_nonnull(items);
    for (size_t i = 0; i < count; i++) {
        items[i].from = out->len;
        put(out, i, &seed);
    }
    for (size_t i = 0; i < count; i++) {
        items[i].value =
            bytes_of(out->data + items[i].from, val_size_at(out->data + items[i].from));
        items[i].from = i;
    }
    return items;
}

static void put_few(struct buf *out, size_t i, uint64_t *seed)
{
    (void)i;
    val_put_int(out, (int64_t)randval_below(seed, 10)); /* many equal ones: stability shows */
}

static void put_rising(struct buf *out, size_t i, uint64_t *seed)
{
    (void)seed;
    val_put_int(out, (int64_t)i);
}

static void put_falling(struct buf *out, size_t i, uint64_t *seed)
{
    (void)seed;
    val_put_int(out, -(int64_t)i);
}

static void put_one_str(struct buf *out, size_t i, uint64_t *seed)
{
    (void)seed;
    if (i == 11)
        val_put_text(out, "x");
    else
        val_put_int(out, (int64_t)i);
}

/* Ends and zeros within the first bytes, and more that are the same. */
static void put_str(struct buf *out, size_t i, uint64_t *seed)
{
    static const char letters[] = "\0ab\xc3\xa9";
    uint8_t text[24];
    size_t len = 0;
    (void)i;
    for (uint64_t n = randval_below(seed, 12); n > 0; n--) {
        uint64_t letter = randval_below(seed, 4);
        text[len++] = (uint8_t)letters[letter];
        if (letter == 3)
            text[len++] = (uint8_t)letters[4];
    }
    val_put_str(out, bytes_of(text, len));
}

static void put_extreme(struct buf *out, size_t i, uint64_t *seed)
{
    static const int64_t numbers[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
    (void)i;
    val_put_int(out, numbers[randval_below(seed, 7)]);
}

static void put_nested(struct buf *out, size_t i, uint64_t *seed)
{
    size_t list = val_open(out, VAL_LIST);
    size_t item = val_open_item(out);
    val_put_int(out, (int64_t)randval_below(seed, 5) + (int64_t)(i % 2));
    val_close(out, item);
    val_close(out, list);
}

static void assert_sorted(const struct sort_item *items, size_t count)
{
    enum val_kind x;
    enum val_kind y;
    for (size_t i = 1; i < count; i++) {
        enum val_order order = val_compare(items[i - 1].value, items[i].value, &x, &y);
        ck_assert_int_ne(order, VAL_GREATER);
        if (order == VAL_EQUAL)
            ck_assert_uint_lt(items[i - 1].from, items[i].from);
    }
}

START_TEST(sorts_stable)
{
    static const size_t counts[] = {0,  1,  2,  3,  7,  8,  9,    15,       16,
                                    17, 24, 25, 63, 64, 65, 1000, ITEMS_MAX};
    static void (*const puts_[])(struct buf *, size_t, uint64_t *) = {
        put_few, put_rising, put_falling, put_nested, put_str, put_extreme};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        for (size_t p = 0; p < sizeof puts_ / sizeof puts_[0]; p++) {
            struct buf out;
            struct val_kinds fault;
            struct val_budget budget = {.left = UINT64_MAX};
            struct mem mem = {0};
            uint64_t sum = 0;
            buf_init(&out);
            struct sort_item *items = items_make(&out, counts[c], puts_[p]);
            ck_assert_int_eq(sort_values(&mem, items, counts[c], &fault, &budget), SORT_OK);
            assert_sorted(items, counts[c]);
            for (size_t i = 0; i < counts[c]; i++)
                sum += items[i].from;
            ck_assert_uint_eq(sum, counts[c] * (counts[c] - (counts[c] > 0)) / 2);
            ck_assert_uint_eq(mem.used, 0);
            free(items);
            buf_free(&out);
        }
    }
}
END_TEST

START_TEST(tells_what_cannot_be_compared)
{
    struct buf out;
    struct val_kinds fault;
    struct val_budget budget = {.left = UINT64_MAX};
    struct mem mem = {0};
    buf_init(&out);
    struct sort_item *items = items_make(&out, 40, put_one_str);
    ck_assert_int_eq(sort_values(&mem, items, 40, &fault, &budget), SORT_INCOMPARABLE);
    ck_assert(fault.x != fault.y);
    ck_assert(fault.x == VAL_STR || fault.y == VAL_STR);
    ck_assert_uint_eq(mem.used, 0);
    free(items);
    buf_free(&out);
}
END_TEST

START_TEST(no_memory)
{
    struct buf out;
    struct val_kinds fault;
    struct val_budget budget = {.left = UINT64_MAX};
    struct mem mem = {0};
    buf_init(&out);
    struct sort_item *items = items_make(&out, 100, put_few);
    alloc_fail_at(1);
    enum sort_status status = sort_values(&mem, items, 100, &fault, &budget);
    alloc_fail_never();
    ck_assert_int_eq(status, SORT_NOMEM);
    ck_assert_uint_eq(mem.used, 0);
    free(items);
    buf_free(&out);
}
END_TEST

Suite *suite_sort(void);

Suite *suite_sort(void)
{
    Suite *suite = suite_create("sort");
    TCase *tcase = tcase_create("sort");
    tcase_add_test(tcase, sorts_stable);
    tcase_add_test(tcase, tells_what_cannot_be_compared);
    tcase_add_test(tcase, no_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
