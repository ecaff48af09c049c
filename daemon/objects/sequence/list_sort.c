/* SPDX-License-Identifier: BSD-2-Clause */
/* list: reverse and sort. */
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/iterable.h"
#include "daemon/objects/python/sort.h"
#include "daemon/objects/sequence/list_item.h"

static void items_reverse(uintptr_t *items, uint64_t count)
{
    for (uint64_t i = 0; i < count / 2; i++) {
        uintptr_t item = items[i];
        items[i] = items[count - 1 - i];
        items[count - 1 - i] = item;
    }
}

int list_reverse(struct ctx *ctx, const Wire__ListReverse *in)
{
    struct list *list = list_of(ctx->object);
    (void)in;
    if (list_size(list) < 2)
        return 0;
    if (bulk_check(ctx, list_size(list), STEPS_MOVE) < 0)
        return -1;
    items_reverse(list_items(list), list_size(list));
    changed(ctx, ctx->object);
    return 0;
}

/* Python's way to sort descending and stable: reverse, sort ascending, reverse. */
static uint64_t mirrored(uint64_t at, uint64_t count, bool reverse)
{
    return reverse ? count - 1 - at : at;
}

/* Sorts `sorted`, a copy of the list's values, and reports errors. */
static int sort_copy(struct ctx *ctx, struct sort_item *sorted, uint64_t count)
{
    struct val_kinds fault;
    switch (sort_values(ctx_mem(ctx), sorted, count, &fault, &ctx->work)) {
    case SORT_OK:
        return 0;
    case SORT_INCOMPARABLE:
        return fail(ctx, ERR_TYPE, "'<' not supported between instances of '%s' and '%s'",
                    val_type_name(fault.x), val_type_name(fault.y));
    case SORT_NOMEM:
        break;
    }
    return fail_unfinished(ctx);
}

static void sorted_enter(uintptr_t *items, struct sort_item *sorted, uint64_t count, bool reverse)
{
    /* read the addresses first: sorting has finished with the values */
    for (uint64_t i = 0; i < count; i++)
        sorted[i].from = items[sorted[i].from];
    for (uint64_t i = 0; i < count; i++)
        items[mirrored(i, count, reverse)] = (uintptr_t)sorted[i].from;
}

int list_sort(struct ctx *ctx, const Wire__ListSort *in)
{
    struct list *list = list_of(ctx->object);
    uint64_t count = list_size(list);
    if (count < 2)
        return 0;
    if (bulk_check(ctx, count, STEPS_VISIT) < 0)
        return -1;
    size_t room = count * sizeof(struct sort_item);
    struct sort_item *sorted = mem_alloc(ctx_mem(ctx), room);
    if (sorted == NULL)
        return fail_nomem(ctx);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t from = mirrored(i, count, in->reverse);
        sorted[i] = (struct sort_item){.value = list_value(list, from), .from = from};
    }
    int status = sort_copy(ctx, sorted, count);
    if (status == 0) {
        sorted_enter(list_items(list), sorted, count, in->reverse);
        changed(ctx, ctx->object);
    }
    mem_free(ctx_mem(ctx), sorted, room);
    return status;
}
