/* SPDX-License-Identifier: BSD-2-Clause */
/* The one loop in which all connections send requests and take replies. */
#ifndef BENCH_LOOP_H
#define BENCH_LOOP_H

#include "bench/ending.h"
#include "bench/lane.h"
#include "bench/pace.h"
#include "bench/plan.h"
#include "bench/progress.h"
#include "bench/tally.h"

struct loop {
    const struct plan *plan;
    struct tally *tally;
    struct form forms[2];
    int epoll, stop_fd;
    /* owned; those that make requests come first, then the idle ones */
    struct lane *lanes;
    size_t lane_count;
    struct flight *flights; /* owned; of all lanes */
    struct pace pace;
    uint64_t made;        /* requests; those on their way are not in tally->replies */
    uint64_t to_make;     /* requests in all */
    uint64_t deadline_us; /* when no more are made */
    uint64_t heard_us;    /* when something was on its way and a reply came, or nothing was */
    uint64_t random;      /* state of the generator of keys */
    uint64_t next_key;
    size_t next_lane; /* open loop: which one's turn it is */
    struct progress progress;
    struct buf out; /* requests of one lane that are sent together */
    uint8_t *in;    /* owned; what was just received */
};

/* False: no memory. */
bool loop_init(struct loop *loop, const struct plan *plan, struct tally *tally, int stop_fd);
void loop_free(struct loop *loop);
/* Takes a connection that said hello; the number of its lane follows from the order. */
bool loop_add(struct loop *loop, int fd);
/* Makes all requests, and ends when all are answered. tally->seconds is set in any case. */
enum ending loop_run(struct loop *loop, struct buf *why);
/* Watches connections on which nothing is to happen, until the plan's time is over or a signal. */
enum ending loop_hold(struct loop *loop, struct buf *why);

#endif
