/* SPDX-License-Identifier: BSD-2-Clause */
/* A timer per session, set to its due time; sessions that are never due are only in the map. */
#include "daemon/gate/liveness.h"

#include <bsd/sys/queue.h>
#include <stdlib.h>

#include "daemon/engine/idmap.h"
#include "daemon/engine/timer.h"
#include "wire/base/bounds.h"

enum { TRIM_PLACES = 32 };

#define NEVER UINT64_MAX

struct entry {
    struct timer due; /* the first of the two times below; the first member, see entry_of */
    uint64_t session;
    uint64_t lease_ms; /* 0: none */
    uint64_t linger_ms;
    uint64_t lease_due; /* NEVER: no lease */
    uint64_t away_due;  /* NEVER: attached */
    bool attached;
    bool in_moved;
    TAILQ_ENTRY(entry) moved;
};

struct liveness {
    struct timers timers; /* with a place for each session */
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

static struct entry *entry_of(struct timer *due)
{
    return (struct entry *)due;
}

/* Sets the timer to the earlier of the two due times. Orders equal times by session id, so that the
 * order does not depend on which was set first. */
static void schedule(struct liveness *live, struct entry *entry)
{
    uint64_t due = least(entry->lease_due, entry->away_due);
    if (due == NEVER)
        timers_clear_keep(&live->timers, &entry->due);
    else
        timers_restore(&live->timers, &entry->due, due, entry->session);
}

static void renew(struct entry *entry, uint64_t now_ms)
{
    entry->lease_due = entry->lease_ms == 0 ? NEVER : later(now_ms, entry->lease_ms);
}

/* Reserves the place of its timer, so that only attach can fail. */
static struct entry *entry_new(struct liveness *live, uint64_t session)
{
    if (!timers_reserve(&live->timers, NULL))
        return NULL;
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL || !idmap_reserve(&live->by_session, NULL)) {
        timers_unreserve(&live->timers);
        free(entry);
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

void liveness_forget(struct liveness *live, uint64_t session)
{
    struct entry *entry = idmap_del(&live->by_session, session);
    if (entry == NULL)
        return;
    timers_clear_keep(&live->timers, &entry->due);
    timers_unreserve(&live->timers);
    unlist(live, entry);
    free(entry);
    timers_trim(&live->timers, NULL);
    (void)idmap_trim(&live->by_session, NULL, TRIM_PLACES);
}

uint64_t liveness_due(const struct liveness *live)
{
    const struct timer *first = timers_first(&live->timers);
    return first == NULL ? NEVER : first->at_ms;
}

/* Takes due timers out one by one, and then sets them again. */
size_t liveness_expired(struct liveness *live, uint64_t now_ms, uint64_t *sessions, size_t n)
{
    struct timer *first;
    size_t found = 0;
    while (found < n && (first = timers_first(&live->timers)) != NULL && first->at_ms <= now_ms) {
        sessions[found++] = entry_of(first)->session;
        timers_clear_keep(&live->timers, first);
    }
    for (size_t i = 0; i < found; i++)
        schedule(live, idmap_get(&live->by_session, sessions[i]));
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
    timers_free(&live->timers, NULL);
    free(live);
}
