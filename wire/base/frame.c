/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames and varints. */
#include "wire/base/frame.h"

int varint_read_long(const uint8_t *at, const uint8_t *end, uint64_t *value)
{
    uint64_t sum = 0;
    for (int i = 0; i < VARINT_MAX; i++) {
        if (at + i == end)
            return 0;
        uint8_t byte = at[i];
        if (i == VARINT_MAX - 1 && byte > 1)
            return -1;
        sum |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *value = sum;
            return i + 1;
        }
    }
    return -1;
}

enum frame_status frame_split(struct bytes input, size_t limit, struct bytes *body, size_t *used,
                              size_t *need)
{
    *need = 0;
    if (input.len == 0)
        return FRAME_MORE;
    size_t seen = input.len < FRAME_HEAD_MAX ? input.len : FRAME_HEAD_MAX;
    uint64_t len;
    int head = varint_read(input.data, input.data + seen, &len);
    if (head == 0)
        return seen < FRAME_HEAD_MAX ? FRAME_MORE : FRAME_BAD;
    if (head < 0 || (size_t)head != varint_size(len) || len == 0 || len > limit)
        return FRAME_BAD;
    if (len > input.len - (size_t)head) {
        *need = (size_t)head + (size_t)len;
        return FRAME_MORE;
    }
    *body = bytes_of(input.data + head, (size_t)len);
    *used = (size_t)head + (size_t)len;
    return FRAME_OK;
}
