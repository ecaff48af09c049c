/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks from a separate thread while the main thread reads the journal: that takes about 20 s per
 * gigabyte, and a service manager would stop a start that takes more than 90 s. Without progress
 * (no CPU time used) nothing is asked, and the service manager stops the start as usual. */
#include "daemon/store/patience.h"

#include <stdlib.h>
#include <time.h>

#include "daemon/base/notify.h"
#include "daemon/journal/wait.h"

static uint64_t cpu_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static void *run(void *arg)
{
    struct patience *patience = arg;
    uint64_t began_ms = cpu_ms(), seen_ms = began_ms;
    pthread_mutex_lock(&patience->mutex);
    while (!patience->over) {
        uint64_t now_ms = cpu_ms();
        if (now_ms > seen_ms)
            notify_extend(patience->beat_ms * 12, "Reading the journal: %llu s of CPU time so far",
                          (unsigned long long)(now_ms - began_ms) / 1000);
        seen_ms = now_ms;
        (void)cond_wait_us(&patience->changed, &patience->mutex, patience->beat_ms * 1000);
    }
    pthread_mutex_unlock(&patience->mutex);
    return NULL;
}

void patience_begin(struct patience *patience, uint64_t beat_ms)
{
    *patience = (struct patience){.beat_ms = beat_ms};
    if (getenv("NOTIFY_SOCKET") == NULL)
        return;
    pthread_mutex_init(&patience->mutex, NULL);
    pthread_cond_init(&patience->changed, NULL);
    patience->running = pthread_create(&patience->thread, NULL, run, patience) == 0;
}

void patience_end(struct patience *patience)
{
    if (!patience->running)
        return;
    pthread_mutex_lock(&patience->mutex);
    patience->over = true;
    pthread_cond_signal(&patience->changed);
    pthread_mutex_unlock(&patience->mutex);
    pthread_join(patience->thread, NULL);
    pthread_cond_destroy(&patience->changed);
    pthread_mutex_destroy(&patience->mutex);
    patience->running = false;
}
