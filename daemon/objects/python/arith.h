/* SPDX-License-Identifier: BSD-2-Clause */
/* Python's + on encoded numbers. */
#ifndef OBJECTS_ARITH_H
#define OBJECTS_ARITH_H

#include "wire/base/buf.h"
#include "wire/base/bytes.h"

struct ctx;

/* Appends a + b to out. int, bool and float mix as in Python: int and bool give a 64-bit int or
 * OVERFLOW, a float on either side gives a float. A bigint gives OVERFLOW: bigints are stored
 * and compared, not computed with. Other kinds: TYPE "unsupported operand type(s) for +: 'int'
 * and 'str'". -1: fail() was called, out is unchanged. */
int arith_add(struct ctx *ctx, struct bytes a, struct bytes b, struct buf *out)
    __attribute__((warn_unused_result));

#endif
