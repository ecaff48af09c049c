/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of the model of the synchronisation types as messages of the protocol. */
#include <string.h>

#include "ops_numbers.h"
#include "tests/support/sync_request.h"
#include "wire.pb-c.h"

void sync_message_init(struct sync_message *message)
{
    buf_init(&message->value);
}

void sync_message_free(struct sync_message *message)
{
    buf_free(&message->value);
}

void sync_value_put(struct buf *out, int64_t value)
{
    if (value % 2 == 0)
        val_put_int(out, value / 2);
    else
        val_put_float(out, (double)(value / 2));
}

/* ---- objects ---- */

static ProtobufCBinaryData number_put(struct buf *out, uint64_t number)
{
    val_put_int(out, (int64_t)number);
    return world_bytes(buf_bytes(out));
}

static void create_numbers(Wire__ObjectCreate *in, struct buf *out,
                           const struct sync_params *params)
{
    if (params->type == TYPE_QUEUE || params->type == TYPE_PIPE) {
        in->has_maxsize = params->number != 0;
        in->maxsize = params->number;
    } else if (params->type == TYPE_SEMAPHORE || params->type == TYPE_BARRIER) {
        in->has_init = true;
        in->init = number_put(out, params->number);
    } else if (params->type == TYPE_EVENT && params->set) {
        val_put_bool(out, true);
        in->has_init = true;
        in->init = world_bytes(buf_bytes(out));
    }
}

const ProtobufCMessage *sync_message_create(struct sync_message *message, unsigned object,
                                            const struct sync_params *params)
{
    static const char *const kinds[] = {"fifo", "lifo", "priority"};
    Wire__ObjectCreate in = WIRE__OBJECT_CREATE__INIT;
    buf_reset(&message->value, SIZE_MAX);
    in.has_type = in.has_name = true;
    in.type = world_text(type_name(params->type));
    in.name = world_text(sync_object_name(object));
    create_numbers(&in, &message->value, params);
    in.has_kind = params->type == TYPE_QUEUE;
    in.kind = world_text(kinds[params->kind]);
    in.has_bounded = in.bounded = params->bounded;
    in.has_one_way = in.one_way = params->one_way;
    in.has_lock = params->lock != SYNC_NOBODY;
    in.lock = world_text(in.has_lock ? sync_object_name((unsigned)params->lock) : "");
    in.has_patience_ms = params->patience_ms != 0;
    in.patience_ms = params->patience_ms;
    _Static_assert(sizeof in <= sizeof message->room, "room for any message");
    memcpy(message->room, &in, sizeof in);
    return (const ProtobufCMessage *)(const void *)message->room;
}

const ProtobufCMessage *sync_message_delete(struct sync_message *message, unsigned object)
{
    Wire__ObjectDelete in = WIRE__OBJECT_DELETE__INIT;
    in.has_name = in.has_force = in.force = true;
    in.name = world_text(sync_object_name(object));
    memcpy(message->room, &in, sizeof in);
    return (const ProtobufCMessage *)(const void *)message->room;
}

/* ---- requests ---- */

static ProtobufCBinaryData values_put(struct sync_message *message, const struct sync_request *r,
                                      bool list)
{
    struct buf *out = &message->value;
    buf_reset(out, SIZE_MAX);
    if (!list) {
        sync_value_put(out, r->values[0]);
        return world_bytes(buf_bytes(out));
    }
    size_t mark = val_open(out, VAL_LIST);
    for (unsigned i = 0; i < r->count; i++) {
        size_t item = val_open_item(out);
        sync_value_put(out, r->values[i]);
        val_close(out, item);
    }
    val_close(out, mark);
    return world_bytes(buf_bytes(out));
}

struct field {
    bool given;
    uint64_t number;
    ProtobufCBinaryData bytes;
};

static struct field field_of(struct sync_message *message, const struct sync_request *r,
                             const char *name)
{
    const struct {
        const char *name;
        bool given;
        uint64_t number;
    } numbers[] = {
        {"token", r->has_token, r->token},
        {"any", r->any, true},
        {"permits", r->has_permits, r->permits},
        {"count", r->has_permits, r->permits},
        {"reserve", r->reserve, true},
        {"immediate", r->immediate, true},
        {"delay_ms", r->delay_ms != 0, r->delay_ms},
        {"reacquire_ms", r->then_ms != UINT64_MAX, r->then_ms},
        {"lease_ms", r->has_permits, r->permits * 1000},
        {"end", true, r->end},
    };
    struct field field = {.given = true};
    if (strcmp(name, "name") == 0) {
        field.bytes = world_text(sync_object_name(r->object));
    } else if (strcmp(name, "to") == 0) {
        field.given = r->has_to;
        field.bytes = world_text(sync_object_name(r->to));
    } else if (strcmp(name, "value") == 0 || strcmp(name, "items") == 0) {
        field.bytes = values_put(message, r, *name == 'i');
    } else {
        field.given = false;
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            if (strcmp(name, numbers[i].name) == 0) {
                field.given = numbers[i].given;
                field.number = numbers[i].number;
            }
        }
    }
    return field;
}

static void field_set(char *in, const struct arg_row *arg, const struct field *field)
{
    protobuf_c_boolean yes = true;
    if (!field->given)
        return;
    memcpy(in + arg->has, &yes, sizeof yes);
    switch (arg->kind) {
    case ARG_VALUE:
    case ARG_STRING:
    case ARG_BYTES:
        memcpy(in + arg->offset, &field->bytes, sizeof field->bytes);
        break;
    case ARG_BOOL:
        memcpy(in + arg->offset, &yes, sizeof yes);
        break;
    default:
        memcpy(in + arg->offset, &field->number, arg->size); /* the low part comes first */
    }
}

const ProtobufCMessage *sync_message_request(struct sync_message *message,
                                             const struct sync_request *r)
{
    const struct op_row *op = op_row(r->op);
    must(op->message->sizeof_message <= sizeof message->room);
    protobuf_c_message_init(op->message, message->room);
    for (unsigned i = 0; i < op->arg_count; i++) {
        const struct field field = field_of(message, r, op->args[i].name);
        field_set((char *)message->room, &op->args[i], &field);
    }
    return (const ProtobufCMessage *)(const void *)message->room;
}
