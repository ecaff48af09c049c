/* SPDX-License-Identifier: BSD-2-Clause */
/* What a table of types must have, whoever wrote it. */
#include "daemon/engine/core.h"

/* What is saved has to be read back, or the next start loses it, or cannot be. */
static bool is_whole(const struct object_ops *ops)
{
    return ops->save != NULL && ops->load != NULL &&
           (ops->unacked_save == NULL) == (ops->unacked_load == NULL);
}

const struct object_ops *handlers_fault(const struct handlers *handlers)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        const struct object_ops *ops = handlers->types[i];
        if (ops != NULL && (ops->type != i || !is_whole(ops)))
            return ops;
    }
    return NULL;
}
