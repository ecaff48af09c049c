/* SPDX-License-Identifier: BSD-2-Clause */
/* Exact comparison of integers and doubles. */
#include "wire/value/number.h"

#include "wire/value/bigint.h"

static const double TWO_63 = 9223372036854775808.0;

/* True if the double is a 64-bit integer; then *integer is its value. */
static bool number_integral(double real, int64_t *integer)
{
    if (!(real >= -TWO_63 && real < TWO_63))
        return false; /* NaN too */
    *integer = (int64_t)real;
    return (double)*integer == real;
}

static struct number of_double(double real)
{
    struct number n = {.kind = VAL_FLOAT, .real = real};
    if (number_integral(real, &n.integer))
        n.kind = VAL_INT;
    return n;
}

struct number number_of(const struct val *value)
{
    switch (value->kind) {
    case VAL_BOOL:
        return (struct number){.kind = VAL_INT, .integer = value->boolean};
    case VAL_FLOAT:
        return of_double(value->real);
    case VAL_BIGINT: {
        bool exact;
        struct number n = {.kind = VAL_BIGINT, .big = value->body};
        n.real = bigint_round(value->body, &exact);
        if (exact)
            n.kind = VAL_FLOAT;
        return n;
    }
    default:
        return (struct number){.kind = VAL_INT, .integer = value->integer};
    }
}

static enum val_order flip(enum val_order order)
{
    return order == VAL_LESS ? VAL_GREATER : order == VAL_GREATER ? VAL_LESS : order;
}

static enum val_order sign(int difference)
{
    return difference < 0 ? VAL_LESS : difference > 0 ? VAL_GREATER : VAL_EQUAL;
}

static enum val_order compare_doubles(double a, double b)
{
    if (a < b)
        return VAL_LESS;
    if (a > b)
        return VAL_GREATER;
    return a == b ? VAL_EQUAL : VAL_UNORDERED;
}

/* Compares with a double that is not a 64-bit integer: it has a fraction, is out of range, or is
 * NaN. */
static enum val_order compare_int_double(int64_t integer, double real)
{
    if (number_is_nan(real))
        return VAL_UNORDERED;
    if (real >= TWO_63)
        return VAL_LESS;
    if (real < -TWO_63)
        return VAL_GREATER;
    int64_t whole = (int64_t)real; /* towards zero */
    if (integer != whole)
        return integer < whole ? VAL_LESS : VAL_GREATER;
    return real > (double)whole ? VAL_LESS : VAL_GREATER;
}

static enum val_order compare_big_double(struct bytes big, double real)
{
    if (number_is_nan(real))
        return VAL_UNORDERED;
    bool negative = (big.data[0] & 0x80) != 0;
    if (real - real != 0) /* real is an infinity */
        return real < 0 ? VAL_GREATER : VAL_LESS;
    if (real > -TWO_63 && real < TWO_63)
        return negative ? VAL_LESS : VAL_GREATER;
    uint8_t room[BIGINT_DOUBLE_BYTES];
    return sign(bigint_compare(big, bigint_from_double(real, room)));
}

enum val_order number_compare(const struct number *a, const struct number *b)
{
    if (a->kind == VAL_INT && b->kind == VAL_INT)
        return sign((a->integer > b->integer) - (a->integer < b->integer));
    if (a->kind == VAL_FLOAT && b->kind == VAL_FLOAT)
        return compare_doubles(a->real, b->real);
    if (a->kind == VAL_BIGINT && b->kind == VAL_BIGINT)
        return sign(bigint_compare(a->big, b->big));
    if (a->kind == VAL_INT && b->kind == VAL_FLOAT)
        return compare_int_double(a->integer, b->real);
    if (a->kind == VAL_BIGINT && b->kind == VAL_FLOAT)
        return compare_big_double(a->big, b->real);
    if (a->kind == VAL_BIGINT) /* a is outside the 64-bit range: its sign decides */
        return (a->big.data[0] & 0x80) != 0 ? VAL_LESS : VAL_GREATER;
    return flip(number_compare(b, a));
}
