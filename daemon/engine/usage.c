/* SPDX-License-Identifier: BSD-2-Clause */
/* What others may know about the engine as a whole, and how much it holds. */
#include "daemon/engine/gc.h"
#include "daemon/engine/registry.h"

uint64_t engine_now(const struct engine *engine)
{
    return engine->now_ms;
}

uint64_t engine_revision(const struct engine *engine)
{
    return engine->revision;
}

uint64_t engine_incarnation(const struct engine *engine)
{
    return engine->incarnation;
}

uint32_t engine_version(const struct engine *engine)
{
    return engine->version;
}

uint32_t engine_newest_version(const struct engine *engine)
{
    return engine->handlers->version;
}

bool engine_wants_gc(const struct engine *engine)
{
    return gc_wanted(engine);
}

void engine_usage(const struct engine *engine, struct usage *usage)
{
    *usage = (struct usage){
        .bytes = engine->mem.used,
        .blocks = engine->mem.blocks,
        .objects = engine->object_count,
        .anonymous = engine->anonymous_count,
        .sessions = engine->session_count,
        .waiters = engine->waiter_count,
        .grants = engine->grants.count,
        .timers = engine->timers.count,
        .refused_work = engine->refused_work,
    };
}

size_t engine_growth(const struct engine *engine, const struct command *command)
{
    const Wire__Request *request = command->request;
    const struct op_row *op = command_op(command);
    if (op == NULL || !op->on_object || (op->flags & OP_GROWS) == 0)
        return 0;
    const struct object *object = hint_object(engine, command->hint);
    if (object == NULL)
        object = registry_find(engine, op_object_name(op_message(request)));
    if (object == NULL || object->ops->growth == NULL ||
        (op->number / 64 != TYPE_OBJECT && op->number / 64 != object->ops->type))
        return 0;
    return object->ops->growth(object, request);
}
