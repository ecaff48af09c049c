/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks the service manager for more time while a start takes long, as long as it gets on. */
#ifndef DAEMON_PATIENCE_H
#define DAEMON_PATIENCE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct patience {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool running, over; /* over: under the mutex */
    uint64_t beat_ms;   /* how often it asks */
};

enum { PATIENCE_BEAT_MS = 5000 };

/* Nothing happens where no service manager listens. */
void patience_begin(struct patience *patience, uint64_t beat_ms);
void patience_end(struct patience *patience);

#endif
