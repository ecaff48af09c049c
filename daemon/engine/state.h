/* SPDX-License-Identifier: BSD-2-Clause */
/* The state itself. Only engine/ includes this. */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include "daemon/engine/core.h"
#include "daemon/engine/idmap.h"
#include "daemon/engine/session.h"

RB_HEAD(object_tree, object);

enum { ENDED_RING = 65536 }; /* ended sessions whose token hashes are remembered */

/* Token hash -> session alive, or the fact that it has ended. */
struct resume_tokens;

enum { RECENT_BITS = 8 }; /* 256 named objects are remembered */

/* Batches ask for the same session and objects again and again, and clients for theirs. */
struct recent {
    struct object *object;                  /* the last one of these: */
    struct object *named[1 << RECENT_BITS]; /* at the place of its name, see registry.c */
    struct session *session;
};

/* The sessions that wait and whose connection is gone, see absence.c. */
struct absence {
    uint64_t count;        /* sessions that are away */
    bool holding;          /* after a start: nothing is given past who is away */
    uint64_t due_ms;       /* when that ends, or the next objects are looked at; 0: never */
    struct session *sweep; /* the next one whose objects are to be looked at; NULL: none */
};

/* The collection of objects that nobody refers to, see gc.c. */
enum gc_phase { GC_IDLE, GC_ROOTS, GC_MARK, GC_SWEEP };

struct gc {
    enum gc_phase phase;
    uint8_t colour;      /* that means "marked" in this collection: 1 or 2, in turns */
    bool ripe;           /* the timer fired: a collection makes sense now */
    struct object *at;   /* ROOTS, SWEEP: the next to be looked at */
    struct object *grey; /* to be followed, first in first out */
    struct object *grey_last;
    size_t ref_at;      /* place within the refs of the first grey one */
    uint64_t loosened;  /* holds and referrers lost since the last collection began */
    struct timer timer; /* TIMER_GC: the first of the loose ones has had its grace */
    struct refs *dying; /* of objects that are gone or were cleared, to be dropped in slices */
    struct refs *dying_last;
};

struct engine {
    /* ---- not state: how this process holds it ---- */
    const struct handlers *handlers;
    struct engine_options options;
    struct mem mem;
    struct idhash idhash;
    uint64_t slice;      /* waiters that a command tells at most */
    size_t end_slice;    /* what a command takes away of sessions that end, at most */
    size_t away_slice;   /* waiters that a command moves at most: AWAY, BACK */
    struct buf scratch;  /* of the running command */
    struct buf text;     /* of its error, or its cursor */
    struct trash *trash; /* to be swept, oldest first */
    struct trash *trash_last;
    struct recent *recent; /* what was found last; owned */
    uint64_t unlinked;     /* objects that went, see struct hint */
    uint64_t refused_work; /* requests so far that would have taken too much */

    /* ---- state ---- */
    uint64_t revision; /* of the last step */
    uint64_t now_ms;
    uint64_t incarnation;
    uint32_t version;                      /* active behaviour version */
    struct object *objects, *objects_last; /* in order of their ids */
    struct object_tree names;
    struct idmap names_by_hash; /* an index of names; not state */
    uint64_t names_unindexed;   /* objects whose name has the hash of another one's */
    struct idmap objects_by_id;
    uint64_t object_count, anonymous_count;   /* that can be found */
    uint64_t ending_count;                    /* objects that were deleted, and are not freed yet */
    struct session *sessions, *sessions_last; /* in order of their ids */
    struct idmap sessions_by_id;
    struct resume_tokens *resume_tokens;
    uint64_t session_count;
    struct idmap grants; /* by token */
    struct timers timers;
    struct object_row left;      /* to be re-examined by REST commands */
    struct session_row waiting;  /* sessions that are ending, and have waiters */
    struct session_row silenced; /* and have none any more */
    uint64_t hold_orders;        /* holds made so far */
    uint64_t waiter_count;
    struct absence absence;
    struct gc gc;
};

/* ---- between the files of engine/ ---- */

/* For a command or read at its time; ctx_done: takes the time back when nothing happened. (ctx.c)
 */
void ctx_init(struct ctx *ctx, struct engine *engine, const struct command *command,
              const struct sink *sink);
void ctx_done(struct ctx *ctx);
/* What the command does from here on counts: takes its own revision, once. */
void ctx_step(struct ctx *ctx);
/* Hands a completion to the sink. (ctx.c) */
void ctx_emit(struct ctx *ctx, const struct completion *completion);
/* The reply of the slot that the item is linked to. (ctx.c) */
void ctx_emit_unacked(struct ctx *ctx, const struct unacked *unacked);

/* The commands. (request.c, tick.c) */
enum outcome request_run(struct ctx *ctx);
bool tick_run(struct ctx *ctx);
/* SESSION_END; or one slice of those that are ending; true: there is more. (session_end.c) */
bool sessions_end(struct ctx *ctx);
bool sessions_end_some(struct ctx *ctx);
bool sessions_ending(const struct engine *engine);
void sessions_ending_save(const struct engine *engine, struct writer *out);
bool sessions_ending_load(struct engine *engine, struct reader *in);

/* Token hashes. (resume_tokens.c) reserve: room to add one and, later, to remember that it has
 * ended. end: at the engine's revision. */
bool resume_tokens_reserve(struct engine *engine) __attribute__((warn_unused_result));
void resume_tokens_add(struct engine *engine, struct session *session);
void resume_tokens_drop(struct engine *engine, struct session *session);
void resume_tokens_end(struct engine *engine, struct session *session);
void resume_tokens_save(const struct engine *engine, struct writer *out);
bool resume_tokens_load(struct engine *engine, struct reader *in);
void resume_tokens_free(struct engine *engine);

/* Rows of objects to be re-examined. unmark: it must not be any more. (change.c) */
void object_row_add(struct object_row *row, struct object *object, enum object_mark mark);
void object_row_del(struct object_row *row, struct object *object);
void object_unmark(struct ctx *ctx, struct object *object);
/* Wake pass: re-examines what was marked, in order of marking, until nothing is marked, or so many
 * were told that the rest is left for REST commands. (wake.c) */
void wake_marked(struct ctx *ctx);
/* One slice of what is left; true: there is more. (rest.c) */
bool rest_run(struct ctx *ctx);
/* The objects are there. */
void rest_save(const struct engine *engine, struct writer *out);
bool rest_load(struct engine *engine, struct reader *in);
/* Its deadline is over: it leaves, or goes on as its type wants. */
void waiter_timed_out(struct ctx *ctx, struct waiter *waiter);
/* It leaves because its session ends: nobody is told. */
void waiter_vanish(struct ctx *ctx, struct waiter *waiter);
/* Frees all waiters and grants of a session: the engine is being freed. */
void waiters_free(struct engine *engine, struct session *session);
void grants_free(struct engine *engine, struct session *session);
/* Fires a due timer. (tick.c) */
void timer_fire(struct ctx *ctx, struct timer *timer);
/* The grant goes though nobody released it: its type is told, the object is re-examined. (grant.c)
 */
void grant_lost(struct ctx *ctx, struct grant *grant);
/* Items on their way (unacked.c): linked to the slot whose reply they are; acknowledged; given
 * back, since the session ends; their object goes. */
void unacked_link(struct session *session, struct slot *slot, struct object *object,
                  struct unacked *unacked);
void unacked_link_orphan(struct session *session, struct slot *slot, const struct object_ops *ops,
                         struct unacked *unacked);
void unacked_settle(struct ctx *ctx, struct unacked *unacked);
void unacked_return(struct ctx *ctx, struct unacked *unacked);
void unacked_orphan(struct unacked *unacked);
/* What a hint found (prefetch.c): the object, if that still holds; the row of a REQUEST, with a
 * hint or without. */
struct object *hint_object(const struct engine *engine, const struct hint *hint);
const struct op_row *command_op(const struct command *command);
/* Registry (registry.c) */
struct object *registry_by_name(const struct engine *engine, struct bytes name);
void registry_free(struct engine *engine);
/* The object's time to live starts, with the place that its timer has or was promised (change.c).
 * Its timer (TIMER_TTL) fired: it goes, or gets more time when somebody waits on it or owns a grant
 * of it (object_end.c). */
void object_start_ttl(struct ctx *ctx, struct object *object);
void object_ttl_fired(struct ctx *ctx, struct object *object);
/* Holds (hold.c): a session that ends gives all of its holds back, or at most max of them in one go
 * (call it after its waiters and grants are gone). Gives how many went. */
void holds_end(struct ctx *ctx, struct session *session);
size_t holds_end_some(struct ctx *ctx, struct session *session, size_t max);
/* Refs (refs.c). free: only the memory; end: the object goes, whatever was promised. */
void refs_free(struct engine *engine, struct object *object);
void refs_end(struct ctx *ctx, struct object *object);
/* Holds and refs of an object, both in the order they came to be in. holds_load: those of all
 * objects, whose sessions are there. */
void holds_save(const struct engine *engine, struct writer *out);
bool holds_load(struct engine *engine, struct reader *in);
void refs_save(const struct object *object, struct writer *out);
bool refs_load(struct engine *engine, struct object *object, struct reader *in);
/* Waiters and grants as they stand in an object, those of its sessions that are already there.
 * (object_save.c) */
void object_state_save(const struct object *object, struct writer *out);
bool object_state_load(struct engine *engine, struct object *object, struct reader *in);
void object_head_save(const struct object *object, struct writer *out);
bool object_head_load(struct engine *engine, struct reader *in);
/* For loading: a waiter or grant that is in no list, with what it will need; NULL: no memory. */
struct waiter *waiter_make(struct engine *engine, struct session *session);
void waiter_enter_object(struct object *object, struct waiter *waiter);
struct grant *grant_make(struct engine *engine);
void grant_enter_session(struct engine *engine, struct session *session, struct grant *grant);
void grant_enter_object(struct object *object, struct grant *grant);
/* Frees an object that is in no list. (object_create.c) */
void object_free(struct engine *engine, struct object *object);
/* One slice of the end of an object that was deleted; true: it is freed. (object_end.c) */
bool object_end_some(struct ctx *ctx, struct object *object);

#endif
