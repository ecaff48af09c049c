/* SPDX-License-Identifier: BSD-2-Clause */
/* Where one program runs with one item. */
#ifndef CLI_WORKER_SLOT_H
#define CLI_WORKER_SLOT_H

#include "cli/supervise/child.h"
#include "cli/supervise/queue_job_calls.h"

enum place_stage {
    PLACE_FREE,
    PLACE_RUNNING,
    PLACE_LEFT, /* the program ended; others of its group may live */
    PLACE_SETTLING
};

enum { PLACE_ITEM = 64 }; /* bytes of an item's text that are told, and a NUL */

struct place {
    enum place_stage stage;
    struct program program;
    uint64_t attempt;      /* from 1 */
    int status;            /* of waitpid */
    bool spoiled;          /* the program never ran */
    int64_t kill_ns;       /* of those it left behind */
    char item[PLACE_ITEM]; /* the beginning of its text */
    struct workers_settle settle;
};

/* Keeps the beginning of the item's text. */
void place_name(struct place *place, struct bytes text);
/* "item of q failed: a.txt: exit code 3, attempt 2 of 5: next try in 2s", as settle has it. */
void place_put_failure(const struct place *place, const struct workers_plan *plan, struct buf *out);

/* Forks the program with the item on its standard input and in its words. False: errno. */
bool place_prepare(struct place *place, const struct workers_plan *plan, struct bytes text)
    __attribute__((warn_unused_result));
bool place_ended_well(const struct place *place);
/* 126, 127: it would be the same with every item. */
bool place_cannot_run(const struct place *place);

#endif
