/* SPDX-License-Identifier: BSD-2-Clause */
/* Which values can be keys, and when two keys are equal. */
#include "daemon/objects/table/key.h"

#include <math.h>

#include "daemon/engine/core.h"

enum { STEP_BYTES = 2 }; /* bytes hashed and compared in one step, for a key of several values */

int key_check(struct ctx *ctx, struct bytes key)
{
    if (key.len == 0)
        return fail(ctx, ERR_TYPE, "missing argument: a key or member");
    if (val_is_plain(key))
        return 0;
    if (work_take(ctx, key.len / STEP_BYTES) != 0)
        return -1;
    enum val_kind offender;
    if (!val_hashable(key, &offender))
        return fail(ctx, ERR_TYPE, "unhashable type: '%s'", val_type_name(offender));
    return 0;
}

bool key_has_nan(struct bytes key)
{
    if (val_is_plain(key))
        return false;
    struct val_iter open[VAL_DEPTH_REPLY + 1]; /* containers not walked to the end yet */
    size_t depth = 0;
    for (;;) {
        struct val v = val_read(key);
        switch (v.kind) {
        case VAL_FLOAT:
            if (isnan(v.real))
                return true;
            break;
        case VAL_TUPLE:
        case VAL_SET:
        case VAL_FROZENSET:
            if (depth < sizeof open / sizeof *open)
                open[depth++] = val_iter(&v);
            break;
        default: /* an opaque value is compared by its encoding */
            break;
        }
        while (depth > 0 && !val_next(&open[depth - 1], &key))
            depth--;
        if (depth == 0)
            return false;
    }
}

int key_equal(struct bytes a, struct bytes b)
{
    if (bytes_equal(a, b))
        return 1;
    if (val_is_plain(a) || val_is_plain(b))
        return 0;
    return val_equal(a, b);
}
