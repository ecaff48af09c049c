/* SPDX-License-Identifier: BSD-2-Clause */
/* Small blocks of memory, of which many share one block of malloc. */
#ifndef ENGINE_SLAB_H
#define ENGINE_SLAB_H

#include <stddef.h>

enum {
    SLAB_UNIT = 16,
    SLAB_LARGEST = 248,                                /* bytes of a block at most */
    SLAB_CLASSES = (SLAB_LARGEST + 8) / SLAB_UNIT + 1, /* by block and head in units; 0 is none */
};

struct slab;

/* Zeroed at first. */
struct slabs {
    struct slab *open[SLAB_CLASSES]; /* those with room, of each class */
};

/* Aligned as malloc's are; 0 < size <= SLAB_LARGEST. NULL: no memory. */
void *slabs_take(struct slabs *slabs, size_t size) __attribute__((warn_unused_result));
void slabs_give(struct slabs *slabs, void *block);
/* All blocks were given back: gives back the rest, an empty slab of each class. */
void slabs_free(struct slabs *slabs);

#endif
