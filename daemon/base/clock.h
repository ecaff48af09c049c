/* SPDX-License-Identifier: BSD-2-Clause */
/* Engine time: monotonic, and standing still while the daemon does. */
#ifndef DAEMON_CLOCK_H
#define DAEMON_CLOCK_H

#include <stdint.h>

enum {
    CLOCK_STALL_MS = 500, /* a turn or a sleep that took longer than this is a stall */
    CLOCK_SLEEP_MAX_MS =
        250, /* longest sleep while somebody's time runs, so that a stall is seen */
};

struct clock {
    uint64_t mono_ms;  /* when it was last looked at */
    uint64_t taken_ms; /* monotonic time that does not count: stalls */
    uint64_t
        woke_by_ms; /* monotonic: when the running sleep should end; UINT64_MAX: no time runs */
};

uint64_t clock_mono_ms(void); /* CLOCK_MONOTONIC */
void clock_init(struct clock *clock);
/* Engine time goes on from there: what it was when the daemon was last running. */
void clock_continue(struct clock *clock, uint64_t engine_ms);
/* Before a sleep: at most how long it is meant to be; UINT64_MAX for ever. */
void clock_sleep(struct clock *clock, uint64_t sleep_ms);
/* After it: engine ms. *stalled_ms is what was taken out of it, 0 as a rule. */
uint64_t clock_wake(struct clock *clock, uint64_t *stalled_ms);

#endif
