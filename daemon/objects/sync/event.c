/* SPDX-License-Identifier: BSD-2-Clause */
/* event: a flag that many clients may wait for. */
#include "daemon/objects/sync/event.h"

#include "daemon/engine/writer.h"
#include "daemon/objects/prototypes.h"
#include "daemon/objects/python/arg.h"
#include "daemon/objects/sync/state_page.h"

struct event {
    struct object object;
    bool set;
    uint64_t times; /* how many times it was set; waiter->want: that number when the waiter came */
    struct waitq queue;
};

static struct event *event_of(struct object *object)
{
    return (struct event *)object;
}

/* ---- the type ---- */

static int event_create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct val init = val_read(arg(in->init));
    if (init.kind != VAL_NOT_GIVEN && init.kind != VAL_NONE && init.kind != VAL_BOOL)
        return fail(ctx, ERR_TYPE, "an event starts as true (set) or false");
    event_of(object)->set = init.kind == VAL_BOOL && init.boolean;
    return 0;
}

static void event_destroy(struct engine *engine, struct object *object)
{
    (void)engine, (void)object; /* an event owns no other memory */
}

static void event_info(const struct object *object, struct buf *out)
{
    val_put_field_bool(out, "set", ((const struct event *)object)->set);
}

static void event_save(const struct object *object, struct writer *out)
{
    const struct event *event = (const struct event *)object;
    writer_u64(out, event->set);
    writer_u64(out, event->times);
    waitq_save(&event->queue, out);
}

static bool event_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct event *event = event_of(object);
    event->set = reader_bool(in);
    event->times = reader_u64(in);
    return waitq_load(engine, object, &event->queue, in);
}

/* Whether it was set since the waiter came, whatever the flag is now. */
static bool event_due(const struct object *object, const struct waiter *waiter, struct due *due)
{
    due->result = (struct result){.kind = RESULT_VALUE, .value = VAL_TRUE};
    return waiter->want != ((const struct event *)object)->times;
}

static void event_wake(struct ctx *ctx, struct object *object)
{
    struct event *event = event_of(object);
    struct waiter *head;
    struct due due;
    while ((head = waitq_first(&event->queue)) != NULL && event_due(object, head, &due)) {
        if (!ctx_spend(ctx))
            return;
        complete(ctx, head, &due.result);
    }
}

static int event_timed_out(struct ctx *ctx, struct object *object, struct waiter *waiter,
                           struct result *result)
{
    (void)ctx, (void)object, (void)waiter;
    *result = (struct result){.kind = RESULT_VALUE, .value = VAL_FALSE};
    return 0;
}

const struct object_ops event_ops = {
    .type = TYPE_EVENT,
    .size = sizeof(struct event),
    .create = event_create,
    .destroy = event_destroy,
    .scan = state_scan,
    .info = event_info,
    .save = event_save,
    .load = event_load,
    .wake = event_wake,
    .due = event_due,
    .timed_out = event_timed_out,
};

/* ---- operations ---- */

static int become(struct ctx *ctx, bool set)
{
    struct event *event = event_of(ctx->object);
    if (event->set != set) {
        event->set = set;
        event->times += set;
        changed(ctx, ctx->object);
    }
    return 0;
}

int event_set(struct ctx *ctx, const Wire__EventSet *in)
{
    (void)in;
    return become(ctx, true);
}

int event_clear(struct ctx *ctx, const Wire__EventClear *in)
{
    (void)in;
    return become(ctx, false);
}

int event_is_set(struct ctx *ctx, const Wire__EventIsSet *in)
{
    (void)in;
    return reply_bool(ctx, event_of(ctx->object)->set);
}

int event_wait(struct ctx *ctx, const Wire__EventWait *in)
{
    struct event *event = event_of(ctx->object);
    (void)in;
    if (event->set || ctx->request->wait_ms == 0)
        return reply_bool(ctx, event->set);
    struct waiter *waiter = park(ctx, ctx->object, &event->queue);
    if (waiter == NULL)
        return -1;
    waiter->want = event->times;
    return 0;
}
