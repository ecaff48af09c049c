/* SPDX-License-Identifier: BSD-2-Clause */
/* set: operations with a second collection. Left is the set, right holds ITEMS. */
#include "daemon/objects/keyed/keyed.h"
#include "daemon/objects/keyed/table_args.h"
#include "daemon/objects/keyed/table_match.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/python/iterable.h"

enum { STEPS_PASS = 2 }; /* cost of passing over a member that stays */

struct operands {
    struct table items;
    struct twins twins;
};

static int open_operands(struct ctx *ctx, ProtobufCBinaryData items, struct operands *o)
{
    if (collect_items(ctx, arg(items), &o->items) != 0)
        return -1;
    if (twins_find(ctx, keyed_table(ctx), &o->items, &o->twins) != 0) {
        table_free(&o->items);
        return -1;
    }
    return 0;
}

static void close_operands(struct operands *o)
{
    twins_free(&o->twins);
    table_free(&o->items);
}

/* ---- results that are sets ---- */

static int reply_picked(struct ctx *ctx, ProtobufCBinaryData items, enum pick left, enum pick right)
{
    struct operands o;
    if (open_operands(ctx, items, &o) != 0)
        return -1;
    int status = twins_reply(ctx, &o.twins, left, right);
    close_operands(&o);
    return status;
}

int set_union(struct ctx *ctx, const Wire__SetUnion *in)
{
    return reply_picked(ctx, in->items, PICK_ALL, PICK_SINGLES);
}

int set_difference(struct ctx *ctx, const Wire__SetDifference *in)
{
    return reply_picked(ctx, in->items, PICK_SINGLES, PICK_NONE);
}

int set_intersection(struct ctx *ctx, const Wire__SetIntersection *in)
{
    return reply_picked(ctx, in->items, PICK_TWINS, PICK_NONE);
}

int set_symmetric_difference(struct ctx *ctx, const Wire__SetSymmetricDifference *in)
{
    return reply_picked(ctx, in->items, PICK_SINGLES, PICK_SINGLES);
}

int set_rdifference(struct ctx *ctx, const Wire__SetRdifference *in)
{
    return reply_picked(ctx, in->items, PICK_NONE, PICK_SINGLES);
}

/* ---- comparing ---- */

struct sizes {
    uint64_t left, right, common;
};

static int compare(struct ctx *ctx, ProtobufCBinaryData items, struct sizes *sizes)
{
    struct operands o;
    if (open_operands(ctx, items, &o) != 0)
        return -1;
    *sizes = (struct sizes){table_count(keyed_table(ctx)), table_count(&o.items), o.twins.common};
    close_operands(&o);
    return 0;
}

int set_isdisjoint(struct ctx *ctx, const Wire__SetIsdisjoint *in)
{
    struct sizes n;
    if (compare(ctx, in->items, &n) != 0)
        return -1;
    return reply_bool(ctx, n.common == 0);
}

int set_issubset(struct ctx *ctx, const Wire__SetIssubset *in)
{
    struct sizes n;
    if (compare(ctx, in->items, &n) != 0)
        return -1;
    return reply_bool(ctx, n.common == n.left && (!in->proper || n.right > n.left));
}

int set_issuperset(struct ctx *ctx, const Wire__SetIssuperset *in)
{
    struct sizes n;
    if (compare(ctx, in->items, &n) != 0)
        return -1;
    return reply_bool(ctx, n.common == n.right && (!in->proper || n.left > n.right));
}

int set_equals(struct ctx *ctx, const Wire__SetEquals *in)
{
    struct sizes n;
    if (compare(ctx, in->items, &n) != 0)
        return -1;
    return reply_bool(ctx, n.common == n.left && n.common == n.right);
}

/* ---- changing ---- */

/* Removes the picked members; returns how many. Cannot fail. */
static size_t drop_picked(struct ctx *ctx, const struct twins *twins, enum pick pick)
{
    struct table_row row;
    size_t count = 0;
    for (struct table_walk walk = table_walk(twins->left.table);
         twins_next(&walk, &twins->left, pick, &row); count++)
        keyed_drop(ctx, row.place);
    return count;
}

/* Whether the refs of the picked members may be dropped. -1: fail() was called. */
static int afford_picked(struct ctx *ctx, const struct twins *twins, enum pick pick)
{
    struct table_row row;
    if (refs_targets(ctx->object) == 0)
        return 0;
    for (struct table_walk walk = table_walk(twins->left.table);
         twins_next(&walk, &twins->left, pick, &row);)
        if (row.has_refs && refs_afford(ctx, row.key, 1) != 0)
            return -1;
    return 0;
}

static int update_by_dropping(struct ctx *ctx, ProtobufCBinaryData items, enum pick pick)
{
    struct operands o;
    if (work_take_each(ctx, table_places(keyed_table(ctx)), STEPS_PASS) != 0 ||
        bulk_check(ctx, pick == PICK_SINGLES ? table_count(keyed_table(ctx)) : 0, STEPS_STORE) !=
            0 ||
        open_operands(ctx, items, &o) != 0)
        return -1;
    int status = afford_picked(ctx, &o.twins, pick);
    if (status == 0)
        keyed_dropped(ctx, drop_picked(ctx, &o.twins, pick));
    close_operands(&o);
    return status;
}

int set_difference_update(struct ctx *ctx, const Wire__SetDifferenceUpdate *in)
{
    return update_by_dropping(ctx, in->items, PICK_TWINS);
}

int set_intersection_update(struct ctx *ctx, const Wire__SetIntersectionUpdate *in)
{
    return update_by_dropping(ctx, in->items, PICK_SINGLES);
}

/* Adds the items that are not members yet; on failure the bulk is undone. */
static int add_singles(struct ctx *ctx, const struct twins *twins, struct bulk *bulk)
{
    struct table_row row;
    for (struct table_walk walk = table_walk(twins->right.table);
         twins_next(&walk, &twins->right, PICK_SINGLES, &row);)
        if (keyed_bulk_put(ctx, bulk, row.key, bytes_of(NULL, 0)) != 0) {
            bulk_undo(bulk);
            return -1;
        }
    return 0;
}

int set_symmetric_difference_update(struct ctx *ctx, const Wire__SetSymmetricDifferenceUpdate *in)
{
    struct operands o;
    struct bulk bulk;
    if (work_take_each(ctx, table_places(keyed_table(ctx)), STEPS_PASS) != 0 ||
        keyed_reserve_refs(ctx, ctx->object, arg(in->items)) != 0 ||
        open_operands(ctx, in->items, &o) != 0)
        return -1;
    bulk_init(&bulk, keyed_table(ctx));
    int status = afford_picked(ctx, &o.twins, PICK_TWINS);
    if (status == 0)
        status = add_singles(ctx, &o.twins, &bulk);
    if (status == 0) { /* places are valid until the bulk is finished */
        size_t changes = bulk.puts + drop_picked(ctx, &o.twins, PICK_TWINS);
        keyed_bulk_finish(ctx, ctx->object, &bulk);
        keyed_dropped(ctx, changes);
    }
    close_operands(&o);
    return status;
}
