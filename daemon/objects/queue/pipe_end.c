/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe: operations at one of its ends. */
#include "daemon/objects/queue/pipe.h"

#include "daemon/engine/session.h"

/* The end that a request names. */
struct end_given {
    bool given;
    uint32_t number;
    unsigned otherwise; /* the default when neither the request nor the session tells which end */
};

/* This session's grant of that end, or of any open end (NULL). NULL: it is not attached.
 * Searches the shorter of two lists. */
static struct grant *attached_grant(const struct ctx *ctx, const struct pipe *pipe,
                                    const struct pipe_end *end)
{
    const struct session *session = ctx->session;
    if (session == NULL)
        return NULL;
    bool by_object = pipe->object.grant_count <= session->grant_count;
    struct grant *at = by_object ? pipe->object.grants : session->grants;
    while (at != NULL && (at->object != &pipe->object || at->session != session ||
                          (end != NULL && at->item != end) || pipe_grant_over(at)))
        at = by_object ? at->object_next : at->session_next;
    return at;
}

/* NULL: fail() was called. A session attached to both ends counts as attached to none. */
static struct pipe_end *end_pick(struct ctx *ctx, struct pipe *pipe, struct end_given given)
{
    struct pipe_end *ends = pipe->ends;
    if (given.given) {
        if (given.number < 1 || given.number > PIPE_ENDS) {
            (void)fail(ctx, ERR_VALUE, "the ends of a pipe are 1 and 2");
            return NULL;
        }
        return &ends[given.number - 1];
    }
    const struct grant *grant = attached_grant(ctx, pipe, NULL);
    if (grant == NULL ||
        attached_grant(ctx, pipe, pipe_peer(pipe, (struct pipe_end *)grant->item)) != NULL)
        return &ends[given.otherwise - 1];
    return grant->item;
}

/* As end_pick(), but fails if the end is closed. */
static struct pipe_end *end_open(struct ctx *ctx, struct pipe *pipe, struct end_given given)
{
    struct pipe_end *end = end_pick(ctx, pipe, given);
    if (end != NULL && end->closed) {
        (void)fail(ctx, ERR_END_CLOSED, "handle is closed");
        return NULL;
    }
    return end;
}

/* As end_open(), but fails if the end cannot receive. */
static struct pipe_end *end_receiving(struct ctx *ctx, struct pipe *pipe, struct end_given given)
{
    struct pipe_end *end = end_open(ctx, pipe, given);
    if (end != NULL && pipe->one_way && pipe_index(pipe, end) != 0) {
        (void)fail(ctx, ERR_END_CLOSED, "connection is write-only");
        return NULL;
    }
    return end;
}

/* ---- operations ---- */

static int attach_reply(struct ctx *ctx, const struct pipe_end *end, const struct grant *grant)
{
    struct buf *out = ctx_scratch(ctx);
    val_put_uint(out, pipe_index(pipe_of(ctx->object), end) + 1);
    if (out->failed)
        return fail_nomem(ctx);
    ctx->result = grant_result(grant);
    ctx->result.value = buf_bytes(out);
    return 0;
}

int pipe_attach(struct ctx *ctx, const Wire__PipeAttach *in)
{
    struct pipe *pipe = pipe_of(ctx->object);
    struct pipe_end *end = end_open(ctx, pipe, (struct end_given){in->has_end, in->end, 1});
    if (end == NULL)
        return -1;
    struct grant *grant = attached_grant(ctx, pipe, end);
    if (grant != NULL)
        return attach_reply(ctx, end, grant);
    grant = grant_reserve(ctx);
    if (grant == NULL)
        return -1;
    grant->token = ctx->revision;
    grant->count = 1;
    grant->item = end;
    if (attach_reply(ctx, end, grant) < 0) {
        grant_unreserve(ctx, grant);
        return -1;
    }
    grant_add(ctx, grant, ctx->revision, ctx->object);
    end->attached++;
    changed(ctx, ctx->object);
    return 0;
}

int pipe_send(struct ctx *ctx, const Wire__PipeSend *in)
{
    struct pipe *pipe = pipe_of(ctx->object);
    struct pipe_end *end = end_open(ctx, pipe, (struct end_given){in->has_end, in->end, 2});
    struct items items = {0};
    if (end == NULL)
        return -1;
    if (pipe->one_way && pipe_index(pipe, end) == 0)
        return fail(ctx, ERR_END_CLOSED, "connection is read-only");
    struct pipe_end *peer = pipe_peer(pipe, end);
    if (peer->closed)
        return fail(ctx, ERR_BROKEN_PIPE, "%s", error_row(ERR_BROKEN_PIPE)->meaning);
    struct item *item = item_new(ctx, ctx->object, arg(in->value));
    if (item == NULL)
        return -1;
    items_add(&items, item);
    return channel_put(ctx, ctx->object, &peer->channel, &items);
}

int pipe_recv(struct ctx *ctx, const Wire__PipeRecv *in)
{
    struct pipe *pipe = pipe_of(ctx->object);
    struct pipe_end *end = end_receiving(ctx, pipe, (struct end_given){in->has_end, in->end, 1});
    if (end == NULL)
        return -1;
    if (end->channel.ready.count == 0 && pipe_peer(pipe, end)->closed)
        return fail(ctx, ERR_EOF, "%s", error_row(ERR_EOF)->meaning);
    return channel_get(ctx, ctx->object, &end->channel, NULL);
}

int pipe_poll(struct ctx *ctx, const Wire__PipePoll *in)
{
    struct pipe *pipe = pipe_of(ctx->object);
    struct pipe_end *end = end_receiving(ctx, pipe, (struct end_given){in->has_end, in->end, 1});
    if (end == NULL)
        return -1;
    if (pipe_would_give(pipe, end) || ctx->request->wait_ms == 0)
        return reply_bool(ctx, pipe_would_give(pipe, end));
    return park(ctx, ctx->object, &end->pollers) == NULL ? -1 : 0;
}

int pipe_close(struct ctx *ctx, const Wire__PipeClose *in)
{
    struct pipe *pipe = pipe_of(ctx->object);
    struct pipe_end *end = end_pick(ctx, pipe, (struct end_given){in->has_end, in->end, 1});
    if (end == NULL)
        return -1;
    if (!end->closed)
        pipe_shut(ctx, pipe, end);
    return 0;
}

int pipe_len(struct ctx *ctx, const Wire__PipeLen *in)
{
    struct pipe *pipe = pipe_of(ctx->object);
    struct pipe_end *end = end_pick(ctx, pipe, (struct end_given){in->has_end, in->end, 1});
    return end == NULL ? -1 : reply_uint(ctx, end->channel.ready.count);
}
