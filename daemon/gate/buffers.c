/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections in classes by the power of two of their memory. A class is a list in the order of
 * entry, so its first connection has been there longest. */
#include "daemon/gate/buffers.h"

#include <assert.h>

void buffers_init(struct buffers *buffers)
{
    *buffers = (struct buffers){.used = 0};
    for (unsigned i = 0; i < BUFFERS_CLASSES; i++)
        TAILQ_INIT(&buffers->classes[i]);
}

static unsigned class_of(size_t bytes)
{
    assert(bytes > 0);
    return 63 - (unsigned)__builtin_clzll(bytes);
}

static void leave(struct buffers *buffers, struct share *share, unsigned class)
{
    TAILQ_REMOVE(&buffers->classes[class], share, entry);
    buffers->holders--;
    if (TAILQ_EMPTY(&buffers->classes[class]))
        buffers->occupied &= ~(UINT64_C(1) << class);
}

static void enter(struct buffers *buffers, struct share *share, unsigned class, uint64_t now_ms)
{
    TAILQ_INSERT_TAIL(&buffers->classes[class], share, entry);
    buffers->holders++;
    buffers->occupied |= UINT64_C(1) << class;
    share->since_ms = now_ms;
    share->moved = 0;
}

void buffers_set(struct buffers *buffers, struct share *share, size_t bytes, uint64_t now_ms)
{
    size_t before = share->bytes;
    if (bytes == before)
        return;
    assert(buffers->used >= before);
    buffers->used += bytes - before;
    if (buffers->used > buffers->peak)
        buffers->peak = buffers->used;
    share->bytes = bytes;
    if (before > 0 && bytes > 0 && class_of(before) == class_of(bytes))
        return;
    if (before > 0)
        leave(buffers, share, class_of(before));
    if (bytes > 0)
        enter(buffers, share, class_of(bytes), now_ms);
}

void buffers_moved(struct buffers *buffers, struct share *share, size_t bytes, uint64_t now_ms)
{
    share->moved += bytes;
    if (share->bytes == 0 || share->moved < BUFFERS_MOVES)
        return;
    leave(buffers, share, class_of(share->bytes));
    enter(buffers, share, class_of(share->bytes), now_ms);
}

struct share *buffers_largest(const struct buffers *buffers, size_t least, uint64_t before_ms)
{
    unsigned lowest = least == 0 ? 0 : class_of(least);
    for (uint64_t left = buffers->occupied >> lowest << lowest; left != 0;) {
        unsigned class = 63 - (unsigned)__builtin_clzll(left);
        struct share *first = TAILQ_FIRST(&buffers->classes[class]);
        if (first->since_ms <= before_ms)
            return first;
        left ^= UINT64_C(1) << class;
    }
    return NULL;
}
