/* SPDX-License-Identifier: BSD-2-Clause */
/* All connections of the daemon: listeners, and the clients that came through them. */
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
    /* Called before the first thing that happens in a turn of the loop: time moves here only. */
    void (*begin_turn)(void *arg);
    /* Called when much was executed since then, though more is ready: ends the turn. */
    void (*end_turn)(void *arg);
    void *arg;
    struct limits limits;
};

struct net *net_new(const struct net_options *options);
/* Closes everything at once. */
void net_free(struct net *net);

/* The door to the protobuf protocol, over connections of net. */
struct door net_proto_door(struct net *net);
/* Listens on an IP or unix address, for a door; a stale unix socket is removed first. False: *why
 * says why. */
bool net_listen(struct net *net, struct door door, const struct sockaddr *address, socklen_t len,
                struct buf *why);
/* Takes over a listening socket (socket activation). */
bool net_listen_fd(struct net *net, struct door door, int fd, struct buf *why);
/* Unix sockets whose files others removed or replaced are made again, as far as that is possible;
 * out: a line about each. */
void net_renew(struct net *net, struct buf *out);
/* The addresses in use, as a list into an open member. */
void net_put_addresses(const struct net *net, struct buf *out);
void net_set_limits(struct net *net, const struct limits *limits);

/* Executes what was received since the last time. Before the work of the turn that needs no
 * request, which may follow from it. */
void net_execute(struct net *net);
/* End of a turn: sends what was answered, frees what was closed. True: some input waits that no
 * event will announce, so the next turn must not sleep. */
bool net_end_turn(struct net *net);
/* How long the next sleep may be, so that deadlines are kept; UINT64_MAX: for ever. */
uint64_t net_sleep_ms(const struct net *net);

/* No new connections; every client is told and closed once its replies are sent. */
void net_drain(struct net *net);
size_t net_connections(const struct net *net);

/* Of a net: connections; addresses. */
extern const struct metric_table net_metrics, net_info;

#endif
