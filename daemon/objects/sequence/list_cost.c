/* SPDX-License-Identifier: BSD-2-Clause */
/* list: estimates how much memory requests take. */
#include "daemon/objects/sequence/list_cost.h"

#include "daemon/objects/python/arg.h"
#include "daemon/objects/python/index.h"
#include "wire.pb-c.h"

enum {
    ITEM_COST =
        64, /* cost of an item besides its encoding: allocator overhead, its place, room to grow */
};

/* More than any memory, yet small enough to be added to. */
#define COPIES_MAX (SIZE_MAX / 2)

size_t list_copies_size(const struct list *list, uint64_t copies)
{
    size_t most = copies == 0 ? COPIES_MAX : COPIES_MAX / copies;
    size_t once = 0;
    for (uint64_t i = 0; i < list_size(list) && once < most; i++)
        once += list_value(list, i).len + ITEM_COST;
    return once < most ? once * copies : COPIES_MAX;
}

/* An upper bound: a value that is not iterable is refused later, and takes nothing. */
static size_t items_size(struct bytes iterable)
{
    struct val val = val_read(iterable);
    size_t items = val.kind == VAL_STR || val.kind == VAL_BYTES ? val.body.len : val_count(&val);
    return items * ITEM_COST;
}

size_t list_growth(const struct object *object, const Wire__Request *request)
{
    const struct list *list = (const struct list *)object;
    enum val_kind kind;
    int64_t times;
    switch (request->op_case) {
    case WIRE__REQUEST__OP_LIST_EXTEND:
        return items_size(arg(request->list_extend->items));
    case WIRE__REQUEST__OP_LIST_SET_SLICE:
        return items_size(arg(request->list_set_slice->items));
    case WIRE__REQUEST__OP_LIST_MULTIPLY:
        if (index_read(arg(request->list_multiply->times), &times, &kind) != INDEX_FITS)
            return 0; /* the request is refused for another reason */
        return times < 2 ? 0 : list_copies_size(list, (uint64_t)times - 1);
    default:
        return ITEM_COST;
    }
}
