/* SPDX-License-Identifier: BSD-2-Clause */
/* Exact comparison of bool, int, bigint and float, as in Python. */
#ifndef WIRE_NUMBER_H
#define WIRE_NUMBER_H

#include "wire/value/value.h"

/* The common form of equal numbers: VAL_INT for every 64-bit integer; VAL_FLOAT for other
 * numbers that a double holds exactly; VAL_BIGINT for the rest. */
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

/* value must be a bool, int, bigint or float. */
struct number number_of(const struct val *value);

/* -1, 0, 1, or VAL_UNORDERED if one is NaN. */
enum val_order number_compare(const struct number *a, const struct number *b);

static inline bool number_is_nan(double real)
{
    return real != real;
}

#endif
