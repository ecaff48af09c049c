/* SPDX-License-Identifier: BSD-2-Clause */
/* What the engine offers to the handlers of objects/.
 *
 * A handler works in two phases: first everything that can fail (arguments, memory, the reply),
 * then the change, which cannot. It never wakes anybody: it says what changed, and the engine
 * re-examines waiters when the handler is done. */
#ifndef ENGINE_CORE_H
#define ENGINE_CORE_H

#include "daemon/engine/engine.h"
#include "daemon/engine/grant.h"
#include "daemon/engine/mem.h"
#include "daemon/engine/object.h"
#include "daemon/engine/reader.h"
#include "daemon/engine/session.h"
#include "daemon/engine/unacked.h"
#include "daemon/engine/waiter.h"
#include "wire/value/value.h"

/* One operation's handler. 0: ctx->result is set (DONE if it said nothing). -1: fail() was called
 * and nothing changed. A result that is not made by reply_*() must fit in SLOT_INLINE bytes, as any
 * Grant without a value does. */
typedef int handler_fn(struct ctx *ctx, const void *in);

struct handlers {
    handler_fn *by_number[OP_NUMBER_MAX];       /* NULL: not an operation of the engine */
    const struct object_ops *types[TYPE_COUNT]; /* NULL: no such type */
    uint32_t version;                           /* the newest behaviour version they know, from 1 */
};

enum { HANDLERS_WHY = 128 };
/* True: some type is not whole, or stands in a wrong place; why says which one. */
bool handlers_fault(const struct handlers *handlers, char why[HANDLERS_WHY]);
/* The same for engine_new: ends the process with that text. */
void handlers_require(const struct handlers *handlers);

/* Everything one command or read is about. A new field needs its line in ctx_init. */
struct ctx {
    struct engine *engine;
    const struct command *command;
    const Wire__Request *request;
    const struct op_row *op;
    struct session *session; /* NULL: a read of a session without state */
    struct object *object;   /* the object of op->on_object operations; never NULL there */
    uint64_t now_ms;
    uint64_t revision; /* this step's, if it has an effect */
    uint32_t version;  /* active behaviour version */
    uint64_t was_ms;   /* engine's time before it */
    bool reading;      /* nothing may change */
    bool effect;
    struct val_budget work; /* what the request may still do, see work_take */
    uint64_t renewed;       /* the session whose lease starts again; 0: none */
    bool parked;
    bool stepped;             /* the command's own revision is taken */
    bool replied;             /* its own reply is out, or there is none: completions may follow */
    size_t refs_promised;     /* by refs_reserve in this command: promises add up */
    struct object_row marked; /* to be re-examined, in order of marking */
    uint64_t spent;           /* by ctx_spend */
    bool unfinished;          /* ctx_spend was false */
    struct unacked *unacked;  /* the reply is made from this item, which comes from unacked_from */
    struct object *unacked_from;
    struct slot *slot; /* where a command's reply is kept; NULL for reads */
    const struct sink *sink;
    struct result
        result;         /* DONE if the handler says nothing; whoever wants another sets it whole */
    struct saved reply; /* the encoded result of a command, before it is committed */
};

struct mem *ctx_mem(struct ctx *ctx);
const uint8_t *ctx_hash_key(const struct ctx *ctx);
const struct limits *ctx_limits(const struct ctx *ctx);
/* An empty buffer for the time of the handler, with the frame limit set. */
struct buf *ctx_scratch(struct ctx *ctx);

/* ---- replies ---- */

/* Sets an error; always -1. The object's name is added by itself. */
int fail(struct ctx *ctx, enum mgr_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The repr of the value, or its beginning when it is long, and what is said of it. */
int fail_value(struct ctx *ctx, enum mgr_code code, struct bytes value, const char *said);
/* KeyError: the key is the detail, its repr the text. */
int fail_key(struct ctx *ctx, struct bytes key);
/* The same where there is no key, and Python says a text instead. */
int fail_key_text(struct ctx *ctx, const char *text);
int fail_nomem(struct ctx *ctx);
/* LIMIT: it would take more work than limits.work; names a way that works. */
int fail_work(struct ctx *ctx);
/* For what had no memory, or went over ctx->work. */
int fail_unfinished(struct ctx *ctx);
/* The request is about to do this many steps of about 10 ns: said before it changes anything. -1:
 * it may not, fail() was called. */
static inline int work_take(struct ctx *ctx, uint64_t steps)
{
    return val_spend(&ctx->work, steps) ? 0 : fail_work(ctx);
}
/* The same for a number of items that cost so much each. */
static inline int work_take_each(struct ctx *ctx, uint64_t items, uint64_t steps)
{
    return work_take(ctx, items > UINT64_MAX / steps ? UINT64_MAX : items * steps);
}

/* The result is this value. A read borrows it; a command copies it to where a resend finds it, so
 * call it before the change. -1: no memory or too large for a frame; fail() was called. */
int reply_value(struct ctx *ctx, struct bytes value) __attribute__((warn_unused_result));
/* The result is what was built in ctx_scratch (checks that it did not fail). */
int reply_scratch(struct ctx *ctx) __attribute__((warn_unused_result));
/* The result is a Page of what was built in ctx_scratch. Reads only. */
int reply_page(struct ctx *ctx, struct bytes cursor) __attribute__((warn_unused_result));
static inline int reply_bool(struct ctx *ctx, bool value)
{
    return reply_value(ctx, val_bool(value));
}
int reply_int(struct ctx *ctx, int64_t value) __attribute__((warn_unused_result));
int reply_uint(struct ctx *ctx, uint64_t value) __attribute__((warn_unused_result));

/* ---- changes ---- */

/* The object changed. Everything that alters an object says so here: makes the command an effect,
 * stamps the object and marks it for the wake pass. */
void changed(struct ctx *ctx, struct object *object);
/* For each of many who are told, or go: whether this command may do one more. False: the engine
 * comes back to the object that is being re-examined. */
bool ctx_spend(struct ctx *ctx);
/* The same for one that counts as so many: the last one of a command may go over. */
bool ctx_spend_on(struct ctx *ctx, uint64_t count);
/* Its waiters are to be re-examined though its content is the same. */
void object_mark(struct ctx *ctx, struct object *object);

/* ---- references inside values ---- */

/* Whether the value holds refs. Cheap when the command has none. */
bool value_has_refs(const struct ctx *ctx, struct bytes value);
/* Checks that the targets exist and takes the memory that refs_add will need for it. Only for
 * values with refs. -1: fail() was called. */
int refs_reserve(struct ctx *ctx, struct object *object, struct bytes value)
    __attribute__((warn_unused_result));
/* The same for a value that another object contains: its targets may be gone meanwhile. */
int refs_reserve_moved(struct ctx *ctx, struct object *object, struct bytes value)
    __attribute__((warn_unused_result));
/* The object now contains the value, or no longer does. Only for values with refs. */
/* The refs of the value will be added or dropped so many times, beside what is reserved. -1: that
 * is too much work, fail() was called. */
int refs_afford(struct ctx *ctx, struct bytes value, uint64_t times)
    __attribute__((warn_unused_result));
void refs_add(struct ctx *ctx, struct object *object, struct bytes value);
void refs_drop(struct ctx *ctx, struct object *object, struct bytes value);
/* The object contains no refs any more (clear). O(refs). */
void refs_clear(struct ctx *ctx, struct object *object);
/* How many objects it refers to. */
size_t refs_targets(const struct object *object);

/* ---- objects and holds ---- */

/* By name or "~TYPE-ID"; NULL: fail(NO_SUCH_OBJECT) was called. */
struct object *object_find(struct ctx *ctx, struct bytes name);
struct object *object_by_id(const struct engine *engine, uint64_t id); /* NULL: there is none */
/* Makes, names and registers an object; ops->create fills it. NULL: fail() was called. */
struct object *object_create_new(struct ctx *ctx, const Wire__ObjectCreate *in);
/* One waiter leaves with an error, in the wake pass; its type hears of it first (waiter_left). Who
 * has got what it waited for, and only has not been told, is told that. */
void waiter_leave(struct ctx *ctx, struct waiter *waiter, enum mgr_code code);
/* Takes it away for good: from this step on nobody finds it, and its tokens are not alive. Waiters
 * are told NO_SUCH_OBJECT and grants dropped in the wake pass, in slices; memory is reclaimed
 * later.
 */
void object_destroy(struct ctx *ctx, struct object *object);
/* The name it goes by: its own or "~TYPE-ID". */
void object_put_name(const struct object *object, struct buf *out);
/* Session's hold count + 1; -1: no memory. unhold: false when it had none. */
int object_hold_by(struct ctx *ctx, struct session *session, struct object *object)
    __attribute__((warn_unused_result));
bool object_unhold_by(struct ctx *ctx, struct session *session, struct object *object);
/* Named objects in order of their names, from the first >= from. */
struct object *object_first_named(const struct ctx *ctx, struct bytes from);
struct object *object_next_named(const struct ctx *ctx, struct object *object);

/* ---- waiting (see waiter.h) ---- */

/* Parks the request in the queue until its wait_ms is over; takes all memory that its completion
 * can need. NULL: fail() was called. The handler sets want and extra and returns 0. */
struct waiter *park(struct ctx *ctx, struct object *object, struct waitq *queue)
    __attribute__((warn_unused_result));
/* The same for wait_ms instead of the request's, and for an operation that waits twice:
 * waiter_again then starts the second wait, of at most then_ms (UINT64_MAX: no end). */
struct waiter *park_for(struct ctx *ctx, struct object *object, struct waitq *queue,
                        uint64_t wait_ms, uint64_t then_ms) __attribute__((warn_unused_result));
void waiter_again(struct ctx *ctx, struct waiter *waiter);
/* Gives a waiter its reply (a step of its own), and takes it out of everything. Result values must
 * fit in WAITER_REPLY_ROOM. */
void complete(struct ctx *ctx, struct waiter *waiter, const struct result *result);
/* The revision that the next completion will take: for a grant that must know its token first. */
uint64_t step_next(const struct ctx *ctx);

/* ---- grants (see grant.h) ---- */

/* One for the request's session and holder; for a request that may wait: keep it in waiter->grant.
 * NULL: fail() was called. */
struct grant *grant_reserve(struct ctx *ctx) __attribute__((warn_unused_result));
/* Gives back one that was not added. */
void grant_unreserve(struct ctx *ctx, struct grant *grant);
/* token: ctx->revision, or step_next() for a waiter. Cannot fail. */
void grant_add(struct ctx *ctx, struct grant *grant, uint64_t token, struct object *object);
/* NULL: the token is not alive. grant_by_token finds those too that are over (of an object that was
 * deleted, of an end of a pipe that was closed) and still to be dropped. */
struct grant *grant_find(const struct engine *engine, uint64_t token);
struct grant *grant_by_token(const struct engine *engine, uint64_t token);
void grant_drop(struct ctx *ctx, struct grant *grant);
/* The Grant that tells of it: token, depth, lease. */
struct result grant_result(const struct grant *grant);
/* Starts the lease of its owner's session again and replies with the Grant; lease_ms: of the lease
 * from now on, 0: as it was. -1: fail() was called. */
int grant_renew(struct ctx *ctx, const struct grant *grant, uint64_t lease_ms)
    __attribute__((warn_unused_result));

/* ---- timers: reserve first, then set ---- */

/* What a timer fires: timer.kind. Those of type T's own have TIMER_TYPE + T (see object_ops). */
enum { TIMER_WAIT = 1, TIMER_TTL = 2, TIMER_GC = 3, TIMER_GRANT = 4, TIMER_TYPE = 16 };

bool timer_reserve(struct ctx *ctx) __attribute__((warn_unused_result));
void timer_set(struct ctx *ctx, struct timer *timer, int kind, uint64_t at_ms);
void timer_clear(struct ctx *ctx, struct timer *timer);
/* Whether it is set and for when, with its place among equal ones; for a type's save and load. */
void timer_save(const struct timer *timer, struct writer *out);
bool timer_load(struct engine *engine, struct timer *timer, int kind, struct reader *in);

/* ---- memory given back in slices ---- */

/* Put in front of large memory: sweep frees about budget blocks, true while there is more; when it
 * returns false it has freed the trash itself too. */
struct trash {
    struct trash *next;
    bool (*sweep)(struct mem *mem, struct trash *trash, size_t budget);
};
void engine_discard(struct engine *engine, struct trash *trash);

struct mem *engine_mem(struct engine *engine);

#endif
