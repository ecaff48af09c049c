/* SPDX-License-Identifier: BSD-2-Clause */
/* The vector of a list, with room at both ends: a change moves the shorter side. */
#include "daemon/objects/sequence/list_item.h"

enum {
    STORE_SPARE = 4,      /* growth adds at least this many places */
    STORE_SHRINK_MIN = 64 /* vectors of at most this many places are not shrunk */
};

static size_t store_size(uint64_t cap)
{
    return sizeof(struct list_store) + cap * sizeof(uintptr_t);
}

static uint64_t room_behind(const struct list_store *store)
{
    return store->cap - store->first - store->count;
}

/* Whether a change at `at` moves the items after it, rather than those before it. */
static bool moves_tail(const struct list_store *store, uint64_t at)
{
    return store->count - at <= at;
}

static bool fits_in_place(const struct list_store *store, uint64_t at, uint64_t n)
{
    return n <= (moves_tail(store, at) ? room_behind(store) : store->first);
}

bool list_reserve(struct mem *mem, struct list *list, uint64_t at, uint64_t n)
{
    struct list_store *store = list->store;
    uint64_t old_cap = store == NULL ? 0 : store->cap;
    uint64_t count = list_size(list);
    if (store != NULL && fits_in_place(store, at, n))
        return true;
    /* Moving everything pays if it makes room for a fraction of the items at both ends. */
    if (store != NULL && n <= old_cap - count && count / 2 <= old_cap - count - n)
        return true;
    const uint64_t cap_max = (SIZE_MAX / 2 - sizeof *store) / sizeof(uintptr_t);
    if (n > cap_max - count || (count + n) / 2 + STORE_SPARE > cap_max - count - n)
        return false;
    uint64_t wanted = count + n + (count + n) / 2 + STORE_SPARE;
    uint64_t cap = wanted > old_cap ? wanted : old_cap;
    struct list_store *grown =
        mem_resize(mem, store, store == NULL ? 0 : store_size(old_cap), store_size(cap));
    if (grown == NULL)
        return false;
    if (store == NULL) {
        grown->first = 0;
        grown->count = 0;
    }
    grown->cap = cap;
    list->store = grown;
    return true;
}

static void items_move(uintptr_t *to, const uintptr_t *from, uint64_t n)
{
    memmove(to, from, n * sizeof *to);
}

/* Puts the items before and after a gap of n into the middle of the places. */
static void store_spread(struct list_store *store, uint64_t at, uint64_t n)
{
    uint64_t first = (store->cap - store->count - n) / 2;
    uintptr_t *old = &store->items[store->first];
    uintptr_t *new = &store->items[first];
    if (first <= store->first) {
        items_move(new, old, at);
        items_move(new + at + n, old + at, store->count - at);
    } else {
        items_move(new + at + n, old + at, store->count - at);
        items_move(new, old, at);
    }
    store->first = first;
}

uintptr_t *list_open(struct list *list, uint64_t at, uint64_t n)
{
    struct list_store *store = list->store;
    uintptr_t *items = &store->items[store->first];
    if (!fits_in_place(store, at, n)) {
        store_spread(store, at, n);
    } else if (moves_tail(store, at)) {
        items_move(items + at + n, items + at, store->count - at);
    } else {
        items_move(items - n, items, at);
        store->first -= n;
    }
    store->count += n;
    return &store->items[store->first + at];
}

/* Frees places when most of them are empty. */
static void store_shrink(struct mem *mem, struct list *list)
{
    struct list_store *store = list->store;
    if (store->cap <= STORE_SHRINK_MIN || store->count >= store->cap / 4)
        return;
    items_move(store->items, &store->items[store->first], store->count);
    store->first = 0;
    uint64_t cap = store->count * 2 + STORE_SPARE;
    struct list_store *shrunk = mem_resize(mem, store, store_size(store->cap), store_size(cap));
    if (shrunk != NULL) {
        shrunk->cap = cap;
        list->store = shrunk;
    }
}

void list_close(struct mem *mem, struct list *list, uint64_t at, uint64_t n)
{
    struct list_store *store = list->store;
    if (n == 0)
        return;
    uintptr_t *items = &store->items[store->first];
    if (store->count - at - n <= at) {
        items_move(items + at, items + at + n, store->count - at - n);
    } else {
        items_move(items + n, items, at);
        store->first += n;
    }
    store->count -= n;
    store_shrink(mem, list);
}

/* ---- releasing ---- */

static bool store_sweep(struct mem *mem, struct trash *trash, size_t budget)
{
    struct list_store *store = (struct list_store *)trash;
    while (store->count > 0) {
        if (budget-- == 0)
            return true;
        list_item_cancel(mem, store->items[store->first + --store->count]);
    }
    mem_free(mem, store, store_size(store->cap));
    return false;
}

void list_release(struct engine *engine, struct list *list)
{
    struct list_store *store = list->store;
    if (store != NULL) {
        store->trash = (struct trash){.sweep = store_sweep};
        engine_discard(engine, &store->trash);
        list->store = NULL;
    }
}
