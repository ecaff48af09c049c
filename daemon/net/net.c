/* SPDX-License-Identifier: BSD-2-Clause */
/* The set of connections, and the end of each turn. */
#include <stdlib.h>
#include <time.h>

#include "daemon/net/internal.h"
#include "wire/value.h"

uint64_t net_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t net_now_ms(void)
{
    return net_now_us() / 1000;
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
    TAILQ_INIT(&net->logins);
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

void net_set_limits(struct net *net, uint64_t connections, uint64_t login_timeout_ms)
{
    net->options.connections = connections;
    net->options.login_timeout_ms = login_timeout_ms;
}

static void end_logins(struct net *net)
{
    uint64_t now = net_now_ms();
    struct conn *conn;
    while ((conn = TAILQ_FIRST(&net->logins)) != NULL && conn->login_until_ms <= now) {
        log_write(net->options.log, LOG_INFO, LOG_CONNECTION,
                  LOG_FIELDS(log_text("address", bytes_text(conn->peer.address))),
                  "no hello in time, closing");
        conn_drop(conn);
    }
}

bool net_end_turn(struct net *net)
{
    struct conn *conn;
    net->turn_began_us = 0;
    end_logins(net);
    /* Flushing may resume a paused connection, whose new output waits for the next turn. */
    for (size_t n = net->flush_count; n > 0 && (conn = TAILQ_FIRST(&net->flush)) != NULL; n--) {
        conn_unlist_flush(conn);
        if ((conn->flags & CONN_WRITING) == 0)
            conn_flush(conn);
    }
    free_closed(net);
    return !TAILQ_EMPTY(&net->flush);
}

uint64_t net_due(const struct net *net)
{
    const struct conn *conn = TAILQ_FIRST(&net->logins);
    return conn == NULL ? UINT64_MAX : conn->login_until_ms;
}

void net_drain(struct net *net)
{
    struct conn *conn;
    free_listeners(net);
    for (conn = TAILQ_FIRST(&net->conns); conn != NULL; conn = TAILQ_NEXT(conn, all))
        rpc_farewell(net->options.rpc, &conn->peer);
}

size_t net_connections(const struct net *net)
{
    return net->count;
}
