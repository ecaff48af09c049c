/* SPDX-License-Identifier: BSD-2-Clause */
/* Exact arithmetic between bool, int, bigint and float, as Python compares them. */
#ifndef WIRE_NUMBER_H
#define WIRE_NUMBER_H

#include "wire/value/value.h"

/* The one form that equal numbers share: VAL_INT for every integer of 64 bits; VAL_FLOAT for what
 * else a double can hold; VAL_BIGINT for the rest. */
struct number {
    enum val_kind kind;
    int64_t integer;
    double real;
    struct bytes big; /* borrows from the value */
};

static inline bool number_is(enum val_kind kind)
{
    return kind >= VAL_BOOL && kind <= VAL_FLOAT;
}

/* value is a bool, int, bigint or float. */
struct number number_of(const struct val *value);

/* -1, 0, 1, or VAL_UNORDERED when one is NaN. */
enum val_order number_compare(const struct number *a, const struct number *b);

static inline bool number_is_nan(double real)
{
    return real != real;
}

#endif
