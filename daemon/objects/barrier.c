/* SPDX-License-Identifier: BSD-2-Clause */
/* barrier: a fixed number of parties wait until all are there. */
#include "daemon/objects/barrier.h"

#include <inttypes.h>

#include "daemon/engine/writer.h"
#include "daemon/objects/arg.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/state.h"

struct barrier {
    struct object object;
    uint64_t parties;
    uint64_t patience_ms; /* of waits without an end; UINT64_MAX: none */
    uint64_t generation;  /* waiter->want: the one it came in; waiter->extra: its index there */
    bool passed;          /* the generation before this one came together, not was reset */
    bool broken;
    struct waitq queue;
};

static struct barrier *barrier_of(struct object *object)
{
    return (struct barrier *)object;
}

static void barrier_changed(struct ctx *ctx, struct barrier *barrier)
{
    changed(ctx, &barrier->object, CHANGE_STATE, bytes_of(NULL, 0));
}

static void break_it(struct ctx *ctx, struct barrier *barrier)
{
    if (!barrier->broken) {
        barrier->broken = true;
        barrier_changed(ctx, barrier);
    }
}

static void next_generation(struct ctx *ctx, struct barrier *barrier, bool passed)
{
    barrier->generation++;
    barrier->passed = passed;
    barrier->broken = false;
    barrier_changed(ctx, barrier);
}

/* Fits where a reply needs no memory. */
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
    if (parties.kind == VAL_NOT_GIVEN) {
        return fail(ctx, ERR_VALUE, "a barrier needs the number of its parties");
    }
    if (parties.kind != VAL_INT) {
        return fail(ctx, ERR_TYPE, "the number of parties must be a whole number of 64 bits");
    }
    if (parties.integer < 1) {
        return fail(ctx, ERR_VALUE, "parties must be > 0");
    }
    barrier->parties = (uint64_t)parties.integer;
    barrier->patience_ms = in->has_patience_ms ? in->patience_ms : UINT64_MAX;
    return 0;
}

static void barrier_destroy(struct engine *engine, struct object *object)
{
    (void)engine, (void)object; /* it owns nothing but itself */
}

static void barrier_info(const struct object *object, struct buf *out)
{
    const struct barrier *barrier = (const struct barrier *)object;
    val_put_field_uint(out, "parties", barrier->parties);
    val_put_field_uint(out, "waiting", barrier->queue.count);
    val_put_field_bool(out, "broken", barrier->broken);
    val_put_field_uint(out, "generation", barrier->generation);
    if (barrier->patience_ms != UINT64_MAX) {
        val_put_field_uint(out, "patience_ms", barrier->patience_ms);
    }
}

static void patience_put(struct buf *out, uint64_t ms)
{
    if (ms == UINT64_MAX) {
        buf_put_text(out, "none");
    } else {
        buf_printf(out, "%" PRIu64 " ms", ms);
    }
}

/* Unlike other types' init, the number of parties stays what it was. */
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

static void barrier_save(const struct object *object, struct writer *out)
{
    const struct barrier *barrier = (const struct barrier *)object;
    writer_u64(out, barrier->parties);
    writer_u64(out, barrier->patience_ms);
    writer_u64(out, barrier->generation);
    writer_u64(out, barrier->passed);
    writer_u64(out, barrier->broken);
    waitq_save(&barrier->queue, out);
}

static bool barrier_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct barrier *barrier = barrier_of(object);
    barrier->parties = reader_u64_max(in, INT64_MAX);
    barrier->patience_ms = reader_u64(in);
    barrier->generation = reader_u64(in);
    barrier->passed = reader_bool(in);
    barrier->broken = reader_bool(in);
    return waitq_load(engine, object, &barrier->queue, in);
}

static void tell_index(struct ctx *ctx, struct waiter *waiter)
{
    uint8_t room[16];
    struct buf index = {.data = room, .cap = sizeof(room), .limit = sizeof(room)};
    val_put_uint(&index, waiter->extra);
    complete(ctx, waiter, &(struct result){.kind = RESULT_VALUE, .value = buf_bytes(&index)});
}

/* Who came in an earlier generation goes, with that one's outcome; all go when it is broken. */
static void barrier_wake(struct ctx *ctx, struct object *object)
{
    struct barrier *barrier = barrier_of(object);
    const struct result broken = broken_result();
    struct waiter *head;
    while ((head = waitq_first(&barrier->queue)) != NULL) {
        bool earlier = head->want != barrier->generation;
        if (earlier && barrier->passed) {
            tell_index(ctx, head);
        } else if (earlier || barrier->broken) {
            complete(ctx, head, &broken);
        } else {
            return;
        }
    }
}

static void barrier_waiter_left(struct ctx *ctx, struct object *object, struct waiter *waiter)
{
    (void)waiter;
    break_it(ctx, barrier_of(object));
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
    .waiter_left = barrier_waiter_left,
    .timed_out = barrier_timed_out,
};

/* ---- operations ---- */

/* It is the last one: the others are told theirs in the wake pass. */
static int pass(struct ctx *ctx, struct barrier *barrier, uint64_t index)
{
    if (reply_uint(ctx, planted(ctx->engine, PLANTED_BARRIER_INDEX) ? 0 : index) < 0) {
        return -1;
    }
    next_generation(ctx, barrier, true);
    return 0;
}

int barrier_wait(struct ctx *ctx, const Wire__BarrierWait *in)
{
    struct barrier *barrier = barrier_of(ctx->object);
    uint64_t asked_ms = ctx->request->wait_ms;
    uint64_t wait_ms = asked_ms == UINT64_MAX ? barrier->patience_ms : asked_ms;
    uint64_t index = barrier->queue.count;
    (void)in;
    if (barrier->broken) {
        return fail(ctx, ERR_BROKEN_BARRIER, "%s", error_row(ERR_BROKEN_BARRIER)->meaning);
    }
    if (index + 1 == barrier->parties) {
        return pass(ctx, barrier, index);
    }
    if (wait_ms == 0) {
        break_it(ctx, barrier);
        ctx->result = broken_result(); /* an error that has an effect: the others hear of it */
        return 0;
    }
    struct waiter *waiter = park_for(ctx, ctx->object, &barrier->queue, wait_ms, UINT64_MAX);
    if (waiter == NULL) {
        return -1;
    }
    waiter->want = barrier->generation;
    waiter->extra = index;
    return 0;
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
    return reply_uint(ctx, barrier_of(ctx->object)->queue.count);
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
