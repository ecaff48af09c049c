/* SPDX-License-Identifier: BSD-2-Clause */
/* Engine time: monotonic, and paused while the daemon is stalled. */
#ifndef DAEMON_CLOCK_H
#define DAEMON_CLOCK_H

#include <stdint.h>

enum {
    CLOCK_STALL_MS = 500,     /* a turn or a sleep that took longer than this is a stall */
    CLOCK_SLEEP_MAX_MS = 250, /* longest sleep while timers run, so that a stall is noticed */
};

struct clock {
    uint64_t mono_ms;  /* when the clock was last read */
    uint64_t taken_ms; /* monotonic time that does not count, such as stalls */
    uint64_t
        woke_by_ms; /* when the running sleep should end (monotonic); UINT64_MAX: no timer runs */
};

uint64_t clock_mono_ms(void); /* CLOCK_MONOTONIC */
void clock_init(struct clock *clock);
/* Continues engine time from the value it had when the daemon last ran. */
void clock_continue(struct clock *clock, uint64_t engine_ms);
/* Call before a sleep, with its intended maximum; UINT64_MAX: unlimited. */
void clock_sleep(struct clock *clock, uint64_t sleep_ms);
/* Call after the sleep; returns engine time in ms. *stalled_ms: time not counted, normally 0. */
uint64_t clock_wake(struct clock *clock, uint64_t *stalled_ms);

#endif
