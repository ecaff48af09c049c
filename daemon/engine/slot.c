/* SPDX-License-Identifier: BSD-2-Clause */
/* The window of a session: per slot the last command and its reply, so that nothing is done twice.
 */
#include <assert.h>
#include <endian.h>

#include "daemon/engine/state.h"

/* ---- saved replies ---- */

static bool saved_try(struct saved *saved, const struct result *result, uint8_t *room, uint32_t cap)
{
    size_t size = reply_result_size(result);
    if (size > (room == NULL ? SLOT_INLINE : cap))
        return false;
    struct buf out = {.data = room == NULL ? saved->near : room, .cap = size, .limit = size};
    reply_put_result(&out, result);
    assert(!out.failed && out.len == size);
    saved->len = (uint32_t)size;
    saved->cap = room == NULL ? 0 : cap;
    if (room != NULL)
        saved->data = room;
    return true;
}

__attribute__((noinline)) static void put_encoded(struct saved *saved, const struct result *result,
                                                  uint8_t *room, uint32_t cap)
{
    if (saved_try(saved, result, NULL, 0) || (room != NULL && saved_try(saved, result, room, cap)))
        return;
    struct result bare = {.kind = RESULT_ERROR, .code = result->code};
    assert(result->kind == RESULT_ERROR);
    bool fits = saved_try(saved, &bare, NULL, 0);
    assert(fits);
    (void)fits;
}

void saved_put(struct saved *saved, const struct result *result, uint8_t *room, uint32_t cap)
{
    if (result->kind != RESULT_DONE || result->lost) {
        put_encoded(saved, result, room, cap);
        return;
    }
    memcpy(saved->near, REPLY_DONE, REPLY_DONE_LEN); /* most of them, and always the same */
    saved->len = REPLY_DONE_LEN;
    saved->cap = 0;
}

struct bytes saved_bytes(const struct saved *saved)
{
    return bytes_of(saved->cap == 0 ? saved->near : saved->data, saved->len);
}

void saved_free(struct engine *engine, struct saved *saved)
{
    if (saved->cap != 0)
        mem_free(&engine->mem, saved->data, saved->cap);
    saved->cap = 0;
    saved->len = 0;
}

/* ---- fingerprints ---- */

/* Odd, and as irregular as it gets. */
#define MIX_A UINT64_C(0x9E3779B97F4A7C15)
#define MIX_B UINT64_C(0xC2B2AE3D27D4EB4F)

enum { BLOCK = 16, LOOKED_AT = 48 };

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return le64toh(word);
}

static uint64_t mix_block(uint64_t sum, const uint8_t *at)
{
    uint64_t both = ((sum ^ word_at(at)) * MIX_A) ^ (word_at(at + 8) * MIX_B);
    return both << 29 | both >> 35; /* by no whole bytes: blocks overlap by those */
}

/* Of less than a block, filled up with zeros. */
__attribute__((noinline)) static uint64_t mix_short(uint64_t sum, struct bytes operation)
{
    uint8_t padded[BLOCK] = {0};
    for (size_t i = 0; i < operation.len; i++)
        padded[i] = operation.data[i];
    return mix_block(sum, padded);
}

/* The last block lies over the one before it, so that no byte is left over. */
static inline uint64_t mix_long(uint64_t sum, struct bytes operation)
{
    const uint8_t *at = operation.data;
    for (size_t left = operation.len < LOOKED_AT ? operation.len : LOOKED_AT; left > BLOCK;
         left -= BLOCK, at += BLOCK)
        sum = mix_block(sum, at);
    return mix_block(sum, operation.data + operation.len - BLOCK);
}

/* Not keyed: a client that wants to meet its own old reply can send the old request. */
uint32_t slot_fingerprint(unsigned number, struct bytes operation)
{
    uint64_t sum = ((uint64_t)number << 32) + operation.len;
    sum = operation.len < BLOCK ? mix_short(sum, operation) : mix_long(sum, operation);
    return (uint32_t)(sum * MIX_A >> 32);
}

/* ---- slots ---- */

static uint32_t slot_index(const struct session *session, uint64_t id)
{
    return (uint32_t)(id & (session->window - 1));
}

struct slot *session_slot_peek(const struct session *session, uint64_t id)
{
    uint32_t index = slot_index(session, id);
    return index < session->slot_count ? session->slots[index] : NULL;
}

/* The table grows to the depth that is used. */
static bool slots_grow(struct engine *engine, struct session *session, uint32_t index)
{
    uint32_t count = session->slot_count == 0 ? 1 : session->slot_count;
    while (count <= index)
        count *= 2;
    struct slot **slots =
        mem_resize(&engine->mem, session->slots, session->slot_count * sizeof session->slots[0],
                   count * sizeof session->slots[0]);
    if (slots == NULL)
        return false;
    memset(slots + session->slot_count, 0, (count - session->slot_count) * sizeof slots[0]);
    session->slots = slots;
    session->slot_count = count;
    return true;
}

struct slot *session_slot(struct engine *engine, struct session *session, uint64_t id)
{
    uint32_t index = slot_index(session, id);
    if (index >= session->slot_count && !slots_grow(engine, session, index))
        return NULL;
    if (session->slots[index] == NULL) {
        session->slots[index] = mem_zalloc(&engine->mem, sizeof(struct slot));
        session->slots_used += session->slots[index] != NULL;
    }
    return session->slots[index];
}

void session_slot_undo(struct engine *engine, struct session *session, uint64_t id)
{
    struct slot *slot = session_slot_peek(session, id);
    if (slot != NULL && slot->id == 0) {
        mem_free(&engine->mem, slot, sizeof *slot);
        session->slots[slot_index(session, id)] = NULL;
        session->slots_used--;
    }
}

/* Lets go of the reply it keeps. */
static void slot_clear(struct ctx *ctx, struct session *session, struct slot *slot)
{
    session->retained_bytes -= slot->reply.cap;
    saved_free(ctx->engine, &slot->reply);
    if (slot->unacked != NULL)
        unacked_settle(ctx, slot->unacked);
}

void slot_done(struct ctx *ctx, struct session *session, struct slot *slot, uint64_t revision,
               struct saved *reply)
{
    if (slot->reply.cap != 0 || slot->unacked != NULL)
        slot_clear(ctx, session, slot);
    slot->revision = revision;
    slot->waiter = NULL;
    slot->forgotten = false;
    slot->reply = *reply;
    session->retained_bytes += reply->cap;
    reply->len = 0;
    reply->cap = 0;
}

void slot_unacked(struct ctx *ctx, struct session *session, struct slot *slot, uint64_t revision,
                  struct object *object, struct unacked *unacked)
{
    slot_clear(ctx, session, slot);
    slot->revision = revision;
    slot->waiter = NULL;
    slot->forgotten = false;
    unacked_link(session, slot, object, unacked);
}

void slot_parked(struct ctx *ctx, struct session *session, struct slot *slot, uint64_t revision,
                 struct waiter *waiter)
{
    slot_clear(ctx, session, slot);
    slot->revision = revision;
    slot->waiter = waiter;
    slot->forgotten = false;
}

/* What the client has seen needs not be kept. The id stays, so that it is not done again. Only ids
 * after the last acknowledged one: what is forgotten must not depend on the size of the table,
 * which is no state. */
static void slot_forget(struct ctx *ctx, struct session *session, struct slot *slot, uint64_t acked)
{
    if (slot != NULL && slot->id > session->acked && slot->id <= acked && slot->waiter == NULL) {
        slot_clear(ctx, session, slot);
        slot->forgotten = true;
    }
}

bool slot_acked(struct ctx *ctx, struct session *session, uint64_t id)
{
    struct slot *slot = session_slot_peek(session, id);
    if (slot == NULL || slot->id != id || slot->waiter != NULL || slot->forgotten)
        return false;
    slot_clear(ctx, session, slot);
    slot->forgotten = true;
    return true;
}

/* acked is newer than the session's. */
__attribute__((noinline)) static void forget_to(struct ctx *ctx, struct session *session,
                                                uint64_t acked)
{
    if (acked - session->acked >= session->window)
        for (uint32_t i = 0; i < session->slot_count; i++)
            slot_forget(ctx, session, session->slots[i], acked);
    else
        for (uint64_t left = acked - session->acked; left > 0; left--) /* up to UINT64_MAX */
            slot_forget(ctx, session, session_slot_peek(session, acked - left + 1), acked);
    session->acked = acked;
}

bool session_acked(struct ctx *ctx, struct session *session, uint64_t acked)
{
    if (acked <= session->acked)
        return false;
    forget_to(ctx, session, acked);
    return true;
}

void slots_free(struct engine *engine, struct session *session)
{
    for (uint32_t i = 0; i < session->slot_count; i++) {
        if (session->slots[i] != NULL) {
            saved_free(engine, &session->slots[i]->reply);
            mem_free(&engine->mem, session->slots[i], sizeof(struct slot));
        }
    }
    mem_free(&engine->mem, session->slots, session->slot_count * sizeof session->slots[0]);
}
