/* SPDX-License-Identifier: BSD-2-Clause */
/* Owners: the session and holder of a grant, and tokens that stand for one. */
#include "daemon/objects/owner.h"

/* Looks through the shorter one of the two lists: in both the newest is last. */
static struct grant *newest(const struct object *object, const struct session *session,
                            uint64_t holder)
{
    bool by_object = object->grant_count <= session->grant_count;
    struct grant *at = by_object ? object->grants_last : session->grants_last;

    while (at != NULL && (at->object != object || at->session != session || at->holder != holder)) {
        at = by_object ? at->object_prev : at->session_prev;
    }
    return at;
}

struct grant *owner_grant(const struct ctx *ctx, const struct object *object)
{
    return ctx->session == NULL ? NULL : newest(object, ctx->session, ctx->request->holder);
}

struct grant *owner_grant_before(const struct object *object, const struct grant *grant)
{
    struct grant *at = grant->session_prev;

    while (at != NULL && (at->object != object || at->holder != grant->holder)) {
        at = at->session_prev;
    }
    return at;
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
    if (*grant != NULL) {
        return 0;
    }
    if (grant_find(ctx->engine, token) != NULL) {
        return fail(ctx, ERR_NOT_OWNER, "the token is of another object");
    }
    if (token == 0 || token > engine_revision(ctx->engine)) {
        return fail(ctx, ERR_NOT_OWNER, "there never was such a token");
    }
    ctx->result = (struct result){.kind = RESULT_DONE, .lost = true};
    return 0;
}

int owner_held(struct ctx *ctx, const struct object *object, struct token_given token)
{
    const struct grant *grant =
        token.given ? token_grant(ctx, object, token.token) : owner_grant(ctx, object);

    return reply_bool(ctx, grant != NULL);
}

int owner_renew(struct ctx *ctx, const struct object *object, uint64_t token,
                struct lease_given lease)
{
    const struct grant *grant = token_grant(ctx, object, token);

    if (grant == NULL || grant->session->ending != 0) {
        return fail(ctx, ERR_LOCK_LOST, "the grant is gone");
    }
    if (lease.given && lease.ms == 0) {
        return fail(ctx, ERR_VALUE, "lease_ms must be at least 1");
    }
    return grant_renew(ctx, grant, lease.given ? lease.ms : 0);
}
