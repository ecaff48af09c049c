/* SPDX-License-Identifier: BSD-2-Clause */
/* A stable sort of values: first by numeric keys where they exist; then, among values with equal
 * keys, insertion sort of short runs and bottom-up merging. */
#include "daemon/objects/python/sort.h"

#include "daemon/objects/python/sort_key.h"

enum { RUN_ITEMS = 8, STEPS_MOVE = 2 };

struct sorter {
    struct sort_item *items;
    struct sort_item *left; /* room for the left half of a merge */
    size_t count;
    struct val_kinds *fault;
    struct val_budget *budget;
    enum sort_status status; /* unless SORT_OK nothing more is compared */
};

static bool item_less(struct sorter *sorter, const struct sort_item *later,
                      const struct sort_item *earlier)
{
    struct val_kinds kinds;
    if (!val_spend(sorter->budget, STEPS_MOVE)) {
        sorter->status = SORT_NOMEM;
        return false;
    }
    switch (val_compare_within(later->value, earlier->value, &kinds, sorter->budget)) {
    case VAL_LESS:
        return true;
    case VAL_INCOMPARABLE:
        sorter->status = SORT_INCOMPARABLE;
        *sorter->fault = kinds;
        return false;
    case VAL_ORDER_NOMEM:
        sorter->status = SORT_NOMEM;
        return false;
    case VAL_EQUAL:
    case VAL_GREATER:
    case VAL_UNORDERED:
        return false;
    }
    return false;
}

static void sort_run(struct sorter *sorter, size_t from, size_t to)
{
    struct sort_item *items = sorter->items;
    for (size_t i = from + 1; i < to; i++) {
        struct sort_item item = items[i];
        size_t at = i;
        while (at > from && item_less(sorter, &item, &items[at - 1])) {
            items[at] = items[at - 1];
            at--;
        }
        items[at] = item;
        if (sorter->status != SORT_OK)
            return;
    }
}

/* Merges the sorted runs [from, middle) and [middle, to). */
static void merge_runs(struct sorter *sorter, size_t from, size_t middle, size_t to)
{
    struct sort_item *items = sorter->items;
    if (!item_less(sorter, &items[middle], &items[middle - 1]))
        return; /* already in order, or an earlier comparison failed */
    size_t left_count = middle - from;
    memcpy(sorter->left, &items[from], left_count * sizeof *items);
    size_t left = 0;
    size_t right = middle;
    size_t at = from;
    while (left < left_count && right < to) {
        bool takes_right = item_less(sorter, &items[right], &sorter->left[left]);
        items[at++] = takes_right ? items[right++] : sorter->left[left++];
        if (sorter->status != SORT_OK)
            return;
    }
    memcpy(&items[at], &sorter->left[left], (left_count - left) * sizeof *items);
}

static void merge_all(struct sorter *sorter)
{
    size_t count = sorter->count;
    for (size_t width = RUN_ITEMS; width < count && sorter->status == SORT_OK; width *= 2) {
        for (size_t from = 0; width < count - from; from += 2 * width) {
            size_t rest = count - from - width;
            size_t to = rest < width ? count : from + 2 * width;
            merge_runs(sorter, from, from + width, to);
            if (sorter->status != SORT_OK)
                return;
            if (to == count)
                break;
        }
    }
}

/* Sorts by comparing values, using the spare room of the whole sort. */
static void sort_by_value(struct sorter *whole, size_t from, size_t count)
{
    struct sorter sorter = *whole;
    sorter.items = whole->items + from;
    sorter.count = count;
    for (size_t at = 0; at < count && sorter.status == SORT_OK; at += RUN_ITEMS)
        sort_run(&sorter, at, count - at < RUN_ITEMS ? count : at + RUN_ITEMS);
    merge_all(&sorter);
    whole->status = sorter.status;
}

/* Sorts each stretch of items with equal keys. */
static void sort_stretches(struct sorter *sorter)
{
    const struct sort_item *items = sorter->items;
    size_t end;
    for (size_t from = 0; from < sorter->count && sorter->status == SORT_OK; from = end) {
        for (end = from + 1; end < sorter->count && items[end].key == items[from].key; end++) {
        }
        if (end - from > 1)
            sort_by_value(sorter, from, end - from);
    }
}

static void sort_all(struct sorter *sorter)
{
    enum sort_keys keys = sort_keys_make(sorter->items, sorter->count, sorter->budget);
    if (sorter->budget->over)
        sorter->status = SORT_NOMEM;
    else if (keys == SORT_KEYS_NONE)
        sort_by_value(sorter, 0, sorter->count);
    else if (!sort_keys_order(sorter->items, sorter->left, sorter->count, sorter->budget))
        sorter->status = SORT_NOMEM;
    else if (keys == SORT_KEYS_PART)
        sort_stretches(sorter);
}

enum sort_status sort_values(struct mem *mem, struct sort_item *items, size_t count,
                             struct val_kinds *fault, struct val_budget *budget)
{
    struct sorter sorter = {.items = items, .count = count, .fault = fault, .budget = budget};
    size_t room = count * sizeof *items;
    if (count < 2)
        return SORT_OK;
    sorter.left = mem_alloc(mem, room);
    if (sorter.left == NULL)
        return SORT_NOMEM;
    sort_all(&sorter);
    mem_free(mem, sorter.left, room);
    return sorter.status;
}
