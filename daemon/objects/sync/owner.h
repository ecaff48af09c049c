/* SPDX-License-Identifier: BSD-2-Clause */
/* What all types with grants share: who owns a grant, which grant a token names, its lease. */
#ifndef OBJECTS_OWNER_H
#define OBJECTS_OWNER_H

#include "daemon/engine/core.h"

/* The token in a request. */
struct token_given {
    bool given;
    uint64_t token;
};

struct lease_given {
    bool given;
    uint64_t ms;
};

/* The newest grant of the object that the calling session and holder own; NULL: none. */
struct grant *owner_grant(const struct ctx *ctx, const struct object *object);
/* A walk over all these grants, newest first, through the shorter of two lists. The grant given
 * last may be removed meanwhile. */
struct owner_walk {
    const struct object *object;
    const struct session *session;
    uint64_t holder;
    bool by_object;
    struct grant *at;
    struct val_budget *work; /* the budget charged for each look; NULL: none */
};
struct owner_walk owner_walk(const struct ctx *ctx, const struct object *object);
/* NULL: no more, or the budget is over. */
struct grant *owner_walk_next(struct owner_walk *walk);

/* The live grant of the object with that token; NULL: none. */
struct grant *token_grant(const struct ctx *ctx, const struct object *object, uint64_t token);
/* Finds the grant to release by its token. If it was alive once and is gone, *grant is NULL and
 * the result is Done{lost}. -1: fail(NOT_OWNER) was called. */
int token_release(struct ctx *ctx, const struct object *object, uint64_t token,
                  struct grant **grant) __attribute__((warn_unused_result));

/* The operations `held` and `renew` of all types. */
int owner_held(struct ctx *ctx, const struct object *object, struct token_given token);
int owner_renew(struct ctx *ctx, const struct object *object, uint64_t token,
                struct lease_given lease);

#endif
