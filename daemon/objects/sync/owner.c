/* SPDX-License-Identifier: BSD-2-Clause */
/* Owners of grants: the session and holder, or a token. */
#include "daemon/objects/sync/owner.h"

#include "daemon/objects/python/iterable.h"
#include "wire.pb-c.h"

/* Searches the shorter of the two lists; in both the newest grant is last. */
static struct grant *newest(const struct object *object, const struct session *session,
                            uint64_t holder)
{
    bool by_object = object->grant_count <= session->grant_count;
    struct grant *at = by_object ? object->grants_last : session->grants_last;
    while (at != NULL && (at->object != object || at->session != session || at->holder != holder))
        at = by_object ? at->object_prev : at->session_prev;
    return at;
}

struct grant *owner_grant(const struct ctx *ctx, const struct object *object)
{
    return ctx->session == NULL ? NULL : newest(object, ctx->session, ctx->request->holder);
}

struct owner_walk owner_walk(const struct ctx *ctx, const struct object *object)
{
    const struct session *session = ctx->session;
    bool by_object = session == NULL || object->grant_count <= session->grant_count;
    return (struct owner_walk){
        .object = object,
        .session = session,
        .holder = ctx->request->holder,
        .by_object = by_object,
        .at = by_object ? object->grants_last : session->grants_last,
    };
}

static bool walk_fits(const struct owner_walk *walk)
{
    const struct grant *at = walk->at;
    return at->session == walk->session && at->object == walk->object && at->holder == walk->holder;
}

struct grant *owner_walk_next(struct owner_walk *walk)
{
    struct grant *found = NULL;
    while (walk->at != NULL && found == NULL) {
        if (walk->work != NULL && !val_spend(walk->work, STEPS_VISIT))
            return NULL;
        found = walk_fits(walk) ? walk->at : NULL;
        walk->at = walk->by_object ? walk->at->object_prev : walk->at->session_prev;
    }
    return found;
}

struct grant *token_grant(const struct ctx *ctx, const struct object *object, uint64_t token)
{
    struct grant *grant = grant_by_token(ctx->engine, token);
    return grant != NULL && grant->object == object ? grant : NULL;
}

int token_release(struct ctx *ctx, const struct object *object, uint64_t token,
                  struct grant **grant)
{
    *grant = token_grant(ctx, object, token);
    if (*grant != NULL)
        return 0;
    if (grant_find(ctx->engine, token) != NULL)
        return fail(ctx, ERR_NOT_OWNER, "the token is of another object");
    if (token == 0 || token > engine_revision(ctx->engine))
        return fail(ctx, ERR_NOT_OWNER, "there never was such a token");
    ctx->result = (struct result){.kind = RESULT_DONE, .lost = true};
    return 0;
}

int owner_held(struct ctx *ctx, const struct object *object, struct token_given token)
{
    struct owner_walk walk = owner_walk(ctx, object);
    const struct grant *grant;
    walk.work = &ctx->work;
    grant = token.given ? token_grant(ctx, object, token.token) : owner_walk_next(&walk);
    return ctx->work.over ? fail_work(ctx) : reply_bool(ctx, grant != NULL);
}

int owner_renew(struct ctx *ctx, const struct object *object, uint64_t token,
                struct lease_given lease)
{
    const struct grant *grant = token_grant(ctx, object, token);
    if (grant == NULL || grant->session->ending != 0)
        return fail(ctx, ERR_LOCK_LOST, "the grant is gone");
    if (lease.given && lease.ms == 0)
        return fail(ctx, ERR_VALUE, "lease_ms must be at least 1");
    return grant_renew(ctx, grant, lease.given ? lease.ms : 0);
}
