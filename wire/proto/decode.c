/* SPDX-License-Identifier: BSD-2-Clause */
/* Strict, zero-copy decoding of messages, driven by protobuf-c's generated descriptors.
 *
 * In the schema's proto2 view no field is repeated, no operation contains a message, and every
 * singular field has a has_ member or is the case of a oneof. So one pass without bookkeeping
 * fills the generated structs, detects every duplicate, and allocates nothing but one
 * operation's struct. */
#include "wire/proto/decode.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "wire.pb-c.h"
#include "wire/base/frame.h"
#include "wire/proto/ops.h"

enum {
    ARENA_ALIGN = 16,
    TAG_BYTES_MAX = 5,
    WIRE_GROUP_START = 3, /* not used by this protocol */
    WIRE_GROUP_END = 4,
};

/* has_ members and oneof cases are set through the same type. */
static_assert(sizeof(protobuf_c_boolean) == sizeof(int), "has_ is an int");
static_assert(sizeof(Wire__Request__OpCase) == sizeof(int), "a oneof's case is an int");

#define OP(type, method, class, flags, help)                                                    \
    static_assert(sizeof(*((Wire__Request *)0)->type##_##method) <= DECODE_ARENA - ARENA_ALIGN, \
                  #type " " #method ": larger than DECODE_ARENA");
#include "wire/proto/ops.def"
#undef OP

/* What stays constant while one message is read. */
struct decoder {
    enum decode_mode mode;
    struct arena *arena;
    struct decode_error *error;
    struct bytes *inner; /* set to the last message inside the message, still encoded; or NULL */
};

__attribute__((cold, format(printf, 3, 4))) static enum decode_status fail(
    const struct decoder *d, enum decode_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(d->error->text, sizeof d->error->text, format, args);
    va_end(args);
    return status;
}

/* The readers below return the position after what they read; NULL: the bytes are malformed. */

static inline const uint8_t *read_varint(const uint8_t *at, const uint8_t *end, uint64_t *value)
{
    int n = varint_read(at, end, value);
    return n > 0 ? at + n : NULL;
}

/* Reads a length and that many bytes. */
static inline const uint8_t *read_run(const uint8_t *at, const uint8_t *end, struct bytes *run)
{
    uint64_t len;
    at = read_varint(at, end, &len);
    if (at == NULL || len > (uint64_t)(end - at))
        return NULL;
    *run = bytes_of(at, (size_t)len);
    return at + len;
}

/* Reads a tag of more than one byte. */
static const uint8_t *read_long_tag(const uint8_t *at, const uint8_t *end, uint32_t *tag)
{
    uint64_t sum = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        if (at == end || shift == 7 * TAG_BYTES_MAX)
            return NULL;
        byte = *at++;
        sum |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte >= 0x80);
    *tag = (uint32_t)sum;
    return sum <= UINT32_MAX ? at : NULL;
}

/* Reads a tag; there must be at least one byte. */
static inline const uint8_t *read_tag(const uint8_t *at, const uint8_t *end, uint32_t *tag)
{
    *tag = *at;
    if (*tag < 0x80)
        return *tag >> 3 == 0 ? NULL : at + 1;
    if (end - at >= 2 && at[1] < 0x80) { /* the tag of an operation */
        *tag = (*tag & 0x7f) | (uint32_t)at[1] << 7;
        return *tag >> 3 == 0 ? NULL : at + 2;
    }
    at = read_long_tag(at, end, tag);
    return *tag >> 3 == 0 ? NULL : at;
}

/* The last range of field numbers that starts at or before number. */
static unsigned search_range(const ProtobufCMessageDescriptor *message, uint32_t number)
{
    unsigned low = 0;
    unsigned high = message->n_field_ranges;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;
        if (number < (uint32_t)message->field_ranges[middle].start_value)
            high = middle;
        else
            low = middle;
    }
    return low;
}

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *message,
                                                  uint32_t number)
{
    const ProtobufCIntRange *range = message->field_ranges;
    uint32_t at;
    if (range == NULL) /* a message without fields */
        return NULL;
    if (message->n_field_ranges > 1)
        range += search_range(message, number);
    /* Wraps to a huge number when number is before the first range. */
    at = number - (uint32_t)range->start_value;
    if (at >= range[1].orig_index - range->orig_index)
        return NULL;
    return &message->fields[range->orig_index + at];
}

/* Where the next field is expected: after the last one found, because writers put fields in
 * order. */
struct cursor {
    const ProtobufCFieldDescriptor *next;
    unsigned left; /* fields from the cursor on */
    const uint8_t *end;
};

static inline struct cursor cursor_at(const ProtobufCMessageDescriptor *message, struct bytes run)
{
    return (struct cursor){message->fields, message->n_fields, run.data + run.len};
}

static inline void cursor_step(struct cursor *cursor)
{
    cursor->next++;
    cursor->left--;
}

/* The field with that number; NULL: unknown. */
static const ProtobufCFieldDescriptor *seek_field(struct cursor *cursor,
                                                  const ProtobufCMessageDescriptor *message,
                                                  uint32_t number)
{
    const ProtobufCFieldDescriptor *field = find_field(message, number);
    if (field != NULL) {
        cursor->next = field;
        cursor->left = message->n_fields - (unsigned)(field - message->fields);
        cursor_step(cursor);
    }
    return field;
}

/* Reports why a field may not occur here. */
static enum decode_status given_before(const struct decoder *d,
                                       const ProtobufCFieldDescriptor *field, int given)
{
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0 || given == (int)field->id)
        return fail(d, DECODE_INVALID, "field '%s' is given twice", field->name);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return fail(d, DECODE_INVALID, "'%s' is a second operation or result", field->name);
    return fail(d, DECODE_INVALID, "field '%s' excludes another one that is given", field->name);
}

/* Checks that the field did not occur before, and marks it as given. */
static inline enum decode_status claim_field(const struct decoder *d,
                                             const ProtobufCFieldDescriptor *field, void *message)
{
    char *quantifier = (char *)message + field->quantifier_offset;
    int given;
    memcpy(&given, quantifier, sizeof given);
    if (given != 0)
        return given_before(d, field, given);
    given = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 ? (int)field->id : 1;
    memcpy(quantifier, &given, sizeof given);
    return DECODE_OK;
}

static inline enum decode_status store_scalar(const struct decoder *d,
                                              const ProtobufCFieldDescriptor *field, void *member,
                                              uint64_t value)
{
    uint32_t narrow;
    protobuf_c_boolean truth;
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT32:
        if (value > UINT32_MAX)
            return fail(d, DECODE_INVALID, "field '%s': out of range", field->name);
        narrow = (uint32_t)value;
        memcpy(member, &narrow, sizeof narrow);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        if (value > 1)
            return fail(d, DECODE_INVALID, "field '%s': not a bool", field->name);
        truth = value == 1;
        memcpy(member, &truth, sizeof truth);
        break;
    default: /* uint64 and int64 have the same encoding */
        memcpy(member, &value, sizeof value);
        break;
    }
    return DECODE_OK;
}

static inline void *arena_take(struct arena *arena, size_t size)
{
    size_t pad = -(uintptr_t)(arena->base + arena->used) & (ARENA_ALIGN - 1);
    void *taken;
    if (pad > arena->cap - arena->used || size > arena->cap - arena->used - pad)
        return NULL;
    taken = arena->base + arena->used + pad;
    arena->used += pad + size;
    return taken;
}

static enum decode_status read_message(const struct decoder *d, struct bytes run,
                                       const ProtobufCMessageDescriptor *descriptor, void *message);

/* Recursive: the view's descriptors are two levels deep. */
static inline enum decode_status read_submessage(const struct decoder *d, struct bytes run,
                                                 const ProtobufCFieldDescriptor *field,
                                                 void *member)
{
    const ProtobufCMessageDescriptor *descriptor = field->descriptor;
    void *message = arena_take(d->arena, descriptor->sizeof_message);
    if (message == NULL)
        return fail(d, DECODE_NOMEM, "no memory for '%s'", field->name);
    descriptor->message_init(message);
    if (d->inner != NULL)
        *d->inner = run;
    memcpy(member, &message, sizeof message);
    return read_message(d, run, descriptor, message);
}

static inline void store_bytes(void *member, struct bytes run)
{
    /* protobuf-c has no type for read-only bytes. */
    ProtobufCBinaryData data = {run.len, (uint8_t *)(uintptr_t)run.data};
    memcpy(member, &data, sizeof data);
}

/* protobuf-c lists the types that have a length last. */
static inline bool is_delimited(const ProtobufCFieldDescriptor *field)
{
    return field->type >= PROTOBUF_C_TYPE_BYTES;
}

static_assert(PROTOBUF_C_TYPE_MESSAGE == PROTOBUF_C_TYPE_BYTES + 1 &&
                  PROTOBUF_C_TYPE_STRING + 1 == PROTOBUF_C_TYPE_BYTES,
              "bytes and messages are behind all others");

/* Reads the content of a field with the right wire type; moves *at past it. */
static inline enum decode_status read_content(const struct decoder *d, const uint8_t **at,
                                              const uint8_t *end,
                                              const ProtobufCFieldDescriptor *field, void *message)
{
    void *member = (char *)message + field->offset;
    struct bytes run;
    uint64_t value;
    if (!is_delimited(field)) {
        *at = read_varint(*at, end, &value);
        if (*at == NULL)
            return fail(d, DECODE_HARD, "field '%s': bad varint", field->name);
        return store_scalar(d, field, member, value);
    }
    *at = read_run(*at, end, &run);
    if (*at == NULL)
        return fail(d, DECODE_HARD, "field '%s' is longer than its message", field->name);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return read_submessage(d, run, field, member);
    store_bytes(member, run);
    return DECODE_OK;
}

static inline unsigned wire_type_of(const ProtobufCFieldDescriptor *field)
{
    return is_delimited(field) ? PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED : PROTOBUF_C_WIRE_TYPE_VARINT;
}

/* Reads the common fields: the expected one, if it is text, bytes, a value or a 64-bit number.
 * Returns the position after it; NULL, with nothing read: some other field, or a malformed one. */
static inline const uint8_t *read_plain(struct cursor *cursor, const uint8_t *at, void *message)
{
    const ProtobufCFieldDescriptor *field = cursor->next;
    if (cursor->left == 0 || *at >= 0x80 || *at >> 3 != field->id || field->flags != 0)
        return NULL;
    int *given = (int *)(void *)((char *)message + field->quantifier_offset);
    void *member = (char *)message + field->offset;
    unsigned wire_type = *at++ & 7;
    struct bytes run;
    if (*given != 0)
        return NULL;
    if (field->type == PROTOBUF_C_TYPE_BYTES && wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) {
        at = read_run(at, cursor->end, &run);
        if (at == NULL)
            return NULL;
        store_bytes(member, run);
    } else if (field->type == PROTOBUF_C_TYPE_UINT64 && wire_type == PROTOBUF_C_WIRE_TYPE_VARINT) {
        at = read_varint(at, cursor->end, member);
        if (at == NULL)
            return NULL;
    } else {
        return NULL;
    }
    *given = 1;
    cursor_step(cursor);
    return at;
}

static const uint8_t *skip_field(const uint8_t *at, const uint8_t *end, unsigned wire_type)
{
    struct bytes run;
    uint64_t value;
    size_t fixed = wire_type == PROTOBUF_C_WIRE_TYPE_32BIT ? 4 : 8;
    if (wire_type == PROTOBUF_C_WIRE_TYPE_VARINT)
        return read_varint(at, end, &value);
    if (wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
        return read_run(at, end, &run);
    return fixed <= (size_t)(end - at) ? at + fixed : NULL;
}

static enum decode_status unknown_field(const struct decoder *d, const uint8_t **at,
                                        const uint8_t *end, uint32_t tag,
                                        const ProtobufCMessageDescriptor *descriptor)
{
    uint32_t number = tag >> 3;
    if (d->mode == DECODE_TOLERANT) {
        *at = skip_field(*at, end, tag & 7);
        return *at != NULL ? DECODE_OK : fail(d, DECODE_HARD, "an unknown field is truncated");
    }
    if (descriptor == &wire__request__descriptor && number >= WIRE__REQUEST__OP_SERVER_PING)
        return fail(d, DECODE_UNKNOWN, "unknown operation %u", number);
    return fail(d, DECODE_UNKNOWN, "unknown field %u in %s", number, descriptor->short_name);
}

/* Groups, and invalid wire types. */
static bool is_foreign(unsigned wire_type)
{
    return wire_type > PROTOBUF_C_WIRE_TYPE_32BIT || wire_type == WIRE_GROUP_START ||
           wire_type == WIRE_GROUP_END;
}

/* Reads any field, valid or not; moves *at past it. */
static enum decode_status read_field(const struct decoder *d, struct cursor *cursor,
                                     const uint8_t **at,
                                     const ProtobufCMessageDescriptor *descriptor, void *message)
{
    const uint8_t *end = cursor->end;
    uint32_t tag;
    *at = read_tag(*at, end, &tag);
    if (*at == NULL)
        return fail(d, DECODE_HARD, "bad tag in %s", descriptor->short_name);
    const ProtobufCFieldDescriptor *field = seek_field(cursor, descriptor, tag >> 3);
    if (field == NULL || (tag & 7) != wire_type_of(field)) {
        if (is_foreign(tag & 7))
            return fail(d, DECODE_HARD, "wire type %u in %s", tag & 7, descriptor->short_name);
        if (field != NULL)
            return fail(d, DECODE_INVALID, "field '%s' has the wrong wire type", field->name);
        return unknown_field(d, at, end, tag, descriptor);
    }
    enum decode_status status = claim_field(d, field, message);
    return status == DECODE_OK ? read_content(d, at, end, field, message) : status;
}

static enum decode_status read_message(const struct decoder *d, struct bytes run,
                                       const ProtobufCMessageDescriptor *descriptor, void *message)
{
    const uint8_t *at = run.data, *plain;
    struct cursor cursor = cursor_at(descriptor, run);
    while (at != cursor.end) {
        plain = read_plain(&cursor, at, message);
        if (plain != NULL) {
            at = plain;
            continue;
        }
        enum decode_status status = read_field(d, &cursor, &at, descriptor, message);
        if (status != DECODE_OK)
            return status;
        assert(at != NULL); /* after a valid field the position is set */
    }
    return DECODE_OK;
}

/* Reads the first operation of a request by its row in the op table; its tag has more than one
 * byte. Returns the position after it; NULL, with nothing read: some other field, or a malformed
 * one. */
static inline const uint8_t *read_operation(const struct decoder *d, const uint8_t *at,
                                            const uint8_t *end, Wire__Request *request,
                                            enum decode_status *status)
{
    if (end - at < 3 || at[1] >= 0x80 || request->op_case != 0 ||
        (at[0] & 7) != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
        return NULL;
    unsigned number = (at[0] & 0x7fu) >> 3 | (unsigned)at[1] << 4;
    const struct op_row *row = op_row(number);
    struct bytes run;
    at = read_run(at + 2, end, &run);
    void *message =
        row == NULL || at == NULL ? NULL : arena_take(d->arena, row->message->sizeof_message);
    if (message == NULL)
        return NULL;
    row->message->message_init(message);
    *d->inner = run;
    request->op_case = (Wire__Request__OpCase)number;
    memcpy(&request->server_ping, &message, sizeof message); /* the place of every operation */
    *status = read_message(d, run, row->message, message);
    return at;
}

static enum decode_status read_request(const struct decoder *d, struct bytes body,
                                       Wire__Request *request)
{
    const uint8_t *at = body.data, *taken;
    struct cursor cursor = cursor_at(&wire__request__descriptor, body);
    while (at != cursor.end) {
        enum decode_status status = DECODE_OK;
        taken = *at < 0x80 ? read_plain(&cursor, at, request)
                           : read_operation(d, at, cursor.end, request, &status);
        if (taken == NULL)
            status = read_field(d, &cursor, &at, &wire__request__descriptor, request);
        else
            at = taken;
        if (status != DECODE_OK)
            return status;
        assert(at != NULL);
    }
    return DECODE_OK;
}

enum decode_status decode_request(struct bytes body, struct arena *arena, Wire__Request *request,
                                  struct bytes *operation, struct decode_error *error)
{
    struct decoder d = {DECODE_STRICT, arena, error, operation};
    enum decode_status status;
    wire__request__init(request);
    *operation = bytes_of(NULL, 0);
    status = read_request(&d, body, request);
    if (status == DECODE_OK && request->op_case == WIRE__REQUEST__OP__NOT_SET)
        status = fail(&d, DECODE_INVALID, "a request without an operation");
    if (status == DECODE_OK && request->id == 0)
        return fail(&d, DECODE_HARD, "a request without an id");
    return request->id == 0 ? DECODE_HARD : status;
}

enum decode_status decode_response(struct bytes body, struct arena *arena, Wire__Response *response,
                                   struct decode_error *error)
{
    struct decoder d = {DECODE_TOLERANT, arena, error, NULL};
    wire__response__init(response);
    return read_message(&d, body, &wire__response__descriptor, response);
}
