/* SPDX-License-Identifier: BSD-2-Clause */
/* Items: made before the change, entered with it, dealt with one by one. */
#include "daemon/objects/item.h"

#include "daemon/engine/session.h"

enum { REPLY_ROOM = 128 }; /* bytes of a frame around the value of a Grant */

static size_t item_size(size_t len)
{
    return sizeof(struct item) + len;
}

/* Whether it could be given to anybody. */
static int check_size(struct ctx *ctx, struct bytes value)
{
    size_t limit = ctx_limits(ctx)->frame_bytes;

    if (limit <= REPLY_ROOM || value.len > limit - REPLY_ROOM) {
        return fail(ctx, ERR_TOO_LARGE,
                    "a reply with the value of %zu bytes does not fit in a frame", value.len);
    }
    return 0;
}

struct item *item_copy(struct ctx *ctx, struct bytes value, bool refs)
{
    if (check_size(ctx, value) < 0) {
        return NULL;
    }
    struct item *item = mem_alloc(ctx_mem(ctx), item_size(value.len));

    if (item == NULL) {
        (void)fail_nomem(ctx);
        return NULL;
    }
    *item = (struct item){.len = (uint32_t)value.len, .refs = refs};
    memcpy(item->value, value.data, value.len);
    return item;
}

struct item *item_new(struct ctx *ctx, struct object *object, struct bytes value)
{
    bool refs = value_has_refs(ctx, value);

    if (refs && edges_reserve(ctx, object, value) < 0) {
        return NULL;
    }
    return item_copy(ctx, value, refs);
}

void item_delete(struct mem *mem, struct item *item)
{
    mem_free(mem, item, item_size(item->len));
}

void item_enter(struct ctx *ctx, struct object *object, const struct item *item)
{
    if (item->refs) {
        edges_add(ctx, object, item_value(item));
    }
}

void item_leave(struct ctx *ctx, struct object *object, const struct item *item)
{
    if (item->refs) {
        edges_drop(ctx, object, item_value(item));
    }
}

void item_done(struct mem *mem, struct item *item)
{
    if (item->handed.slot != NULL) {
        item->state = ITEM_DONE;
    } else {
        item_delete(mem, item);
    }
}

void item_comes_back(struct ctx *ctx, struct item *item)
{
    handed_forget(&item->handed);
    if (!planted(ctx->engine, PLANTED_DUPLICATE_UNMARKED)) {
        item->redelivered = true;
        item->attempts += item->attempts < UINT32_MAX;
    }
}

void item_result(const struct handed *handed, struct result *result)
{
    const struct item *item = (const struct item *)handed;

    *result = (struct result){
        .kind = RESULT_GRANT,
        .token = item->token,
        .lease_ms = item->token == 0 ? 0 : handed->session->lease_ms,
        .value = item_value(item),
        .attempts = item->attempts,
        .redelivered = item->redelivered,
    };
}

void item_save(const struct item *item, struct writer *out)
{
    writer_u64(out, item->seq);
    writer_u64(out, item->token);
    writer_u64(out, item->attempts);
    writer_u64(out, item->state);
    writer_u64(out, item->way);
    writer_u64(out, item->redelivered);
    writer_bytes(out, item_value(item));
}

void item_handed_save(const struct handed *handed, struct writer *out)
{
    item_save((const struct item *)handed, out);
}
