/* SPDX-License-Identifier: BSD-2-Clause */
/* What every command and read has in common: its steps, its time, what it gives out. */
#include <assert.h>

#include "daemon/engine/state.h"

enum { SCRATCH_KEEP = 64 << 10 };

struct mem *engine_mem(struct engine *engine)
{
    return &engine->mem;
}

struct mem *ctx_mem(struct ctx *ctx)
{
    return &ctx->engine->mem;
}

const uint8_t *engine_hash_key(const struct engine *engine)
{
    return engine->options.hash_key;
}

const uint8_t *ctx_hash_key(const struct ctx *ctx)
{
    return ctx->engine->options.hash_key;
}

const struct limits *ctx_limits(const struct ctx *ctx)
{
    return &ctx->engine->options.limits;
}

struct buf *ctx_scratch(struct ctx *ctx)
{
    struct buf *scratch = &ctx->engine->scratch;
    buf_reset(scratch, SCRATCH_KEEP);
    scratch->limit = ctx_limits(ctx)->frame_bytes;
    return scratch;
}

/* Field by field: clearing the whole struct would cost more than many a read. */
void ctx_init(struct ctx *ctx, struct engine *engine, const struct command *command,
              const struct sink *sink)
{
#ifdef MGRD_TEST_BUILD
    memset(ctx, 0xA5, sizeof *ctx); /* a field that is forgotten below is found by the tests */
#endif
    ctx->engine = engine;
    ctx->command = command;
    ctx->request = command->request;
    ctx->op = NULL;
    ctx->session = NULL;
    ctx->object = NULL;
    ctx->revision = engine->revision + 1;
    ctx->version = engine->version;
    ctx->was_ms = engine->now_ms;
    ctx->reading = ctx->effect = ctx->parked = ctx->stepped = ctx->replied = false;
    ctx->work = (struct val_budget){.left = engine->options.limits.work - 1 - command->work};
    ctx->renewed = 0;
    ctx->refs_promised = 0;
    ctx->marked = (struct object_row){NULL, NULL};
    ctx->spent = 0;
    ctx->unfinished = false;
    ctx->unacked = NULL;
    ctx->unacked_from = NULL;
    ctx->slot = NULL;
    ctx->sink = sink;
    ctx->result.kind = RESULT_DONE;
    ctx->result.lost = false;
    ctx->reply.len = ctx->reply.cap = 0;
    if (command->now_ms > engine->now_ms)
        engine->now_ms = command->now_ms;
    ctx->now_ms = engine->now_ms;
}

void ctx_done(struct ctx *ctx)
{
    saved_free(ctx->engine, &ctx->reply);
    if (!ctx->stepped) {
        assert(ctx->marked.first == NULL);
        ctx->engine->now_ms = ctx->was_ms;
    }
}

void ctx_step(struct ctx *ctx)
{
    if (!ctx->stepped) {
        assert(!ctx->reading);
        ctx->stepped = true;
        ctx->engine->revision = ctx->revision;
    }
}

bool ctx_spend_on(struct ctx *ctx, uint64_t count)
{
    if (ctx->spent >= ctx->engine->slice) {
        ctx->unfinished = true;
        return false;
    }
    ctx->spent += count;
    return true;
}

bool ctx_spend(struct ctx *ctx)
{
    return ctx_spend_on(ctx, 1);
}

uint64_t step_next(const struct ctx *ctx)
{
    assert(ctx->stepped);
    return ctx->engine->revision + 1;
}

void ctx_emit(struct ctx *ctx, const struct completion *completion)
{
    if (ctx->sink != NULL && ctx->sink->done != NULL)
        ctx->sink->done(ctx->sink->arg, completion);
}

void ctx_emit_unacked(struct ctx *ctx, const struct unacked *unacked)
{
    struct result result;
    unacked->ops->unacked_result(unacked, &result);
    ctx_emit(ctx, &(struct completion){
                      .session = unacked->session->id,
                      .id = unacked->slot->id,
                      .revision = unacked->slot->revision,
                      .changed_at = unacked->slot->revision,
                      .result = &result,
                  });
}

bool timer_reserve(struct ctx *ctx)
{
    return timers_reserve(&ctx->engine->timers, ctx_mem(ctx));
}

void timer_set(struct ctx *ctx, struct timer *timer, int kind, uint64_t at_ms)
{
    timer->kind = kind;
    timers_set(&ctx->engine->timers, timer, at_ms);
}

void timer_clear(struct ctx *ctx, struct timer *timer)
{
    timers_clear(&ctx->engine->timers, timer);
}

static void note_ref(void *arg, uint64_t ref)
{
    (void)ref;
    *(bool *)arg = true;
}

bool value_has_refs(const struct ctx *ctx, struct bytes value)
{
    bool found = false;
    if (ctx->command->has_refs)
        val_each_ref(value, note_ref, &found);
    return found;
}
