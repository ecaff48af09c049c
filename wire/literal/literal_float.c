/* SPDX-License-Identifier: BSD-2-Clause */
/* Floats to text and back: exact, shortest, and independent of the locale. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/literal/literal_scalar.h"

enum {
    DIGITS_MAX = 17,      /* always enough to tell two doubles apart */
    DIGITS_ALWAYS = 15,   /* every decimal with this many digits fits a (normal) double */
    DIGITS_READ = 800,    /* digits after the 767th matter only if they are not all 0 */
    EXPONENT_MAX = 99999, /* beyond the range of doubles in both directions */
    /* Python uses an exponent below 0.0001 and from 1e16 on. */
    EXPONENT_LOW = -4,
    EXPONENT_HIGH = 16,
};

/* The number d.ddd * 10^exponent: its digits without the point and without trailing zeros. */
struct decimal {
    char digits[DIGITS_MAX + 8];
    int count;
    int exponent;
};

/* The double digits * 10^exponent. No decimal point is used, so no locale matters. */
static double compose(const char *digits, size_t count, int64_t exponent)
{
    char text[DIGITS_READ + 32];
    if (exponent > EXPONENT_MAX)
        exponent = EXPONENT_MAX;
    if (exponent < -EXPONENT_MAX)
        exponent = -EXPONENT_MAX;
    memcpy(text, digits, count);
    snprintf(text + count, sizeof text - count, "e%d", (int)exponent);
    return strtod(text, NULL);
}

static int64_t read_exponent(const uint8_t *at, const uint8_t *end)
{
    bool negative = *at == '-';
    int64_t value = 0;
    at += *at == '-' || *at == '+';
    for (; at < end; at++)
        if (value < (int64_t)1 << 40) /* no text is so long that a larger exponent could matter */
            value = value * 10 + (*at - '0');
    return negative ? -value : value;
}

bool scalar_read_float(struct bytes word, double *value)
{
    char digits[DIGITS_READ + 1];
    size_t count = 0;
    int64_t exponent = 0;
    bool fraction = false, rest = false;
    const uint8_t *at = word.data;
    const uint8_t *end = at + word.len;
    at += *at == '-' || *at == '+';
    for (; at < end && (*at | 0x20) != 'e'; at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        if (count < DIGITS_READ && (count > 0 || *at != '0'))
            digits[count++] = (char)*at;
        else if (count == DIGITS_READ) {
            rest = rest || *at != '0';
            exponent++;
        }
        exponent -= fraction;
    }
    if (rest) {
        digits[count++] = '1';
        exponent--;
    }
    if (at < end)
        exponent += read_exponent(at + 1, end);
    *value = count > 0 ? compose(digits, count, exponent) : 0.0;
    if (word.data[0] == '-')
        *value = -*value;
    return !__builtin_isinf(*value);
}

static bool reads_back(const struct decimal *d, double value)
{
    return compose(d->digits, (size_t)d->count, d->exponent - (d->count - 1)) == value;
}

/* Increments the decimal, keeping its length. */
static void step_up(struct decimal *d)
{
    int at = d->count - 1;
    while (at >= 0 && d->digits[at] == '9')
        d->digits[at--] = '0';
    if (at >= 0) {
        d->digits[at]++;
        return;
    }
    d->digits[0] = '1'; /* 99 becomes 100: the zeros are there already */
    d->exponent++;
}

/* Whether count digits are enough to read the value back. Just below a power of two, where
 * doubles lie closer, the nearest decimal may miss while the next one up hits. */
static bool try_digits(double value, int count, struct decimal *d)
{
    char text[SCALAR_FLOAT_MAX];
    const char *at = text;
    snprintf(text, sizeof text, "%.*e", count - 1, value);
    for (d->count = 0; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            d->digits[d->count++] = *at;
    d->exponent = (int)strtol(at + 1, NULL, 10);
    if (reads_back(d, value))
        return true;
    step_up(d);
    return reads_back(d, value);
}

/* The shortest digits of a finite value > 0. */
static void shorten(double value, struct decimal *d)
{
    int count = value < DBL_MIN ? 1 : DIGITS_ALWAYS;
    while (!try_digits(value, count, d) && count < DIGITS_MAX)
        count++;
    while (d->count > 1 && d->digits[d->count - 1] == '0')
        d->count--;
}

static char *put_zeros(char *to, int count)
{
    while (count-- > 0)
        *to++ = '0';
    return to;
}

static char *put_digits(char *to, const struct decimal *d, int from, int until)
{
    for (int i = from; i < until; i++)
        *to++ = i < d->count ? d->digits[i] : '0';
    return to;
}

/* 123.0 or 0.00123: for an exponent in [EXPONENT_LOW, EXPONENT_HIGH). */
static char *put_plain(char *to, const struct decimal *d)
{
    int whole = d->exponent + 1;
    if (whole <= 0) {
        *to++ = '0';
        *to++ = '.';
        to = put_zeros(to, -whole);
        return put_digits(to, d, 0, d->count);
    }
    to = put_digits(to, d, 0, whole);
    *to++ = '.';
    return put_digits(to, d, whole, d->count > whole ? d->count : whole + 1);
}

static char *put_scientific(char *to, const struct decimal *d)
{
    to = put_digits(to, d, 0, 1);
    if (d->count > 1) {
        *to++ = '.';
        to = put_digits(to, d, 1, d->count);
    }
    return to + snprintf(to, 8, "e%+03d", d->exponent % 1000);
}

size_t scalar_format_float(double value, char text[SCALAR_FLOAT_MAX])
{
    struct decimal d = {.digits = "0", .count = 1};
    char *to = text;
    if (__builtin_signbit(value)) {
        *to++ = '-';
        value = -value;
    }
    if (value > 0)
        shorten(value, &d);
    if (d.exponent >= EXPONENT_LOW && d.exponent < EXPONENT_HIGH)
        to = put_plain(to, &d);
    else
        to = put_scientific(to, &d);
    *to = '\0';
    return (size_t)(to - text);
}
