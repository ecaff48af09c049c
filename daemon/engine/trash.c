/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of what is gone, given back a little at a time. None of this is state. */
#include "daemon/engine/state.h"

void engine_discard(struct engine *engine, struct trash *trash)
{
    trash->next = NULL;
    if (engine->trash_last == NULL)
        engine->trash = trash;
    else
        engine->trash_last->next = trash;
    engine->trash_last = trash;
}

/* Sweeps the oldest; gives the number of blocks that went. */
static size_t sweep_first(struct engine *engine, size_t budget)
{
    struct trash *trash = engine->trash;
    struct trash *next = trash->next;
    size_t before = engine->mem.blocks;
    if (!trash->sweep(&engine->mem, trash, budget)) {
        engine->trash = next;
        if (next == NULL)
            engine->trash_last = NULL;
    }
    return before - engine->mem.blocks;
}

bool engine_reclaim(struct engine *engine, size_t budget)
{
    while (engine->trash != NULL && budget > 0) {
        size_t went = sweep_first(engine, budget);
        /* A sweep that freed nothing has still cost a look. */
        budget -= went == 0 ? 1 : went < budget ? went : budget;
    }
    if (engine->trash != NULL)
        return true;
    timers_trim(&engine->timers, &engine->mem);
    bool objects = idmap_trim(&engine->objects_by_id, &engine->mem, budget);
    bool names = idmap_trim(&engine->names_by_hash, &engine->mem, budget);
    bool sessions = idmap_trim(&engine->sessions_by_id, &engine->mem, budget);
    bool grants = idmap_trim(&engine->grants, &engine->mem, budget);
    return objects || names || sessions || grants;
}
