/* SPDX-License-Identifier: BSD-2-Clause */
/* A run from the first connection to the last: prepare, fill, connect, measure, close. */
#include "bench/generator.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "bench/loop.h"
#include "bench/process.h"
#include "bench/talk.h"

enum { FILL_CONNECTIONS = 8, FILL_PIPELINE = 16 };

static enum ending open_lanes(struct loop *loop, struct dial *dial, struct buf *why)
{
    uint64_t wanted = loop->plan->connections + loop->plan->idle;
    enum ending ending = ENDING_DONE;
    for (uint64_t i = 0; i < wanted && ending == ENDING_DONE; i++) {
        int fd = -1;
        ending = talk_open(dial, loop->plan, &fd, why);
        if (ending == ENDING_DONE && !loop_add(loop, fd)) {
            buf_put_text(why, "epoll failed");
            ending = ENDING_NO_ROOM;
        }
    }
    return ending;
}

/* Runs the loop, and looks at the server before and after. */
static enum ending measure(struct loop *loop, struct buf *why)
{
    int pid = (int)loop->plan->pid;
    struct tally *tally = loop->tally;
    double cpu_s = -1, rss_bytes = -1;
    if (pid > 0) {
        process_settle(pid);
        cpu_s = process_cpu_s(pid);
        rss_bytes = process_rss_bytes(pid);
    }
    enum ending ending = loop_run(loop, why);
    double cpu_end_s = cpu_s < 0 ? -1 : process_cpu_s(pid);
    double rss_end_bytes = rss_bytes < 0 ? -1 : process_rss_bytes(pid);
    tally->server_cpu_s = cpu_end_s < 0 ? -1 : cpu_end_s - cpu_s;
    tally->server_grew_bytes =
        rss_end_bytes < 0 || rss_end_bytes < rss_bytes ? -1 : rss_end_bytes - rss_bytes;
    return ending;
}

static enum ending hold(struct loop *loop, struct buf *why)
{
    printf("holding %llu connections\n", (unsigned long long)loop->plan->idle);
    fflush(stdout);
    return loop_hold(loop, why);
}

/* Those that made requests say bye, so that what they hold is free at once; the idle ones hold
 * nothing. */
static void say_bye(struct loop *loop)
{
    size_t count =
        loop->plan->connections < loop->lane_count ? loop->plan->connections : loop->lane_count;
    int *fds = calloc(count + 1, sizeof *fds);
    for (size_t i = 0; fds != NULL && i < count; i++) {
        fds[i] = loop->lanes[i].fd;
        loop->lanes[i].fd = -1;
    }
    if (fds != NULL)
        talk_close(loop->plan, fds, count);
    free(fds);
}

static enum ending run(const struct plan *plan, struct dial *dial, struct tally *tally,
                       struct buf *why)
{
    struct loop loop;
    enum ending ending = ENDING_NO_ROOM;
    if (loop_init(&loop, plan, tally, dial->stop_fd))
        ending = open_lanes(&loop, dial, why);
    else
        buf_put_text(why, "no memory");
    if (ending == ENDING_DONE)
        ending = plan->requests > 0 ? measure(&loop, why) : hold(&loop, why);
    if (ending == ENDING_DONE || ending == ENDING_STOPPED)
        say_bye(&loop);
    loop_free(&loop);
    return ending;
}

/* Puts in what the plan's workload will take out. */
static enum ending fill(const struct plan *plan, struct dial *dial, struct buf *why)
{
    struct plan filling = *plan;
    struct tally *tally = calloc(1, sizeof *tally);
    if (tally == NULL) {
        buf_put_text(why, "no memory");
        return ENDING_NO_ROOM;
    }
    filling.workload = workload_find(plan->workload->filled_by);
    filling.connections =
        plan->connections < FILL_CONNECTIONS ? plan->connections : FILL_CONNECTIONS;
    filling.pipeline = FILL_PIPELINE;
    filling.rate = filling.duration_ms = filling.idle = filling.pid = 0;
    filling.quiet = true;
    enum ending ending = run(&filling, dial, tally, why);
    if (ending == ENDING_DONE && tally->errors > 0) {
        buf_printf(why, "%s failed: %s", filling.workload->name, tally->wrong);
        ending = ENDING_WRONG;
    }
    free(tally);
    return ending;
}

enum ending generator_run(const struct plan *plan, struct dial *dial, struct tally *tally,
                          struct buf *why)
{
    enum ending ending = ENDING_DONE;
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); /* an open loop wakes up for each of its requests */
    if (plan->requests > 0)
        ending = talk_prepare(dial, plan, why);
    if (ending == ENDING_DONE && plan->requests > 0 && plan->workload->filled_by != NULL)
        ending = fill(plan, dial, why);
    return ending == ENDING_DONE ? run(plan, dial, tally, why) : ending;
}
