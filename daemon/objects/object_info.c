/* SPDX-License-Identifier: BSD-2-Clause */
/* What people are told about objects: info, rows of ls, who waits. */
#include <inttypes.h>

#include "daemon/engine/session.h"
#include "daemon/objects/arg.h"
#include "daemon/objects/object_rows.h"
#include "daemon/objects/prototypes.h"

enum { WAITS_ROWS = 10000 };

void field_put_id(struct buf *out, const char *key, uint64_t id)
{
    char text[24];
    struct buf number = {.data = (uint8_t *)text, .cap = sizeof(text), .limit = sizeof(text)};
    buf_printf(&number, "%" PRIu64, id);
    size_t pair = val_open_pair(out);
    size_t name = val_open_key(out);
    val_put_text(out, key);
    val_close(out, name);
    size_t value = val_open_member(out);
    val_put_str(out, buf_bytes(&number));
    val_close(out, value);
    val_close(out, pair);
}

static void field_put_str(struct buf *out, const char *key, struct bytes text)
{
    size_t pair = val_open_pair(out);
    size_t name = val_open_key(out);
    val_put_text(out, key);
    val_close(out, name);
    size_t value = val_open_member(out);
    val_put_str(out, text);
    val_close(out, value);
    val_close(out, pair);
}

static void field_put_name(struct buf *out, const char *key, const struct object *object)
{
    uint8_t room[300];
    struct buf name = {.data = room, .cap = sizeof(room), .limit = sizeof(room)};
    object_put_name(object, &name);
    field_put_str(out, key, buf_bytes(&name));
}

void object_row_put(const struct ctx *ctx, const struct object *object, struct buf *out)
{
    uint64_t now_ms = ctx->now_ms;
    field_put_name(out, "name", object);
    val_put_field_text(out, "type", type_name(object->ops->type));
    if (object->ops->length != NULL) {
        val_put_field_uint(out, "length", object->ops->length(object));
    } else {
        val_put_field(out, "length", VAL_NONE_BYTES);
    }
    field_put_id(out, "revision", object->changed_at);
    val_put_field_uint(out, "idle_ms",
                       now_ms > object->changed_ms ? now_ms - object->changed_ms : 0);
    val_put_field_uint(out, "holders", object->hold_count);
    val_put_field_uint(out, "waiters", object->waiter_count);
    val_put_field_uint(out, "grants", object->grant_count);
}

/* When it goes away. */
static const char *lifetime(const struct object *object)
{
    if (object->name == NULL) {
        return "it lives while a session holds it or a container refers to it";
    }
    if (object->ephemeral) {
        return "it lives while a session holds it";
    }
    return object->ttl_ms > 0 ? "it lives until ttl_ms after its last change, or until deleted"
                              : "it lives until it is deleted";
}

static void guarantees_put(const struct object *object, struct buf *out)
{
    uint8_t room[256];
    struct buf text = {.data = room, .cap = sizeof(room), .limit = sizeof(room)};
    buf_put_text(&text,
                 "in the memory of one daemon; each operation is atomic, and all clients see "
                 "one order of them; ");
    buf_put_text(&text, lifetime(object));
    buf_put_text(&text, "; what outlives the daemon: see server info");
    field_put_str(out, "guarantees", buf_bytes(&text));
}

int object_info(struct ctx *ctx, const Wire__ObjectInfo *in)
{
    const struct object *object = ctx->object;
    struct buf *out = ctx_scratch(ctx);
    size_t dict = val_open(out, VAL_DICT);
    (void)in;
    object_row_put(ctx, object, out);
    field_put_id(out, "id", object->id);
    val_put_field_uint(out, "watchers", object->watchers.count);
    val_put_field_uint(out, "references_in", object->referrers);
    val_put_field_uint(out, "references_out", edges_targets(object));
    val_put_field_bool(out, "ephemeral", object->ephemeral);
    if (object->ttl_ms > 0) {
        val_put_field_uint(out, "ttl_ms", object->ttl_ms);
    }
    if (object->principal.len > 0) {
        field_put_str(out, "principal", object->principal);
    }
    if (object->ops->info != NULL) {
        object->ops->info(object, out);
    }
    guarantees_put(object, out);
    val_close(out, dict);
    return reply_scratch(ctx);
}

/* ---- who waits for what ---- */

static void waiter_put(const struct ctx *ctx, const struct waiter *waiter, struct buf *out)
{
    uint64_t now_ms = ctx->now_ms;
    size_t item = val_open_item(out);
    size_t row = val_open(out, VAL_DICT);
    field_put_name(out, "object", waiter->object);
    val_put_field_text(out, "type", type_name(waiter->object->ops->type));
    val_put_field_text(out, "for", waiter->queue == &waiter->object->watchers ? "change" : "turn");
    field_put_id(out, "session", waiter->session->id);
    field_put_str(out, "client", waiter->session->client);
    field_put_id(out, "id", waiter->id);
    field_put_id(out, "holder", waiter->holder);
    val_put_field_uint(out, "waited_ms", now_ms > waiter->since_ms ? now_ms - waiter->since_ms : 0);
    if (waiter->deadline.slot != 0) {
        uint64_t at_ms = waiter->deadline.at_ms;
        val_put_field_uint(out, "left_ms", at_ms > now_ms ? at_ms - now_ms : 0);
    } else {
        val_put_field(out, "left_ms", VAL_NONE_BYTES);
    }
    val_close(out, row);
    val_close(out, item);
}

/* Of one object, oldest first. */
static void waits_of_object(const struct ctx *ctx, const struct object *object, struct buf *out)
{
    size_t rows = 0;
    for (const struct waiter *waiter = object->waiters; waiter != NULL && rows < WAITS_ROWS;
         waiter = waiter->object_next) {
        waiter_put(ctx, waiter, out);
        rows++;
    }
}

/* Of all, session by session. */
static void waits_of_all(const struct ctx *ctx, struct buf *out)
{
    size_t rows = 0;
    uint64_t id = 0;
    while (rows < WAITS_ROWS && engine_session_next(ctx->engine, &id)) {
        const struct waiter *waiter = session_find(ctx->engine, id)->waiters;
        for (; waiter != NULL && rows < WAITS_ROWS; waiter = waiter->session_next) {
            waiter_put(ctx, waiter, out);
            rows++;
        }
    }
}

int object_waits(struct ctx *ctx, const Wire__ObjectWaits *in)
{
    const struct object *object = NULL;
    if (in->name.len > 0) {
        object = object_find(ctx, arg(in->name));
        if (object == NULL) {
            return -1;
        }
    }
    struct buf *out = ctx_scratch(ctx);
    size_t list = val_open(out, VAL_LIST);
    if (object != NULL) {
        waits_of_object(ctx, object, out);
    } else {
        waits_of_all(ctx, out);
    }
    val_close(out, list);
    return reply_scratch(ctx);
}
