/* SPDX-License-Identifier: BSD-2-Clause */
/* The internals of net/, shared by its files. */
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
    NET_INPUTS = 16,        /* inputs executed together, */
    NET_EXECUTE = 8 * 1024, /* ... or fewer, once they have this many bytes */
    NET_ROOM = 128 * 1024,  /* bytes read from one connection at once */
    NET_DIRECT = 16 * 1024, /* larger frames are read into their own buffer, not copied */
    NET_DEADLINES_MS = 250, /* maximum sleep while there are deadlines */
    NET_POLL = 32,          /* events that a poll reports completely; more may need another poll, */
    NET_POLLS = 16,         /* polls that report any number of events, for sure */
    NET_LOOK_MS = 10,       /* how often to look for room in the buffers */
    NET_TURN_US = 500,      /* a turn longer than this ends early, to send its replies */
    NET_ACCEPTS = 64,       /* connections accepted from a listener in one turn */
    NET_KEPT = 16,          /* connections above the limit, reserved for the daemon's owner */
    NET_REFUSED = 16,       /* ... and for refusing other clients with a message */
    NET_PAUSE_MS = 100,     /* pause of a listener without file descriptors */
    NET_VANISHED_MS = 20 * 1000, /* TCP_USER_TIMEOUT: gone if it acknowledges nothing */
};

enum conn_flag {
    CONN_FLUSH = 1 << 0,   /* in the list of connections with output */
    CONN_CLOSED = 1 << 1,  /* in the list of connections to be freed */
    CONN_PAUSED = 1 << 2,  /* not read from: too much unsent output */
    CONN_CROWDED = 1 << 3, /* not read from: all connections together hold too much */
    CONN_WRITING = 1 << 4, /* waits until the socket is writable */
    CONN_LARGE = 1 << 5,   /* has large frames: reads into its own buffer */
};

struct conn {
    struct peer peer; /* first member: the gate passes it back */
    struct net *net;
    struct user *user; /* NULL: the user is unknown */
    struct stream stream;
    struct event *read_event, *write_event;
    struct buf in;  /* input kept: an incomplete frame, or what a pause left */
    size_t in_need; /* total bytes of that frame; 0: unknown */
    unsigned flags; /* enum conn_flag */
    size_t moved;   /* bytes sent since the deadline for output was set */
    struct deadline login, frame, output;
    TAILQ_ENTRY(conn) all, flush, crowded;
    SLIST_ENTRY(conn) closed;
};

struct listener {
    struct net *net;
    struct door door; /* accepts its connections */
    int fd;
    struct event *event, *resume;
    char address[PEER_ADDRESS_MAX];
    char *unlink_path; /* path of a unix socket that this daemon created */
    dev_t device;      /* identity of that socket file */
    ino_t inode;
    bool given_up; /* could not be created again in this net_renew */
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
    size_t refused; /* connections that are only told why they are refused */
    struct user_list users;
    size_t flush_count;
    struct input inputs[NET_INPUTS]; /* received input, to be executed */
    size_t input_count;
    uint64_t turn_began_us; /* monotonic; 0: not read in this turn yet */
    bool midway;            /* the turn was ended among the events of one poll */
    size_t ready;           /* number of connections reported by the poll */
    unsigned full_polls;    /* polls in a row that reported the maximum */
    uint64_t full_since_ms; /* engine time before the first of those polls, */
    uint64_t polled_ms;     /* ... before the next poll, */
    uint64_t judged_ms;     /* ... before the last poll that surely reported everything */
    size_t input_bytes;     /* size of all inputs */
    size_t read_used;       /* bytes of read_buffer that they occupy */
    struct spares spares;
    uint8_t read_buffer[NET_EXECUTE + NET_ROOM]; /* shared by all connections */
};

/* struct door's accept for the protobuf protocol over a connection of this net (arg). */
void conn_accept(void *arg, const struct newcomer *newcomer);
/* Whether the connection is admitted, or told why not: see peer.refusal. False: there is no room
 * even to tell. */
bool net_admit(struct net *net, struct conn *conn);
/* Sends what the socket takes; waits for the write event to send the rest. */
void conn_flush(struct conn *conn);
/* Executes input that was left over when the connection was paused. */
void conn_resume(struct conn *conn);
/* Removes the connection from the list of those with output, if it is in the list. */
void conn_unlist_flush(struct conn *conn);
void conn_free(struct conn *conn);
void conn_drop(struct conn *conn);
/* net_end_overdue closes connections whose deadlines are over; net_end_crowd the largest ones,
 * when all together hold too much. */
void net_end_overdue(struct net *net);
void net_end_crowd(struct net *net);

uint64_t net_now_us(void); /* CLOCK_MONOTONIC */
/* When this turn began, or the time of the first call in it. */
static inline uint64_t net_turn_us(struct net *net)
{
    if (net->turn_began_us == 0)
        net->turn_began_us = net_now_us();
    return net->turn_began_us;
}

void listener_free(struct listener *listener);

#endif
