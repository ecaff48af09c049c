/* SPDX-License-Identifier: BSD-2-Clause */
/* Items on their way: given by a reply that the client has not acknowledged yet.
 *
 * A plain get hands over with implicit acknowledgement (the slot is used again, `acked`, Bye).
 * Until then the item stays with the slot, where a resend finds it, and if the session ends before,
 * it goes back to where it came from. The reply is made from the item itself, so nothing has to be
 * allocated when it is handed to somebody who waits. */
#ifndef ENGINE_UNACKED_H
#define ENGINE_UNACKED_H

#include <stdint.h>

struct ctx;
struct engine;
struct object;
struct object_ops;
struct result;
struct session;
struct slot;
struct waiter;
struct writer;

/* The type embeds it in its item. Zeroed: not on its way. */
struct unacked {
    struct slot *slot; /* whose reply it is; NULL: none */
    struct session *session;
    struct object *object; /* where it came from; NULL: deleted since */
    const struct object_ops *ops;
    struct unacked *session_prev, *session_next; /* all of its session, oldest first */
    struct unacked *object_prev, *object_next;   /* all of its object, oldest first */
};

/* The running command's reply is made from this item (ops->unacked_result), not from ctx->result.
 * Cannot fail. Call it after grant_add, when there is a grant. */
void reply_unacked(struct ctx *ctx, struct object *object, struct unacked *unacked);
/* complete() with a reply that is made from this item. */
void complete_unacked(struct ctx *ctx, struct waiter *waiter, struct unacked *unacked);
/* It is nobody's reply any more, whatever becomes of the item: a resend is told INDETERMINATE.
 * Nothing when it is not on its way. */
void unacked_forget(struct unacked *unacked);

#endif
