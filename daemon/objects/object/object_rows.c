/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows that describe objects, their owners and their waiters. */
#include "daemon/objects/object/object_rows.h"

#include <inttypes.h>

#include "daemon/engine/session.h"

void field_put_id(struct buf *out, const char *key, uint64_t id)
{
    char text[24];
    struct buf number = {.data = (uint8_t *)text, .cap = sizeof text, .limit = sizeof text};
    buf_printf(&number, "%" PRIu64, id);
    val_put_field_str(out, key, buf_bytes(&number));
}

void field_put_name(struct buf *out, const char *key, const struct object *object)
{
    uint8_t room[300];
    struct buf name = {.data = room, .cap = sizeof room, .limit = sizeof room};
    object_put_name(object, &name);
    val_put_field_str(out, key, buf_bytes(&name));
}

void field_put_age(const struct ctx *ctx, struct buf *out, const char *key, uint64_t since_ms)
{
    val_put_field_uint(out, key, ctx->now_ms > since_ms ? ctx->now_ms - since_ms : 0);
}

void object_row_put(const struct ctx *ctx, const struct object *object, struct buf *out)
{
    field_put_name(out, "name", object);
    val_put_field_text(out, "type", type_name(object->ops->type));
    if (object->ops->length != NULL)
        val_put_field_uint(out, "length", object->ops->length(object));
    else
        val_put_field(out, "length", VAL_NONE_BYTES);
    field_put_id(out, "revision", object->changed_at);
    field_put_age(ctx, out, "idle_ms", object->changed_ms);
    val_put_field_uint(out, "holders", object->hold_count);
    val_put_field_uint(out, "waiters", object->waiter_count);
    val_put_field_uint(out, "grants", object->grant_count);
}

void field_put_operation(struct buf *out, const struct waiter *waiter)
{
    const struct op_row *op = op_row(waiter->op);
    uint8_t room[80];
    struct buf text = {.data = room, .cap = sizeof room, .limit = sizeof room};
    buf_put_text(&text, op->type);
    buf_put_u8(&text, ' ');
    buf_put_text(&text, op->method);
    val_put_field_str(out, "operation", buf_bytes(&text));
}

void fields_put_times(const struct ctx *ctx, struct buf *out, const struct waiter *waiter)
{
    field_put_age(ctx, out, "waited_ms", waiter->since_ms);
    if (waiter->deadline.slot != 0) {
        uint64_t at_ms = waiter->deadline.at_ms;
        val_put_field_uint(out, "left_ms", at_ms > ctx->now_ms ? at_ms - ctx->now_ms : 0);
    } else {
        val_put_field(out, "left_ms", VAL_NONE_BYTES);
    }
    val_put_field_bool(out, "away", waiter->session->away);
}

void rows_open(struct rows *rows, struct buf *out, const char *key)
{
    rows->out = out;
    rows->pair = val_open_pair(out);
    size_t name = val_open_key(out);
    val_put_text(out, key);
    val_close(out, name);
    rows->member = val_open_member(out);
    rows->list = val_open(out, VAL_LIST);
}

void rows_close(struct rows *rows)
{
    val_close(rows->out, rows->list);
    val_close(rows->out, rows->member);
    val_close(rows->out, rows->pair);
}

void row_open(struct rows *rows)
{
    rows->item = val_open_item(rows->out);
    rows->dict = val_open(rows->out, VAL_DICT);
}

void row_close(struct rows *rows)
{
    val_close(rows->out, rows->dict);
    val_close(rows->out, rows->item);
}
