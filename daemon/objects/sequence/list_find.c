/* SPDX-License-Identifier: BSD-2-Clause */
/* list: finds items by Python's equality. */
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/python/index.h"
#include "daemon/objects/sequence/list_item.h"

enum { STEPS_NEXT = 2 }; /* cost of going on to the next item */

int list_find(struct ctx *ctx, struct bytes value, struct list_span span, uint64_t *at)
{
    const struct list *list = list_of(ctx->object);
    for (uint64_t i = span.from; i < span.to; i++) {
        int equal = val_spend(&ctx->work, STEPS_NEXT)
                        ? val_equal_within(list_value(list, i), value, &ctx->work)
                        : -1;
        if (equal < 0)
            return fail_unfinished(ctx);
        if (equal > 0) {
            *at = i;
            return 1;
        }
    }
    return 0;
}

int list_has(struct ctx *ctx, const Wire__ListHas *in)
{
    uint64_t at;
    struct list_span all = {0, list_size(list_of(ctx->object))};
    int found = list_find(ctx, arg(in->value), all, &at);
    return found < 0 ? -1 : reply_bool(ctx, found > 0);
}

int list_index(struct ctx *ctx, const Wire__ListIndex *in)
{
    uint64_t count = list_size(list_of(ctx->object));
    struct list_span span = {0, count};
    uint64_t at;
    if (in->start.len > 0 && index_border(ctx, arg(in->start), count, &span.from) < 0)
        return -1;
    if (in->stop.len > 0 && index_border(ctx, arg(in->stop), count, &span.to) < 0)
        return -1;
    int found = list_find(ctx, arg(in->value), span, &at);
    if (found < 0)
        return -1;
    return found > 0 ? reply_uint(ctx, at)
                     : fail_value(ctx, ERR_NOT_IN_LIST, arg(in->value), " is not in list");
}

int list_count(struct ctx *ctx, const Wire__ListCount *in)
{
    uint64_t end = list_size(list_of(ctx->object));
    struct list_span span = {0, end};
    uint64_t count = 0;
    uint64_t at = 0;
    int found;
    while ((found = list_find(ctx, arg(in->value), span, &at)) > 0) {
        count++;
        span.from = at + 1;
    }
    return found < 0 ? -1 : reply_uint(ctx, count);
}
