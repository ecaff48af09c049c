/* SPDX-License-Identifier: BSD-2-Clause */
/* A queue is three places with one order, that of the numbers which waiters get when they join:
 *
 *   line  those who never left: a list, since each new one comes after all others
 *   back  those who came back: a tree, since their turns are anywhere
 *   away  those who are not there: a tree, out of the way of every grant
 *
 * The next one to be served is the head of the line or the first one in `back`, so a thousand dead
 * before one that lives cost a grant nothing. */
#include "daemon/engine/waitq.h"

#include <assert.h>

#include "daemon/engine/state.h"

static int number_compare(const struct waiter *a, const struct waiter *b)
{
    return (a->number > b->number) - (a->number < b->number);
}

/* Not all of what it generates is used. */
RB_GENERATE_INTERNAL(waiter_tree, waiter, by_number, number_compare, __attribute__((unused)) static)

static struct waiter_tree *tree_of(const struct waiter *waiter)
{
    return waiter->place == WAITER_BACK ? &waiter->queue->back : &waiter->queue->away;
}

static void line_add(struct waitq *queue, struct waiter *waiter)
{
    waiter->next = NULL;
    waiter->prev = queue->last;
    *(queue->last == NULL ? &queue->first : &queue->last->next) = waiter;
    queue->last = waiter;
}

static void line_del(struct waitq *queue, struct waiter *waiter)
{
    *(waiter->prev == NULL ? &queue->first : &waiter->prev->next) = waiter->next;
    *(waiter->next == NULL ? &queue->last : &waiter->next->prev) = waiter->prev;
}

static void place_enter(struct waiter *waiter, enum waiter_place place)
{
    waiter->place = place;
    if (place == WAITER_LINE)
        line_add(waiter->queue, waiter);
    else
        RB_INSERT(waiter_tree, tree_of(waiter), waiter);
}

static void place_leave(struct waiter *waiter)
{
    if (waiter->place == WAITER_LINE)
        line_del(waiter->queue, waiter);
    else
        RB_REMOVE(waiter_tree, tree_of(waiter), waiter);
}

void waitq_add(struct waitq *queue, struct waiter *waiter, bool away)
{
    assert(waiter->queue == NULL);
    waiter->queue = queue;
    waiter->number = ++queue->numbers;
    queue->count++;
    place_enter(waiter, away ? WAITER_AWAY : WAITER_LINE);
}

void waitq_del(struct waiter *waiter)
{
    place_leave(waiter);
    waiter->queue->count--;
    waiter->queue = NULL;
}

bool waitq_leave(struct waiter *waiter)
{
    if (waiter->place == WAITER_AWAY)
        return false;
    place_leave(waiter);
    place_enter(waiter, WAITER_AWAY);
    return true;
}

bool waitq_return(struct waiter *waiter)
{
    if (waiter->place != WAITER_AWAY)
        return false;
    place_leave(waiter);
    place_enter(waiter, WAITER_BACK);
    return true;
}

/* ---- who is first ---- */

static struct waiter *tree_first(const struct waiter_tree *tree)
{
    struct waiter *first = NULL;
    for (struct waiter *at = RB_ROOT(tree); at != NULL; at = RB_LEFT(at, by_number))
        first = at;
    return first;
}

/* Either may be NULL. */
static struct waiter *earlier(struct waiter *a, struct waiter *b)
{
    return a == NULL || (b != NULL && b->number < a->number) ? b : a;
}

static struct waiter *first_there(const struct waitq *queue)
{
    return earlier(queue->first, tree_first(&queue->back));
}

struct waiter *waitq_first_of_all(const struct waitq *queue)
{
    return earlier(first_there(queue), tree_first(&queue->away));
}

struct waiter *waitq_next_there(const struct ctx *ctx, const struct waitq *queue)
{
    if (ctx->engine->absence.holding) {
        struct waiter *first = waitq_first_of_all(queue);
        return first != NULL && first->place == WAITER_AWAY ? NULL : first;
    }
    return first_there(queue);
}

struct waiter *waitq_next_living(struct ctx *ctx, const struct waitq *queue)
{
    struct waiter *next;
    assert(ctx->replied);
    while ((next = waitq_next_there(ctx, queue)) != NULL && next->session->ending != 0) {
        if (!ctx_spend(ctx))
            return NULL;
        ctx_step(ctx);
        waiter_vanish(ctx, next);
    }
    return next;
}

bool waitq_open(const struct ctx *ctx, const struct waitq *queue)
{
    return queue->first == NULL && RB_EMPTY(&queue->back) &&
           (RB_EMPTY(&queue->away) || !ctx->engine->absence.holding);
}

struct waitq_walk waitq_walk(const struct waitq *queue)
{
    return (struct waitq_walk){queue->first, tree_first(&queue->back), tree_first(&queue->away)};
}

struct waiter *waitq_walk_next(struct waitq_walk *walk)
{
    struct waiter *first = earlier(earlier(walk->line, walk->back), walk->away);
    if (first == NULL)
        return NULL;
    if (first == walk->line)
        walk->line = first->next;
    else if (first == walk->back)
        walk->back = RB_NEXT(waiter_tree, &first->queue->back, first);
    else
        walk->away = RB_NEXT(waiter_tree, &first->queue->away, first);
    return first;
}

/* ---- saved ---- */

void waitq_save(const struct waitq *queue, struct writer *out)
{
    struct waitq_walk walk = waitq_walk(queue);
    const struct waiter *waiter;
    writer_u64(out, queue->count);
    while ((waiter = waitq_walk_next(&walk)) != NULL) {
        writer_u64(out, waiter->session->id);
        writer_u64(out, waiter->id);
    }
}

bool waitq_load(const struct engine *engine, struct object *object, struct waitq *queue,
                struct reader *in)
{
    for (uint64_t left = reader_u64(in); left > 0; left--) {
        const struct session *session = session_find(engine, reader_u64(in));
        uint64_t id = reader_u64(in);
        const struct slot *slot = session == NULL ? NULL : session_slot_peek(session, id);
        struct waiter *waiter = slot == NULL || slot->id != id ? NULL : slot->waiter;
        if (!reader_ok(in) || waiter == NULL || waiter->object != object || waiter->queue != NULL)
            return reader_fail(in);
        waitq_add(queue, waiter, waiter->place == WAITER_AWAY);
        object->waiter_count += queue != &object->watchers;
    }
    return reader_ok(in);
}
