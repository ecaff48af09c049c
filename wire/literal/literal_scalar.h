/* SPDX-License-Identifier: BSD-2-Clause */
/* Scalars as words without quotes: which kind a word is (YAML 1.2 core schema), and printing
 * scalars. */
#ifndef WIRE_LITERAL_SCALAR_H
#define WIRE_LITERAL_SCALAR_H

#include "wire/value/value.h"

enum {
    SCALAR_FLOAT_MAX = 32, /* room for the text of any float */
};

enum scalar {
    SCALAR_TEXT, /* none of the other kinds: a string */
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

/* Classifies a word. Leading zeros make it text: 007 is not a number. */
enum scalar scalar_classify(struct bytes word);

static inline bool scalar_is_number(enum scalar scalar)
{
    return scalar >= SCALAR_DECIMAL;
}

/* Whether the number prints as exactly this word: 7 and 1.5 do; +7, 0x7 and 1.50 do not. */
bool scalar_prints_back(enum scalar scalar, struct bytes word);

/* Appends the value of a word of that kind. NULL: success; else why it has no value. */
const char *scalar_put(enum scalar scalar, struct bytes word, struct buf *out);

/* Appends an integer with an optional sign: decimal, 0x.. or 0o... NULL: success; else the
 * error. */
const char *scalar_put_integer(struct bytes word, struct buf *out);

/* Reads [-+]?digits[.digits][e[-+]digits], in any locale. False: too large for a double. */
bool scalar_read_float(struct bytes word, double *value);

/* Writes the shortest digits that read back as the same finite double, as Python does: 1.0,
 * 1e+16. Adds a NUL; returns the length. */
size_t scalar_format_float(double value, char text[SCALAR_FLOAT_MAX]);

/* The names of special scalars, which differ: ".inf" in literals, "inf" in Python. */
struct scalar_names {
    const char *none, *true_, *false_, *infinity, *minus_infinity, *nan;
};

/* Prints a none, bool, int, bigint or float. An int with too many decimal digits is printed in
 * hexadecimal after big_prefix (NULL: not allowed). False: no text form. */
bool scalar_print(const struct val *value, const struct scalar_names *names, const char *big_prefix,
                  struct buf *out);

#endif
