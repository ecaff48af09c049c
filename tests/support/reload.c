/* SPDX-License-Identifier: BSD-2-Clause */
/* A world saved, and read back into another engine. */
#include "tests/support/reload.h"

#include <stdio.h>

#include "daemon/engine/state.h"
#include "tests/support/must.h"

static void put(void *arg, const void *data, size_t len)
{
    buf_put(arg, data, len);
}

struct writer reload_writer(struct buf *out)
{
    return (struct writer){.put = put, .arg = out};
}

void reload_save(const struct engine *engine, struct buf *out)
{
    struct writer writer = reload_writer(out);
    buf_init(out);
    engine_save(engine, &writer);
    must(!out->failed);
}

void reload(const struct world *w, struct bytes state, struct world *again)
{
    struct reader in = {.at = state.data, .end = state.data + state.len};
    *again = (struct world){
        .engine = world_engine(w->handlers, 0x55),
        .handlers = w->handlers,
        .now_ms = w->now_ms,
        .window = w->window,
        .tokens_made = w->tokens_made,
    };
    memcpy(again->clients, w->clients, sizeof again->clients);
    bool loaded = engine_load(again->engine, &in);
    if (!loaded) {
        fprintf(stderr, "not read: failed %d, nomem %d, %zu bytes left\n", in.failed, in.nomem,
                (size_t)(in.end - in.at));
    }
    must(loaded);
}

void reload_must_agree(struct world *w)
{
    struct world again;
    struct buf state;
    reload_save(w->engine, &state);
    reload(w, buf_bytes(&state), &again);
    must(strcmp(world_digest(w), world_digest(&again)) == 0);
    buf_free(&state);
    world_free(&again);
}

void reload_go_on(struct world *w)
{
    struct world again;
    struct buf state;
    reload_save(w->engine, &state);
    reload(w, buf_bytes(&state), &again);
    buf_free(&state);
    must(strcmp(world_digest(w), world_digest(&again)) == 0);
    again.engine->slice = w->engine->slice;
    again.engine->end_slice = w->engine->end_slice;
    again.engine->away_slice = w->engine->away_slice;
    world_free(w);
    *w = again;
}

bool reload_same_seen(const struct world *a, const struct world *b)
{
    bool same = a->seen_count == b->seen_count;
    for (size_t i = 0; same && i < a->seen_count; i++) {
        const struct seen *x = &a->seen[i], *y = &b->seen[i];
        same = x->session == y->session && x->id == y->id && x->revision == y->revision &&
               x->changed_at == y->changed_at &&
               bytes_equal(bytes_of(x->own, x->own_len), bytes_of(y->own, y->own_len));
    }
    return same;
}
