/* SPDX-License-Identifier: BSD-2-Clause */
/* One request: is it a new one, may it, what does it do, what is it answered.
 *
 * Memory for the session, the slot and the reply is taken before the handler changes anything; when
 * it changes nothing, all of that is given back and the request leaves no trace. */
#include <assert.h>
#include <inttypes.h>

#include "daemon/engine/state.h"
#include "wire.pb-c.h"

bool engine_is_command(const struct op_row *op, const Wire__Request *request)
{
    if (op == NULL)
        return false;
    return op->class != CLASS_read || ((op->flags & OP_WAITS) != 0 && request->wait_ms != 0);
}

/* ---- answers ---- */

static uint64_t session_id(const struct ctx *ctx)
{
    return ctx->session == NULL ? 0 : ctx->session->id;
}

/* The reply of what had no effect. A read of one object shows that object's last change; a required
 * token, that nothing has changed until now. */
static void answer(struct ctx *ctx)
{
    uint64_t revision = ctx->engine->revision;
    bool one = ctx->object != NULL && !ctx->request->has_require;
    ctx_emit(ctx, &(struct completion){
                      .session = session_id(ctx),
                      .id = ctx->request->id,
                      .revision = revision,
                      .changed_at = one ? ctx->object->changed_at : revision,
                      .result = &ctx->result,
                  });
}

static enum outcome answer_as(struct ctx *ctx, enum outcome outcome)
{
    answer(ctx);
    return outcome;
}

/* ---- whose request it is ---- */

/* The session, when it has state already. -1: fail() was called. */
static inline int find_session(struct ctx *ctx)
{
    const struct command *command = ctx->command;
    uint64_t id = command->session;
    if (id == 0 && command->open != NULL) {
        enum session_fate fate = engine_session_find(ctx->engine, command->open->token_hash, &id);
        if (fate == SESSION_UNKNOWN)
            return 0;
        if (fate == SESSION_ENDED)
            return fail(ctx, ERR_SESSION_LOST, "the session has ended");
    }
    if (id == 0 && ctx->reading)
        return 0;
    ctx->session = session_find(ctx->engine, id);
    if (ctx->session != NULL && ctx->session->ending == 0)
        return 0;
    ctx->session = NULL;
    return fail(ctx, ERR_SESSION_LOST, "there is no such session");
}

static uint32_t fingerprint(const struct ctx *ctx)
{
    return slot_fingerprint((unsigned)ctx->request->op_case, ctx->command->operation);
}

/* The same request again: it is still waiting, or it is answered as it was. */
static enum outcome repeat(struct ctx *ctx, const struct slot *slot)
{
    if (slot->waiter != NULL)
        return OUTCOME_AGAIN;
    if (slot->forgotten) {
        fail(ctx, ERR_INDETERMINATE, "the reply to this request was acknowledged and forgotten");
        return answer_as(ctx, OUTCOME_LOST);
    }
    if (slot->unacked != NULL) {
        ctx_emit_unacked(ctx, slot->unacked);
        return OUTCOME_AGAIN;
    }
    ctx_emit(ctx, &(struct completion){
                      .session = session_id(ctx),
                      .id = slot->id,
                      .revision = slot->revision,
                      .changed_at = slot->revision,
                      .encoded = saved_bytes(&slot->reply),
                  });
    return OUTCOME_AGAIN;
}

/* Whether the request is new: then ctx->slot is its slot, if that was ever used. Else *outcome is
 * what it came to, and it was answered. */
static bool is_new(struct ctx *ctx, enum outcome *outcome)
{
    uint64_t id = ctx->request->id;
    struct slot *slot;
    *outcome = OUTCOME_NONE;
    if (id == 0) {
        fail(ctx, ERR_INVALID, "a request has no id");
        answer(ctx);
        return false;
    }
    slot = ctx->session == NULL ? NULL : session_slot_peek(ctx->session, id);
    if (slot == NULL || (id > slot->id && slot->waiter == NULL)) {
        ctx->slot = slot;
        return true;
    }
    if (id == slot->id && slot->fingerprint != fingerprint(ctx)) {
        fail(ctx, ERR_PROTOCOL, "id %" PRIu64 " was used for another request", id);
        answer(ctx);
    } else if (id == slot->id) {
        *outcome = repeat(ctx, slot);
    } else if (id < slot->id) {
        fail(ctx, ERR_INDETERMINATE, "request %" PRIu64 " has used the slot since", slot->id);
        *outcome = answer_as(ctx, OUTCOME_LOST);
    } else {
        fail(ctx, ERR_INVALID, "slot %" PRIu64 " is busy with request %" PRIu64,
             id % ctx->session->window, slot->id);
        answer(ctx);
    }
    return false;
}

/* ---- what it asks for ---- */

static const char *article(const char *noun)
{
    return strchr("aeiou", *noun) != NULL ? "an" : "a";
}

__attribute__((cold)) static int fail_wrong_type(struct ctx *ctx, unsigned type)
{
    const char *wanted = type_name(type), *found = type_name(ctx->object->ops->type);
    return fail(ctx, ERR_WRONG_TYPE, "%s.%s needs %s %s, and this is %s %s", ctx->op->type,
                ctx->op->method, article(wanted), wanted, article(found), found);
}

static inline int find_object(struct ctx *ctx, const ProtobufCMessage *in)
{
    unsigned type = ctx->op->number / 64;
    struct object *object = hint_object(ctx->engine, ctx->command->hint);
    if (object == NULL)
        object = object_find(ctx, op_object_name(in));
    if (object == NULL)
        return -1;
    ctx->object = object;
    return type == TYPE_OBJECT || type == object->ops->type ? 0 : fail_wrong_type(ctx, type);
}

/* Whether the object is still as it was at the revision that the client has seen. What would wait
 * is refused, not looked at again later: it waits for just such a change. */
__attribute__((noinline)) static int check_unchanged(struct ctx *ctx)
{
    uint64_t since = ctx->request->unchanged_since;
    if (!ctx->op->on_object)
        return fail(ctx, ERR_INVALID, "unchanged_since is for operations on one object");
    if ((ctx->op->flags & OP_WAITS) != 0 && ctx->request->wait_ms != 0)
        return fail(ctx, ERR_INVALID, "a request with unchanged_since cannot wait");
    if (since == 0)
        return fail(ctx, ERR_VALUE, "unchanged_since: 0 is the revision of no reply");
    if (since > ctx->engine->revision) {
        return fail(ctx, ERR_VALUE, "unchanged_since: revision %" PRIu64 " is still to come",
                    since);
    }
    if (ctx->object->changed_at > since) {
        return fail(ctx, ERR_CONFLICT,
                    "it has changed since revision %" PRIu64 ": revision %" PRIu64, since,
                    ctx->object->changed_at);
    }
    return 0;
}

/* The handler, when the request may go on; NULL: fail() was called. */
static inline handler_fn *resolve(struct ctx *ctx)
{
    const Wire__Request *request = ctx->request;
    handler_fn *handler;
    ctx->op = command_op(ctx->command);
    handler = ctx->op == NULL ? NULL : ctx->engine->handlers->by_number[request->op_case];
    if (handler == NULL) {
        fail(ctx, ERR_UNIMPLEMENTED, "there is no such operation");
        return NULL;
    }
    if (request->has_require && grant_find(ctx->engine, request->require) == NULL) {
        fail(ctx, ERR_STALE_TOKEN, "token %" PRIu64 " is not alive", request->require);
        return NULL;
    }
    if (ctx->op->on_object && find_object(ctx, op_message(request)) != 0)
        return NULL;
    if (request->has_unchanged_since && check_unchanged(ctx) != 0)
        return NULL;
    return handler;
}

/* The session and a slot that was never used, so that nothing is missing when the handler is done.
 */
static int make_room(struct ctx *ctx)
{
    if (ctx->session == NULL) {
        ctx->session = session_new(ctx->engine, ctx->revision, ctx->command->open, ctx->now_ms);
        if (ctx->session == NULL)
            return fail_nomem(ctx);
    }
    if (ctx->slot == NULL)
        ctx->slot = session_slot(ctx->engine, ctx->session, ctx->request->id);
    return ctx->slot != NULL ? 0 : fail_nomem(ctx);
}

/* ---- what comes of it ---- */

static enum outcome refuse(struct ctx *ctx)
{
    bool nomem = ctx->result.kind == RESULT_ERROR && ctx->result.code == ERR_NOMEM;
    assert(!ctx->effect && !ctx->parked && !ctx->stepped);
    if (ctx->session != NULL) {
        session_slot_undo(ctx->engine, ctx->session, ctx->request->id);
        if (ctx->session->id == ctx->revision) {
            session_undo(ctx->engine, ctx->session);
            ctx->session = NULL;
        }
    }
    return answer_as(ctx, nomem ? OUTCOME_NOMEM : OUTCOME_NONE);
}

static void save_and_answer(struct ctx *ctx)
{
    if (ctx->unacked != NULL) {
        slot_unacked(ctx, ctx->session, ctx->slot, ctx->revision, ctx->unacked_from, ctx->unacked);
        ctx_emit_unacked(ctx, ctx->unacked);
        return;
    }
    if (ctx->reply.len == 0)
        saved_put(&ctx->reply, &ctx->result, NULL, 0);
    slot_done(ctx, ctx->session, ctx->slot, ctx->revision, &ctx->reply);
    ctx_emit(ctx, &(struct completion){
                      .session = ctx->session->id,
                      .id = ctx->request->id,
                      .revision = ctx->revision,
                      .changed_at = ctx->revision,
                      .encoded = saved_bytes(&ctx->slot->reply),
                  });
}

static enum outcome commit(struct ctx *ctx)
{
    uint64_t id = ctx->request->id;
    uint64_t acked = ctx->request->acked;
    ctx_step(ctx);
    session_acked(ctx, ctx->session, acked < id ? acked : id - 1);
    ctx->slot->id = id;
    ctx->slot->fingerprint = fingerprint(ctx);
    if (ctx->parked)
        slot_parked(ctx, ctx->session, ctx->slot, ctx->revision, ctx->slot->waiter);
    else
        save_and_answer(ctx);
    ctx->replied = true;
    if (ctx->marked.first != NULL) /* hardly any write to a container marks something */
        wake_marked(ctx);
    return ctx->parked ? OUTCOME_PARKED : OUTCOME_EFFECT;
}

enum outcome request_run(struct ctx *ctx)
{
    enum outcome outcome;
    handler_fn *handler;
    if (find_session(ctx) != 0)
        return answer_as(ctx, OUTCOME_NONE);
    if (!is_new(ctx, &outcome))
        return outcome;
    handler = resolve(ctx);
    if (handler == NULL || make_room(ctx) != 0 || handler(ctx, op_message(ctx->request)) != 0)
        return refuse(ctx);
    return ctx->effect || ctx->parked ? commit(ctx) : refuse(ctx);
}

void engine_read(struct engine *engine, const struct command *command, const struct sink *sink)
{
    uint64_t revision = engine->revision;
    struct ctx ctx;
    handler_fn *handler;
    ctx_init(&ctx, engine, command, sink);
    ctx.reading = true;
    handler = find_session(&ctx) != 0 ? NULL : resolve(&ctx);
    if (handler != NULL && handler(&ctx, op_message(command->request)) == 0)
        assert(!ctx.effect && !ctx.parked);
    answer(&ctx);
    ctx_done(&ctx);
    assert(engine->revision == revision);
    (void)revision;
}
