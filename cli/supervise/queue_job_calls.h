/* SPDX-License-Identifier: BSD-2-Clause */
/* What workers ask of the daemon; these run in the session thread. */
#ifndef CLI_QUEUE_JOB_CALLS_H
#define CLI_QUEUE_JOB_CALLS_H

#include "cli/supervise/queue_job.h"
#include "cli/supervise/session_thread.h"

/* Opens the session. */
struct queue_job_open {
    struct order order; /* the first */
    struct cli *cli;
    const struct queue_job_plan *plan;
};
order_fn queue_job_open;

/* Reserves an item. */
struct queue_job_get {
    struct order order; /* the first */
    const struct queue_job_plan *plan;
    int64_t wait_ms;
    struct mgr_value *item; /* the Grant; owned by who takes the order back */
    struct mgr_grant grant;
    uint64_t coming; /* when there was none: how many are delayed, or reserved by others */
    int64_t life_ms; /* of the session without a heartbeat; 0: as before */
    bool alone;      /* nothing else is reserved */
};
order_fn queue_job_get;

/* Acknowledges an item, or gives it back. */
struct queue_job_settle {
    struct order order; /* the first */
    const struct queue_job_plan *plan;
    uint64_t token;
    bool ack;
    const char *to;   /* the queue it goes to; NULL: this one */
    int64_t delay_ms; /* before it is there again */
    bool lost;        /* it was not reserved any more */
};
order_fn queue_job_settle;

#endif
