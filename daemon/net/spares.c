/* SPDX-License-Identifier: BSD-2-Clause */
/* A stack of buffers: the last one used is still in the CPU cache. */
#include "daemon/net/spares.h"

void spares_free(struct spares *spares)
{
    while (spares->count > 0)
        buf_free(&spares->items[--spares->count]);
    spares->bytes = 0;
}

void spares_lend(struct spares *spares, struct buf *to)
{
    if (to->data != NULL || spares->count == 0)
        return;
    *to = spares->items[--spares->count];
    spares->bytes -= to->cap;
}

void spares_take_back(struct spares *spares, struct buf *from)
{
    bool keep = from->data != NULL && spares->count < SPARES_MAX &&
                from->cap <= SPARES_BYTES - spares->bytes;
    if (!keep) {
        buf_reset(from, 0);
        return;
    }
    buf_reset(from, SIZE_MAX);
    spares->bytes += from->cap;
    spares->items[spares->count++] = *from;
    buf_init(from);
}

void spares_exchange(struct spares *spares, struct buf *buf)
{
    struct buf tight;
    if (buf->cap <= SPARES_LARGE || buf->len > buf->cap / 4)
        return;
    buf_init(&tight);
    buf_put(&tight, buf->data, buf->len);
    if (tight.failed)
        return;
    spares_take_back(spares, buf);
    *buf = tight;
}
