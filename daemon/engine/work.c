/* SPDX-License-Identifier: BSD-2-Clause */
/* What a request is told that would hold everybody else up for too long. */
#include <inttypes.h>

#include "daemon/engine/state.h"
#include "wire.pb-c.h"

#define OP_CASE(op) WIRE__REQUEST__OP_##op

/* How to get the same done. */
static const char *way_of(const struct op_row *op)
{
    switch (op->number) {
    case OP_CASE(LIST_SORT):
        return "read the list in parts (range), sort it there and write it back with "
               "unchanged_since (set_slice: 22 steps for each item), or as another list (extend)";
    case OP_CASE(LIST_REVERSE):
        return "read it in parts (range) from the end";
    case OP_CASE(LIST_INDEX):
        return "look through it in parts (START, STOP)";
    case OP_CASE(LIST_HAS):
    case OP_CASE(LIST_COUNT):
    case OP_CASE(LIST_REMOVE):
        return "look through it in parts (index with START and STOP, or range)";
    case OP_CASE(LIST_REPEAT):
        return "ask for it fewer TIMES, or read the list once (range) and repeat it there";
    case OP_CASE(LIST_MULTIPLY):
        return "extend the list in parts";
    case OP_CASE(LIST_DEL_SLICE):
    case OP_CASE(ARRAY_SET_SLICE):
    case OP_CASE(LIST_SET_SLICE):
        return "do it in parts, of shorter slices";
    case OP_CASE(SET_DIFFERENCE_UPDATE):
        return "discard the members one by one";
    case OP_CASE(SET_SYMMETRIC_DIFFERENCE_UPDATE):
        return "discard and add the members one by one";
    case OP_CASE(SEMAPHORE_HELD):
        return "ask by the token of the grant";
    case OP_CASE(SEMAPHORE_RELEASE):
        return "give back fewer permits at once, or each grant by its token";
    default:
        break;
    }
    if (op->class != CLASS_read)
        return (op->flags & OP_BULK) != 0 ? "send fewer items at once" : "send smaller values";
    return op->number / OP_NUMBERS_OF_TYPE == TYPE_LIST ||
                   op->number / OP_NUMBERS_OF_TYPE == TYPE_ARRAY
               ? "read it in parts (range)"
               : "read it in parts (scan), or ask with fewer items";
}

int fail_work(struct ctx *ctx)
{
    ctx->engine->refused_work++;
    return fail(ctx, ERR_LIMIT,
                "this takes more work than one request may make (limits.work %" PRIu64 "): %s",
                ctx_limits(ctx)->work, way_of(ctx->op));
}

int fail_unfinished(struct ctx *ctx)
{
    return ctx->work.over ? fail_work(ctx) : fail_nomem(ctx);
}
