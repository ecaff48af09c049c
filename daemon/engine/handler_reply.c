/* SPDX-License-Identifier: BSD-2-Clause */
/* What a handler answers. A read borrows; a command keeps its reply where a resend will find it,
 * and takes the memory for that before anything is changed. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "daemon/engine/state.h"
#include "wire/literal/literal.h"

enum {
    TEXT_MAX = 512,        /* bytes of an error's message */
    TEXT_KEEP = 4096,      /* memory kept for texts between commands */
    KEY_SHOWN = 200,       /* bytes of a value that are shown in the message */
    KEY_PRINTED = 1024,    /* that are printed at most, to show those: never all of a long one */
    DETAIL_MAX = 64 << 10, /* bytes of a key that is sent back */
    REPLY_HEAD = 64,       /* bytes of a frame around a result, and the result's own head */
};

/* Cuts a text that was truncated in the middle of a character. */
static size_t text_cut(const char *text, size_t len)
{
    size_t at = len;
    while (at > 0 && ((unsigned char)text[at - 1] & 0xC0) == 0x80)
        at--;
    if (at > 0 && (unsigned char)text[at - 1] >= 0xC0)
        at--;
    return at;
}

/* Where the objects of errors come from: dict "d". */
static void put_object(const struct object *object, struct buf *out)
{
    const char *type = type_name(object->ops->type);
    buf_put_text(out, type == NULL ? "object" : type);
    buf_put_text(out, " \"");
    object_put_name(object, out);
    buf_put_u8(out, '"');
}

/* The message, and behind it the object's name, in one buffer. No memory: the code says enough. */
static void fail_text(struct ctx *ctx, enum mgr_code code, struct bytes message)
{
    struct buf *text = &ctx->engine->text;
    buf_reset(text, TEXT_KEEP);
    buf_put_bytes(text, message);
    if (ctx->object != NULL)
        put_object(ctx->object, text);
    ctx->result = (struct result){.kind = RESULT_ERROR, .code = code};
    if (text->failed) {
        ctx->result.message = bytes_text(error_row(code)->meaning);
        return;
    }
    ctx->result.message = bytes_of(text->data, message.len);
    if (ctx->object != NULL)
        ctx->result.object = bytes_of(text->data + message.len, text->len - message.len);
}

int fail(struct ctx *ctx, enum mgr_code code, const char *format, ...)
{
    char message[TEXT_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    size_t used = len < 0 ? 0 : (size_t)len;
    if (used >= sizeof message)
        used = text_cut(message, sizeof message - 1);
    fail_text(ctx, code, bytes_of(message, used));
    return -1;
}

int fail_value(struct ctx *ctx, enum mgr_code code, struct bytes value, const char *said)
{
    struct buf repr;
    buf_init(&repr);
    repr.limit = KEY_PRINTED;
    literal_print_python(value, NULL, &repr);
    if (repr.failed && !repr.full) {
        fail(ctx, code, "a value of %zu bytes%s", value.len, said);
    } else if (repr.failed || repr.len > KEY_SHOWN) {
        size_t shown = repr.len < KEY_SHOWN ? repr.len : KEY_SHOWN;
        fail(ctx, code, "%.*s...%s", (int)text_cut((const char *)repr.data, shown),
             (const char *)repr.data, said);
    } else {
        fail(ctx, code, "%.*s%s", (int)repr.len, (const char *)repr.data, said);
    }
    buf_free(&repr);
    return -1;
}

int fail_key(struct ctx *ctx, struct bytes key)
{
    fail_value(ctx, ERR_KEY, key, "");
    if (key.len <= DETAIL_MAX)
        ctx->result.value = key;
    return -1;
}

int fail_key_text(struct ctx *ctx, const char *text)
{
    struct buf *out = ctx_scratch(ctx);
    val_put_text(out, text);
    return out->failed ? fail_nomem(ctx) : fail_key(ctx, buf_bytes(out));
}

int fail_nomem(struct ctx *ctx)
{
    ctx->result = (struct result){
        .kind = RESULT_ERROR,
        .code = ERR_NOMEM,
        .message = bytes_text(error_row(ERR_NOMEM)->meaning),
    };
    return -1;
}

static int fail_too_large(struct ctx *ctx, size_t size)
{
    return fail(ctx, ERR_TOO_LARGE,
                "the reply of %zu bytes does not fit in a frame: read it in parts (scan, range)",
                size);
}

/* Copies the result to ctx->reply, where its value is from now on. */
static int reply_keep(struct ctx *ctx)
{
    size_t size = reply_result_size(&ctx->result);
    uint8_t *room = NULL;
    saved_free(ctx->engine, &ctx->reply);
    if (size > SLOT_INLINE) {
        room = mem_alloc(ctx_mem(ctx), size);
        if (room == NULL)
            return fail_nomem(ctx);
    }
    saved_put(&ctx->reply, &ctx->result, room, (uint32_t)(room == NULL ? 0 : size));
    struct bytes kept = saved_bytes(&ctx->reply);
    /* a Value is the last thing in its member */
    ctx->result.value.data = kept.data + (kept.len - ctx->result.value.len);
    return 0;
}

int reply_value(struct ctx *ctx, struct bytes value)
{
    size_t limit = ctx_limits(ctx)->frame_bytes;
    if (limit <= REPLY_HEAD || value.len > limit - REPLY_HEAD)
        return fail_too_large(ctx, value.len);
    ctx->result.kind = RESULT_VALUE; /* nothing else of it is looked at then */
    ctx->result.value = value;
    return ctx->reading ? 0 : reply_keep(ctx);
}

/* Whether the scratch buffer holds what was built in it; else fail() was called. */
static bool scratch_done(struct ctx *ctx)
{
    const struct buf *scratch = &ctx->engine->scratch;
    if (!scratch->failed)
        return true;
    if (scratch->full) {
        fail(ctx, ERR_TOO_LARGE,
             "the reply does not fit in a frame: read it in parts (scan, range)");
    } else {
        fail_nomem(ctx);
    }
    return false;
}

int reply_scratch(struct ctx *ctx)
{
    return scratch_done(ctx) ? reply_value(ctx, buf_bytes(&ctx->engine->scratch)) : -1;
}

int reply_page(struct ctx *ctx, struct bytes cursor)
{
    struct buf *text = &ctx->engine->text;
    assert(ctx->reading);
    buf_reset(text, TEXT_KEEP);
    buf_put_bytes(text, cursor);
    if (text->failed)
        return fail_nomem(ctx);
    if (reply_scratch(ctx) != 0)
        return -1;
    ctx->result.kind = RESULT_PAGE;
    ctx->result.cursor = buf_bytes(text);
    return 0;
}

int reply_int(struct ctx *ctx, int64_t value)
{
    struct buf *scratch = ctx_scratch(ctx);
    val_put_int(scratch, value);
    return reply_scratch(ctx);
}

int reply_uint(struct ctx *ctx, uint64_t value)
{
    struct buf *scratch = ctx_scratch(ctx);
    val_put_uint(scratch, value);
    return reply_scratch(ctx);
}
