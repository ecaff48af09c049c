/* SPDX-License-Identifier: BSD-2-Clause */
/* Integers beyond 64 bits: two's complement, big endian, and their text. */
#ifndef WIRE_BIGINT_H
#define WIRE_BIGINT_H

#include "wire/base/buf.h"
#include "wire/base/bytes.h"

enum {
    BIGINT_DIGITS_MAX = 4300,  /* decimal digits read or printed, as in Python */
    BIGINT_DOUBLE_BYTES = 136, /* room for any integral double */
};

/* Appends an encoded Value: an int when it fits, else a bigint. digits_with_sign: [-+]?[0-9]+.
 * False, with out as before: something else, more than BIGINT_DIGITS_MAX digits, or no memory. */
bool bigint_from_decimal(struct bytes digits_with_sign, struct buf *out);

/* The same for digits of radix 2, 8 or 16 without a prefix; any length. */
bool bigint_from_radix(struct bytes digits, unsigned radix, bool negative, struct buf *out);

/* Appends the decimal text. False: more than BIGINT_DIGITS_MAX digits, or no memory. */
bool bigint_to_decimal(struct bytes twos_complement, struct buf *out);

/* The nearest double, ties to even; an infinity when it is too large. */
double bigint_to_double(struct bytes twos_complement);

/* The same; *exact: nothing was lost. */
double bigint_round(struct bytes twos_complement, bool *exact);

/* Order of two numbers in the shortest form: <0, 0, >0. */
int bigint_compare(struct bytes a, struct bytes b);

/* The shortest form of an integral double; borrows room. */
struct bytes bigint_from_double(double value, uint8_t room[BIGINT_DOUBLE_BYTES]);

/* Drops the leading bytes that only repeat the sign; an empty number stays empty. */
struct bytes bigint_shortest(struct bytes twos_complement);

#endif
