/* SPDX-License-Identifier: BSD-2-Clause */
/* What a table of types must have: an engine with half a type would lose what was saved of it. */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/engine/core.h"

/* What is saved has to be read back, or the next start cannot read the journal. */
static const char *unreadable(const struct object_ops *ops)
{
    if (ops->save == NULL)
        return ops->load == NULL ? "has no .save and no .load" : "has .load, but no .save";
    if (ops->load == NULL)
        return "has .save, but no .load";
    if ((ops->unacked_save == NULL) != (ops->unacked_load == NULL))
        return "has only one of .unacked_save and .unacked_load";
    return NULL;
}

static const char *incomplete(const struct object_ops *ops)
{
    if (ops->size < sizeof(struct object))
        return "has a .size that holds no struct object";
    if (ops->create == NULL)
        return "has no .create";
    return ops->destroy == NULL ? "has no .destroy" : unreadable(ops);
}

/* NULL: nothing is wrong with the type of that number. */
static const char *type_fault(const struct object_ops *ops, unsigned number)
{
    if (type_name(number) == NULL)
        return "has no line in wire/proto/types.def";
    return ops->type != number ? "has the .type of another one" : incomplete(ops);
}

bool handlers_fault(const struct handlers *handlers, char why[HANDLERS_WHY])
{
    for (unsigned i = 0; i < TYPE_COUNT; i++) {
        const struct object_ops *ops = handlers->types[i];
        const char *fault = ops == NULL ? NULL : type_fault(ops, i);
        const char *name = type_name(i);
        if (fault != NULL) {
            snprintf(why, HANDLERS_WHY, "type %u (%s) %s", i, name == NULL ? "?" : name, fault);
            return true;
        }
    }
    return false;
}

void handlers_require(const struct handlers *handlers)
{
    char why[HANDLERS_WHY];
    if (!handlers_fault(handlers, why))
        return;
    fprintf(stderr, "mgrd: %s: it cannot be served (docs/adding-a-type.md)\n", why);
    abort();
}
