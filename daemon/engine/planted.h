/* SPDX-License-Identifier: BSD-2-Clause */
/* Defects planted on purpose, one at a time, to prove that the tests bite. Only builds for tests
 * have them (MGRD_PLANTED); elsewhere planted() is false and its code is gone. */
#ifndef ENGINE_PLANTED_H
#define ENGINE_PLANTED_H

enum planted_defect {
    PLANTED_NONE,
    PLANTED_ITEM_TO_DEAD,       /* queue: a getter that leaves takes the next item with it */
    PLANTED_TOKEN_REUSED,       /* lock: a grant tells the token of the one before */
    PLANTED_PERMIT_LEAKED,      /* semaphore: permits of an ended session do not come back */
    PLANTED_WAKEUP_LOST,        /* event: set does not wake the last one who waits */
    PLANTED_DUPLICATE_UNMARKED, /* queue: an item that comes back is not marked */
    PLANTED_FIFO_BROKEN,        /* queue: an item that comes back goes to the end */
    PLANTED_BARGING,            /* semaphore: a try overtakes those who wait for more */
    PLANTED_STALE_PASSES,       /* any: `require` is not looked at */
    PLANTED_BARRIER_INDEX,      /* barrier: the last party gets the index of the first */
    PLANTED_MAXSIZE,            /* queue: one item more than maxsize */
    PLANTED_NOTIFY_TOO_MANY,    /* condition: a notify wakes one more */
    PLANTED_TWO_OWNERS,         /* lock: now and then a try succeeds though it is owned */
    PLANTED_DEATH_UNTOLD,       /* lock: the next owner does not hear that the last one died */
    PLANTED_EARLY_REPLY,        /* journal: replies do not wait for the log */
    PLANTED_SLOTS_UNSAVED,      /* journal: a snapshot is without the replies that were kept */
    PLANTED_TOKENS_RESET,       /* journal: a start makes revisions smaller */
    PLANTED_SYNC_SKIPPED,       /* journal: files are not synced */
    PLANTED_WALL_CLOCK,         /* journal: commands are replayed with the time of now */
    PLANTED_DIR_SYNC_SKIPPED,   /* journal: the directory is not synced */
    PLANTED_NEWER_VERSION,      /* journal: an mgrd whose next behaviour version is there already */
    PLANTED_SNAPSHOT_JUNK,      /* journal: a snapshot has junk at its end */
    PLANTED_COUNT
};

#ifdef MGRD_PLANTED
#include <stdbool.h>
#include <stdlib.h>
struct engine;
bool engine_planted(const struct engine *engine, enum planted_defect defect);
#define planted(engine, defect) engine_planted(engine, defect)
/* What the environment of the process says. */
static inline unsigned planted_wanted(void)
{
    const char *text = getenv("MGRD_PLANTED");
    return text == NULL ? 0 : (unsigned)atoi(text);
}
#else
#define planted(engine, defect) ((void)(engine), false)
static inline unsigned planted_wanted(void)
{
    return PLANTED_NONE;
}
#endif

#endif
