/* SPDX-License-Identifier: BSD-2-Clause */
/* Hints: what a batch of requests will touch is fetched while the others are looked at.
 *
 * A lookup in a large table costs a few cache misses, one after the other, each of which needs what
 * the one before has brought. Sixteen lookups side by side wait as long as one does. */
#include "daemon/engine/registry.h"

void engine_prefetch(const struct engine *engine, const Wire__Request *request, struct hint *hint)
{
    const struct op_row *op = op_row(request->op_case);
    const struct object_ops *type;
    *hint = (struct hint){.guessed = false};
    type = op == NULL ? NULL : engine->handlers->types[op->number / OP_NUMBERS_OF_TYPE];
    if (type == NULL || type->prefetch == NULL || !op->on_object)
        return;
    hint->object = registry_find(engine, op_object_name(op_message(request)));
    hint->unlinked = engine->unlinked;
    if (hint->object != NULL && hint->object->ops == type)
        type->prefetch(hint->object, request, hint);
}

void hint_follow(struct hint *hint, unsigned step)
{
    if (hint->key.data != NULL)
        hint->object->ops->follow(hint->object, hint, step);
}
