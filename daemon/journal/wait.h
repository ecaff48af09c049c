/* SPDX-License-Identifier: BSD-2-Clause */
/* Waits for another thread, with a timeout. */
#ifndef JOURNAL_WAIT_H
#define JOURNAL_WAIT_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* As pthread_cond_wait, with a timeout in microseconds of the monotonic clock, since the wall
 * clock may be set back. ETIMEDOUT: the time is over. */
static inline int cond_wait_us(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t us)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + us % 1000000 * 1000;
    until.tv_sec += (time_t)(us / 1000000 + ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    return pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &until);
}

#endif
