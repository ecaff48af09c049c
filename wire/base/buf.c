/* SPDX-License-Identifier: BSD-2-Clause */
/* A growing byte buffer that remembers a failure. */
#include "wire/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/base/frame.h"

enum { BUF_FIRST = 64, BUF_LARGE = 1 << 20 };

void buf_init(struct buf *b)
{
    *b = (struct buf){0};
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){.limit = b->limit};
}

void buf_reset(struct buf *b, size_t keep)
{
    if (b->cap > keep)
        buf_free(b);
    b->len = 0;
    b->failed = false;
    b->full = false;
}

/* Grows by a factor, so that n small writes cost O(n). Large buffers grow by a smaller factor:
 * the system can move them without copying, and unused memory would be missing elsewhere. */
static size_t larger(size_t cap, size_t least)
{
    if (least > BUF_LARGE && least / 2 > cap)
        return least;
    while (cap < least)
        cap = cap > SIZE_MAX / 2 ? least : cap < BUF_LARGE ? cap * 2 : cap + cap / 4;
    return cap;
}

/* Grows the buffer: afterwards cap >= least. */
static bool grow(struct buf *b, size_t least)
{
    size_t cap = larger(b->cap > 0 ? b->cap : BUF_FIRST, least);
    if (b->limit > 0 && cap > b->limit)
        cap = b->limit;
    uint8_t *data = realloc(b->data, cap);
    if (!data)
        return false;
    b->data = data;
    b->cap = cap;
    return true;
}

uint8_t *buf_reserve_slow(struct buf *b, size_t n)
{
    if (b->failed)
        return NULL;
    size_t most = b->limit > 0 ? b->limit : SIZE_MAX;
    if (b->len > most || n > most - b->len) {
        b->full = true;
        goto failed;
    }
    if ((n > b->cap - b->len || !b->data) && !grow(b, b->len + n))
        goto failed;
    return b->data + b->len;
failed:
    b->failed = true;
    return NULL;
}

void buf_put(struct buf *b, const void *data, size_t len)
{
    if (len == 0)
        return;
    uint8_t *at = buf_reserve(b, len);
    if (!at)
        return;
    memcpy(at, data, len);
    b->len += len;
}

void buf_put_bytes(struct buf *b, struct bytes bytes)
{
    buf_put(b, bytes.data, bytes.len);
}

void buf_put_u8(struct buf *b, uint8_t byte)
{
    uint8_t *at = buf_reserve(b, 1);
    if (!at)
        return;
    *at = byte;
    b->len++;
}

void buf_put_varint(struct buf *b, uint64_t value)
{
    uint8_t bytes[VARINT_MAX];
    buf_put(b, bytes, varint_write(bytes, value));
}

void buf_put_text(struct buf *b, const char *text)
{
    buf_put(b, text, strlen(text));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) {
        b->failed = true;
        return;
    }
    /* vsnprintf writes a NUL, which is not content and must not count against the limit. */
    char small[256];
    char *text = small;
    if ((size_t)len >= sizeof small && !(text = malloc((size_t)len + 1))) {
        b->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    buf_put(b, text, (size_t)len);
    if (text != small)
        free(text);
}
