/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames: a varint length and that many bytes, the standard delimited form of protobuf. */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include "wire/bytes.h"

enum {
    FRAME_HEAD_MAX = 5, /* bytes of the longest allowed length varint */
};

enum frame_status {
    FRAME_OK,
    FRAME_MORE, /* needs more bytes; *need is how many in all, 0 while the length is not known */
    FRAME_BAD,  /* no length varint, not the shortest one, zero, or above the limit: close */
};

/* Splits the first frame off input. OK: *body is its content, *used the bytes of head and body. */
enum frame_status frame_split(struct bytes input, size_t limit, struct bytes *body, size_t *used,
                              size_t *need);

/* Writes the head of a body of len bytes; gives its length. */
size_t frame_head(uint8_t head[FRAME_HEAD_MAX], size_t len);

/* Reads a varint of at most 10 bytes (64 bits). 0: truncated; -1: too long or out of range. */
int varint_read(const uint8_t *at, const uint8_t *end, uint64_t *value);
size_t varint_size(uint64_t value);
size_t varint_write(uint8_t *at, uint64_t value);

#endif
