/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of one size are cut from slabs. A block knows its slab by the word in front of it, so it
 * costs what it would cost in malloc, and any address does for a slab. An empty slab goes back to
 * malloc, unless it is the only one of its class that has room: one item that comes and goes again
 * and again would take and give a slab each time. */
#include "daemon/engine/slab.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

enum { SLAB_BYTES = 8192 - 16 }; /* with malloc's own head two pages */

struct slab {
    struct slab *prev, *next; /* of its class, with room */
    struct slab_block *given; /* back, linked by next */
    uint8_t *fresh;           /* no block was cut from here on */
    uint32_t used, cap;       /* blocks */
    uint32_t class;
    uint64_t pad; /* so that what follows the head of a block is aligned */
    uint8_t blocks[];
};

struct slab_block {
    struct slab *slab;
    struct slab_block *next; /* when it was given back; else this is its content */
};

enum { HEAD = offsetof(struct slab_block, next) };

static_assert(sizeof(struct slab) % SLAB_UNIT == SLAB_UNIT - HEAD, "blocks are not aligned");
static_assert(SLAB_LARGEST + HEAD == (SLAB_CLASSES - 1) * SLAB_UNIT,
              "classes end with the largest");

static void enlist(struct slabs *slabs, struct slab *slab)
{
    struct slab *first = slabs->open[slab->class];
    slab->prev = NULL;
    slab->next = first;
    if (first != NULL)
        first->prev = slab;
    slabs->open[slab->class] = slab;
}

static void delist(struct slabs *slabs, struct slab *slab)
{
    *(slab->prev == NULL ? &slabs->open[slab->class] : &slab->prev->next) = slab->next;
    if (slab->next != NULL)
        slab->next->prev = slab->prev;
}

static struct slab *slab_new(struct slabs *slabs, size_t class)
{
    struct slab *slab = malloc(SLAB_BYTES);
    if (slab == NULL)
        return NULL;
    slab->given = NULL;
    slab->fresh = slab->blocks;
    slab->used = 0;
    slab->cap = (uint32_t)((SLAB_BYTES - sizeof *slab) / (class * SLAB_UNIT));
    slab->class = (uint32_t) class;
    enlist(slabs, slab);
    return slab;
}

static struct slab_block *cut(struct slab *slab)
{
    struct slab_block *block = (struct slab_block *)(void *)slab->fresh;
    slab->fresh += slab->class * SLAB_UNIT;
    block->slab = slab;
    return block;
}

void *slabs_take(struct slabs *slabs, size_t size)
{
    size_t class = (size + HEAD + SLAB_UNIT - 1) / SLAB_UNIT;
    struct slab *slab = slabs->open[class];
    if (slab == NULL && (slab = slab_new(slabs, class)) == NULL)
        return NULL;
    struct slab_block *block = slab->given;
    if (block != NULL)
        slab->given = block->next;
    else
        block = cut(slab);
    if (++slab->used == slab->cap)
        delist(slabs, slab);
    return &block->next;
}

void slabs_give(struct slabs *slabs, void *content)
{
    struct slab_block *block = (struct slab_block *)(void *)((uint8_t *)content - HEAD);
    struct slab *slab = block->slab;
    block->next = slab->given;
    slab->given = block;
    if (slab->used-- == slab->cap)
        enlist(slabs, slab);
    if (slab->used == 0 && (slab->prev != NULL || slab->next != NULL)) {
        delist(slabs, slab);
        free(slab);
    }
}

void slabs_free(struct slabs *slabs)
{
    for (size_t class = 0; class < SLAB_CLASSES; class ++) {
        struct slab *slab = slabs->open[class];
        if (slab == NULL)
            continue;
        assert(slab->used == 0 && slab->next == NULL);
        slabs->open[class] = NULL;
        free(slab);
    }
}
