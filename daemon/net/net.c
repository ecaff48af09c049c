/* SPDX-License-Identifier: BSD-2-Clause */
/* The set of all connections, and the end of each turn. */
#include <stdlib.h>
#include <time.h>

#include "daemon/net/internal.h"
#include "wire/value/value.h"

uint64_t net_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct net *net_new(const struct net_options *options)
{
    struct net *net = calloc(1, sizeof *net);
    if (net == NULL)
        return NULL;
    net->options = *options;
    STAILQ_INIT(&net->listeners);
    SLIST_INIT(&net->closed);
    TAILQ_INIT(&net->conns);
    TAILQ_INIT(&net->flush);
    TAILQ_INIT(&net->crowded);
    TAILQ_INIT(&net->logins);
    TAILQ_INIT(&net->frames);
    TAILQ_INIT(&net->outputs);
    return net;
}

static void free_closed(struct net *net)
{
    struct conn *conn;
    while ((conn = SLIST_FIRST(&net->closed)) != NULL) {
        SLIST_REMOVE_HEAD(&net->closed, closed);
        conn_free(conn);
    }
}

static void free_listeners(struct net *net)
{
    struct listener *listener;
    while ((listener = STAILQ_FIRST(&net->listeners)) != NULL) {
        STAILQ_REMOVE_HEAD(&net->listeners, next);
        listener_free(listener);
    }
}

void net_free(struct net *net)
{
    if (net == NULL)
        return;
    struct conn *conn;
    while ((conn = TAILQ_FIRST(&net->conns)) != NULL)
        conn_drop(conn);
    free_closed(net);
    free_listeners(net);
    spares_free(&net->spares);
    free(net);
}

struct door net_proto_door(struct net *net)
{
    return (struct door){conn_accept, net};
}

void net_put_addresses(const struct net *net, struct buf *out)
{
    const struct listener *listener;
    size_t list = val_open(out, VAL_LIST);
    for (listener = STAILQ_FIRST(&net->listeners); listener != NULL;
         listener = STAILQ_NEXT(listener, next)) {
        size_t item = val_open_item(out);
        val_put_text(out, listener->address);
        val_close(out, item);
    }
    val_close(out, list);
}

void net_set_limits(struct net *net, const struct limits *limits)
{
    net->options.limits = *limits;
}

/* When there is room in the buffers again, resumes waiting connections in order. A request of one
 * may close others, also the last of them. True: some went on, and more of them could, but this
 * turn has taken long enough. */
static bool end_waiting(struct net *net)
{
    const struct conn *last = TAILQ_LAST(&net->crowded, conn_list); /* each at most once */
    uint64_t until_us = last == NULL ? 0 : net_now_us() + NET_TURN_US;
    struct conn *conn;
    bool progress = false;
    while (last != NULL && !gate_crowded(net->options.gate) &&
           (conn = TAILQ_FIRST(&net->crowded)) != NULL) {
        if (conn == last)
            last = NULL;
        conn_resume(conn);
        progress = progress || (conn->flags & CONN_CROWDED) == 0;
        if (last != NULL && net_now_us() > until_us)
            return progress;
    }
    return false;
}

bool net_end_turn(struct net *net)
{
    struct conn *conn;
    if (!net->midway)
        net_end_overdue(net);
    /* Flushing may resume a paused connection; its new output waits for the next turn. */
    for (size_t n = net->flush_count; n > 0 && (conn = TAILQ_FIRST(&net->flush)) != NULL; n--) {
        conn_unlist_flush(conn);
        if ((conn->flags & CONN_WRITING) == 0)
            conn_flush(conn);
    }
    net_end_crowd(net);
    bool more = end_waiting(net);
    free_closed(net);
    net->turn_began_us = 0;
    return more || !TAILQ_EMPTY(&net->flush);
}

uint64_t net_sleep_ms(const struct net *net)
{
    bool deadline =
        !TAILQ_EMPTY(&net->logins) || !TAILQ_EMPTY(&net->frames) || !TAILQ_EMPTY(&net->outputs);
    return !TAILQ_EMPTY(&net->crowded) ? NET_LOOK_MS : deadline ? NET_DEADLINES_MS : UINT64_MAX;
}

void net_drain(struct net *net)
{
    struct conn *conn;
    free_listeners(net);
    for (conn = TAILQ_FIRST(&net->conns); conn != NULL; conn = TAILQ_NEXT(conn, all))
        gate_farewell(net->options.gate, &conn->peer);
}

size_t net_connections(const struct net *net)
{
    return net->count;
}
