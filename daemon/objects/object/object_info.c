/* SPDX-License-Identifier: BSD-2-Clause */
/* object info: describes one object to people: its state, guarantees, owners and waiters. */
#include "daemon/engine/session.h"
#include "daemon/objects/object/object_rows.h"
#include "daemon/objects/prototypes.h"

/* ---- guarantees ---- */

#define TOKENS                                                                             \
    "tokens strictly increase; outside the daemon, exclusion is only as strong as the "    \
    "check of the token there, so pass the token on; the end of the owner's session "      \
    "frees the object, and without a lease the session ends soon after its connection is " \
    "lost; "
#define ONE_OWNER "one owner with one valid token at a time, and " TOKENS

static const char *const promises[TYPE_COUNT] = {
    [TYPE_LOCK] = ONE_OWNER,
    [TYPE_RLOCK] = ONE_OWNER,
    [TYPE_CONDITION] = ONE_OWNER "a notified waiter that dies passes its notify on; ",
    [TYPE_SEMAPHORE] = "permits come back when their owner's session ends; each acquire has its "
                       "own token, and " TOKENS,
    [TYPE_BARRIER] = "broken for all parties when one of them dies, times out or is cancelled; ",
    [TYPE_QUEUE] = "no item is lost, each is with one live client at a time, and an item "
                   "delivered again is marked as redelivered; ",
    [TYPE_PIPE] = "a message goes to one receiver, and returns if that receiver dies before it "
                  "acknowledges the message; ",
};

/* When the object is deleted. */
static const char *lifetime(const struct object *object)
{
    if (object->name == NULL)
        return "it lives while a session holds it or a container refers to it";
    if (object->ephemeral)
        return "it lives while a session holds it";
    return object->ttl_ms > 0 ? "it lives until ttl_ms after its last change, or until deleted"
                              : "it lives until it is deleted";
}

static void guarantees_put(const struct object *object, struct buf *out)
{
    const char *promise = promises[object->ops->type];
    uint8_t room[1024];
    struct buf text = {.data = room, .cap = sizeof room, .limit = sizeof room};
    buf_put_text(&text, "of one daemon; each operation is atomic, and all clients see "
                        "one order of them; ");
    buf_put_text(&text, promise == NULL ? "" : promise);
    buf_put_text(&text, lifetime(object));
    buf_put_text(&text, "; what outlives the daemon: see server info");
    val_put_field_str(out, "guarantees", buf_bytes(&text));
}

/* ---- owners and waiters ---- */

static void fields_put_who(struct buf *out, const struct session *session, uint64_t holder)
{
    val_put_field_str(out, "client", session->client);
    val_put_field_str(out, "address", session->address);
    field_put_id(out, "session", session->id);
    field_put_id(out, "holder", holder);
}

/* Puts "key": how many there are beyond the listed ones. */
static void field_put_rest(struct buf *out, const char *key, uint64_t all, uint64_t listed)
{
    if (all > listed)
        val_put_field_uint(out, key, all - listed);
}

/* Puts the owners, oldest first. */
static void owners_put(const struct ctx *ctx, const struct object *object, struct buf *out)
{
    const struct grant *grant = object->grants;
    struct rows rows;
    rows_open(&rows, out, "owners");
    size_t listed = 0;
    for (; listed < ROWS_INSIDE && grant != NULL; listed++, grant = grant->object_next) {
        row_open(&rows);
        fields_put_who(out, grant->session, grant->holder);
        field_put_id(out, "token", grant->token);
        val_put_field_uint(out, "count", grant->count);
        field_put_age(ctx, out, "age_ms", grant->since_ms);
        val_put_field_uint(out, "lease_ms", grant->session->lease_ms);
        row_close(&rows);
    }
    rows_close(&rows);
    field_put_rest(out, "owners_more", object->grant_count, listed);
}

enum { LOOKS = 10000 };

/* Puts the waiting requests in order of arrival, without the watchers for changes; gives up
 * after too many watchers in between. */
static void waiting_put(const struct ctx *ctx, const struct object *object, struct buf *out)
{
    const struct waiter *waiter = object->waiter_count > 0 ? object->waiters : NULL;
    struct rows rows;
    rows_open(&rows, out, "waiting");
    size_t listed = 0;
    for (size_t looks = 0; listed < ROWS_INSIDE && waiter != NULL && looks < LOOKS;
         looks++, waiter = waiter->object_next) {
        if (waiter->queue == &object->watchers)
            continue;
        row_open(&rows);
        fields_put_who(out, waiter->session, waiter->holder);
        field_put_id(out, "id", waiter->id);
        field_put_operation(out, waiter);
        fields_put_times(ctx, out, waiter);
        row_close(&rows);
        listed++;
    }
    rows_close(&rows);
    field_put_rest(out, "waiting_more", object->waiter_count, listed);
}

int object_info(struct ctx *ctx, const Wire__ObjectInfo *in)
{
    const struct object *object = ctx->object;
    struct buf *out = ctx_scratch(ctx);
    size_t dict = val_open(out, VAL_DICT);
    (void)in;
    object_row_put(ctx, object, out);
    field_put_id(out, "id", object->id);
    val_put_field_uint(out, "watchers", object->watchers.count);
    val_put_field_uint(out, "references_in", object->referrers);
    val_put_field_uint(out, "references_out", refs_targets(object));
    val_put_field_bool(out, "ephemeral", object->ephemeral);
    if (object->ttl_ms > 0)
        val_put_field_uint(out, "ttl_ms", object->ttl_ms);
    if (object->principal.len > 0)
        val_put_field_str(out, "principal", object->principal);
    if (object->ops->info != NULL)
        object->ops->info(object, out);
    guarantees_put(object, out);
    owners_put(ctx, object, out);
    waiting_put(ctx, object, out);
    val_close(out, dict);
    return reply_scratch(ctx);
}
