/* SPDX-License-Identifier: BSD-2-Clause */
/* Python's == and < between values. Recursion is bounded: values nest at most VAL_DEPTH_REPLY
 * deep. */
#include "wire/value/number.h"
#include "wire/value/value_canon.h"

enum {
    STRETCH = 1024,
    STEP_BYTES = 64, /* bytes that one step compares */
    STEPS_PAIR = 2,  /* cost of looking at two values */
};

static bool is_set(enum val_kind kind)
{
    return kind == VAL_SET || kind == VAL_FROZENSET;
}

/* If the budget is over it gives up; the caller then ignores the answer. */
static bool has_nan(struct bytes encoding, struct val_budget *budget)
{
    struct val v = val_read(encoding);
    struct val_iter it = val_iter(&v);
    struct bytes item, value;
    if (!val_spend(budget, 1))
        return true;
    switch (v.kind) {
    case VAL_FLOAT:
        return number_is_nan(v.real);
    case VAL_LIST:
    case VAL_TUPLE:
    case VAL_SET:
    case VAL_FROZENSET:
        while (val_next(&it, &item))
            if (has_nan(item, budget))
                return true;
        return false;
    case VAL_DICT:
        while (val_next_pair(&it, &item, &value))
            if (has_nan(item, budget) || has_nan(value, budget))
                return true;
        return false;
    default:
        return false;
    }
}

/* As memcmp; charges only for the bytes it looks at. */
static int difference_of(struct bytes a, struct bytes b, size_t len, struct val_budget *budget)
{
    for (size_t at = 0; at < len; at += STRETCH) {
        size_t part = len - at < STRETCH ? len - at : STRETCH;
        int difference = memcmp(a.data + at, b.data + at, part);
        if (difference != 0)
            return difference;
        if (at > 0 && !val_spend(budget, STRETCH / STEP_BYTES))
            return 0;
    }
    return 0;
}

static bool same_bytes(struct bytes a, struct bytes b, struct val_budget *budget)
{
    return a.len == b.len && difference_of(a, b, a.len, budget) == 0;
}

/* Dicts and sets with different orders: compares canonical forms, each made once for the whole
 * depth. */
static int equal_canons(struct bytes a, struct bytes b, struct val_budget *budget)
{
    struct canon x, y;
    canon_init(&x, budget);
    canon_init(&y, budget);
    x.stop_at_nan = y.stop_at_nan = true;
    canon_put(&x, a);
    canon_put(&y, b);
    int equal;
    if (canon_failed(&x) || canon_failed(&y))
        equal = -1;
    else
        equal = !x.nan && !y.nan && bytes_equal(buf_bytes(&x.out), buf_bytes(&y.out));
    canon_free(&x);
    canon_free(&y);
    return equal;
}

/* Whether both have the same number of members; looks at no more than the smaller one has. */
static bool same_count(const struct val *a, const struct val *b, struct val_budget *budget)
{
    struct val_iter i = val_iter(a), j = val_iter(b);
    struct bytes x, y;
    for (;;) {
        bool more = val_next(&i, &x);
        if (more != val_next(&j, &y))
            return false;
        if (!more || !val_spend(budget, 1))
            return true;
    }
}

static int equal_hashed(const struct val *a, const struct val *b, struct val_budget *budget)
{
    if (!same_count(a, b, budget))
        return 0;
    if (same_bytes(a->body, b->body, budget))
        return budget->over ? -1 : !has_nan(a->encoding, budget);
    return budget->over ? -1 : equal_canons(a->encoding, b->encoding, budget);
}

static int equal_items(const struct val *a, const struct val *b, struct val_budget *budget)
{
    struct val_iter i = val_iter(a), j = val_iter(b);
    struct bytes x, y;
    for (;;) {
        bool more = val_next(&i, &x);
        if (more != val_next(&j, &y))
            return 0;
        if (!more)
            return 1;
        int equal = val_equal_within(x, y, budget);
        if (equal != 1)
            return equal;
    }
}

static bool equal_numbers(const struct val *a, const struct val *b)
{
    if (a->kind == VAL_INT && b->kind == VAL_INT)
        return a->integer == b->integer;
    struct number x = number_of(a), y = number_of(b);
    return number_compare(&x, &y) == VAL_EQUAL;
}

static int equal_vals(const struct val *a, const struct val *b, struct val_budget *budget)
{
    if (number_is(a->kind) && number_is(b->kind))
        return equal_numbers(a, b);
    if (is_set(a->kind) && is_set(b->kind))
        return equal_hashed(a, b, budget);
    if (a->kind != b->kind)
        return 0;
    switch (a->kind) {
    case VAL_LIST:
    case VAL_TUPLE:
        return equal_items(a, b, budget);
    case VAL_DICT:
        return equal_hashed(a, b, budget);
    case VAL_REF:
        return a->ref == b->ref;
    default: /* None, str, bytes; an opaque value's body is its encoding without the tag */
        return same_bytes(a->body, b->body, budget);
    }
}

int val_equal_within(struct bytes a, struct bytes b, struct val_budget *budget)
{
    if (!val_spend(budget, STEPS_PAIR))
        return -1;
    struct val x = val_read(a), y = val_read(b);
    int equal = equal_vals(&x, &y, budget);
    return budget->over ? -1 : equal;
}

int val_equal(struct bytes a, struct bytes b)
{
    struct val_budget none = {.left = UINT64_MAX};
    return val_equal_within(a, b, &none);
}

static enum val_order order_of(int difference)
{
    return difference < 0 ? VAL_LESS : difference > 0 ? VAL_GREATER : VAL_EQUAL;
}

static enum val_order compare_bytes(struct bytes a, struct bytes b, struct val_budget *budget)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int difference = difference_of(a, b, shared, budget);
    if (difference == 0)
        difference = (a.len > b.len) - (a.len < b.len);
    return order_of(difference);
}

/* The number of keys that two sorted runs share. */
static size_t count_shared(const struct canon *a, const struct canon *b)
{
    size_t i = 0, j = 0, shared = 0;
    while (i < a->count && j < b->count) {
        const struct canon_entry *x = &a->entries[i], *y = &b->entries[j];
        int order = canon_compare(canon_key(a, x), x->hash, canon_key(b, y), y->hash);
        shared += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return shared;
}

/* Sets are ordered by inclusion; a member that contains a NaN is in no other set. */
static enum val_order compare_sets(const struct val *a, const struct val *b,
                                   struct val_budget *budget)
{
    struct canon x, y;
    enum val_order order = VAL_UNORDERED;
    canon_init(&x, budget);
    canon_init(&y, budget);
    canon_members(&x, a);
    canon_members(&y, b);
    if (canon_failed(&x) || canon_failed(&y)) {
        order = VAL_ORDER_NOMEM;
    } else {
        size_t shared = count_shared(&x, &y);
        bool within = shared == val_count(a), around = shared == val_count(b);
        if (within || around)
            order = within && around ? VAL_EQUAL : within ? VAL_LESS : VAL_GREATER;
    }
    canon_free(&x);
    canon_free(&y);
    return order;
}

/* The state of one comparison. */
struct comparing {
    struct val_kinds offenders; /* kinds of the innermost values that have no order */
    struct val_budget *budget;
};

static enum val_order compare_vals(const struct val *a, const struct val *b,
                                   struct comparing *comparing);

/* Compares two items of lists or tuples: EQUAL if == says so, else the answer of <. */
static enum val_order compare_members(struct bytes a, struct bytes b, struct comparing *comparing)
{
    struct val x = val_read(a), y = val_read(b);
    if (!val_spend(comparing->budget, STEPS_PAIR))
        return VAL_ORDER_NOMEM;
    /* For these kinds one pass gives both answers; asking == first would walk each level twice. */
    if (x.kind != VAL_LIST && x.kind != VAL_TUPLE) {
        int equal = equal_vals(&x, &y, comparing->budget);
        if (equal != 0 || comparing->budget->over)
            return equal == 1 && !comparing->budget->over ? VAL_EQUAL : VAL_ORDER_NOMEM;
    }
    return compare_vals(&x, &y, comparing);
}

static enum val_order compare_items(const struct val *a, const struct val *b,
                                    struct comparing *comparing)
{
    struct val_iter i = val_iter(a), j = val_iter(b);
    struct bytes x, y;
    for (;;) {
        bool more_a = val_next(&i, &x), more_b = val_next(&j, &y);
        if (!more_a || !more_b)
            return order_of((int)more_a - (int)more_b);
        enum val_order order = compare_members(x, y, comparing);
        if (order != VAL_EQUAL)
            return order;
    }
}

static enum val_order compare_vals(const struct val *a, const struct val *b,
                                   struct comparing *comparing)
{
    if (number_is(a->kind) && number_is(b->kind)) {
        struct number x = number_of(a), y = number_of(b);
        return number_compare(&x, &y);
    }
    if (is_set(a->kind) && is_set(b->kind))
        return compare_sets(a, b, comparing->budget);
    if (a->kind == b->kind) {
        switch (a->kind) {
        case VAL_STR:
        case VAL_BYTES:
            return compare_bytes(a->body, b->body, comparing->budget);
        case VAL_LIST:
        case VAL_TUPLE:
            return compare_items(a, b, comparing);
        default:
            break;
        }
    }
    comparing->offenders = (struct val_kinds){a->kind, b->kind};
    return VAL_INCOMPARABLE;
}

enum val_order val_compare_within(struct bytes a, struct bytes b, struct val_kinds *kinds,
                                  struct val_budget *budget)
{
    struct comparing comparing = {{VAL_NOT_GIVEN, VAL_NOT_GIVEN}, budget};
    enum val_order order = VAL_ORDER_NOMEM;
    if (val_spend(budget, 1)) {
        struct val v = val_read(a), w = val_read(b);
        order = compare_vals(&v, &w, &comparing);
    }
    *kinds = comparing.offenders;
    return budget->over ? VAL_ORDER_NOMEM : order;
}

enum val_order val_compare(struct bytes a, struct bytes b, enum val_kind *x, enum val_kind *y)
{
    struct val_budget none = {.left = UINT64_MAX};
    struct val_kinds kinds;
    enum val_order order = val_compare_within(a, b, &kinds, &none);
    *x = kinds.x;
    *y = kinds.y;
    return order;
}
