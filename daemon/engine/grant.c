/* SPDX-License-Identifier: BSD-2-Clause */
/* Live ownership: one table token -> grant, and the lists of its session and its object. */
#include "daemon/engine/grant.h"

#include <assert.h>
#include <inttypes.h>

#include "daemon/engine/gc_barrier.h"
#include "daemon/engine/state.h"
#include "wire.pb-c.h"
#include "wire/base/duration.h"

struct grant *grant_make(struct engine *engine)
{
    struct grant *grant = mem_zalloc(&engine->mem, sizeof *grant);
    if (grant != NULL && !idmap_reserve(&engine->grants, &engine->mem)) {
        mem_free(&engine->mem, grant, sizeof *grant);
        grant = NULL;
    }
    return grant;
}

static void grant_unmake(struct engine *engine, struct grant *grant)
{
    idmap_unreserve(&engine->grants);
    mem_free(&engine->mem, grant, sizeof *grant);
}

struct grant *grant_reserve(struct ctx *ctx)
{
    struct grant *grant = grant_make(ctx->engine);
    if (grant == NULL) {
        fail_nomem(ctx);
        return NULL;
    }
    grant->session = ctx->session;
    grant->holder = ctx->request->holder;
    return grant;
}

void grant_unreserve(struct ctx *ctx, struct grant *grant)
{
    grant_unmake(ctx->engine, grant);
}

static void list_by_session(struct session *session, struct grant *grant)
{
    grant->session_prev = session->grants_last;
    *(session->grants_last == NULL ? &session->grants : &session->grants_last->session_next) =
        grant;
    session->grants_last = grant;
    session->grant_count++;
}

static void list_by_object(struct object *object, struct grant *grant)
{
    grant->object_prev = object->grants_last;
    *(object->grants_last == NULL ? &object->grants : &object->grants_last->object_next) = grant;
    object->grants_last = grant;
    object->grant_count++;
}

void grant_add(struct ctx *ctx, struct grant *grant, uint64_t token, struct object *object)
{
    assert(token == (ctx->stepped ? ctx->engine->revision + 1 : ctx->revision));
    grant->token = token;
    grant->object = object;
    grant->since_ms = ctx->now_ms;
    idmap_put(&ctx->engine->grants, token, grant);
    list_by_session(grant->session, grant);
    list_by_object(object, grant);
    ctx->effect = true;
    gc_shade(ctx->engine, object);
}

struct grant *grant_by_token(const struct engine *engine, uint64_t token)
{
    return token == 0 || token == UINT64_MAX ? NULL : idmap_get(&engine->grants, token);
}

static bool is_over(const struct grant *grant)
{
    const struct object *object = grant->object;
    return object->ending || (object->ops->grant_over != NULL && object->ops->grant_over(grant));
}

struct grant *grant_find(const struct engine *engine, uint64_t token)
{
    struct grant *grant = grant_by_token(engine, token);
    return grant == NULL || is_over(grant) ? NULL : grant;
}

uint64_t engine_owner(const struct engine *engine, uint64_t token)
{
    const struct grant *grant = grant_find(engine, token);
    return grant == NULL ? 0 : grant->session->id;
}

static void unlist_by_object(struct object *object, struct grant *grant)
{
    *(grant->object_prev == NULL ? &object->grants : &grant->object_prev->object_next) =
        grant->object_next;
    *(grant->object_next == NULL ? &object->grants_last : &grant->object_next->object_prev) =
        grant->object_prev;
    object->grant_count--;
}

static void grant_unlink(struct engine *engine, struct grant *grant)
{
    struct session *session = grant->session;
    struct object *object = grant->object;
    *(grant->session_prev == NULL ? &session->grants : &grant->session_prev->session_next) =
        grant->session_next;
    *(grant->session_next == NULL ? &session->grants_last : &grant->session_next->session_prev) =
        grant->session_prev;
    session->grant_count--;
    unlist_by_object(object, grant);
    timers_clear(&engine->timers, &grant->lease);
    idmap_del(&engine->grants, grant->token);
    mem_free(&engine->mem, grant, sizeof *grant);
}

void grant_drop(struct ctx *ctx, struct grant *grant)
{
    ctx->effect = true;
    grant_unlink(ctx->engine, grant);
}

struct result grant_result(const struct grant *grant)
{
    return (struct result){
        .kind = RESULT_GRANT,
        .token = grant->token,
        .depth = grant->count,
        .lease_ms = grant->session->lease_ms,
    };
}

int grant_renew(struct ctx *ctx, const struct grant *grant, uint64_t lease_ms)
{
    struct session *session = grant->session;
    uint64_t most_ms = ctx_limits(ctx)->lease_max_ms;
    if (lease_ms > most_ms) {
        char most[DURATION_TEXT];
        duration_write(most_ms, most);
        return fail(ctx, ERR_VALUE, "the lease may be %s at most (limits.lease_max)", most);
    }
    /* The owner fences itself by the lease that it knows of. */
    if (ctx->session != session && lease_ms != 0 &&
        (session->lease_ms == 0 || lease_ms < session->lease_ms)) {
        return fail(ctx, ERR_VALUE, "only its owner may shorten the lease (%" PRIu64 " ms now)",
                    session->lease_ms);
    }
    if (lease_ms != 0 && (lease_ms != session->lease_ms ||
                          (ctx->session == session && session->linger_ms < lease_ms))) {
        session->lease_ms = lease_ms;
        session->linger_ms = session->linger_ms < lease_ms ? lease_ms : session->linger_ms;
        ctx->effect = true;
    }
    ctx->renewed = session->id;
    ctx->result = grant_result(grant);
    return 0;
}

void grant_lost(struct ctx *ctx, struct grant *grant)
{
    struct object *object = grant->object;
    if (object->ops->grant_gone != NULL)
        object->ops->grant_gone(ctx, object, grant);
    grant_drop(ctx, grant);
    object_mark(ctx, object);
}

void grant_enter_session(struct engine *engine, struct session *session, struct grant *grant)
{
    grant->session = session;
    idmap_put(&engine->grants, grant->token, grant);
    list_by_session(session, grant);
}

void grant_enter_object(struct object *object, struct grant *grant)
{
    grant->object = object;
    list_by_object(object, grant);
}

void grants_free(struct engine *engine, struct session *session)
{
    while (session->grants != NULL)
        grant_unlink(engine, session->grants);
}
