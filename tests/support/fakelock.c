/* SPDX-License-Identifier: BSD-2-Clause */
/* Permits with a queue, to test waiting, owning and leaving before there are real locks. */
#include "tests/support/fakelock.h"

#include "daemon/engine/reader.h"
#include "daemon/engine/writer.h"
#include "wire.pb-c.h"

struct fakelock {
    struct object object;
    uint64_t permits, free;
    uint64_t number;
    uint64_t left;      /* waiters that went without a grant */
    uint64_t abandoned; /* token of the last grant that went with its session */
    struct waitq queue;
    uint8_t *payload;
    size_t payload_len;
};

static struct fakelock *fake_of(struct object *object)
{
    return (struct fakelock *)(void *)object;
}

static struct bytes given(ProtobufCBinaryData field)
{
    return bytes_of(field.data, field.len);
}

/* ---- the type ---- */

static int create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct fakelock *fake = fake_of(object);
    struct val init = val_read(given(in->init));
    (void)ctx;
    fake->permits = init.kind == VAL_INT ? (uint64_t)init.integer : 1;
    fake->free = fake->permits;
    return 0;
}

static void destroy(struct engine *engine, struct object *object)
{
    mem_free(engine_mem(engine), fake_of(object)->payload, fake_of(object)->payload_len);
}

static void save(const struct object *object, struct writer *out)
{
    const struct fakelock *fake = (const struct fakelock *)(const void *)object;
    writer_u64(out, fake->permits);
    writer_u64(out, fake->free);
    writer_u64(out, fake->number);
    writer_u64(out, fake->left);
    writer_u64(out, fake->abandoned);
    waitq_save(&fake->queue, out);
    writer_bytes(out, bytes_of(fake->payload, fake->payload_len));
}

static bool load(struct engine *engine, struct object *object, struct reader *in)
{
    struct fakelock *fake = fake_of(object);
    fake->permits = reader_u64(in);
    fake->free = reader_u64(in);
    fake->number = reader_u64(in);
    fake->left = reader_u64(in);
    fake->abandoned = reader_u64(in);
    if (!waitq_load(engine, object, &fake->queue, in))
        return false;
    struct bytes payload = reader_bytes(in);
    if (payload.len == 0)
        return reader_ok(in);
    fake->payload = mem_alloc(engine_mem(engine), payload.len);
    if (fake->payload == NULL)
        return reader_nomem(in);
    memcpy(fake->payload, payload.data, payload.len);
    fake->payload_len = payload.len;
    return true;
}

static void wake(struct ctx *ctx, struct object *object)
{
    struct fakelock *fake = fake_of(object);
    struct waiter *head;
    bool any = false;
    while ((head = waitq_first(&fake->queue)) != NULL && head->want <= fake->free) {
        struct grant *grant = head->grant;
        struct result result = {.kind = RESULT_GRANT, .token = step_next(ctx), .depth = 1};
        fake->free -= head->want;
        grant->count = head->want;
        head->grant = NULL;
        grant_add(ctx, grant, result.token, object);
        complete(ctx, head, &result);
        any = true;
    }
    if (any)
        changed(ctx, object);
}

static void grant_gone(struct ctx *ctx, struct object *object, struct grant *grant)
{
    fake_of(object)->free += grant->count;
    fake_of(object)->abandoned = grant->token;
    changed(ctx, object);
}

static void waiter_left(struct ctx *ctx, struct object *object, struct waiter *waiter)
{
    (void)ctx;
    (void)waiter;
    fake_of(object)->left++;
}

static int timed_out(struct ctx *ctx, struct object *object, struct waiter *waiter,
                     struct result *result)
{
    (void)ctx;
    if (waiter->want == FAKE_FALSE) {
        *result = (struct result){.kind = RESULT_VALUE, .value = VAL_FALSE};
        return 0;
    }
    if (waiter->want == FAKE_STAYS) {
        waiter_move(waiter, object, &fake_of(object)->queue);
        return 1;
    }
    return 0;
}

static void grant_due(struct ctx *ctx, struct object *object, struct grant *grant)
{
    fake_of(object)->free += grant->count;
    grant_drop(ctx, grant);
    changed(ctx, object);
}

static size_t growth(const struct object *object, const Wire__Request *request)
{
    (void)object;
    return request->op_case == WIRE__REQUEST__OP_VALUE_SWAP ? 1000 : 0;
}

static const struct object_ops ops = {
    .type = TYPE_VALUE,
    .size = sizeof(struct fakelock),
    .create = create,
    .destroy = destroy,
    .save = save,
    .load = load,
    .wake = wake,
    .grant_gone = grant_gone,
    .waiter_left = waiter_left,
    .timed_out = timed_out,
    .grant_due = grant_due,
    .growth = growth,
};

/* ---- operations ---- */

static int on_create(struct ctx *ctx, const void *in)
{
    if (reply_uint(ctx, ctx->revision) != 0)
        return -1;
    return object_create_new(ctx, in) == NULL ? -1 : 0;
}

static int on_delete(struct ctx *ctx, const void *in)
{
    (void)in;
    object_destroy(ctx, ctx->object);
    return 0;
}

static int on_hold(struct ctx *ctx, const void *in)
{
    (void)in;
    return object_hold_by(ctx, ctx->session, ctx->object) == 0 ? 0 : fail_nomem(ctx);
}

static int on_drop(struct ctx *ctx, const void *in)
{
    (void)in;
    return object_unhold_by(ctx, ctx->session, ctx->object)
               ? 0
               : fail(ctx, ERR_NOT_OWNER, "this session does not hold it");
}

static int watch(struct ctx *ctx, uint64_t since)
{
    struct object *object = ctx->object;
    struct waiter *waiter;
    if (object->changed_at > since)
        return reply_uint(ctx, object->changed_at);
    if (ctx->request->wait_ms == 0)
        return fail(ctx, ERR_BUSY, "not changed since");
    waiter = park(ctx, object, &object->watchers);
    if (waiter == NULL)
        return -1;
    waiter->want = since;
    return 0;
}

static int acquire_now(struct ctx *ctx, struct fakelock *fake, uint64_t permits)
{
    bool leased = ctx->request->holder == FAKE_LEASED;
    struct grant *grant = grant_reserve(ctx);
    if (grant == NULL)
        return -1;
    if (leased && !timer_reserve(ctx)) {
        grant_unreserve(ctx, grant);
        return fail_nomem(ctx);
    }
    fake->free -= permits;
    grant->count = permits;
    grant_add(ctx, grant, ctx->revision, &fake->object);
    if (leased)
        timer_set(ctx, &grant->lease, TIMER_GRANT, ctx->now_ms + FAKE_LEASE_MS);
    changed(ctx, &fake->object);
    ctx->result = (struct result){.kind = RESULT_GRANT, .token = ctx->revision, .depth = 1};
    return 0;
}

static int on_changed(struct ctx *ctx, const void *in)
{
    uint64_t since = ((const Wire__ObjectChanged *)in)->since;
    struct fakelock *fake = fake_of(ctx->object);
    uint64_t permits = since & ~FAKE_ACQUIRE;
    struct grant *grant;
    struct waiter *waiter;
    if (since < FAKE_ACQUIRE)
        return watch(ctx, since);
    if (ctx->reading)
        return fail(ctx, ERR_BUSY, "acquire is a command");
    if (fake->queue.first == NULL && permits <= fake->free)
        return acquire_now(ctx, fake, permits);
    if (ctx->request->wait_ms == 0)
        return fail(ctx, ERR_BUSY, "taken");
    grant = grant_reserve(ctx);
    if (grant == NULL)
        return -1;
    waiter = park(ctx, &fake->object, &fake->queue);
    if (waiter == NULL) {
        grant_unreserve(ctx, grant);
        return -1;
    }
    waiter->want = permits;
    waiter->grant = grant;
    return 0;
}

static int on_set(struct ctx *ctx, const void *in)
{
    struct val token = val_read(given(((const Wire__ValueSet *)in)->value));
    struct grant *grant = grant_find(ctx->engine, (uint64_t)token.integer);
    if (grant == NULL || grant->object != ctx->object) {
        ctx->result.lost = true;
        return 0;
    }
    fake_of(ctx->object)->free += grant->count;
    grant_drop(ctx, grant);
    changed(ctx, ctx->object);
    return 0;
}

static int on_get(struct ctx *ctx, const void *in)
{
    const struct fakelock *fake = fake_of(ctx->object);
    const uint64_t numbers[] = {fake->free, fake->queue.count, fake->left, fake->abandoned};
    struct buf *out = ctx_scratch(ctx);
    size_t mark = val_open(out, VAL_LIST);
    (void)in;
    for (size_t i = 0; i < 4; i++) {
        size_t item = val_open_item(out);
        val_put_uint(out, numbers[i]);
        val_close(out, item);
    }
    val_close(out, mark);
    return reply_scratch(ctx);
}

static int add(struct ctx *ctx, const void *in, uint64_t extra)
{
    struct fakelock *fake = fake_of(ctx->object);
    uint64_t by = (uint64_t)val_read(given(((const Wire__ValueAdd *)in)->by)).integer;
    if (by == 0)
        return reply_uint(ctx, fake->number); /* no effect */
    if (reply_uint(ctx, fake->number + by) != 0)
        return -1;
    fake->number += by + extra;
    changed(ctx, ctx->object);
    return 0;
}

static int on_add(struct ctx *ctx, const void *in)
{
    return add(ctx, in, 0);
}

static int on_add_planted(struct ctx *ctx, const void *in)
{
    return add(ctx, in, ctx_hash_key(ctx)[0] == 7 && fake_of(ctx->object)->number % 10 == 9);
}

static int on_swap(struct ctx *ctx, const void *in)
{
    struct fakelock *fake = fake_of(ctx->object);
    struct bytes payload = given(((const Wire__ValueSwap *)in)->value);
    struct bytes old = bytes_of(fake->payload, fake->payload_len);
    uint8_t *copy;
    if (reply_value(ctx, old.len == 0 ? VAL_NONE_BYTES : old) != 0)
        return -1;
    copy = mem_alloc(ctx_mem(ctx), payload.len);
    if (copy == NULL)
        return fail_nomem(ctx);
    memcpy(copy, payload.data, payload.len);
    mem_free(ctx_mem(ctx), fake->payload, fake->payload_len);
    fake->payload = copy;
    fake->payload_len = payload.len;
    changed(ctx, ctx->object);
    return 0;
}

#define FAKE_HANDLERS(adding)                                      \
    {                                                              \
        .types = {[TYPE_VALUE] = &ops}, .version = ENGINE_VERSION, \
        .by_number = {                                             \
            [WIRE__REQUEST__OP_OBJECT_CREATE] = on_create,         \
            [WIRE__REQUEST__OP_OBJECT_DELETE] = on_delete,         \
            [WIRE__REQUEST__OP_OBJECT_HOLD] = on_hold,             \
            [WIRE__REQUEST__OP_OBJECT_DROP] = on_drop,             \
            [WIRE__REQUEST__OP_OBJECT_CHANGED] = on_changed,       \
            [WIRE__REQUEST__OP_VALUE_SET] = on_set,                \
            [WIRE__REQUEST__OP_VALUE_GET] = on_get,                \
            [WIRE__REQUEST__OP_VALUE_ADD] = adding,                \
            [WIRE__REQUEST__OP_VALUE_SWAP] = on_swap,              \
        },                                                         \
    }

const struct handlers fakelock_handlers = FAKE_HANDLERS(on_add);
const struct handlers fakelock_planted = FAKE_HANDLERS(on_add_planted);
