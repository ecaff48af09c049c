/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands recorded while a workload runs, and applied again to a second engine with another hash
 * key: both must take the same revisions, answer the same and end in the same state. */
#ifndef TESTS_SUPPORT_REPLAY_H
#define TESTS_SUPPORT_REPLAY_H

#include "tests/support/world.h"

/* One random request, command or passing of time. */
typedef void replay_step(struct world *w, uint64_t *seed);

struct replay_report {
    size_t commands;   /* recorded */
    size_t differs_at; /* the first that went otherwise; SIZE_MAX: none */
    const char *what;  /* "revisions", "completions", "state"; NULL: all the same */
};

/* Runs the workload until that many commands were recorded, and replays them. */
struct replay_report replay_run(const struct handlers *handlers, replay_step *step, size_t commands,
                                uint64_t seed);

#endif
