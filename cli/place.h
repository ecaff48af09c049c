/* SPDX-License-Identifier: BSD-2-Clause */
/* Where one program runs with one item. */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include "cli/program.h"
#include "cli/workers_calls.h"

enum place_stage {
    PLACE_FREE,
    PLACE_RUNNING,
    PLACE_LEFT, /* the program ended; others of its group may live */
    PLACE_SETTLING
};

struct place {
    enum place_stage stage;
    struct program program;
    uint64_t attempt; /* from 1 */
    int status;       /* of waitpid */
    bool spoiled;     /* the program never ran */
    int64_t kill_ns;  /* of those it left behind */
    struct workers_settle settle;
};

/* Forks the program with the item on its standard input and in its words. False: errno. */
bool place_prepare(struct place *place, const struct workers_plan *plan, struct bytes text)
    __attribute__((warn_unused_result));
bool place_ended_well(const struct place *place);
/* 126, 127: it would be the same with every item. */
bool place_cannot_run(const struct place *place);

#endif
