/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection of the generator: what is on its way, and what could not be sent yet. */
#ifndef BENCH_LANE_H
#define BENCH_LANE_H

#include "bench/protocol.h"

/* A request that was made and not answered. */
struct flight {
    uint64_t began_us; /* when it was made, or was due */
    unsigned form;     /* which one of the generator's */
};

struct lane {
    int fd;            /* < 0: not open */
    unsigned number;   /* from 0 */
    unsigned on_way;   /* requests that were made and not answered */
    unsigned newest;   /* the next slot in flights to be taken, */
    unsigned oldest;   /* and the next one to be answered */
    unsigned turn;     /* which step is next, when they are taken in turn */
    uint64_t round;    /* of ids; see protocol.h */
    uint64_t skip;     /* bytes of a reply still to come that nobody needs to see */
    struct bytes rest; /* the end of a large request, not sent yet; borrowed from a form */
    struct buf out;    /* owned; what is to be sent before it */
    size_t out_sent;
    struct flight *flights; /* borrowed; as many as the pipeline is long */
    size_t kept_len;
    uint8_t kept[PROTOCOL_HEAD_MAX]; /* the begin of a reply */
};

enum lane_status { LANE_OK, LANE_BLOCKED /* until the socket is writable */, LANE_LOST };

void lane_init(struct lane *lane, unsigned number, struct flight *flights);
/* Closes it. */
void lane_free(struct lane *lane);

/* Sends out, and rest behind it. BLOCKED: the lane has a copy of what is left of out, and borrows
 * what is left of rest; nothing may be sent before lane_flush said OK. */
enum lane_status lane_send(struct lane *lane, struct bytes out, struct bytes rest);
enum lane_status lane_flush(struct lane *lane);
static inline bool lane_blocked(const struct lane *lane)
{
    return lane->out.len > lane->out_sent || lane->rest.len > 0;
}

#endif
