/* SPDX-License-Identifier: BSD-2-Clause */
/* Items: made before a change, entered with it, and finished one by one. */
#include "daemon/objects/queue/item.h"

#include "daemon/engine/session.h"
#include "daemon/objects/python/storable.h"
#include "daemon/objects/python/value_load.h"

static size_t item_size(size_t len)
{
    return sizeof(struct item) + len;
}

struct item *item_copy(struct ctx *ctx, struct bytes value, bool refs)
{
    if (storable_check(ctx, value.len) < 0)
        return NULL;
    struct item *item = mem_alloc(ctx_mem(ctx), item_size(value.len));
    if (item == NULL) {
        (void)fail_nomem(ctx);
        return NULL;
    }
    item->unacked.slot = NULL; /* the other fields and links are valid only once they are set */
    item->seq = item->token = 0;
    item->attempts = 0;
    item->len = (uint32_t)value.len;
    item->state = ITEM_PUT;
    item->way = 0;
    item->refs = refs;
    item->redelivered = false;
    memcpy(item->value, value.data, value.len);
    return item;
}

struct item *item_new(struct ctx *ctx, struct object *object, struct bytes value)
{
    bool refs = value_has_refs(ctx, value);
    if (refs && refs_reserve(ctx, object, value) < 0)
        return NULL;
    return item_copy(ctx, value, refs);
}

void item_delete(struct mem *mem, struct item *item)
{
    mem_free(mem, item, item_size(item->len));
}

void item_enter(struct ctx *ctx, struct object *object, const struct item *item)
{
    if (item->refs)
        refs_add(ctx, object, item_value(item));
}

void item_leave(struct ctx *ctx, struct object *object, const struct item *item)
{
    if (item->refs)
        refs_drop(ctx, object, item_value(item));
}

void item_done(struct mem *mem, struct item *item)
{
    if (item->unacked.slot != NULL)
        item->state = ITEM_DONE;
    else
        item_delete(mem, item);
}

void item_comes_back(struct item *item)
{
    unacked_forget(&item->unacked);
    item->redelivered = true;
    item->attempts += item->attempts < UINT32_MAX;
}

void item_result(const struct unacked *unacked, struct result *result)
{
    const struct item *item = (const struct item *)unacked;
    result->kind = RESULT_GRANT; /* then only these fields are used: */
    result->token = item->token;
    result->depth = 0;
    result->lease_ms = item->token == 0 ? 0 : unacked->session->lease_ms;
    result->value = item_value(item);
    result->previous_token = 0;
    result->attempts = item->attempts;
    result->redelivered = item->redelivered;
}

void item_save(const struct item *item, struct writer *out)
{
    writer_u64(out, item->state);
    writer_u64(out, item->token);
    writer_u64(out, item->seq);
    writer_u64(out, item->attempts);
    writer_u64(out, item->way);
    writer_u64(out, item->redelivered);
    writer_bytes(out, item_value(item));
}

void item_unacked_save(const struct unacked *unacked, struct writer *out)
{
    const struct item *item = (const struct item *)unacked;
    if (item->state == ITEM_RESERVED) {
        writer_u64(out, item->state);
        writer_u64(out, item->token);
    } else {
        item_save(item, out);
    }
}

/* Reads a value that the mask allows. */
static uint8_t choice_read(struct reader *in, unsigned mask)
{
    enum { CHOICES = 8 };
    uint64_t number = reader_u64_max(in, CHOICES - 1);
    if ((mask & 1u << number) == 0)
        in->failed = true;
    return (uint8_t)number;
}

/* head: everything except the value. */
static struct item *value_load(struct mem *mem, struct reader *in, struct item *head)
{
    struct stored stored;
    if (!stored_read(in, &stored))
        return NULL;
    if (stored.value.len > UINT32_MAX) {
        (void)reader_fail(in);
        return NULL;
    }
    struct item *item = mem_alloc(mem, item_size(stored.value.len));
    if (item == NULL) {
        (void)reader_nomem(in);
        return NULL;
    }
    head->refs = stored.refs;
    head->len = (uint32_t)stored.value.len;
    *item = *head;
    memcpy(item->value, stored.value.data, stored.value.len);
    return item;
}

struct item *item_load_value(struct mem *mem, struct reader *in)
{
    return value_load(mem, in, &(struct item){.state = ITEM_DONE});
}

struct item *item_load(struct mem *mem, struct reader *in, unsigned states, unsigned ways)
{
    struct item head = {.state = choice_read(in, states)};
    head.token = reader_u64(in);
    head.seq = reader_u64(in);
    head.attempts = (uint32_t)reader_u64_max(in, UINT32_MAX);
    head.way = choice_read(in, ways);
    head.redelivered = reader_bool(in);
    return value_load(mem, in, &head);
}
