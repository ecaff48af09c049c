/* SPDX-License-Identifier: BSD-2-Clause */
/* Builds values piece by piece. */
#include <stdlib.h>

#include "client/internal.h"
#include "wire/value/value.h"

struct level {
    enum val_kind kind;
    size_t container, pair, part; /* buf offsets of what is still open */
    bool has_key;                 /* dict: a value comes next */
};

struct mgr_builder {
    struct buf out;
    struct level levels[VAL_DEPTH_STORED];
    size_t depth;
    size_t values; /* values at the top level: exactly one in the end */
    bool bad;
};

struct mgr_builder *mgr_build(void)
{
    struct mgr_builder *b = calloc(1, sizeof *b);
    if (b != NULL)
        buf_init(&b->out);
    return b;
}

/* Opens the item, key or member that the next value goes into. */
static void begin(struct mgr_builder *b)
{
    if (b->depth == 0) {
        b->values++;
        return;
    }
    struct level *level = &b->levels[b->depth - 1];
    if (level->kind != VAL_DICT) {
        level->part = val_open_item(&b->out);
    } else if (level->has_key) {
        level->part = val_open_member(&b->out);
    } else {
        level->pair = val_open_pair(&b->out);
        level->part = val_open_key(&b->out);
    }
}

static void end(struct mgr_builder *b)
{
    if (b->depth == 0)
        return;
    struct level *level = &b->levels[b->depth - 1];
    val_close(&b->out, level->part);
    if (level->kind != VAL_DICT)
        return;
    if (level->has_key)
        val_close(&b->out, level->pair);
    level->has_key = !level->has_key;
}

void mgr_build_open(struct mgr_builder *b, enum mgr_kind container)
{
    if (b == NULL)
        return;
    if (container < MGR_KIND_LIST || container > MGR_KIND_FROZENSET || b->depth == VAL_DEPTH_STORED)
        b->bad = true;
    if (b->bad)
        return;
    begin(b);
    struct level *level = &b->levels[b->depth++];
    *level = (struct level){.kind = (enum val_kind)container};
    level->container = val_open(&b->out, level->kind);
}

void mgr_build_close(struct mgr_builder *b)
{
    if (b == NULL || b->bad)
        return;
    if (b->depth == 0 || b->levels[b->depth - 1].has_key) {
        b->bad = true;
        return;
    }
    val_close(&b->out, b->levels[--b->depth].container);
    end(b);
}

void mgr_build_put(struct mgr_builder *b, struct mgr_arg item)
{
    char why[256]; /* not kept: the builder reports only that there was a mistake */
    if (b == NULL || b->bad)
        return;
    begin(b);
    if (item.kind == MGR_ARG_ABSENT || client_encode(&item, &b->out, why, sizeof why) != MGR_OK)
        b->bad = true;
    else
        end(b);
}

struct mgr_value *mgr_build_value(struct mgr_builder *b)
{
    struct mgr_value *value = NULL;
    struct val_check check;
    if (b == NULL)
        return NULL;
    if (!b->bad && b->depth == 0 && b->values == 1 && !b->out.failed &&
        val_check(buf_bytes(&b->out), VAL_DEPTH_STORED, &check) == VAL_OK)
        value = client_value(buf_bytes(&b->out));
    buf_free(&b->out);
    free(b);
    return value;
}
