/* SPDX-License-Identifier: BSD-2-Clause */
/* barrier: a fixed number of parties wait until all of them have come. */
#include "daemon/objects/sync/barrier.h"

#include <inttypes.h>

#include "daemon/engine/session.h"
#include "daemon/engine/writer.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/sync/state_page.h"

/* The waiters of one generation (waiter->item). They are told the outcome a slice at a time,
 * while the barrier goes on. */
struct round {
    struct round *prev, *next;
    uint64_t waiters; /* number of waiters left */
    bool over;        /* the outcome is known: */
    bool passed;      /* true: all came; false: broken or reset */
};

struct barrier {
    struct object object;
    uint64_t parties;
    uint64_t patience_ms; /* limit for waits without a time limit; UINT64_MAX: none */
    uint64_t generation;
    bool broken;
    struct round *rounds; /* all rounds, in any order */
    struct round *now;    /* round of this generation; NULL: no party has come yet, or broken */
    struct waitq queue;   /* waiter->extra: the waiter's index in its generation */
};

static struct barrier *barrier_of(struct object *object)
{
    return (struct barrier *)object;
}

static void barrier_changed(struct ctx *ctx, struct barrier *barrier)
{
    changed(ctx, &barrier->object);
}

/* ---- rounds ---- */

static const struct round *round_of(const struct waiter *waiter)
{
    return waiter->item;
}

/* NULL: no memory. */
static struct round *round_new(struct mem *mem, struct barrier *barrier)
{
    struct round *round = mem_zalloc(mem, sizeof *round);
    if (round == NULL)
        return NULL;
    round->next = barrier->rounds;
    if (round->next != NULL)
        round->next->prev = round;
    barrier->rounds = round;
    return round;
}

static void round_free(struct mem *mem, struct barrier *barrier, struct round *round)
{
    *(round->prev == NULL ? &barrier->rounds : &round->prev->next) = round->next;
    if (round->next != NULL)
        round->next->prev = round->prev;
    if (barrier->now == round)
        barrier->now = NULL;
    mem_free(mem, round, sizeof *round);
}

static void round_enter(struct round *round, struct waiter *waiter)
{
    waiter->item = round;
    round->waiters++;
}

/* The waiter is about to leave; the last one frees its round. */
static void round_leave(struct ctx *ctx, struct barrier *barrier, struct waiter *waiter)
{
    struct round *round = waiter->item;
    waiter->item = NULL;
    if (--round->waiters == 0)
        round_free(ctx_mem(ctx), barrier, round);
}

static void round_over(struct barrier *barrier, bool passed)
{
    if (barrier->now != NULL) {
        barrier->now->over = true;
        barrier->now->passed = passed;
        barrier->now = NULL;
    }
}

static uint64_t waiting(const struct barrier *barrier)
{
    return barrier->now == NULL ? 0 : barrier->now->waiters;
}

static void break_it(struct ctx *ctx, struct barrier *barrier)
{
    if (!barrier->broken) {
        barrier->broken = true;
        round_over(barrier, false);
        barrier_changed(ctx, barrier);
    }
}

static void next_generation(struct ctx *ctx, struct barrier *barrier, bool passed)
{
    barrier->generation++;
    round_over(barrier, passed);
    barrier->broken = false;
    barrier_changed(ctx, barrier);
}

/* A result that needs no memory. */
static struct result broken_result(void)
{
    return (struct result){
        .kind = RESULT_ERROR,
        .code = ERR_BROKEN_BARRIER,
        .message = bytes_text(error_row(ERR_BROKEN_BARRIER)->meaning),
    };
}

/* ---- the type ---- */

static int barrier_create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct barrier *barrier = barrier_of(object);
    struct val parties = val_read(arg(in->init));
    if (parties.kind == VAL_NOT_GIVEN)
        return fail(ctx, ERR_VALUE, "a barrier needs the number of its parties");
    if (parties.kind != VAL_INT)
        return fail(ctx, ERR_TYPE, "the number of parties must be a whole number of 64 bits");
    if (parties.integer < 1)
        return fail(ctx, ERR_VALUE, "parties must be > 0");
    barrier->parties = (uint64_t)parties.integer;
    barrier->patience_ms = in->has_patience_ms ? in->patience_ms : UINT64_MAX;
    return 0;
}

static void barrier_destroy(struct engine *engine, struct object *object)
{
    struct barrier *barrier = barrier_of(object);
    while (barrier->rounds != NULL)
        round_free(engine_mem(engine), barrier, barrier->rounds);
}

static void barrier_info(const struct object *object, struct buf *out)
{
    const struct barrier *barrier = (const struct barrier *)object;
    val_put_field_uint(out, "parties", barrier->parties);
    val_put_field_uint(out, "arrived", waiting(barrier));
    val_put_field_bool(out, "broken", barrier->broken);
    val_put_field_uint(out, "generation", barrier->generation);
    if (barrier->patience_ms != UINT64_MAX)
        val_put_field_uint(out, "patience_ms", barrier->patience_ms);
}

static void patience_put(struct buf *out, uint64_t ms)
{
    if (ms == UINT64_MAX)
        buf_put_text(out, "none");
    else
        buf_printf(out, "%" PRIu64 " ms", ms);
}

/* Unlike other types' init, the number of parties never changes, so it is compared. */
static bool barrier_differs(const struct object *object, const Wire__ObjectCreate *in,
                            struct buf *why)
{
    const struct barrier *barrier = (const struct barrier *)object;
    struct val parties = val_read(arg(in->init));
    if (parties.kind == VAL_INT && (uint64_t)parties.integer != barrier->parties) {
        buf_printf(why, "%" PRIu64 " parties, not %" PRId64, barrier->parties, parties.integer);
        return true;
    }
    if (in->has_patience_ms && in->patience_ms != barrier->patience_ms) {
        buf_put_text(why, "patience ");
        patience_put(why, barrier->patience_ms);
        buf_put_text(why, ", not ");
        patience_put(why, in->patience_ms);
        return true;
    }
    return false;
}

enum { ROUND_OVER = 1, ROUND_PASSED = 2, ROUND_FIRST = 4 };

static void rounds_save(const struct waitq *queue, struct writer *out)
{
    const struct round *before = NULL;
    for (const struct waiter *at = waitq_first(queue); at != NULL; at = at->next) {
        const struct round *round = round_of(at);
        writer_u64(out, (round->over ? ROUND_OVER : 0u) | (round->passed ? ROUND_PASSED : 0u) |
                            (round != before ? ROUND_FIRST : 0u));
        before = round;
    }
}

static void barrier_save(const struct object *object, struct writer *out)
{
    const struct barrier *barrier = (const struct barrier *)object;
    writer_u64(out, barrier->parties);
    writer_u64(out, barrier->patience_ms);
    writer_u64(out, barrier->generation);
    writer_u64(out, barrier->broken);
    waitq_save(&barrier->queue, out);
    rounds_save(&barrier->queue, out);
}

/* Loads the rounds; the waiters of a round are adjacent in the queue. */
static bool rounds_load(struct mem *mem, struct barrier *barrier, struct reader *in)
{
    struct round *round = NULL;
    for (struct waiter *at = waitq_first(&barrier->queue); at != NULL; at = at->next) {
        uint64_t what = reader_u64_max(in, ROUND_OVER | ROUND_PASSED | ROUND_FIRST);
        bool over = (what & ROUND_OVER) != 0;
        if ((what & ROUND_FIRST) != 0) {
            round = barrier->now == NULL ? round_new(mem, barrier) : NULL;
            if (round == NULL)
                return barrier->now == NULL ? reader_nomem(in) : reader_fail(in);
            round->over = over;
            round->passed = (what & ROUND_PASSED) != 0;
            barrier->now = over ? NULL : round;
        }
        if (!reader_ok(in) || round == NULL || at->item != NULL)
            return reader_fail(in);
        round_enter(round, at);
    }
    return reader_ok(in) && (barrier->now == NULL || !barrier->broken || reader_fail(in));
}

static bool barrier_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct barrier *barrier = barrier_of(object);
    barrier->parties = reader_u64_max(in, INT64_MAX);
    barrier->patience_ms = reader_u64(in);
    barrier->generation = reader_u64(in);
    barrier->broken = reader_bool(in);
    return waitq_load(engine, object, &barrier->queue, in) &&
           rounds_load(engine_mem(engine), barrier, in);
}

/* The outcome of the waiter's round. */
static bool barrier_due(const struct object *object, const struct waiter *waiter, struct due *due)
{
    const struct round *round = round_of(waiter);
    (void)object;
    if (!round->passed) {
        due->result = broken_result();
        return round->over;
    }
    struct buf index = {.data = due->room, .cap = sizeof due->room, .limit = sizeof due->room};
    val_put_uint(&index, waiter->extra);
    due->result = (struct result){.kind = RESULT_VALUE, .value = buf_bytes(&index)};
    return true;
}

static void barrier_wake(struct ctx *ctx, struct object *object)
{
    struct barrier *barrier = barrier_of(object);
    struct waiter *head;
    struct due due;
    while ((head = waitq_first(&barrier->queue)) != NULL && barrier_due(object, head, &due) &&
           ctx_spend(ctx)) {
        round_leave(ctx, barrier, head);
        complete(ctx, head, &due.result);
    }
}

/* A waiter that leaves breaks the barrier, unless the outcome of its round is known already. */
static void barrier_waiter_left(struct ctx *ctx, struct object *object, struct waiter *waiter)
{
    struct barrier *barrier = barrier_of(object);
    if (!round_of(waiter)->over)
        break_it(ctx, barrier);
    round_leave(ctx, barrier, waiter);
}

static int barrier_timed_out(struct ctx *ctx, struct object *object, struct waiter *waiter,
                             struct result *result)
{
    (void)ctx, (void)object, (void)waiter;
    *result = broken_result();
    return 0;
}

const struct object_ops barrier_ops = {
    .type = TYPE_BARRIER,
    .size = sizeof(struct barrier),
    .params = PARAM_PATIENCE,
    .create = barrier_create,
    .destroy = barrier_destroy,
    .scan = state_scan,
    .info = barrier_info,
    .differs = barrier_differs,
    .save = barrier_save,
    .load = barrier_load,
    .wake = barrier_wake,
    .due = barrier_due,
    .waiter_left = barrier_waiter_left,
    .timed_out = barrier_timed_out,
};

/* ---- operations ---- */

/* The last party has come: the wake pass tells the others. */
static int pass(struct ctx *ctx, struct barrier *barrier, uint64_t index)
{
    if (reply_uint(ctx, index) < 0)
        return -1;
    next_generation(ctx, barrier, true);
    return 0;
}

/* Whether a waiter of this generation is about to leave: its session is ending, and the slice
 * that removes it is still to come. */
static bool one_is_missed(const struct ctx *ctx, const struct barrier *barrier)
{
    const struct waiter *at = sessions_ending_wait(ctx->engine) ? barrier->queue.last : NULL;
    while (at != NULL && round_of(at) == barrier->now && at->session->ending == 0)
        at = at->prev;
    return at != NULL && round_of(at) == barrier->now;
}

/* Waits for the other parties. */
static int join(struct ctx *ctx, struct barrier *barrier, uint64_t wait_ms)
{
    struct round *round = barrier->now;
    if (round == NULL && (round = round_new(ctx_mem(ctx), barrier)) == NULL)
        return fail_nomem(ctx);
    struct waiter *waiter = park_for(ctx, ctx->object, &barrier->queue, wait_ms, UINT64_MAX);
    if (waiter == NULL) {
        if (round->waiters == 0)
            round_free(ctx_mem(ctx), barrier, round);
        return -1;
    }
    barrier->now = round;
    waiter->extra = round->waiters;
    round_enter(round, waiter);
    return 0;
}

int barrier_wait(struct ctx *ctx, const Wire__BarrierWait *in)
{
    struct barrier *barrier = barrier_of(ctx->object);
    uint64_t asked_ms = ctx->request->wait_ms;
    uint64_t wait_ms = asked_ms == UINT64_MAX ? barrier->patience_ms : asked_ms;
    uint64_t index = waiting(barrier);
    (void)in;
    if (barrier->broken)
        return fail(ctx, ERR_BROKEN_BARRIER, "%s", error_row(ERR_BROKEN_BARRIER)->meaning);
    bool last = index + 1 == barrier->parties;
    if (last && !one_is_missed(ctx, barrier))
        return pass(ctx, barrier, index);
    if (last || wait_ms == 0) {
        break_it(ctx, barrier);
        ctx->result = broken_result(); /* an error with an effect: the other parties get it too */
        return 0;
    }
    return join(ctx, barrier, wait_ms);
}

int barrier_reset(struct ctx *ctx, const Wire__BarrierReset *in)
{
    (void)in;
    next_generation(ctx, barrier_of(ctx->object), false);
    return 0;
}

int barrier_abort(struct ctx *ctx, const Wire__BarrierAbort *in)
{
    (void)in;
    break_it(ctx, barrier_of(ctx->object));
    return 0;
}

int barrier_parties(struct ctx *ctx, const Wire__BarrierParties *in)
{
    (void)in;
    return reply_uint(ctx, barrier_of(ctx->object)->parties);
}

int barrier_waiting(struct ctx *ctx, const Wire__BarrierWaiting *in)
{
    (void)in;
    return reply_uint(ctx, waiting(barrier_of(ctx->object)));
}

int barrier_broken(struct ctx *ctx, const Wire__BarrierBroken *in)
{
    (void)in;
    return reply_bool(ctx, barrier_of(ctx->object)->broken);
}

int barrier_generation(struct ctx *ctx, const Wire__BarrierGeneration *in)
{
    (void)in;
    return reply_uint(ctx, barrier_of(ctx->object)->generation);
}
