/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said one question at a time: hello, objects made before the clock starts, bye. */
#ifndef BENCH_TALK_H
#define BENCH_TALK_H

#include "bench/dial.h"
#include "bench/plan.h"

/* Connects and says hello. */
enum ending talk_open(struct dial *dial, const struct plan *plan, int *fd, struct buf *why)
    __attribute__((warn_unused_result));
/* Makes the objects that the plan's workload needs, on a connection of its own. */
enum ending talk_prepare(struct dial *dial, const struct plan *plan, struct buf *why)
    __attribute__((warn_unused_result));
/* Says bye on count connections and waits a moment until the server has heard it. */
void talk_close(const struct plan *plan, const int *fds, size_t count);

#endif
