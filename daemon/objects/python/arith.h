/* SPDX-License-Identifier: BSD-2-Clause */
/* Python's + on encoded numbers. */
#ifndef OBJECTS_ARITH_H
#define OBJECTS_ARITH_H

#include "wire/base/buf.h"
#include "wire/base/bytes.h"

struct ctx;

/* Appends a + b to out. int, bool and float, mixed as Python mixes them: int and bool give an int
 * of 64 bits or OVERFLOW, a float on either side gives a float. Bigints are stored and compared but
 * not computed with: OVERFLOW. Everything else: TYPE "unsupported operand type(s) for +: 'int' and
 * 'str'". -1: fail() was called, out is as before. */
int arith_add(struct ctx *ctx, struct bytes a, struct bytes b, struct buf *out)
    __attribute__((warn_unused_result));

#endif
