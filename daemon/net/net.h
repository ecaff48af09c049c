/* SPDX-License-Identifier: BSD-2-Clause */
/* The network side of the daemon: listeners, and the connections that they accepted. */
#ifndef NET_NET_H
#define NET_NET_H

#include <event2/event.h>
#include <sys/socket.h>

#include "daemon/base/log.h"
#include "daemon/doors/door.h"
#include "daemon/gate/gate.h"

struct net;

struct net_options {
    struct event_base *base; /* borrowed */
    struct gate *gate;       /* borrowed */
    struct log *log;         /* borrowed */
    /* Called before the first event of a turn: the only place where time advances. */
    void (*begin_turn)(void *arg);
    /* Called when much was executed since then although more is ready: ends the turn. */
    void (*end_turn)(void *arg);
    void *arg;
    struct limits limits;
};

struct net *net_new(const struct net_options *options);
/* Closes everything immediately. */
void net_free(struct net *net);

/* The door for the protobuf protocol, over connections of this net. */
struct door net_proto_door(struct net *net);
/* Listens on an IP or unix address for a door; removes a stale unix socket first. False: *why
 * tells the cause. */
bool net_listen(struct net *net, struct door door, const struct sockaddr *address, socklen_t len,
                struct buf *why);
/* Takes over a listening socket (socket activation). */
bool net_listen_fd(struct net *net, struct door door, int fd, struct buf *why);
/* Creates unix sockets again whose files others have removed or replaced, as far as possible;
 * out gets a line about each. */
void net_renew(struct net *net, struct buf *out);
/* Puts the addresses in use as a list into an open member. */
void net_put_addresses(const struct net *net, struct buf *out);
void net_set_limits(struct net *net, const struct limits *limits);

/* Executes the input received so far. Call it before the work of a turn that needs no request,
 * because that may follow from the input. */
void net_execute(struct net *net);
/* Ends a turn: sends replies, frees closed connections. True: there is input that no event will
 * announce, so the next turn must not sleep. */
bool net_end_turn(struct net *net);
/* How long the next sleep may last without missing a deadline; UINT64_MAX: any time. */
uint64_t net_sleep_ms(const struct net *net);

/* Stops accepting; tells every client, and closes each connection once its replies are sent. */
void net_drain(struct net *net);
size_t net_connections(const struct net *net);

/* Metrics of a net: connections; addresses. */
extern const struct metric_table net_metrics, net_info;

#endif
