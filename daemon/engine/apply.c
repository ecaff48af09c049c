/* SPDX-License-Identifier: BSD-2-Clause */
/* One command: its own step, then a step for everybody it completes. */
#include "daemon/engine/absence.h"
#include "daemon/engine/gc.h"
#include "daemon/engine/state.h"

static void boot(struct ctx *ctx)
{
    struct engine *engine = ctx->engine;
    const struct command *command = ctx->command;
    if (command->revision_floor > ctx->revision)
        ctx->revision = command->revision_floor;
    ctx_step(ctx);
    engine->incarnation = command->incarnation;
    if (engine->version == 0)
        engine->version = command->version;
    absence_boot(ctx);
}

static void version(struct ctx *ctx)
{
    if (ctx->command->version > ctx->engine->version) {
        ctx_step(ctx);
        ctx->engine->version = ctx->command->version;
    }
}

static void acknowledge(struct ctx *ctx)
{
    struct session *session = session_find(ctx->engine, ctx->command->session);
    if (session == NULL)
        return;
    bool one = slot_acked(ctx, session, ctx->command->slot_id);
    if (session_acked(ctx, session, ctx->command->id) || one)
        ctx_step(ctx);
}

static void cancel(struct ctx *ctx)
{
    const struct command *command = ctx->command;
    struct session *session = session_find(ctx->engine, command->session);
    const struct slot *slot = session == NULL ? NULL : session_slot_peek(session, command->id);
    if (slot != NULL && slot->waiter != NULL && slot->id == command->id) {
        ctx_step(ctx);
        waiter_leave(ctx, slot->waiter, command->code);
    }
}

/* True: apply it again. */
static bool run(struct ctx *ctx)
{
    bool more = false;
    switch (ctx->command->kind) {
    case COMMAND_BOOT:
        boot(ctx);
        break;
    case COMMAND_CANCEL:
        cancel(ctx);
        break;
    case COMMAND_ACK:
        acknowledge(ctx);
        break;
    case COMMAND_SESSION_END:
        more = sessions_end(ctx);
        break;
    case COMMAND_TICK:
        more = tick_run(ctx);
        ctx->spent = 0; /* those who wait for what that gives are counted by themselves */
        break;
    case COMMAND_GC:
        ctx_step(ctx);
        more = gc_run(ctx);
        break;
    case COMMAND_VERSION:
        version(ctx);
        break;
    case COMMAND_AWAY:
    case COMMAND_BACK:
        more = absence_turn(ctx);
        break;
    case COMMAND_REST:
        more = rest_run(ctx);
        break;
    case COMMAND_REQUEST:
        break;
    }
    wake_marked(ctx);
    return more || (ctx->command->kind == COMMAND_REST && engine_wants_rest(ctx->engine));
}

struct applied engine_apply(struct engine *engine, const struct command *command,
                            const struct sink *sink)
{
    struct applied applied = {.outcome = OUTCOME_NONE};
    struct ctx ctx;
    ctx_init(&ctx, engine, command, sink);
    if (command->kind == COMMAND_REQUEST) {
        applied.outcome = request_run(&ctx);
        applied.session = ctx.session == NULL ? 0 : ctx.session->id;
        applied.renewed = ctx.renewed;
    } else {
        ctx.replied = true;
        applied.more = run(&ctx);
        applied.outcome = ctx.stepped ? OUTCOME_EFFECT : OUTCOME_NONE;
    }
    if (ctx.stepped) {
        applied.first = ctx.revision;
        applied.last = engine->revision;
    }
    ctx_done(&ctx);
    return applied;
}
