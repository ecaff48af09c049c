/* SPDX-License-Identifier: BSD-2-Clause */
/* The table against a simple model: finding, order, holes, cursors, undoing, memory. */
#include "daemon/engine/core.h" /* before check.h, which has a macro `fail` */
#include "daemon/engine/writer.h"
#include "daemon/objects/table/table_body.h"
#include "tests/support/alloc.h"
#include "tests/support/randval.h"
#include "wire/base/siphash.h"

#include <check.h>
#include <math.h>
#include <stdio.h>

enum { IDS = 4000, NANS = 64, OPS = 50000 };

static const uint8_t KEY_A[16] = {1, 2, 3};
static const uint8_t KEY_B[16] = {0xff, 7, 9, 200};

/* What the table must hold: by number of the key, with the sequence number as the order. */
struct model {
    uint32_t seq[IDS]; /* 0: absent */
    uint8_t form[IDS]; /* in which the key was put first */
    uint32_t value[IDS];
    uint32_t nan[NANS]; /* sequence numbers of NaN keys; 0: free */
    uint32_t next_seq;
    size_t count;
};

static struct mem mem;
static struct table table;
static struct model model;
static uint64_t seed;

/* Key `id`: half of them strings; the others numbers in one of their equal forms. */
static void put_key(struct buf *out, uint32_t id, uint32_t form)
{
    char text[32];
    if (id >= IDS / 2) {
        snprintf(text, sizeof text, "key:%012u", id);
        val_put_text(out, text);
    } else if (form == 1) {
        val_put_float(out, id);
    } else if (form == 2 && id < 2) {
        val_put_bool(out, id == 1);
    } else {
        val_put_int(out, id);
    }
}

static void put_value(struct buf *out, uint32_t value)
{
    static const uint8_t filler[200];
    size_t list = val_open(out, VAL_TUPLE);
    size_t item = val_open_item(out);
    val_put_int(out, value);
    val_close(out, item);
    item = val_open_item(out);
    val_put_bytes(out, bytes_of(filler, value % sizeof filler));
    val_close(out, item);
    val_close(out, list);
}

static bool put_encoded(struct table *t, struct bytes key, struct bytes value, bool refs)
{
    struct table_spot spot;
    if (!table_find(t, key, &spot) || !table_reserve(t, &spot, key, value))
        return false;
    table_commit(t, &spot, refs);
    return true;
}

static bool store(struct table *t, uint32_t id, uint32_t form, uint32_t value)
{
    struct buf key, encoded;
    buf_init(&key);
    buf_init(&encoded);
    put_key(&key, id, form);
    put_value(&encoded, value);
    bool done = !key.failed && !encoded.failed &&
                put_encoded(t, buf_bytes(&key), buf_bytes(&encoded), value % 2 == 1);
    buf_free(&key);
    buf_free(&encoded);
    return done;
}

static bool look_up(const struct table *t, uint32_t id, uint32_t form, uint32_t *place)
{
    struct table_spot spot;
    struct buf key;
    buf_init(&key);
    put_key(&key, id, form);
    ck_assert(table_find(t, buf_bytes(&key), &spot));
    buf_free(&key);
    *place = spot.place;
    return spot.found;
}

/* ---- steps of the random test ---- */

static void do_put(void)
{
    uint32_t id = (uint32_t)randval_below(&seed, IDS), form = (uint32_t)randval_below(&seed, 3),
             value = (uint32_t)randval_below(&seed, 1000);
    ck_assert(store(&table, id, form, value));
    if (model.seq[id] == 0) {
        model.seq[id] = model.next_seq++;
        model.form[id] = (uint8_t)form;
        model.count++;
    }
    model.value[id] = value;
}

static void do_put_nan(void)
{
    struct buf key;
    uint32_t at = (uint32_t)randval_below(&seed, NANS);
    if (model.nan[at] != 0)
        return;
    buf_init(&key);
    size_t list = val_open(&key, VAL_TUPLE);
    size_t item = val_open_item(&key);
    val_put_float(&key, NAN);
    val_close(&key, item);
    val_close(&key, list);
    struct table_spot spot;
    ck_assert(table_find(&table, buf_bytes(&key), &spot));
    ck_assert(!spot.found);
    ck_assert(put_encoded(&table, buf_bytes(&key), VAL_TRUE, false));
    buf_free(&key);
    model.nan[at] = model.next_seq++;
    model.count++;
}

/* The model's entry of a sequence number is gone. */
static void model_erase(uint32_t seq)
{
    for (size_t i = 0; i < IDS; i++)
        if (model.seq[i] == seq)
            model.seq[i] = 0;
    for (size_t i = 0; i < NANS; i++)
        if (model.nan[i] == seq)
            model.nan[i] = 0;
    model.count--;
}

static void do_erase(uint32_t id)
{
    uint32_t place;
    bool found = look_up(&table, id, (uint32_t)randval_below(&seed, 3), &place);
    ck_assert_int_eq(found, model.seq[id] != 0);
    if (found) {
        ck_assert_uint_eq(table_row(&table, place).seq, model.seq[id]);
        model_erase(model.seq[id]);
        table_erase(&table, place);
    }
}

/* The smallest sequence number above `after`, the largest below `before`; 0: none. */
static uint32_t model_next(uint32_t after)
{
    uint32_t best = UINT32_MAX;
    for (size_t i = 0; i < IDS; i++)
        if (model.seq[i] > after && model.seq[i] < best)
            best = model.seq[i];
    for (size_t i = 0; i < NANS; i++)
        if (model.nan[i] > after && model.nan[i] < best)
            best = model.nan[i];
    return best == UINT32_MAX ? 0 : best;
}

static uint32_t model_last(void)
{
    uint32_t best = 0;
    for (size_t i = 0; i < IDS; i++)
        if (model.seq[i] > best)
            best = model.seq[i];
    for (size_t i = 0; i < NANS; i++)
        if (model.nan[i] > best)
            best = model.nan[i];
    return best;
}

static void do_pop(bool newest)
{
    struct table_row row;
    bool any = newest ? table_newest(&table, &row) : table_oldest(&table, &row);
    ck_assert_int_eq(any, model.count > 0);
    if (any) {
        ck_assert_uint_eq(row.seq, newest ? model_last() : model_next(0));
        model_erase(row.seq);
        table_erase(&table, row.place);
    }
}

static void do_cursor(void)
{
    struct table_row row;
    uint32_t cursor = (uint32_t)randval_below(&seed, model.next_seq + 2);
    struct table_walk walk = table_walk_after(&table, cursor);
    uint32_t expected = model_next(cursor);
    bool any = table_next(&walk, &row);
    ck_assert_int_eq(any, expected != 0);
    if (any)
        ck_assert_uint_eq(row.seq, expected);
}

static void do_clear(void)
{
    struct trash *trash = table_clear(&table);
    size_t before = mem.blocks;
    while (trash != NULL && trash->sweep(&mem, trash, 100)) {
        ck_assert_uint_le(before - mem.blocks, 100 + 3); /* directories come along */
        before = mem.blocks;
    }
    ck_assert_uint_eq(mem.used, 0);
    memset(model.seq, 0, sizeof model.seq);
    memset(model.nan, 0, sizeof model.nan);
    model.count = 0;
}

static void check_row(const struct table_row *row)
{
    struct buf expected;
    buf_init(&expected);
    for (uint32_t id = 0; id < IDS; id++) {
        if (model.seq[id] != row->seq)
            continue;
        put_key(&expected, id, model.form[id]);
        put_value(&expected, model.value[id]);
        ck_assert(bytes_equal(buf_bytes(&expected),
                              bytes_of(row->key.data, row->key.len + row->value.len)));
        ck_assert_int_eq(row->has_refs, model.value[id] % 2 == 1);
    }
    buf_free(&expected);
}

static void check_all(void)
{
    struct table_row row;
    ck_assert_uint_eq(table_count(&table), model.count);
    size_t count = 0;
    uint32_t seq = 0;
    for (struct table_walk walk = table_walk(&table); table_next(&walk, &row); count++) {
        ck_assert_uint_gt(row.seq, seq);
        seq = row.seq;
        if (count % 16 == 0) {
            check_row(&row);
            ck_assert_uint_eq(model_next(row.seq - 1), row.seq);
        }
    }
    ck_assert_uint_eq(count, model.count);
    seq = UINT32_MAX;
    for (struct table_walk walk = table_walk_back(&table); table_prev(&walk, &row); count--) {
        ck_assert_uint_lt(row.seq, seq);
        seq = row.seq;
    }
    ck_assert_uint_eq(count, 0);
}

/* What spilled over each bucket of a segment is counted exactly. */
static void check_segment(const struct lookup_segment *segment)
{
    uint32_t mask = (1u << segment->bits) - 1, count = 0;
    uint16_t passed[1 << LOOKUP_SEGMENT_BITS] = {0};
    for (uint32_t at = 0; at <= mask; at++) {
        for (int slot = 0; slot < BUCKET_SLOTS; slot++) {
            if (segment->buckets[at].tags[slot] == 0)
                continue;
            struct table_row row = table_row(&table, segment->buckets[at].places[slot]);
            uint32_t home = (uint32_t)(table_hash(&table, row.key) >> 8) & mask;
            for (; home != at; home = (home + 1) & mask)
                passed[home]++;
            count++;
        }
    }
    ck_assert_uint_eq(segment->count, count);
    for (uint32_t at = 0; at <= mask; at++)
        ck_assert_uint_eq(segment->buckets[at].passed, passed[at]);
}

static void check_lookup(void)
{
    const struct lookup *lookup = table.body == NULL ? NULL : &table.body->lookup;
    uint32_t span = 1;
    if (lookup == NULL || lookup->directory == NULL)
        return;
    for (uint32_t i = 0; i < 1u << lookup->depth; i += span) {
        const struct lookup_segment *segment = lookup->directory[i];
        span = 1u << (lookup->depth - segment->depth);
        for (uint32_t j = i; j < i + span; j++)
            ck_assert_ptr_eq(lookup->directory[j], segment);
        check_segment(segment);
    }
}

static void hash_put(void *arg, const void *data, size_t len)
{
    siphash_put(arg, bytes_of(data, len));
}

static uint64_t digest(void)
{
    struct siphash s;
    siphash_init(&s, KEY_A);
    struct writer out = {hash_put, &s};
    table_save(&table, &out);
    return siphash_end(&s);
}

static void setup(void)
{
    memset(&model, 0, sizeof model);
    model.next_seq = 1;
    mem = (struct mem){0};
    seed = 42;
    table_init(&table, &mem, KEY_A, true);
}

static void teardown(void)
{
    alloc_fail_never();
    table_free(&table);
    ck_assert_uint_eq(mem.used, 0);
    ck_assert_uint_eq(mem.blocks, 0);
}

/* Phases with different weights: growing, shrinking at random, from the parent, from the back. */
static void step(uint32_t op)
{
    uint32_t phase = op / 2500 % 5;
    uint32_t dice = (uint32_t)randval_below(&seed, 100);
    if (phase == 0 || dice < 25)
        do_put();
    else if (dice < 28)
        do_put_nan();
    else if (dice < 34)
        do_cursor();
    else if (phase == 1 || phase == 2)
        do_erase((uint32_t)randval_below(&seed, IDS));
    else
        do_pop(phase == 4);
    if (op / 12500 % 2 == 0)
        table_tidy(&table, 1);
    else if ((uint32_t)randval_below(&seed, 64) ==
             0) /* at times compaction lags behind, then comes in bursts */
        table_tidy(&table, (uint32_t)randval_below(&seed, 40));
    if (op % 500 == 0) {
        check_all();
        check_lookup();
    }
    if (op % 20000 == 19999)
        do_clear();
}

static uint64_t run(const uint8_t *hash_key)
{
    uint64_t sum = 0;
    setup();
    table.hash_key = hash_key;
    for (uint32_t op = 0; op < OPS; op++) {
        step(op);
        if (op % 5000 == 0)
            sum = sum * 31 + digest();
    }
    check_all();
    return sum + digest();
}

START_TEST(as_the_model_whatever_the_hash_key)
{
    uint64_t sum = run(KEY_A);
    table_free(&table);
    ck_assert_uint_eq(run(KEY_B), sum);
}
END_TEST

/* ---- growing and shrinking ---- */

START_TEST(large_and_back)
{
    enum { MANY = 60000 };
    struct buf key;
    buf_init(&key);
    struct table_spot spot;
    for (uint32_t i = 0; i < MANY; i++) {
        buf_reset(&key, SIZE_MAX);
        val_put_int(&key, i);
        ck_assert(put_encoded(&table, buf_bytes(&key), VAL_TRUE, false));
    }
    size_t full = mem.used;
    ck_assert_uint_eq(table_count(&table), MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t id = i * 7 % MANY; /* each once */
        buf_reset(&key, SIZE_MAX);
        val_put_int(&key, id);
        ck_assert(table_find(&table, buf_bytes(&key), &spot) && spot.found);
        table_erase(&table, spot.place);
        table_tidy(&table, 1);
        ck_assert(table_find(&table, buf_bytes(&key), &spot) && !spot.found);
        if (i == MANY * 9 / 10)
            ck_assert_uint_lt(mem.used, full / 5);
    }
    buf_free(&key);
    ck_assert_uint_eq(mem.used, 0); /* an empty table has nothing */
}
END_TEST

START_TEST(numbers_given_anew)
{
    for (uint32_t i = 0; i < 100; i++)
        ck_assert(store(&table, i, 0, i));
    for (uint32_t i = 0; i < 100; i += 3) {
        uint32_t place;
        ck_assert(look_up(&table, i, 0, &place));
        table_erase(&table, place);
    }
    table.next_seq = 1u << 30;
    ck_assert(store(&table, 200, 0, 1));
    table_tidy(&table, 1);
    ck_assert_uint_eq(table.epoch, 1);
    ck_assert_uint_eq(table.next_seq, table_count(&table) + 1);
    struct table_row row;
    uint32_t seq = 0;
    for (struct table_walk walk = table_walk(&table); table_next(&walk, &row);)
        ck_assert_uint_eq(row.seq, ++seq);
    ck_assert_int_eq(val_read(row.key).integer, 200);
    ck_assert(row.has_refs);
    struct table_walk walk = table_walk_after(&table, 10);
    ck_assert(table_next(&walk, &row));
    ck_assert_uint_eq(row.seq, 11);
}
END_TEST

START_TEST(another_value_in_place)
{
    uint32_t place;
    ck_assert(store(&table, 3000, 0, 32));
    size_t used = mem.used;
    ck_assert(look_up(&table, 3000, 0, &place));
    const uint8_t *before = table_row(&table, place).key.data;
    ck_assert(store(&table, 3000, 0, 33));
    ck_assert_ptr_eq(table_row(&table, place).key.data, before);
    ck_assert(table_row(&table, place).has_refs);
    ck_assert_uint_eq(mem.used, used);
    ck_assert(store(&table, 3000, 0, 90));
    ck_assert_uint_gt(mem.used, used);
    ck_assert_uint_eq(table_row(&table, place).seq, 1);
}
END_TEST

/* ---- no memory ---- */

START_TEST(every_allocation_fails_once)
{
    enum { MANY = 1500 };
    for (uint32_t id = 0; id < MANY; id++) {
        uint32_t place;
        for (size_t n = 1;; n++) {
            uint64_t before = digest();
            alloc_fail_at(n);
            bool done = store(&table, id, 0, id % 200);
            bool reached = alloc_count() >= n;
            alloc_fail_never();
            if (done) {
                ck_assert(!reached);
                break;
            }
            if (id % 50 == 0)
                ck_assert_uint_eq(digest(), before);
        }
        ck_assert(look_up(&table, id, 0, &place));
        ck_assert_uint_eq(table_count(&table), id + 1);
    }
    for (uint32_t id = 0; id < MANY; id++) { /* removing does without memory */
        uint32_t place;
        ck_assert(look_up(&table, id, 0, &place));
        alloc_fail_at(1);
        table_erase(&table, place);
        table_tidy(&table, 1);
        alloc_fail_never();
    }
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

Suite *suite_table(void);
Suite *suite_table(void)
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, as_the_model_whatever_the_hash_key);
    tcase_add_test(tcase, large_and_back);
    tcase_add_test(tcase, numbers_given_anew);
    tcase_add_test(tcase, another_value_in_place);
    tcase_add_test(tcase, every_allocation_fails_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
