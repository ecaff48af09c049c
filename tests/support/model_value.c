/* SPDX-License-Identifier: BSD-2-Clause */
/* Small values by choice. */
#include "tests/support/model_value.h"

#include "tests/support/randval.h"
#include "wire/value/value.h"

static void put_big(struct buf *out)
{
    static const uint8_t big[9] = {1}; /* 2 ** 64 */
    val_put_bigint(out, bytes_of(big, sizeof big));
}

/* Hashable ones only. */
static void put_small(struct buf *out, struct model_values *values)
{
    static const char *const texts[] = {
        "a", "b", "key", "",
        "a text that does not fit in the reply that a slot keeps without taking memory"};
    uint64_t which = choose(values->choice, 32);
    switch (which) {
    case 0:
        val_put_none(out);
        break;
    case 1:
    case 2:
        val_put_bool(out, which == 1);
        break;
    case 3:
    case 4:
        val_put_float(out, which == 3 ? 1.0 : -0.0);
        break;
    case 5:
        val_put_float(out, __builtin_nan(""));
        break;
    case 6:
        put_big(out);
        break;
    case 7:
        val_put_bytes(out, bytes_text("a"));
        break;
    case 8:
    case 9:
    case 10:
        val_put_ref(out, values->ref);
        break;
    default:
        if (which < 22)
            val_put_int(out, (int64_t)which - 13);
        else
            val_put_text(out, texts[which % 5]);
    }
}

static void put_random(struct buf *out, struct model_values *values)
{
    uint64_t seed = choose(values->choice, 65536);
    randval(out, &seed, 2);
}

/* A container of few small values. Distinct ones, where they must be. */
static void put_items(struct buf *out, struct model_values *values, enum val_kind kind)
{
    size_t mark = val_open(out, kind);
    uint64_t first = choose(values->choice, 4);
    for (uint64_t i = 0, n = choose(values->choice, 6); i < n; i++) {
        size_t item = val_open_item(out);
        if (kind == VAL_SET || kind == VAL_FROZENSET)
            val_put_int(out, (int64_t)(first + i * i));
        else
            put_small(out, values);
        val_close(out, item);
    }
    val_close(out, mark);
}

static void put_dict(struct buf *out, struct model_values *values)
{
    static const char *const keys[] = {"a", "b", "key", "", "e", "f"};
    size_t mark = val_open(out, VAL_DICT);
    for (uint64_t i = choose(values->choice, 6); i < 6; i++) {
        size_t pair = val_open_pair(out);
        size_t key = val_open_key(out);
        val_put_text(out, keys[i]);
        val_close(out, key);
        size_t member = val_open_member(out);
        put_small(out, values);
        val_close(out, member);
        val_close(out, pair);
    }
    val_close(out, mark);
}

static void put_pairs(struct buf *out, struct model_values *values)
{
    size_t mark = val_open(out, VAL_LIST);
    for (uint64_t n = choose(values->choice, 5); n > 0; n--) {
        size_t item = val_open_item(out);
        size_t pair = val_open(out, VAL_TUPLE);
        for (int i = 0; i < 2; i++) {
            size_t half = val_open_item(out);
            put_small(out, values);
            val_close(out, half);
        }
        val_close(out, pair);
        val_close(out, item);
    }
    val_close(out, mark);
}

void model_put_collection(struct buf *out, struct model_values *values)
{
    switch (choose(values->choice, 16)) {
    case 0:
    case 1:
    case 2:
        put_dict(out, values);
        break;
    case 3:
    case 4:
        put_pairs(out, values);
        break;
    case 5:
    case 6:
        put_items(out, values, VAL_SET);
        break;
    case 7:
        put_items(out, values, VAL_TUPLE);
        break;
    case 8:
        put_items(out, values, VAL_FROZENSET);
        break;
    case 9:
        val_put_text(out, "a\xc3\xa4"
                          "bc");
        break;
    case 10:
        val_put_bytes(out, bytes_text("xy"));
        break;
    case 11:
        put_random(out, values);
        break;
    case 12:
        put_small(out, values);
        break;
    default:
        put_items(out, values, VAL_LIST);
    }
}

void model_put_value(struct buf *out, struct model_values *values)
{
    switch (choose(values->choice, 8)) {
    case 0:
        put_random(out, values);
        break;
    case 1:
        model_put_collection(out, values);
        break;
    default:
        put_small(out, values);
    }
}

void model_put_index(struct buf *out, struct model_values *values)
{
    uint64_t which = choose(values->choice, 20);
    switch (which) {
    case 0:
        put_small(out, values);
        break;
    case 1:
        put_big(out);
        break;
    case 2:
        val_put_int(out, INT64_MIN);
        break;
    case 3:
        val_put_int(out, INT64_MAX);
        break;
    case 4:
        val_put_none(out);
        break;
    default:
        val_put_int(out, (int64_t)which - 10);
    }
}

void model_put_number(struct buf *out, struct model_values *values)
{
    uint64_t which = choose(values->choice, 16);
    switch (which) {
    case 0:
        put_random(out, values);
        break;
    case 1:
        put_small(out, values);
        break;
    case 2:
        val_put_int(out, INT64_MAX);
        break;
    case 3:
        val_put_float(out, 0.5);
        break;
    case 4:
        val_put_float(out, -1e300);
        break;
    default:
        val_put_int(out, (int64_t)(which * which) - 40);
    }
}

void model_put_numbers(struct buf *out, struct model_values *values)
{
    if (choose_rarely(values->choice, 8)) {
        model_put_collection(out, values);
        return;
    }
    size_t mark = val_open(out, VAL_LIST);
    for (uint64_t n = choose(values->choice, 6); n > 0; n--) {
        size_t item = val_open_item(out);
        val_put_int(out, (int64_t)choose(values->choice, 100));
        val_close(out, item);
    }
    val_close(out, mark);
}
