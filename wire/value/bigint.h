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

/* Appends an encoded Value: an int if it fits, else a bigint. digits_with_sign: [-+]?[0-9]+.
 * False, with out unchanged: other text, more than BIGINT_DIGITS_MAX digits, or out of memory. */
bool bigint_from_decimal(struct bytes digits_with_sign, struct buf *out);

/* As bigint_from_decimal, for digits of radix 2, 8 or 16 without a prefix, of any length. */
bool bigint_from_radix(struct bytes digits, unsigned radix, bool negative, struct buf *out);

/* Appends the decimal text. False: more than BIGINT_DIGITS_MAX digits, or out of memory. */
bool bigint_to_decimal(struct bytes twos_complement, struct buf *out);

/* The nearest double, ties to even; infinity if the number is too large. */
double bigint_to_double(struct bytes twos_complement);

/* As bigint_to_double; *exact: nothing was lost. */
double bigint_round(struct bytes twos_complement, bool *exact);

/* Compares two numbers in their shortest form: <0, 0, >0. */
int bigint_compare(struct bytes a, struct bytes b);

/* The shortest form of an integral double; borrows room. */
struct bytes bigint_from_double(double value, uint8_t room[BIGINT_DOUBLE_BYTES]);

/* Drops leading bytes that only repeat the sign; an empty number stays empty. */
struct bytes bigint_shortest(struct bytes twos_complement);

#endif
