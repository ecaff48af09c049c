/* SPDX-License-Identifier: BSD-2-Clause */
/* Where one program runs with one item. */
#ifndef CLI_WORKER_SLOT_H
#define CLI_WORKER_SLOT_H

#include "cli/supervise/child.h"
#include "cli/supervise/queue_job_calls.h"

enum worker_slot_stage {
    PLACE_FREE,
    PLACE_RUNNING,
    PLACE_LEFT, /* the program ended; others of its group may live */
    PLACE_SETTLING
};

enum { PLACE_ITEM = 64 }; /* bytes of an item's text that are told, and a NUL */

struct worker_slot {
    enum worker_slot_stage stage;
    struct child program;
    uint64_t attempt;      /* from 1 */
    int status;            /* of waitpid */
    bool spoiled;          /* the program never ran */
    int64_t kill_ns;       /* of those it left behind */
    char item[PLACE_ITEM]; /* the beginning of its text */
    struct queue_job_settle settle;
};

/* Keeps the beginning of the item's text. */
void worker_slot_name(struct worker_slot *place, struct bytes text);
/* "item of q failed: a.txt: exit code 3, attempt 2 of 5: next try in 2s", as settle has it. */
void worker_slot_put_failure(const struct worker_slot *place, const struct queue_job_plan *plan,
                             struct buf *out);

/* Forks the program with the item on its standard input and in its words. False: errno. */
bool worker_slot_prepare(struct worker_slot *place, const struct queue_job_plan *plan,
                         struct bytes text) __attribute__((warn_unused_result));
bool worker_slot_ended_well(const struct worker_slot *place);
/* 126, 127: it would be the same with every item. */
bool worker_slot_cannot_run(const struct worker_slot *place);

#endif
