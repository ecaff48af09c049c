/* SPDX-License-Identifier: BSD-2-Clause */
/* Python's == and < between values. Recursion is bounded: they nest VAL_DEPTH_REPLY deep at most.
 */
#include "wire/number.h"
#include "wire/value_canon.h"

static bool is_set(enum val_kind kind)
{
    return kind == VAL_SET || kind == VAL_FROZENSET;
}

static bool has_nan(struct bytes encoding)
{
    struct val v = val_read(encoding);
    struct val_iter it = val_iter(&v);
    struct bytes item, value;
    switch (v.kind) {
    case VAL_FLOAT:
        return number_is_nan(v.real);
    case VAL_LIST:
    case VAL_TUPLE:
    case VAL_SET:
    case VAL_FROZENSET:
        while (val_next(&it, &item)) {
            if (has_nan(item))
                return true;
        }
        return false;
    case VAL_DICT:
        while (val_next_pair(&it, &item, &value)) {
            if (has_nan(item) || has_nan(value))
                return true;
        }
        return false;
    default:
        return false;
    }
}

/* Dicts and sets whose order differs: by their canonical forms, each made once for the whole depth.
 */
static int equal_canons(struct bytes a, struct bytes b)
{
    struct canon x, y;
    canon_init(&x);
    canon_init(&y);
    x.stop_at_nan = y.stop_at_nan = true;
    canon_put(&x, a);
    canon_put(&y, b);
    int equal;
    if (x.failed || y.failed || x.out.failed || y.out.failed)
        equal = -1;
    else
        equal = !x.nan && !y.nan && bytes_equal(buf_bytes(&x.out), buf_bytes(&y.out));
    canon_free(&x);
    canon_free(&y);
    return equal;
}

static int equal_hashed(const struct val *a, const struct val *b)
{
    if (val_count(a) != val_count(b))
        return 0;
    if (bytes_equal(a->body, b->body))
        return !has_nan(a->encoding);
    return equal_canons(a->encoding, b->encoding);
}

static int equal_items(const struct val *a, const struct val *b)
{
    struct val_iter i = val_iter(a), j = val_iter(b);
    struct bytes x, y;
    for (;;) {
        bool more = val_next(&i, &x);
        if (more != val_next(&j, &y))
            return 0;
        if (!more)
            return 1;
        int equal = val_equal(x, y);
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

static int equal_vals(const struct val *a, const struct val *b)
{
    if (number_is(a->kind) && number_is(b->kind))
        return equal_numbers(a, b);
    if (is_set(a->kind) && is_set(b->kind))
        return equal_hashed(a, b);
    if (a->kind != b->kind)
        return 0;
    switch (a->kind) {
    case VAL_LIST:
    case VAL_TUPLE:
        return equal_items(a, b);
    case VAL_DICT:
        return equal_hashed(a, b);
    case VAL_REF:
        return a->ref == b->ref;
    default: /* None, str, bytes; an opaque's body is its whole encoding but for the tag */
        return bytes_equal(a->body, b->body);
    }
}

int val_equal(struct bytes a, struct bytes b)
{
    struct val x = val_read(a), y = val_read(b);
    return equal_vals(&x, &y);
}

static enum val_order order_of(int difference)
{
    return difference < 0 ? VAL_LESS : difference > 0 ? VAL_GREATER : VAL_EQUAL;
}

static enum val_order compare_bytes(struct bytes a, struct bytes b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int difference = shared > 0 ? memcmp(a.data, b.data, shared) : 0;
    if (difference == 0)
        difference = (a.len > b.len) - (a.len < b.len);
    return order_of(difference);
}

/* How many keys two sorted runs share. */
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

/* Sets are ordered by inclusion; a member with a NaN is in no other set. */
static enum val_order compare_sets(const struct val *a, const struct val *b)
{
    struct canon x, y;
    enum val_order order = VAL_UNORDERED;
    canon_init(&x);
    canon_init(&y);
    canon_members(&x, a);
    canon_members(&y, b);
    if (x.failed || y.failed || x.out.failed || y.out.failed) {
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

/* The kinds that '<' is not defined for, of the innermost values it was asked about. */
struct offenders {
    enum val_kind x;
    enum val_kind y;
};

static enum val_order compare_vals(const struct val *a, const struct val *b,
                                   struct offenders *offenders);

/* Two items of lists or tuples: EQUAL when == says so, else what < says. */
static enum val_order compare_members(struct bytes a, struct bytes b, struct offenders *offenders)
{
    struct val x = val_read(a), y = val_read(b);
    /* Of these one pass gives both answers; asking == first would walk each level once more. */
    if (x.kind != VAL_LIST && x.kind != VAL_TUPLE) {
        int equal = equal_vals(&x, &y);
        if (equal != 0)
            return equal == 1 ? VAL_EQUAL : VAL_ORDER_NOMEM;
    }
    return compare_vals(&x, &y, offenders);
}

static enum val_order compare_items(const struct val *a, const struct val *b,
                                    struct offenders *offenders)
{
    struct val_iter i = val_iter(a), j = val_iter(b);
    struct bytes x, y;
    for (;;) {
        bool more_a = val_next(&i, &x), more_b = val_next(&j, &y);
        if (!more_a || !more_b)
            return order_of((int)more_a - (int)more_b);
        enum val_order order = compare_members(x, y, offenders);
        if (order != VAL_EQUAL)
            return order;
    }
}

static enum val_order compare_vals(const struct val *a, const struct val *b,
                                   struct offenders *offenders)
{
    if (number_is(a->kind) && number_is(b->kind)) {
        struct number x = number_of(a), y = number_of(b);
        return number_compare(&x, &y);
    }
    if (is_set(a->kind) && is_set(b->kind))
        return compare_sets(a, b);
    if (a->kind == b->kind) {
        switch (a->kind) {
        case VAL_STR:
        case VAL_BYTES:
            return compare_bytes(a->body, b->body);
        case VAL_LIST:
        case VAL_TUPLE:
            return compare_items(a, b, offenders);
        default:
            break;
        }
    }
    *offenders = (struct offenders){a->kind, b->kind};
    return VAL_INCOMPARABLE;
}

enum val_order val_compare(struct bytes a, struct bytes b, enum val_kind *x, enum val_kind *y)
{
    struct val v = val_read(a), w = val_read(b);
    struct offenders offenders = {VAL_NOT_GIVEN, VAL_NOT_GIVEN};
    enum val_order order = compare_vals(&v, &w, &offenders);
    *x = offenders.x;
    *y = offenders.y;
    return order;
}
