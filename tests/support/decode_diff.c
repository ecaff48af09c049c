/* SPDX-License-Identifier: BSD-2-Clause */
/* Our decoder against protobuf-c's own. */
#include "tests/support/decode_diff.h"

#include <stdlib.h>

#include "wire.pb-c.h"

static const void *member(const void *message, unsigned offset)
{
    return (const char *)message + offset;
}

/* has_ members and the cases of oneofs are both ints. */
static int given(const void *message, const ProtobufCFieldDescriptor *field)
{
    int value;
    memcpy(&value, member(message, field->quantifier_offset), sizeof value);
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
        return value == (int)field->id;
    return value;
}

static size_t scalar_size(ProtobufCType type)
{
    return type == PROTOBUF_C_TYPE_UINT64 || type == PROTOBUF_C_TYPE_INT64 ? 8 : 4;
}

static bool same_bytes(const void *a, const void *b)
{
    ProtobufCBinaryData x;
    ProtobufCBinaryData y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return bytes_equal(bytes_of(x.data, x.len), bytes_of(y.data, y.len));
}

static bool same_fields(const void *a, const void *b, const ProtobufCMessageDescriptor *descriptor);

static bool same_field(const void *a, const void *b, const ProtobufCFieldDescriptor *field)
{
    const void *x = member(a, field->offset);
    const void *y = member(b, field->offset);
    const void *inner_x;
    const void *inner_y;
    if (given(a, field) != given(b, field))
        return false;
    if (given(a, field) == 0)
        return true;
    switch (field->type) {
    case PROTOBUF_C_TYPE_BYTES:
        return same_bytes(x, y);
    case PROTOBUF_C_TYPE_MESSAGE:
        memcpy(&inner_x, x, sizeof inner_x);
        memcpy(&inner_y, y, sizeof inner_y);
        return same_fields(inner_x, inner_y, field->descriptor);
    default:
        return memcmp(x, y, scalar_size(field->type)) == 0;
    }
}

static bool same_fields(const void *a, const void *b, const ProtobufCMessageDescriptor *descriptor)
{
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (!same_field(a, b, &descriptor->fields[i]))
            return false;
    return true;
}

/* What decode.h promises of every outcome. */
static bool contract_kept(enum decode_status status, const Wire__Request *request,
                          const struct arena *arena, const struct decode_error *error)
{
    if (status == DECODE_NOMEM || arena->used > DECODE_ARENA)
        return false;
    if (status != DECODE_HARD && request->id == 0)
        return false;
    if (status == DECODE_OK)
        return request->op_case != WIRE__REQUEST__OP__NOT_SET;
    return error->text[0] != '\0';
}

enum diff_outcome decode_diff(struct bytes body, enum decode_status *status)
{
    uint8_t memory[DECODE_ARENA];
    struct arena arena = {memory, sizeof memory, 0};
    struct decode_error error = {{0}};
    enum diff_outcome outcome = DIFF_REFUSED;
    Wire__Request request;
    struct bytes operation;
    ProtobufCMessage *other;
    *status = decode_request(body, &arena, &request, &operation, &error);
    if (!contract_kept(*status, &request, &arena, &error))
        return DIFF_BROKEN;
    other = protobuf_c_message_unpack(&wire__request__descriptor, NULL, body.len, body.data);
    if (*status != DECODE_OK) {
        outcome = other == NULL ? DIFF_REFUSED : DIFF_STRICTER;
    } else if (other == NULL) {
        outcome = DIFF_LAXER;
    } else {
        outcome =
            same_fields(&request, other, &wire__request__descriptor) ? DIFF_EQUAL : DIFF_DIFFERENT;
    }
    if (other != NULL)
        protobuf_c_message_free_unpacked(other, NULL);
    return outcome;
}
