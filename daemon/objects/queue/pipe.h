/* SPDX-License-Identifier: BSD-2-Clause */
/* A pipe's state. Included only by pipe*.c. */
#ifndef OBJECTS_PIPE_H
#define OBJECTS_PIPE_H

#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/queue/channel.h"

enum { PIPE_ENDS = 2 };

struct pipe_end {
    bool closed;
    uint64_t attached;      /* number of its grants */
    struct waitq pollers;   /* waiters for a message that will not take it */
    struct channel channel; /* messages to this end, sent at the other one */
};

struct pipe {
    struct object object;
    bool one_way; /* end 2 sends, end 1 receives */
    struct pipe_end ends[PIPE_ENDS];
    struct grant *unseen; /* the first grant that may belong to a closed end; NULL: none */
};

static inline struct pipe *pipe_of(struct object *object)
{
    return (struct pipe *)object;
}

static inline unsigned pipe_index(const struct pipe *pipe, const struct pipe_end *end)
{
    return (unsigned)(end - pipe->ends);
}

static inline struct pipe_end *pipe_peer(struct pipe *pipe, const struct pipe_end *end)
{
    return &pipe->ends[1 - pipe_index(pipe, end)];
}

static inline bool pipe_grant_over(const struct grant *grant)
{
    return ((const struct pipe_end *)grant->item)->closed;
}

/* Whether a recv at the end would return at once. */
static inline bool pipe_would_give(struct pipe *pipe, const struct pipe_end *end)
{
    return end->channel.ready.count > 0 || pipe_peer(pipe, end)->closed;
}

extern const struct object_ops pipe_ops;

/* Closes the end; messages sent to it are dropped. Its grants end, and the wake pass drops them. */
void pipe_shut(struct ctx *ctx, struct pipe *pipe, struct pipe_end *end);

#endif
