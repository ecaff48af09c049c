/* SPDX-License-Identifier: BSD-2-Clause */
/* Python's + on encoded numbers. */
#include "daemon/objects/python/arith.h"

#include "daemon/engine/core.h"

enum number { NUMBER_NOT, NUMBER_INT, NUMBER_BIG, NUMBER_FLOAT };

static enum number classify(struct val *v)
{
    switch (v->kind) {
    case VAL_BOOL:
        v->integer = v->boolean ? 1 : 0;
        return NUMBER_INT;
    case VAL_INT:
        return NUMBER_INT;
    case VAL_BIGINT:
        return NUMBER_BIG;
    case VAL_FLOAT:
        return NUMBER_FLOAT;
    default:
        return NUMBER_NOT;
    }
}

static double real(const struct val *v, enum number number)
{
    return number == NUMBER_FLOAT ? v->real : (double)v->integer;
}

static int add_ints(struct ctx *ctx, int64_t x, int64_t y, struct buf *out)
{
    int64_t sum;
    if (__builtin_add_overflow(x, y, &sum))
        return fail(ctx, ERR_OVERFLOW, "the sum does not fit in 64 bits");
    val_put_int(out, sum);
    return 0;
}

int arith_add(struct ctx *ctx, struct bytes a, struct bytes b, struct buf *out)
{
    struct val x = val_read(a);
    struct val y = val_read(b);
    enum number left = classify(&x);
    enum number right = classify(&y);
    if (left == NUMBER_NOT || right == NUMBER_NOT)
        return fail(ctx, ERR_TYPE, "unsupported operand type(s) for +: '%s' and '%s'",
                    val_type_name(x.kind), val_type_name(y.kind));
    if (left == NUMBER_BIG || right == NUMBER_BIG)
        return fail(ctx, ERR_OVERFLOW, "bigints are stored and compared, not computed with");
    if (left == NUMBER_INT && right == NUMBER_INT)
        return add_ints(ctx, x.integer, y.integer, out);
    val_put_float(out, real(&x, left) + real(&y, right));
    return 0;
}
