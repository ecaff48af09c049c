/* SPDX-License-Identifier: BSD-2-Clause */
/* Words without quotes: which kind of scalar they are (YAML 1.2 core), and scalars as such words.
 */
#ifndef WIRE_LITERAL_SCALAR_H
#define WIRE_LITERAL_SCALAR_H

#include "wire/value/value.h"

enum {
    SCALAR_FLOAT_MAX = 32, /* room for any float as text */
};

enum scalar {
    SCALAR_TEXT, /* none of the others: a string */
    SCALAR_NULL,
    SCALAR_TRUE,
    SCALAR_FALSE,
    SCALAR_DECIMAL,
    SCALAR_HEX,   /* 0x1F */
    SCALAR_OCTAL, /* 0o17 */
    SCALAR_FLOAT,
    SCALAR_INFINITY, /* with or without a sign */
    SCALAR_NAN,
};

/* Leading zeros make a text: 007 is no number. */
enum scalar scalar_classify(struct bytes word);

static inline bool scalar_is_number(enum scalar scalar)
{
    return scalar >= SCALAR_DECIMAL;
}

/* Whether the number prints as this very word: 7 and 1.5 do, +7, 0x7, 1.50 do not. */
bool scalar_prints_back(enum scalar scalar, struct bytes word);

/* Appends the value of a word that was classified so. NULL, or why there is none. */
const char *scalar_put(enum scalar scalar, struct bytes word, struct buf *out);

/* An integer with an optional sign: decimal, 0x.. or 0o... NULL, or why it is none. */
const char *scalar_put_integer(struct bytes word, struct buf *out);

/* [-+]?digits[.digits][e[-+]digits], in any locale. False: too large for a double. */
bool scalar_read_float(struct bytes word, double *value);

/* Shortest digits that read back to the same finite double, as Python writes them: 1.0, 1e+16.
 * Returns the length; text gets a NUL. */
size_t scalar_format_float(double value, char text[SCALAR_FLOAT_MAX]);

/* Names for what is not finite differ: ".inf" in literals, "inf" in Python. */
struct scalar_names {
    const char *none, *true_, *false_, *infinity, *minus_infinity, *nan;
};

/* A none, bool, int, bigint or float as text. An int too long for decimal digits is printed as
 * hexadecimal after big_prefix (NULL: no such form). False: no such form. */
bool scalar_print(const struct val *value, const struct scalar_names *names, const char *big_prefix,
                  struct buf *out);

#endif
