/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of a priority queue: Python's < where it is defined, and a fixed order for all other
 * pairs.
 *
 * Items that come back, or are let in later, meet other items than when they were put, and
 * cannot be refused then: so any two values have an order, and finding it takes no memory.
 * Values that it does not distinguish (equal ones above all) are ordered by age. Recursion is
 * bounded: values nest at most VAL_DEPTH_STORED deep. */
#include "daemon/objects/queue/item_tree.h"
#include "wire/value/number.h"

enum {
    STEP_BYTES = 64,        /* bytes compared in one step */
    STEP_BYTES_HASHED = 16, /* bytes hashed in one step */
    STEPS_HASH = 3,         /* cost of a value besides its bytes */
};

/* Python defines no order between values of two ranks. */
enum rank {
    RANK_NONE,
    RANK_NUMBER,
    RANK_STR,
    RANK_BYTES,
    RANK_TUPLE,
    RANK_LIST,
    RANK_SET,
    RANK_DICT,
    RANK_REF,
    RANK_OTHER,
};

static enum rank rank_of(enum val_kind kind)
{
    static const enum rank ranks[] = {
        [VAL_NONE] = RANK_NONE,     [VAL_BOOL] = RANK_NUMBER,  [VAL_INT] = RANK_NUMBER,
        [VAL_BIGINT] = RANK_NUMBER, [VAL_FLOAT] = RANK_NUMBER, [VAL_STR] = RANK_STR,
        [VAL_BYTES] = RANK_BYTES,   [VAL_LIST] = RANK_LIST,    [VAL_TUPLE] = RANK_TUPLE,
        [VAL_DICT] = RANK_DICT,     [VAL_SET] = RANK_SET,      [VAL_FROZENSET] = RANK_SET,
        [VAL_REF] = RANK_REF,
    };
    return kind < VAL_OPAQUE ? ranks[kind] : RANK_OTHER;
}

static int order_of(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int order_bytes(struct bytes a, struct bytes b, struct val_budget *budget)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    (void)val_spend(budget, shared / STEP_BYTES);
    int order = shared > 0 ? memcmp(a.data, b.data, shared) : 0;
    return order != 0 ? order : order_of(a.len, b.len);
}

static bool is_nan(const struct val *v)
{
    return v->kind == VAL_FLOAT && number_is_nan(v->real);
}

/* NaN comes after all numbers. */
static int order_numbers(const struct val *a, const struct val *b)
{
    if (is_nan(a) || is_nan(b))
        return (int)is_nan(a) - (int)is_nan(b);
    struct number x = number_of(a), y = number_of(b);
    return (int)number_compare(&x, &y);
}

static int order_items(const struct val *a, const struct val *b, struct val_budget *budget)
{
    struct val_iter i = val_iter(a), j = val_iter(b);
    struct bytes x, y;
    for (;;) {
        bool more_a = val_next(&i, &x), more_b = val_next(&j, &y);
        if (!more_a || !more_b)
            return (int)more_a - (int)more_b;
        int order = item_values_order(x, y, budget);
        if (order != 0 || budget->over)
            return order;
    }
}

/* ---- sets and dicts ---- */

static uint64_t mixed(uint64_t x)
{
    x = (x ^ (x >> 32)) * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 29)) * UINT64_C(0xBF58476D1CE4E5B9);
    return x ^ (x >> 32);
}

/* A number that is the same for equal values, whatever the order of their members. It needs no
 * secret key: two values with the same number are just ordered by age. */
static uint64_t sum_of(struct bytes encoding, struct val_budget *budget)
{
    static const uint8_t no_key[16];
    struct val v = val_read(encoding);
    struct val_iter it = val_iter(&v);
    uint64_t sum = (uint64_t)rank_of(v.kind);
    struct bytes item, value;
    if (!val_spend(budget, STEPS_HASH + (it.at == NULL ? encoding.len / STEP_BYTES_HASHED : 0)))
        return sum;
    switch (v.kind) {
    case VAL_TUPLE:
    case VAL_LIST:
        while (val_next(&it, &item))
            sum = mixed(sum) + sum_of(item, budget);
        return mixed(sum);
    case VAL_SET:
    case VAL_FROZENSET:
        while (val_next(&it, &item))
            sum += mixed(sum_of(item, budget));
        return mixed(sum);
    case VAL_DICT:
        while (val_next_pair(&it, &item, &value))
            sum += mixed(mixed(sum_of(item, budget)) + sum_of(value, budget));
        return mixed(sum);
    default:
        return is_nan(&v) ? 0 : val_hash(encoding, no_key);
    }
}

/* Compares the numbers of members; looks at no more members than the smaller one has. */
static int order_counts(const struct val *a, const struct val *b, struct val_budget *budget)
{
    struct val_iter i = val_iter(a), j = val_iter(b);
    struct bytes x, y;
    for (;;) {
        bool more_a = val_next(&i, &x), more_b = val_next(&j, &y);
        if (!more_a || !more_b || !val_spend(budget, 1))
            return (int)more_a - (int)more_b;
    }
}

/* A subset has fewer members: so the smaller set comes first, as < says. */
static int order_hashed(const struct val *a, const struct val *b, struct val_budget *budget)
{
    int order = order_counts(a, b, budget);
    return order != 0 || budget->over
               ? order
               : order_of(sum_of(a->encoding, budget), sum_of(b->encoding, budget));
}

int item_values_order(struct bytes a, struct bytes b, struct val_budget *budget)
{
    struct val x = val_read(a), y = val_read(b);
    int order = order_of(rank_of(x.kind), rank_of(y.kind));
    if (order != 0 || !val_spend(budget, 1))
        return order;
    switch (rank_of(x.kind)) {
    case RANK_NONE:
        return 0;
    case RANK_NUMBER:
        return order_numbers(&x, &y);
    case RANK_TUPLE:
    case RANK_LIST:
        return order_items(&x, &y, budget);
    case RANK_SET:
    case RANK_DICT:
        return order_hashed(&x, &y, budget);
    case RANK_REF:
        return order_of(x.ref, y.ref);
    default:
        return order_bytes(x.body, y.body, budget);
    }
}
