/* SPDX-License-Identifier: BSD-2-Clause */
/* A stable sort of values: insertion sort of short runs, then merges from the bottom up. */
#include "daemon/objects/sort.h"

enum { RUN_ITEMS = 8 };

struct sorter {
    struct sort_item *items;
    struct sort_item *left; /* room for the left half of a merge */
    size_t count;
    enum val_kind keyed; /* all are ints or all are strs, and have their keys; else VAL_NOT_GIVEN */
    struct sort_fault *fault;
    enum sort_status status; /* once it is not OK, nothing more is compared */
};

/* Most of the order in a number, so that most values need not be looked at again: of an int all, of
 * a str the first bytes, whose order is that of the characters. */
static uint64_t item_key(const struct val *val)
{
    if (val->kind == VAL_INT) {
        return (uint64_t)val->integer ^ (UINT64_C(1) << 63);
    }
    uint64_t key = 0;
    for (size_t i = 0; i < sizeof(key); i++) {
        key = key << 8 | (i < val->body.len ? val->body.data[i] : 0);
    }
    return key;
}

/* Gives the items their keys, if they are all of one kind that has them. */
static enum val_kind items_key(struct sort_item *items, size_t count)
{
    enum val_kind kind = VAL_NOT_GIVEN;
    for (size_t i = 0; i < count; i++) {
        struct val val = val_read(items[i].value);
        if ((val.kind != VAL_INT && val.kind != VAL_STR) || (i > 0 && val.kind != kind)) {
            return VAL_NOT_GIVEN;
        }
        kind = val.kind;
        items[i].key = item_key(&val);
    }
    return kind;
}

static bool item_less(struct sorter *sorter, const struct sort_item *later,
                      const struct sort_item *earlier)
{
    struct sort_fault kinds;
    if (sorter->keyed != VAL_NOT_GIVEN &&
        (later->key != earlier->key || sorter->keyed == VAL_INT)) {
        return later->key < earlier->key;
    }
    switch (val_compare(later->value, earlier->value, &kinds.left, &kinds.right)) {
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
        if (sorter->status != SORT_OK) {
            return;
        }
    }
}

/* Merges the sorted runs [from, middle) and [middle, to). */
static void merge_runs(struct sorter *sorter, size_t from, size_t middle, size_t to)
{
    struct sort_item *items = sorter->items;
    if (!item_less(sorter, &items[middle], &items[middle - 1])) {
        return; /* already in order, or failed */
    }
    size_t left_count = middle - from;
    memcpy(sorter->left, &items[from], left_count * sizeof(*items));
    size_t left = 0;
    size_t right = middle;
    size_t at = from;
    while (left < left_count && right < to) {
        bool takes_right = item_less(sorter, &items[right], &sorter->left[left]);
        items[at++] = takes_right ? items[right++] : sorter->left[left++];
        if (sorter->status != SORT_OK) {
            return;
        }
    }
    memcpy(&items[at], &sorter->left[left], (left_count - left) * sizeof(*items));
}

static void merge_all(struct sorter *sorter)
{
    size_t count = sorter->count;
    for (size_t width = RUN_ITEMS; width < count && sorter->status == SORT_OK; width *= 2) {
        for (size_t from = 0; width < count - from; from += 2 * width) {
            size_t rest = count - from - width;
            size_t to = rest < width ? count : from + 2 * width;
            merge_runs(sorter, from, from + width, to);
            if (sorter->status != SORT_OK) {
                return;
            }
            if (to == count) {
                break;
            }
        }
    }
}

enum sort_status sort_values(struct mem *mem, struct sort_item *items, size_t count,
                             struct sort_fault *fault)
{
    struct sorter sorter = {.items = items, .count = count, .fault = fault};
    size_t room = 0;
    sorter.keyed = items_key(items, count);
    if (count > RUN_ITEMS) {
        room = count * sizeof(*items);
        sorter.left = mem_alloc(mem, room);
        if (sorter.left == NULL) {
            return SORT_NOMEM;
        }
    }
    for (size_t from = 0; from < count && sorter.status == SORT_OK; from += RUN_ITEMS) {
        sort_run(&sorter, from, count - from < RUN_ITEMS ? count : from + RUN_ITEMS);
    }
    merge_all(&sorter);
    mem_free(mem, sorter.left, room);
    return sorter.status;
}
