/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of net/. */
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H

#include <bsd/sys/queue.h>
#include <sys/types.h>

#include "daemon/doors/proto/proto.h"
#include "daemon/gate/user.h"
#include "daemon/net/deadline.h"
#include "daemon/net/net.h"
#include "daemon/net/spares.h"
#include "daemon/net/stream.h"

enum {
    NET_INPUTS = 16,        /* connections whose input is executed together, */
    NET_EXECUTE = 8 * 1024, /* ... or fewer, when they have sent so much */
    NET_ROOM = 128 * 1024,  /* bytes read from one connection at once */
    NET_DIRECT = 16 * 1024, /* so much of a frame is read to where it is kept, not copied there */
    NET_DEADLINES_MS = 250, /* a sleep while there are some; they are late by two at most */
    NET_POLL = 32,          /* connections that a poll surely tells of when there are more, */
    NET_POLLS = 16,         /* ... and so many polls of any number: each may take twice as many */
    NET_LOOK_MS = 10,       /* whether there is room in the buffers again */
    NET_TURN_US = 500,      /* after so long the turn ends, and what was answered is sent */
    NET_ACCEPTS = 64,       /* connections taken from a listener in one turn */
    NET_KEPT = 16,          /* connections above the limit, for the daemon's owner */
    NET_REFUSED = 16,       /* ... and for telling others why they are not let in */
    NET_PAUSE_MS = 100,     /* a listener rests when there are no file descriptors */
    NET_VANISHED_MS = 20 * 1000, /* a peer that acknowledges nothing is gone (TCP_USER_TIMEOUT) */
};

enum conn_flag {
    CONN_FLUSH = 1 << 0,   /* in the list of those with output */
    CONN_CLOSED = 1 << 1,  /* in the list of those to be freed */
    CONN_PAUSED = 1 << 2,  /* not read from: too much unsent output */
    CONN_CROWDED = 1 << 3, /* not read from: all connections together hold too much */
    CONN_WRITING = 1 << 4, /* waits until the socket takes more */
    CONN_LARGE = 1 << 5,   /* its frames are large: read to a buffer of its own */
};

struct conn {
    struct peer peer; /* first: the gate gives it back */
    struct net *net;
    struct user *user; /* NULL: nobody knows who it is */
    struct stream stream;
    struct event *read_event, *write_event;
    struct buf in;  /* unread input: a part of a frame, or what a pause left */
    size_t in_need; /* bytes of that frame; 0: not known */
    unsigned flags; /* enum conn_flag */
    size_t moved;   /* bytes sent since the deadline for output was set */
    struct deadline login, frame, output;
    TAILQ_ENTRY(conn) all, flush, crowded;
    SLIST_ENTRY(conn) closed;
};

struct listener {
    struct net *net;
    struct door door; /* takes what it accepts */
    int fd;
    struct event *event, *resume;
    char address[PEER_ADDRESS_MAX];
    char *unlink_path; /* of a unix socket that we made */
    dev_t device;      /* of that socket file */
    ino_t inode;
    bool given_up; /* it could not be made again, in this net_renew */
    STAILQ_ENTRY(listener) next;
};

TAILQ_HEAD(conn_list, conn);
SLIST_HEAD(conn_stack, conn);
STAILQ_HEAD(listener_list, listener);

struct net {
    struct net_options options;
    struct listener_list listeners;
    struct conn_list conns, flush, crowded;
    struct deadline_list logins, frames, outputs;
    struct conn_stack closed;
    size_t count;
    size_t refused; /* of these, who is told so and not let in */
    struct user_list users;
    size_t flush_count;
    struct input inputs[NET_INPUTS]; /* received, to be executed */
    size_t input_count;
    uint64_t turn_began_us; /* monotonic; 0: nobody has asked in this turn */
    bool midway;            /* of the events of one poll */
    size_t ready;           /* connections that it told of */
    unsigned full_polls;    /* one after the other */
    uint64_t full_since_ms; /* engine time before the first of them, */
    uint64_t polled_ms;     /* ... before the next one, */
    uint64_t judged_ms;     /* ... before the last one that surely told of all */
    size_t input_bytes;     /* of all of them */
    size_t read_used;       /* bytes of read_buffer that they lie in */
    struct spares spares;
    uint8_t read_buffer[NET_EXECUTE + NET_ROOM]; /* shared by all connections */
};

/* Of a struct door: the protobuf protocol over a connection of net (arg). */
void conn_accept(void *arg, const struct newcomer *newcomer);
/* Whether it is let in, or told why not: see peer.refusal. False: there is no room even for that.
 */
bool net_admit(struct net *net, struct conn *conn);
/* Sends what it can; arms the write event for the rest. */
void conn_flush(struct conn *conn);
/* Executes what is left of its input after a pause. */
void conn_resume(struct conn *conn);
/* Takes it out of the list of those with output, if it is in. */
void conn_unlist_flush(struct conn *conn);
void conn_free(struct conn *conn);
void conn_drop(struct conn *conn);
/* Closes what its deadlines say, and who holds most when all together hold too much. */
void net_end_overdue(struct net *net);
void net_end_crowd(struct net *net);

uint64_t net_now_us(void); /* CLOCK_MONOTONIC */
/* When this turn began, or when somebody asked first. */
static inline uint64_t net_turn_us(struct net *net)
{
    if (net->turn_began_us == 0)
        net->turn_began_us = net_now_us();
    return net->turn_began_us;
}

void listener_free(struct listener *listener);

#endif
