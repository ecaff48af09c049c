/* SPDX-License-Identifier: BSD-2-Clause */
/* On standard error, and only if that is a terminal. */
#include "bench/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "bench/clock.h"

enum { EVERY_US = 1000000 };

void progress_begin(struct progress *progress, bool quiet)
{
    uint64_t at_us = now_us();
    *progress = (struct progress){.wanted = !quiet && isatty(STDERR_FILENO) == 1,
                                  .next_us = at_us + EVERY_US,
                                  .last_us = at_us};
}

void progress_tell(struct progress *progress, uint64_t at_us, uint64_t replies, double fraction)
{
    if (!progress->wanted || at_us < progress->next_us)
        return;
    double rps = (double)(replies - progress->replies) * 1e6 / (double)(at_us - progress->last_us);
    fprintf(stderr, "\r\033[K%3.0f %%  %.0f requests/s", fraction * 100, rps);
    progress->last_us = at_us;
    progress->next_us = at_us + EVERY_US;
    progress->replies = replies;
}

void progress_end(struct progress *progress)
{
    if (progress->wanted && progress->replies > 0)
        fputs("\r\033[K", stderr);
    progress->wanted = false;
}
