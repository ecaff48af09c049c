/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that deal with the items of a queue, some at a time, in one session: what `queue each`
 * guards. */
#ifndef CLI_QUEUE_JOB_H
#define CLI_QUEUE_JOB_H

#include "cli/supervise/parent.h"

enum { WORKERS_MAX = 1000 };

struct queue_job_plan {
    const char *type, *name; /* "queue" */
    const char *dead;        /* where items go that failed too often; NULL: nowhere */
    size_t jobs;             /* programs at the same time */
    uint64_t attempts;
    int64_t backoff_ms;
    int64_t wait_ms, lease_ms;
    bool create; /* the queue, when it is absent */
    bool until_empty, once;
    struct lease_deadline deadline;
    char *const *argv;
    const sigset_t *mask;
};

supervisor_fn queue_job_guard; /* arg: the plan */

#endif
