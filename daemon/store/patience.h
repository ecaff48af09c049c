/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks the service manager for more time during a long start, as long as the start makes
 * progress. */
#ifndef DAEMON_PATIENCE_H
#define DAEMON_PATIENCE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct patience {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool running, over; /* over: guarded by the mutex */
    uint64_t beat_ms;   /* interval between requests */
};

enum { PATIENCE_BEAT_MS = 5000 };

/* Does nothing without a service manager. */
void patience_begin(struct patience *patience, uint64_t beat_ms);
void patience_end(struct patience *patience);

#endif
