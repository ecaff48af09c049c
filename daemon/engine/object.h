/* SPDX-License-Identifier: BSD-2-Clause */
/* What every shared object has, and what a type must be able to do. */
#ifndef ENGINE_OBJECT_H
#define ENGINE_OBJECT_H

#include <bsd/sys/tree.h>

#include "daemon/engine/waiter.h"
#include "wire/proto/ops.h"
#include "wire/proto/reply.h"

struct ctx;
struct engine;
struct refs;
struct unacked;
struct hint;
struct reader;
struct writer;
struct buf;
struct result;

/* In which row of objects to re-examine it stands. */
enum object_mark {
    MARK_NONE,
    MARK_NOW,  /* ctx's: by the running command */
    MARK_LEFT, /* the engine's: a command had more to tell than one may */
};

struct object_row {
    struct object *first, *last;
};

/* What a waiter is told that has got what it waited for, before its turn to hear of it. */
struct due {
    struct result result;
    uint8_t room[16]; /* for the result's value */
};

struct object {
    uint64_t id; /* revision of the step that created it */
    const struct object_ops *ops;
    RB_ENTRY(object) by_name;   /* named ones, in order of their names */
    struct object *prev, *next; /* all, in order of their ids */
    uint8_t *name;              /* owned; NULL: anonymous */
    uint32_t name_len;
    bool ephemeral; /* deleted when nobody holds it */
    bool ending;    /* deleted, see object_end.c: nobody finds it */
    enum object_mark mark;
    struct object *marked_prev, *marked_next;
    uint64_t changed_at;                   /* revision of the last change */
    uint64_t changed_ms;                   /* engine time of it */
    uint64_t ttl_ms;                       /* 0: none */
    struct timer ttl;                      /* fires ttl_ms after the last change */
    struct waitq watchers;                 /* object_changed */
    struct waiter *waiters, *waiters_last; /* all of them, watchers too; oldest first */
    struct waiter *unseen; /* the first one that its type still has to look at; NULL: none */
    struct grant *grants, *grants_last; /* live grants on it, oldest first */
    struct hold *holds, *holds_last;    /* sessions that keep it alive, oldest first */
    uint64_t hold_count;                /* such sessions */
    uint64_t grant_count;
    uint64_t waiter_count;                  /* in all its queues, watchers not counted */
    struct unacked *unacked, *unacked_last; /* items of it that are on their way, oldest first */
    struct refs *refs;                      /* refs it contains: target id -> count; NULL: none */
    uint64_t referrers;                     /* refs to it from other objects */
    uint64_t loose_ms;                      /* engine time when it last lost a hold or a referrer */
    uint8_t gc_colour;                      /* gc.colour: marked */
    struct object *gc_prev, *gc_next;       /* in the grey list */
    struct bytes principal;                 /* owned; its creator */
    /* the type's own fields follow: it embeds struct object as its first member */
};

/* Somebody waits on the object (watchers do not count) or owns a grant of it. */
static inline bool object_in_use(const struct object *object)
{
    return object->waiter_count > 0 || object->grant_count > 0;
}

/* Parameters of object_create beside init that only some types have. */
enum object_param {
    PARAM_TYPECODE = 1 << 0,
    PARAM_MAXSIZE = 1 << 1,
    PARAM_KIND = 1 << 2,
    PARAM_BOUNDED = 1 << 3,
    PARAM_LOCK = 1 << 4,
    PARAM_PATIENCE = 1 << 5,
    PARAM_ONE_WAY = 1 << 6,
};

/* What a type does. All but create may be called for any object of it. */
struct object_ops {
    unsigned type; /* enum op_type */
    size_t size;   /* of the struct that embeds struct object */

    unsigned params; /* which parameters it may be created with: PARAM_* joined by | */

    /* Fills a zeroed object from its parameters (in->init may be empty). -1: fail() was called and
     * nothing is left behind. */
    int (*create)(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in);
    /* Lets go of everything in O(1); large memory goes to engine_discard. Refs, grants and waiters
     * are dropped by the caller. */
    void (*destroy)(struct engine *engine, struct object *object);
    /* Items in it; NULL: the type has no length. */
    uint64_t (*length)(const struct object *object);
    /* A part of the content as a Page (see ctx's reply_page): at most limit items and about
     * SCAN_BYTES. cursor empty: from the start. */
    int (*scan)(struct ctx *ctx, struct bytes cursor, uint64_t limit);
    /* Puts the type's own rows for `info` into an open dict; may be NULL. */
    void (*info)(const struct object *object, struct buf *out);
    /* The first parameter that differs from what `in` asks for, as "typecode 'i', not 'd'"; false
     * when all fit. NULL: the type has no parameters. init does not count. */
    bool (*differs)(const struct object *object, const Wire__ObjectCreate *in, struct buf *why);
    /* Writes all of the type's state, in its order, without addresses and memory counts. Never
     * NULL, as load. */
    void (*save)(const struct object *object, struct writer *out);
    /* Fills a zeroed object from what save wrote. Its holds, refs and grants are there already;
     * its waiters too, but in no queue of the type (waitq_load). False: reader_fail or reader_nomem
     * was called; what is there then must be fit for destroy. */
    bool (*load)(struct engine *engine, struct object *object, struct reader *in);
    /* Re-examines waiters after a change of supply or of the waiters, and tells one for each
     * ctx_spend that is true; what is left is done by later calls. NULL: the type has none. */
    void (*wake)(struct ctx *ctx, struct object *object);
    /* A grant of this object goes with its session, or with the object: the engine drops it
     * afterwards and marks the object; NULL: no grants. */
    void (*grant_gone)(struct ctx *ctx, struct object *object, struct grant *grant);
    /* Whether the grant is over and only has not been dropped: its token is not alive. NULL: that
     * is never so while its object lives. */
    bool (*grant_over)(const struct grant *grant);
    /* A waiter of this object is about to leave without being granted; NULL: nothing to do. */
    void (*waiter_left)(struct ctx *ctx, struct object *object, struct waiter *waiter);
    /* Whether the waiter has got what it waited for, and only has not been told: its time cannot be
     * over then, nor can it be cancelled. NULL: there is no such time between the two. */
    bool (*due)(const struct object *object, const struct waiter *waiter, struct due *due);
    /* A waiter's time is over. *result is the error TIMEOUT and may be replaced. 0: it is told that
     * (after waiter_left); 1: it stays, as the type has moved it. NULL: it is told. */
    int (*timed_out)(struct ctx *ctx, struct object *object, struct waiter *waiter,
                     struct result *result);
    /* A grant's lease is over (set by timer_set with TIMER_GRANT); NULL: no leases. */
    void (*grant_due)(struct ctx *ctx, struct object *object, struct grant *grant);
    /* The object was deleted (object->ending); its waiters, grants and items on their way are still
     * there. Does something about it for each ctx_spend that is true, and is called again, when
     * what it marked was looked at, until it has done nothing and returns false. NULL: nothing to
     * do. */
    bool (*dying)(struct ctx *ctx, struct object *object);
    /* What a waiter of the deleted object is told; NULL: NO_SUCH_OBJECT. */
    enum mgr_code (*gone)(const struct waiter *waiter);
    /* The queue whose waiters wait for the owners of grants of this object (a lock's); NULL: none.
     */
    const struct waitq *(*owned_queue)(const struct object *object);
    /* Items on their way (see unacked.h); NULL: the type hands nothing over. result: the reply that
     * gives the item. done: the client has it; object is NULL when it was deleted meanwhile. back:
     * the session ended before. load: what save wrote; object is NULL when it was deleted. NULL:
     * reader_fail or reader_nomem was called. */
    void (*unacked_result)(const struct unacked *unacked, struct result *result);
    void (*unacked_done)(struct ctx *ctx, struct object *object, struct unacked *unacked);
    void (*unacked_back)(struct ctx *ctx, struct object *object, struct unacked *unacked);
    void (*unacked_save)(const struct unacked *unacked, struct writer *out);
    struct unacked *(*unacked_load)(struct engine *engine, struct object *object,
                                    struct reader *in);
    /* A timer of the type's own is due (set with kind TIMER_TYPE + type); NULL: it has none. */
    void (*timer_due)(struct ctx *ctx, struct timer *timer);
    /* Finds out where the request will look and asks for that memory: hint->key and hash, then,
     * step by step (from 1), what hangs on it. Changes nothing; values may be malformed. NULL: no
     * hints.
     */
    void (*prefetch)(const struct object *object, const Wire__Request *request, struct hint *hint);
    void (*follow)(const struct object *object, struct hint *hint, unsigned step);
    /* Bytes that the request may take beside its own size; NULL: none. */
    size_t (*growth)(const struct object *object, const Wire__Request *request);
};

enum { SCAN_BYTES = 1 << 20, SCAN_ITEMS = 10000 };

#endif
