/* SPDX-License-Identifier: BSD-2-Clause */
/* Random valid requests, and damage to them. */
#include "tests/support/randreq.h"

#include <assert.h>
#include <string.h>

#include "tests/support/randval.h"

static void fill_field(struct randreq *r, const ProtobufCFieldDescriptor *field, void *message)
{
    char *member = (char *)message + field->offset;
    uint64_t wide = randval_below(&r->seed, UINT64_MAX);
    uint64_t number = wide >> randval_below(&r->seed, 64);
    ProtobufCBinaryData data = {(size_t)randval_below(&r->seed, sizeof r->text), r->text};
    bool in_oneof = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    int quantifier = in_oneof ? (int)field->id : 1;
    int truth = (int)(number % 2);
    memcpy((char *)message + field->quantifier_offset, &quantifier, sizeof quantifier);
    switch (field->type) {
    case PROTOBUF_C_TYPE_BYTES:
        memcpy(member, &data, sizeof data);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        memcpy(member, &truth, sizeof truth);
        break;
    case PROTOBUF_C_TYPE_UINT32:
        memcpy(member, &number, sizeof(uint32_t));
        break;
    default:
        memcpy(member, &number, sizeof number);
        break;
    }
}

unsigned randreq_head_fields(void)
{
    const ProtobufCMessageDescriptor *head = &wire__request__descriptor;
    unsigned count = 0;
    while (head->fields[count].id < WIRE__REQUEST__OP_SERVER_PING)
        count++;
    return count;
}

size_t randreq(struct randreq *r, uint8_t out[RANDREQ_ROOM])
{
    const ProtobufCMessageDescriptor *head = &wire__request__descriptor;
    const unsigned heads = randreq_head_fields();
    const ProtobufCFieldDescriptor *op =
        &head->fields[heads + randval_below(&r->seed, head->n_fields - heads)];
    const ProtobufCMessageDescriptor *descriptor = op->descriptor;
    void *message = r->op;
    assert(descriptor->sizeof_message <= sizeof r->op);
    wire__request__init(&r->request);
    descriptor->message_init(message);
    for (size_t i = 0; i < sizeof r->text; i++)
        r->text[i] = (uint8_t)randval_below(&r->seed, 256);
    for (unsigned i = 0; i < heads; i++)
        if (i == 0 || randval_below(&r->seed, 4) == 0)
            fill_field(r, &head->fields[i], &r->request);
    r->request.id += r->request.id == 0;
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (randval_below(&r->seed, 3) > 0)
            fill_field(r, &descriptor->fields[i], message);
    r->request.op_case = (Wire__Request__OpCase)op->id;
    memcpy((char *)&r->request + op->offset, &message, sizeof message);
    return protobuf_c_message_pack(&r->request.base, out);
}

size_t randreq_damage(uint8_t *body, size_t len, uint64_t *seed)
{
    size_t at = (size_t)randval_below(seed, len);
    size_t run = 1 + (size_t)randval_below(seed, len - at < 8 ? len - at : 8);
    switch (randval_below(seed, 5)) {
    case 0:
        body[at] ^= (uint8_t)(1 << randval_below(seed, 8));
        return len;
    case 1:
        body[at] = (uint8_t)randval_below(seed, 256);
        return len;
    case 2: /* a run twice */
        memmove(body + at + run, body + at, len - at);
        return len + run;
    case 3: /* a run less */
        if (run == len)
            return len;
        memmove(body + at, body + at + run, len - at - run);
        return len - run;
    default: /* its end, or one more field */
        memcpy(body + len, "\x30\x01\x0a\x00", 4);
        return randval_below(seed, 2) == 0 ? at + 1 : len + run % 5;
    }
}
