/* SPDX-License-Identifier: BSD-2-Clause */
/* Strict, zero-copy decoding of messages, driven by protobuf-c's generated descriptors.
 *
 * The schema's view has no repeated field and no message below an operation, and every singular
 * field has a has_ member or the case of its oneof. So one pass without any bookkeeping fills the
 * generated structs, sees every duplicate, and takes no memory but one operation's struct. */
#include "wire/decode.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "wire/frame.h"

enum {
    ARENA_ALIGN = 16,
    TAG_BYTES_MAX = 5,
    WIRE_GROUP_START = 3, /* not in this protocol */
    WIRE_GROUP_END = 4,
};

/* has_ members and the cases of oneofs are set alike. */
static_assert(sizeof(protobuf_c_boolean) == sizeof(int), "has_ is an int");
static_assert(sizeof(Wire__Request__OpCase) == sizeof(int), "a oneof's case is an int");

#define OP(type, method, class, flags, help)                                                    \
    static_assert(sizeof(*((Wire__Request *)0)->type##_##method) <= DECODE_ARENA - ARENA_ALIGN, \
                  #type " " #method ": larger than DECODE_ARENA");
#include "wire/ops.def"
#undef OP

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    enum decode_mode mode;
    struct arena *arena;
    struct decode_error *error;
};

__attribute__((cold, format(printf, 3, 4))) static enum decode_status fail(
    const struct reader *r, enum decode_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(r->error->text, sizeof(r->error->text), format, args);
    va_end(args);
    return status;
}

static inline bool read_varint(struct reader *r, uint64_t *value)
{
    int n;

    if (r->at < r->end && *r->at < 0x80) {
        *value = *r->at++;
        return true;
    }
    n = varint_read(r->at, r->end, value);
    if (n <= 0)
        return false;
    r->at += n;
    return true;
}

/* A length and that many bytes. */
static inline bool read_run(struct reader *r, struct bytes *run)
{
    uint64_t len;

    if (!read_varint(r, &len) || len > (uint64_t)(r->end - r->at))
        return false;
    *run = bytes_of(r->at, (size_t)len);
    r->at += len;
    return true;
}

static inline bool read_tag(struct reader *r, uint32_t *number, unsigned *wire_type)
{
    uint64_t tag = 0;
    unsigned shift = 0;
    uint8_t byte;

    do {
        if (r->at == r->end || shift == 7 * TAG_BYTES_MAX)
            return false;
        byte = *r->at++;
        tag |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte >= 0x80);
    *number = (uint32_t)(tag >> 3);
    *wire_type = tag & 7;
    return *number != 0 && tag <= UINT32_MAX;
}

/* The last range that starts at or before number: operations have one, Request one per type. */
static inline const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *message,
                                                         uint32_t number)
{
    const ProtobufCIntRange *ranges = message->field_ranges;
    unsigned low = 0;
    unsigned high = message->n_field_ranges;
    uint32_t at;

    if (high == 0)
        return NULL;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;

        if (number < (uint32_t)ranges[middle].start_value)
            high = middle;
        else
            low = middle;
    }
    /* Wraps to something huge when number is before the first range. */
    at = number - (uint32_t)ranges[low].start_value;
    if (at >= ranges[low + 1].orig_index - ranges[low].orig_index)
        return NULL;
    return &message->fields[ranges[low].orig_index + at];
}

/* Checks that the field was not given before and marks it as given. */
static inline enum decode_status claim_field(const struct reader *r,
                                             const ProtobufCFieldDescriptor *field, void *message)
{
    char *quantifier = (char *)message + field->quantifier_offset;
    bool in_oneof = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    int given;

    memcpy(&given, quantifier, sizeof(given));
    if (given == 0) {
        given = in_oneof ? (int)field->id : 1;
        memcpy(quantifier, &given, sizeof(given));
        return DECODE_OK;
    }
    if (!in_oneof || given == (int)field->id)
        return fail(r, DECODE_INVALID, "field '%s' is given twice", field->name);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return fail(r, DECODE_INVALID, "'%s' is a second operation or result", field->name);
    return fail(r, DECODE_INVALID, "field '%s' excludes another one that is given", field->name);
}

static inline enum decode_status read_scalar(struct reader *r,
                                             const ProtobufCFieldDescriptor *field, void *member)
{
    uint64_t value;
    uint32_t narrow;
    protobuf_c_boolean truth;

    if (!read_varint(r, &value))
        return fail(r, DECODE_HARD, "field '%s': bad varint", field->name);
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT32:
        if (value > UINT32_MAX)
            return fail(r, DECODE_INVALID, "field '%s': out of range", field->name);
        narrow = (uint32_t)value;
        memcpy(member, &narrow, sizeof(narrow));
        break;
    case PROTOBUF_C_TYPE_BOOL:
        if (value > 1)
            return fail(r, DECODE_INVALID, "field '%s': not a bool", field->name);
        truth = value == 1;
        memcpy(member, &truth, sizeof(truth));
        break;
    default: /* uint64 and int64: the same bits */
        memcpy(member, &value, sizeof(value));
        break;
    }
    return DECODE_OK;
}

static void *arena_take(struct arena *arena, size_t size)
{
    size_t pad = -(uintptr_t)(arena->base + arena->used) & (ARENA_ALIGN - 1);
    void *taken;

    if (pad > arena->cap - arena->used || size > arena->cap - arena->used - pad)
        return NULL;
    taken = arena->base + arena->used + pad;
    arena->used += pad + size;
    return taken;
}

static enum decode_status read_message(struct reader *r,
                                       const ProtobufCMessageDescriptor *descriptor, void *message);

/* Recursion ends with the view's descriptors, which are two levels deep. */
static inline enum decode_status read_submessage(const struct reader *r, struct bytes run,
                                                 const ProtobufCFieldDescriptor *field,
                                                 void *member)
{
    const ProtobufCMessageDescriptor *descriptor = field->descriptor;
    struct reader inner = *r;
    void *message = arena_take(r->arena, descriptor->sizeof_message);

    if (message == NULL)
        return fail(r, DECODE_NOMEM, "no memory for '%s'", field->name);
    descriptor->message_init(message);
    memcpy(member, &message, sizeof(message));
    inner.at = run.data;
    inner.end = run.data + run.len;
    return read_message(&inner, descriptor, message);
}

static inline enum decode_status read_field(struct reader *r, const ProtobufCFieldDescriptor *field,
                                            unsigned wire_type, void *message)
{
    void *member = (char *)message + field->offset;
    bool delimited = field->type == PROTOBUF_C_TYPE_BYTES || field->type == PROTOBUF_C_TYPE_MESSAGE;
    ProtobufCBinaryData data;
    enum decode_status status;
    struct bytes run;

    if (wire_type !=
        (delimited ? PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED : PROTOBUF_C_WIRE_TYPE_VARINT))
        return fail(r, DECODE_INVALID, "field '%s' has the wrong wire type", field->name);
    status = claim_field(r, field, message);
    if (status != DECODE_OK)
        return status;
    if (!delimited)
        return read_scalar(r, field, member);
    if (!read_run(r, &run))
        return fail(r, DECODE_HARD, "field '%s' is longer than its message", field->name);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return read_submessage(r, run, field, member);
    /* protobuf-c has no type for bytes that are only read. */
    data.len = run.len;
    data.data = (uint8_t *)(uintptr_t)run.data;
    memcpy(member, &data, sizeof(data));
    return DECODE_OK;
}

static enum decode_status skip_field(struct reader *r, unsigned wire_type)
{
    struct bytes run;
    uint64_t value;
    size_t fixed = wire_type == PROTOBUF_C_WIRE_TYPE_32BIT ? 4 : 8;

    if (wire_type == PROTOBUF_C_WIRE_TYPE_VARINT && read_varint(r, &value))
        return DECODE_OK;
    if (wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED && read_run(r, &run))
        return DECODE_OK;
    if ((wire_type == PROTOBUF_C_WIRE_TYPE_32BIT || wire_type == PROTOBUF_C_WIRE_TYPE_64BIT) &&
        fixed <= (size_t)(r->end - r->at)) {
        r->at += fixed;
        return DECODE_OK;
    }
    return fail(r, DECODE_HARD, "an unknown field is truncated");
}

static enum decode_status unknown_field(struct reader *r, unsigned wire_type, uint32_t number,
                                        const ProtobufCMessageDescriptor *descriptor)
{
    if (r->mode == DECODE_TOLERANT)
        return skip_field(r, wire_type);
    if (descriptor == &wire__request__descriptor && number >= WIRE__REQUEST__OP_SERVER_PING)
        return fail(r, DECODE_UNKNOWN, "unknown operation %u", number);
    return fail(r, DECODE_UNKNOWN, "unknown field %u in %s", number, descriptor->short_name);
}

static enum decode_status read_message(struct reader *r,
                                       const ProtobufCMessageDescriptor *descriptor, void *message)
{
    while (r->at != r->end) {
        const ProtobufCFieldDescriptor *field;
        enum decode_status status;
        uint32_t number;
        unsigned wire_type;

        if (!read_tag(r, &number, &wire_type))
            return fail(r, DECODE_HARD, "bad tag in %s", descriptor->short_name);
        if (wire_type > PROTOBUF_C_WIRE_TYPE_32BIT || wire_type == WIRE_GROUP_START ||
            wire_type == WIRE_GROUP_END)
            return fail(r, DECODE_HARD, "wire type %u in %s", wire_type, descriptor->short_name);
        field = find_field(descriptor, number);
        status = field != NULL ? read_field(r, field, wire_type, message)
                               : unknown_field(r, wire_type, number, descriptor);
        if (status != DECODE_OK)
            return status;
    }
    return DECODE_OK;
}

enum decode_status decode_request(struct bytes body, struct arena *arena, Wire__Request *request,
                                  struct decode_error *error)
{
    struct reader r = {body.data, body.data + body.len, DECODE_STRICT, arena, error};
    enum decode_status status;

    wire__request__init(request);
    status = read_message(&r, &wire__request__descriptor, request);
    if (status == DECODE_OK && request->op_case == WIRE__REQUEST__OP__NOT_SET)
        status = fail(&r, DECODE_INVALID, "a request without an operation");
    if (status == DECODE_OK && request->id == 0)
        return fail(&r, DECODE_HARD, "a request without an id");
    return request->id == 0 ? DECODE_HARD : status;
}

enum decode_status decode_response(struct bytes body, struct arena *arena, Wire__Response *response,
                                   struct decode_error *error)
{
    struct reader r = {body.data, body.data + body.len, DECODE_TOLERANT, arena, error};

    wire__response__init(response);
    return read_message(&r, &wire__response__descriptor, response);
}
