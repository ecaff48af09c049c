/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads values as positions and counts. */
#include "daemon/objects/python/index.h"

enum index_fit index_read(struct bytes value, int64_t *number, enum val_kind *kind)
{
    struct val val = val_read(value);
    *kind = val.kind;
    *number = 0;
    if (val.kind == VAL_INT) {
        *number = val.integer;
        return INDEX_FITS;
    }
    if (val.kind == VAL_BOOL) {
        *number = val.boolean;
        return INDEX_FITS;
    }
    if (val.kind != VAL_BIGINT)
        return INDEX_NONE;
    bool negative = (val.body.data[0] & 0x80) != 0;
    *number = negative ? INT64_MIN : INT64_MAX;
    return negative ? INDEX_LOW : INDEX_HIGH;
}

int index_at(struct ctx *ctx, struct bytes value, uint64_t count, const struct index_words *words,
             uint64_t *at)
{
    enum val_kind kind;
    int64_t number;
    enum index_fit fit = index_read(value, &number, &kind);
    if (fit == INDEX_NONE) {
        return fail(ctx, ERR_TYPE, "%s%s", words->not_int,
                    words->names_kind ? val_type_name(kind) : "");
    }
    if (fit != INDEX_FITS)
        return fail(ctx, ERR_INDEX, "cannot fit 'int' into an index-sized integer");
    if (number < 0)
        number += (int64_t)count;
    if (number < 0 || (uint64_t)number >= count)
        return fail(ctx, ERR_INDEX, "%s", words->not_found);
    *at = (uint64_t)number;
    return 0;
}

int index_number(struct ctx *ctx, struct bytes value, int64_t *number)
{
    enum val_kind kind;
    enum index_fit fit = index_read(value, number, &kind);
    if (fit == INDEX_NONE) {
        return fail(ctx, ERR_TYPE, "'%s' object cannot be interpreted as an integer",
                    val_type_name(kind));
    }
    if (fit != INDEX_FITS)
        return fail(ctx, ERR_OVERFLOW, "Python int too large to convert to C ssize_t");
    return 0;
}

int index_border(struct ctx *ctx, struct bytes value, uint64_t count, uint64_t *at)
{
    enum val_kind kind;
    int64_t number;
    if (index_read(value, &number, &kind) == INDEX_NONE)
        return fail(ctx, ERR_TYPE, "slice indices must be integers or have an __index__ method");
    if (number < 0)
        number += (int64_t)count;
    uint64_t border = number < 0 ? 0 : (uint64_t)number;
    *at = border < count ? border : count;
    return 0;
}

int index_times(struct ctx *ctx, struct bytes value, uint64_t *times)
{
    enum val_kind kind;
    int64_t number;
    enum index_fit fit = index_read(value, &number, &kind);
    if (fit == INDEX_NONE) {
        return fail(ctx, ERR_TYPE, "can't multiply sequence by non-int of type '%s'",
                    val_type_name(kind));
    }
    if (fit != INDEX_FITS)
        return fail(ctx, ERR_OVERFLOW, "cannot fit 'int' into an index-sized integer");
    *times = number < 0 ? 0 : (uint64_t)number;
    return 0;
}
