/* SPDX-License-Identifier: BSD-2-Clause */
/* Made-up object types, and an engine to put them in. */
#include "tests/support/fakes.h"

#include <string.h>

#include "daemon/engine/gc.h"
#include "daemon/engine/reader.h"
#include "daemon/engine/writer.h"
#include "wire.pb-c.h"

/* ---- the box ---- */

static bool extra_sweep(struct mem *mem, struct trash *trash, size_t budget)
{
    (void)budget;
    mem_free(mem, trash, FAKE_BOX_BYTES);
    return false;
}

static int box_create(struct ctx *ctx, struct object *object, const Wire__ObjectCreate *in)
{
    struct fake_box *box = (struct fake_box *)object;
    struct bytes init = bytes_of(in->init.data, in->init.len);
    struct val value = val_read(init);
    if (value.kind == VAL_STR && bytes_equal(value.body, bytes_text("bad")))
        return fail(ctx, ERR_VALUE, "a bad box");
    box->typecode = in->typecode.len > 0 ? in->typecode.data[0] : 0;
    box->extra = mem_alloc(ctx_mem(ctx), FAKE_BOX_BYTES);
    if (box->extra == NULL)
        return fail_nomem(ctx);
    if (init.len > 0 && refs_reserve(ctx, object, init) != 0) {
        mem_free(ctx_mem(ctx), box->extra, FAKE_BOX_BYTES);
        return -1;
    }
    box->extra->sweep = extra_sweep;
    if (init.len > 0)
        refs_add(ctx, object, init);
    return 0;
}

static void box_destroy(struct engine *engine, struct object *object)
{
    engine_discard(engine, ((struct fake_box *)object)->extra);
}

static bool box_differs(const struct object *object, const Wire__ObjectCreate *in, struct buf *why)
{
    const struct fake_box *box = (const struct fake_box *)object;
    uint8_t wanted = in->typecode.len > 0 ? in->typecode.data[0] : 0;
    if (wanted == box->typecode)
        return false;
    buf_printf(why, "typecode '%c', not '%c'", box->typecode, wanted);
    return true;
}

static void box_save(const struct object *object, struct writer *out)
{
    writer_u64(out, ((const struct fake_box *)object)->typecode);
}

static bool box_load(struct engine *engine, struct object *object, struct reader *in)
{
    struct fake_box *box = (struct fake_box *)object;
    box->typecode = (uint8_t)reader_u64_max(in, UINT8_MAX);
    box->extra = mem_alloc(engine_mem(engine), FAKE_BOX_BYTES);
    if (box->extra == NULL)
        return reader_nomem(in);
    box->extra->sweep = extra_sweep;
    return reader_ok(in);
}

static const struct object_ops box_ops[] = {
    {.type = TYPE_LIST,
     .size = sizeof(struct fake_box),
     .create = box_create,
     .destroy = box_destroy,
     .save = box_save,
     .load = box_load},
    {.type = TYPE_DICT,
     .size = sizeof(struct fake_box),
     .create = box_create,
     .destroy = box_destroy,
     .save = box_save,
     .load = box_load},
    {.type = TYPE_ARRAY,
     .size = sizeof(struct fake_box),
     .params = PARAM_TYPECODE,
     .create = box_create,
     .destroy = box_destroy,
     .differs = box_differs,
     .save = box_save,
     .load = box_load},
};

/* ---- the engine ---- */

void fakes_handlers(struct handlers *handlers)
{
    *handlers = (struct handlers){.version = ENGINE_VERSION};
    for (size_t i = 0; i < sizeof box_ops / sizeof box_ops[0]; i++)
        handlers->types[box_ops[i].type] = &box_ops[i];
}

void fakes_init(struct fakes *f)
{
    struct engine_options options = {.limits = {.frame_bytes = 1 << 20, .window = 16}};
    memset(f, 0, sizeof *f);
    fakes_handlers(&f->handlers);
    f->now_ms = 1000;
    f->engine = engine_new(&f->handlers, &options);
    ck_assert_ptr_nonnull(f->engine);
}

void fakes_free(struct fakes *f)
{
    engine_free(f->engine);
    f->engine = NULL;
}

struct ctx *fakes_ctx(struct fakes *f)
{
    if (f->ctx.effect) {
        ctx_step(&f->ctx);
        f->ctx.replied = true;
        wake_marked(&f->ctx);
    }
    f->ctx = (struct ctx){
        .engine = f->engine,
        .session = f->session,
        .now_ms = f->now_ms,
        .revision = f->engine->revision + 1,
        .work = {.left = UINT64_MAX},
    };
    return &f->ctx;
}

struct session *fakes_session(struct fakes *f)
{
    struct session_open open = {.window = 1};
    struct ctx *ctx = fakes_ctx(f);
    open.token_hash[0] = ++f->sessions;
    ctx->effect = true;
    struct session *session = session_new(f->engine, ctx->revision, &open, f->now_ms);
    ck_assert_ptr_nonnull(session);
    return session;
}

/* ---- commands ---- */

ProtobufCBinaryData fake_text(const char *text)
{
    return (ProtobufCBinaryData){strlen(text), (uint8_t *)(uintptr_t)text};
}

struct bytes fake_refs(const uint64_t *ids, size_t count)
{
    static uint8_t room[1 << 16];
    struct buf b = {.data = room, .cap = sizeof room, .limit = sizeof room};
    size_t mark = val_open(&b, VAL_LIST);
    for (size_t i = 0; i < count; i++) {
        size_t item = val_open_item(&b);
        val_put_ref(&b, ids[i]);
        val_close(&b, item);
    }
    val_close(&b, mark);
    ck_assert(!b.failed);
    return buf_bytes(&b);
}

struct object *fake_create_from(struct fakes *f, const Wire__ObjectCreate *in)
{
    return object_create_new(fakes_ctx(f), in);
}

struct object *fake_create(struct fakes *f, const char *type, const char *name)
{
    Wire__ObjectCreate in = WIRE__OBJECT_CREATE__INIT;
    in.type = fake_text(type);
    if (name != NULL) {
        in.has_name = true;
        in.name = fake_text(name);
    }
    return fake_create_from(f, &in);
}

int fakes_put(struct fakes *f, struct object *from, uint64_t to)
{
    struct ctx *ctx = fakes_ctx(f);
    struct bytes value = fake_refs(&to, 1);
    if (refs_reserve(ctx, from, value) != 0)
        return -1;
    refs_add(ctx, from, value);
    ctx->effect = true;
    return 0;
}

void fakes_drop(struct fakes *f, struct object *from, uint64_t to)
{
    struct ctx *ctx = fakes_ctx(f);
    refs_drop(ctx, from, fake_refs(&to, 1));
    ctx->effect = true;
}

int fakes_hold(struct fakes *f, struct session *session, struct object *object)
{
    return object_hold_by(fakes_ctx(f), session, object);
}

bool fakes_unhold(struct fakes *f, struct session *session, struct object *object)
{
    return object_unhold_by(fakes_ctx(f), session, object);
}

void fakes_destroy(struct fakes *f, struct object *object)
{
    object_destroy(fakes_ctx(f), object);
}

void fakes_wait(struct fakes *f, uint64_t ms)
{
    struct timer *timer;
    f->now_ms += ms;
    struct ctx *ctx = fakes_ctx(f);
    while ((timer = timers_first(&f->engine->timers)) != NULL && timer->at_ms <= f->now_ms) {
        ctx->effect = true;
        timer_fire(ctx, timer);
    }
}

bool fakes_gc(struct fakes *f, size_t work)
{
    return gc_run_some(fakes_ctx(f), work);
}

bool fakes_alive(const struct fakes *f, uint64_t id)
{
    return object_by_id(f->engine, id) != NULL;
}
