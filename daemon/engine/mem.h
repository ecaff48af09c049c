/* SPDX-License-Identifier: BSD-2-Clause */
/* Counted memory of the engine: every byte of state is taken and given back here. mem may be NULL
 * in all calls: then nothing is counted. */
#ifndef ENGINE_MEM_H
#define ENGINE_MEM_H

#include "daemon/engine/slab.h"

struct mem {
    size_t used;   /* bytes in use, rounded as the allocator rounds */
    size_t blocks; /* allocations in use */
    struct slabs slabs;
};

/* NULL when there is none. Content is not initialised. size > 0. */
void *mem_alloc(struct mem *mem, size_t size) __attribute__((warn_unused_result));
void *mem_zalloc(struct mem *mem, size_t size) __attribute__((warn_unused_result));
/* As realloc: NULL leaves the old block as it is. old_size is what it was taken with (0 with NULL).
 */
void *mem_resize(struct mem *mem, void *block, size_t old_size, size_t new_size)
    __attribute__((warn_unused_result));
/* size is what it was taken with. NULL is allowed. */
void mem_free(struct mem *mem, void *block, size_t size);
/* Nothing is in use any more: gives back what is kept for later. */
void mem_end(struct mem *mem);

#endif
