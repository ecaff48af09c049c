/* SPDX-License-Identifier: BSD-2-Clause */
/* A heap of sessions by due time; sessions that are never due are only in the map. */
#include "daemon/gate/liveness.h"

#include <bsd/sys/queue.h>
#include <stdlib.h>

#include "daemon/engine/idmap.h"

enum { HEAP_LEAST = 16, TRIM_PLACES = 32 };

#define NEVER UINT64_MAX

struct entry {
    uint64_t session;
    uint64_t lease_ms; /* 0: none */
    uint64_t linger_ms;
    uint64_t lease_due; /* NEVER: no lease */
    uint64_t away_due;  /* NEVER: attached */
    uint64_t due;       /* the earlier of the two */
    size_t slot;        /* index in the heap, from 1; 0: not in it */
    bool attached;
    bool in_moved;
    TAILQ_ENTRY(entry) moved;
};

struct liveness {
    struct entry **heap; /* heap[1..in_heap]; has room for all sessions */
    size_t in_heap;
    size_t cap;
    struct idmap by_session;
    TAILQ_HEAD(moved_list, entry)
    moved; /* sessions whose connection came or went, oldest news first */
};

struct liveness *liveness_new(const uint8_t hash_key[SIPHASH_KEY_LEN])
{
    struct liveness *live = calloc(1, sizeof *live);
    if (live != NULL) {
        idmap_init(&live->by_session, hash_key);
        TAILQ_INIT(&live->moved);
    }
    return live;
}

static uint64_t later(uint64_t at, uint64_t span_ms)
{
    return span_ms < NEVER - at ? at + span_ms : NEVER;
}

/* Orders equal times by session id, so that the order does not depend on the heap's history. */
static bool before(const struct entry *a, const struct entry *b)
{
    return a->due != b->due ? a->due < b->due : a->session < b->session;
}

static void place(struct liveness *live, struct entry *entry, size_t slot)
{
    live->heap[slot] = entry;
    entry->slot = slot;
}

static void sift(struct liveness *live, struct entry *entry, size_t slot)
{
    while (slot > 1 && before(entry, live->heap[slot / 2])) {
        place(live, live->heap[slot / 2], slot);
        slot /= 2;
    }
    while (slot * 2 <= live->in_heap) {
        size_t child = slot * 2;
        if (child < live->in_heap && before(live->heap[child + 1], live->heap[child]))
            child++;
        if (!before(live->heap[child], entry))
            break;
        place(live, live->heap[child], slot);
        slot = child;
    }
    place(live, entry, slot);
}

static void heap_remove(struct liveness *live, struct entry *entry)
{
    if (entry->slot == 0)
        return;
    struct entry *last = live->heap[live->in_heap--];
    if (last != entry)
        sift(live, last, entry->slot);
    entry->slot = 0;
}

/* Moves the entry to its place for its two due times. */
static void schedule(struct liveness *live, struct entry *entry)
{
    entry->due = entry->lease_due < entry->away_due ? entry->lease_due : entry->away_due;
    if (entry->due == NEVER)
        heap_remove(live, entry);
    else
        sift(live, entry, entry->slot != 0 ? entry->slot : ++live->in_heap);
}

static void renew(struct entry *entry, uint64_t now_ms)
{
    entry->lease_due = entry->lease_ms == 0 ? NEVER : later(now_ms, entry->lease_ms);
}

/* Makes room for every session and one more, so that only attach can fail. */
static bool heap_room(struct liveness *live)
{
    if (live->by_session.count < live->cap)
        return true;
    size_t cap = live->cap == 0 ? HEAP_LEAST : live->cap * 2;
    struct entry **heap = realloc(live->heap, (cap + 1) * sizeof(struct entry *));
    if (heap == NULL)
        return false;
    live->heap = heap;
    live->cap = cap;
    return true;
}

static struct entry *entry_new(struct liveness *live, uint64_t session)
{
    if (!heap_room(live) || !idmap_reserve(&live->by_session, NULL))
        return NULL;
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL) {
        idmap_unreserve(&live->by_session);
        return NULL;
    }
    entry->session = session;
    entry->attached = true;
    idmap_put(&live->by_session, session, entry);
    return entry;
}

static void moved(struct liveness *live, struct entry *entry, bool attached)
{
    entry->attached = attached;
    if (!entry->in_moved) {
        entry->in_moved = true;
        TAILQ_INSERT_TAIL(&live->moved, entry, moved);
    }
}

static void unlist(struct liveness *live, struct entry *entry)
{
    if (entry->in_moved) {
        entry->in_moved = false;
        TAILQ_REMOVE(&live->moved, entry, moved);
    }
}

bool liveness_moved(struct liveness *live, uint64_t *session, bool *attached)
{
    struct entry *entry = TAILQ_FIRST(&live->moved);
    if (entry == NULL)
        return false;
    unlist(live, entry);
    *session = entry->session;
    *attached = entry->attached;
    return true;
}

bool liveness_any_moved(const struct liveness *live)
{
    return !TAILQ_EMPTY(&live->moved);
}

bool liveness_attach(struct liveness *live, uint64_t session, uint64_t now_ms, uint64_t lease_ms,
                     uint64_t linger_ms)
{
    struct entry *entry = idmap_get(&live->by_session, session);
    if (entry == NULL && (entry = entry_new(live, session)) == NULL)
        return false;
    if (!entry->attached)
        moved(live, entry, true);
    entry->lease_ms = lease_ms;
    entry->linger_ms = linger_ms;
    entry->away_due = NEVER;
    renew(entry, now_ms);
    schedule(live, entry);
    return true;
}

void liveness_touch(struct liveness *live, uint64_t session, uint64_t now_ms)
{
    struct entry *entry = idmap_get(&live->by_session, session);
    if (entry != NULL && entry->lease_ms != 0) {
        renew(entry, now_ms);
        schedule(live, entry);
    }
}

void liveness_renew(struct liveness *live, uint64_t session, uint64_t now_ms, uint64_t lease_ms)
{
    struct entry *entry = idmap_get(&live->by_session, session);
    if (entry == NULL)
        return;
    entry->lease_ms = lease_ms;
    if (entry->linger_ms < lease_ms)
        entry->linger_ms = lease_ms;
    if (!entry->attached)
        entry->away_due = later(now_ms, entry->linger_ms);
    renew(entry, now_ms);
    schedule(live, entry);
}

void liveness_detach(struct liveness *live, uint64_t session, uint64_t now_ms)
{
    struct entry *entry = idmap_get(&live->by_session, session);
    if (entry != NULL && entry->attached) {
        moved(live, entry, false);
        entry->away_due = later(now_ms, entry->linger_ms);
        schedule(live, entry);
    }
}

/* If realloc fails, the heap keeps its size. */
static void heap_trim(struct liveness *live)
{
    if (live->cap <= HEAP_LEAST || live->by_session.count > live->cap / 4)
        return;
    struct entry **heap = realloc(live->heap, (live->cap / 2 + 1) * sizeof(struct entry *));
    if (heap != NULL) {
        live->heap = heap;
        live->cap /= 2;
    }
}

void liveness_forget(struct liveness *live, uint64_t session)
{
    struct entry *entry = idmap_del(&live->by_session, session);
    if (entry == NULL)
        return;
    heap_remove(live, entry);
    unlist(live, entry);
    free(entry);
    heap_trim(live);
    (void)idmap_trim(&live->by_session, NULL, TRIM_PLACES);
}

uint64_t liveness_due(const struct liveness *live)
{
    return live->in_heap == 0 ? NEVER : live->heap[1]->due;
}

/* Removes due entries from the top, which leaves them after the heap's end, and then puts them
 * back. */
size_t liveness_expired(struct liveness *live, uint64_t now_ms, uint64_t *sessions, size_t n)
{
    size_t found = 0;
    while (found < n && live->in_heap > 0 && live->heap[1]->due <= now_ms) {
        struct entry *first = live->heap[1];
        size_t end = live->in_heap;
        sessions[found++] = first->session;
        heap_remove(live, first);
        live->heap[end] = first;
    }
    for (size_t i = 0; i < found; i++) {
        live->in_heap++;
        sift(live, live->heap[live->in_heap], live->in_heap);
    }
    return found;
}

size_t liveness_count(const struct liveness *live)
{
    return live->by_session.count;
}

static void free_all(struct idmap_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->places[i].key != 0 && table->places[i].key != UINT64_MAX)
            free(table->places[i].value);
}

void liveness_free(struct liveness *live)
{
    if (live == NULL)
        return;
    free_all(&live->by_session.now);
    free_all(&live->by_session.old);
    idmap_free(&live->by_session, NULL);
    free(live->heap);
    free(live);
}
