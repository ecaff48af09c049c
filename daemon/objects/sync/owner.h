/* SPDX-License-Identifier: BSD-2-Clause */
/* What all types with grants share: whose a grant is, which one a token means, its lease. */
#ifndef OBJECTS_OWNER_H
#define OBJECTS_OWNER_H

#include "daemon/engine/core.h"

/* A token as a request gave it. */
struct token_given {
    bool given;
    uint64_t token;
};

struct lease_given {
    bool given;
    uint64_t ms;
};

/* The newest grant on the object that the calling session and holder own; NULL: none. */
struct grant *owner_grant(const struct ctx *ctx, const struct object *object);
/* All of them, newest first, through the shorter list of two; the one that was given last may go
 * meanwhile. */
struct owner_walk {
    const struct object *object;
    const struct session *session;
    uint64_t holder;
    bool by_object;
    struct grant *at;
    struct val_budget *work; /* what a look is charged to; NULL: to nobody */
};
struct owner_walk owner_walk(const struct ctx *ctx, const struct object *object);
/* NULL: that was the last one, or work is over. */
struct grant *owner_walk_next(struct owner_walk *walk);

/* The live grant of the object that has the token; NULL: none. */
struct grant *token_grant(const struct ctx *ctx, const struct object *object, uint64_t token);
/* The grant to be given back by its token. It may be gone, if it was alive once: then *grant is
 * NULL and the result is Done{lost}. -1: fail(NOT_OWNER) was called. */
int token_release(struct ctx *ctx, const struct object *object, uint64_t token,
                  struct grant **grant) __attribute__((warn_unused_result));

/* The operations held and renew of any type. */
int owner_held(struct ctx *ctx, const struct object *object, struct token_given token);
int owner_renew(struct ctx *ctx, const struct object *object, uint64_t token,
                struct lease_given lease);

#endif
