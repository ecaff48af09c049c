/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine as a whole is made and freed. */
#include <assert.h>
#include <stdlib.h>

#include "daemon/engine/gc.h"
#include "daemon/engine/state.h"

static void maps_init(struct engine *engine, const uint8_t *hash_key)
{
    idmap_init(&engine->objects_by_id, hash_key);
    idmap_init(&engine->names_by_hash, hash_key);
    idmap_init(&engine->sessions_by_id, hash_key);
    idmap_init(&engine->grants, hash_key);
}

struct engine *engine_new(const struct handlers *handlers, const struct engine_options *options)
{
    handlers_require(handlers);
    assert(handlers->version > 0);
    struct engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return NULL;
    engine->handlers = handlers;
    engine->options = *options;
    engine->slice = SLICE_MAX;
    engine->end_slice = SESSION_END_MAX;
    engine->away_slice = AWAY_MAX;
    engine->idhash = idhash_make(options->hash_key);
    maps_init(engine, options->hash_key);
    RB_INIT(&engine->names);
    buf_init(&engine->scratch);
    buf_init(&engine->text);
    engine->recent = calloc(1, sizeof *engine->recent);
    if (engine->recent == NULL || !gc_init(engine)) {
        free(engine->recent);
        free(engine);
        return NULL;
    }
    return engine;
}

void engine_set_limits(struct engine *engine, const struct limits *limits)
{
    static const struct limits none = {
        .memory_bytes = UINT64_MAX,
        .objects = UINT64_MAX,
        .sessions = UINT64_MAX,
        .window_bytes = UINT64_MAX,
        .bulk_items = UINT64_MAX,
        .frame_bytes = UINT32_MAX,
        .output_bytes = UINT64_MAX,
        .lease_max_ms = UINT64_MAX,
        .linger_max_ms = UINT64_MAX,
    };
    engine->options.limits = limits == NULL ? none : *limits;
}

/* Their objects are gone already. */
static void forget_unacked(struct engine *engine)
{
    struct ctx ctx = {.engine = engine};
    for (struct session *session = engine->sessions; session != NULL; session = session->next)
        while (session->unacked != NULL)
            unacked_settle(&ctx, session->unacked);
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    for (struct session *session = engine->sessions; session != NULL; session = session->next) {
        waiters_free(engine, session);
        grants_free(engine, session);
    }
    registry_free(engine);
    gc_free(engine);
    forget_unacked(engine);
    sessions_free(engine);
    resume_tokens_free(engine);
    while (engine_reclaim(engine, SIZE_MAX)) {
    }
    idmap_free(&engine->objects_by_id, &engine->mem);
    idmap_free(&engine->names_by_hash, &engine->mem);
    idmap_free(&engine->sessions_by_id, &engine->mem);
    idmap_free(&engine->grants, &engine->mem);
    timers_free(&engine->timers, &engine->mem);
    buf_free(&engine->scratch);
    buf_free(&engine->text);
    assert(engine->mem.used == 0 && engine->mem.blocks == 0);
    mem_end(&engine->mem);
    free(engine->recent);
    free(engine);
}
