/* SPDX-License-Identifier: BSD-2-Clause */
/* One program under one lock, or some permits: what `lock run` guards. */
#ifndef CLI_LOCK_JOB_H
#define CLI_LOCK_JOB_H

#include "cli/supervise/parent.h"

struct lock_job_plan {
    const char *type, *name; /* "lock" */
    int64_t permits;         /* 0: it has no permits, but an owner */
    bool reentrant;          /* a run inside a run enters it again */
    bool create;             /* the object, when it is absent */
    int64_t wait_ms, lease_ms;
    struct lease_deadline deadline;
    char *const *argv;
};

supervisor_fn lock_job_guard; /* arg: the plan */

#endif
