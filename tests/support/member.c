/* SPDX-License-Identifier: BSD-2-Clause */
/* The encoded member of a Response, read without the code that wrote it. */
#include "tests/support/member.h"

#include "tests/support/must.h"

/* The field's content: a varint, or a run of bytes. */
static struct bytes field_next(struct bytes *body, unsigned *number, uint64_t *value)
{
    uint64_t varints[2] = {0, 0};
    size_t at = 0;
    unsigned wanted = 1;
    for (unsigned i = 0; i < wanted; i++) {
        for (unsigned shift = 0;; shift += 7) {
            must(at < body->len);
            varints[i] |= (uint64_t)(body->data[at] & 0x7f) << shift;
            if ((body->data[at++] & 0x80) == 0)
                break;
        }
        wanted = 2;
    }
    *number = (unsigned)(varints[0] >> 3);
    *value = varints[1];
    size_t len = (varints[0] & 7) == 2 ? (size_t)varints[1] : 0;
    struct bytes content = bytes_of(body->data + at, len);
    must(len <= body->len - at);
    body->data += at + len;
    body->len -= at + len;
    return content;
}

static void error_field(struct result *out, unsigned number, uint64_t value, struct bytes content)
{
    switch (number) {
    case 1:
        out->code = (enum mgr_code)value;
        break;
    case 2:
        out->message = content;
        break;
    case 3:
        out->object = content;
        break;
    default:
        out->value = content;
    }
}

static void grant_field(struct result *out, unsigned number, uint64_t value, struct bytes content)
{
    uint64_t *const fields[] = {NULL, &out->token,          &out->depth,   &out->lease_ms,
                                NULL, &out->previous_token, &out->attempts};
    if (number == 4)
        out->value = content;
    else if (number == 7)
        out->redelivered = value != 0;
    else
        *fields[number] = value;
}

/* Reads the member that reply_put_result wrote. */
struct result member_read(struct bytes member)
{
    struct result out = {.kind = RESULT_NONE};
    unsigned number;
    uint64_t value;
    struct bytes body = field_next(&member, &number, &value);
    must(member.len == 0);
    out.kind = (enum result_kind)number;
    if (out.kind == RESULT_VALUE) {
        out.value = body;
        return out;
    }
    while (body.len > 0) {
        struct bytes content = field_next(&body, &number, &value);
        if (out.kind == RESULT_ERROR)
            error_field(&out, number, value, content);
        else if (out.kind == RESULT_GRANT)
            grant_field(&out, number, value, content);
        else if (out.kind == RESULT_DONE)
            out.lost = value != 0;
        else if (number == 1)
            out.value = content;
        else
            out.cursor = content;
    }
    return out;
}
