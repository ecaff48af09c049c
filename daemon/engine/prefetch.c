/* SPDX-License-Identifier: BSD-2-Clause */
/* Hints: what a batch of requests will touch is fetched while the others are looked at.
 *
 * A lookup in a large table costs a few cache misses, one after the other, each of which needs what
 * the one before has brought. Sixteen lookups side by side wait as long as one does. */
#include "daemon/engine/registry.h"
#include "wire.pb-c.h"

/* Field by field: clearing the whole struct would cost more than filling it in. */
void engine_prefetch(const struct engine *engine, const Wire__Request *request, struct hint *hint)
{
    const struct op_row *op = op_row(request->op_case);
    hint->op = op;
    hint->key.data = NULL;
    hint->object = NULL;
    hint->guessed = false;
    if (op == NULL || !op->on_object)
        return;
    struct object *object = registry_find(engine, op_object_name(op_message(request)));
    if (object == NULL)
        return;
    hint->object = object;
    hint->unlinked = engine->unlinked;
    if (object->ops->prefetch != NULL && object->ops->type == op->number / OP_NUMBERS_OF_TYPE)
        object->ops->prefetch(object, request, hint);
}

/* Not without a name: such an object may be condemned meanwhile. */
struct object *hint_object(const struct engine *engine, const struct hint *hint)
{
    if (hint == NULL || hint->object == NULL || hint->unlinked != engine->unlinked)
        return NULL;
    return hint->object->name != NULL ? hint->object : NULL;
}

const struct op_row *command_op(const struct command *command)
{
    return command->hint != NULL ? command->hint->op : op_row(command->request->op_case);
}

void hint_follow(struct hint *hint, unsigned step)
{
    hint->object->ops->follow(hint->object, hint, step);
}
