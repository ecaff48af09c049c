/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames: a varint length and that many bytes (protobuf's usual delimited form), and varints. */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <endian.h>

#include "wire/base/bytes.h"

enum {
    FRAME_HEAD_MAX = 5, /* maximum bytes of a frame's length */
    VARINT_MAX = 10,    /* maximum bytes of a varint */
};

enum frame_status {
    FRAME_OK,
    FRAME_MORE, /* incomplete; *need is the total bytes needed, 0 while the length is unknown */
    FRAME_BAD,  /* the length is no varint, not its shortest form, 0, or above the limit: close */
};

/* varint_read for a varint of more than one byte. */
int varint_read_long(const uint8_t *at, const uint8_t *end, uint64_t *value);

/* Reads a varint of at most 10 bytes (64 bits). 0: truncated; -1: too long or out of range. */
static inline int varint_read(const uint8_t *at, const uint8_t *end, uint64_t *value)
{
    if (at < end && *at < 0x80) {
        *value = *at;
        return 1;
    }
    if (end - at >= 2 && at[1] < 0x80) {
        *value = (uint64_t)(*at & 0x7f) | (uint64_t)at[1] << 7;
        return 2;
    }
    return varint_read_long(at, end, value);
}

/* One byte for each started group of 7 bits, without a loop or a division. */
static inline size_t varint_size(uint64_t value)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    return (bits * 9 + 64) / 64;
}

static inline size_t varint_write(uint8_t *at, uint64_t value)
{
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        at[size++] = (uint8_t)(value | 0x80);
    at[size++] = (uint8_t)value;
    return size;
}

/* varint_write without a loop; needs room for VARINT_MAX bytes. Spreads the 7-bit groups to one
 * byte each by moving halves of halves of halves apart. */
static inline size_t varint_write_wide(uint8_t *at, uint64_t value)
{
    uint64_t low = (value & UINT64_C(0x00fffffff0000000)) << 4 | (value & UINT64_C(0x0fffffff));
    size_t size = varint_size(value);
    low = (low & UINT64_C(0x0fffc0000fffc000)) << 2 | (low & UINT64_C(0x00003fff00003fff));
    low = (low & UINT64_C(0x3f803f803f803f80)) << 1 | (low & UINT64_C(0x007f007f007f007f));
    low = htole64(low | UINT64_C(0x8080808080808080));
    memcpy(at, &low, sizeof low);
    at[8] = (uint8_t)(value >> 56 | 0x80);
    at[9] = (uint8_t)(value >> 63);
    at[size - 1] &= 0x7f;
    return size;
}

/* Splits the first frame off input. FRAME_OK: *body is its content, *used the bytes of head and
 * body. */
enum frame_status frame_split(struct bytes input, size_t limit, struct bytes *body, size_t *used,
                              size_t *need);

/* Writes the head of a frame with a body of len bytes; returns the head's length. */
static inline size_t frame_head(uint8_t head[FRAME_HEAD_MAX], size_t len)
{
    return varint_write(head, (uint32_t)len);
}

#endif
