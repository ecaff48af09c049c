/* SPDX-License-Identifier: BSD-2-Clause */
/* The allocator cannot return memory that lies below a block in use. malloc_trim returns whole
 * pages anywhere, at about 0.25 ms per MiB, and looks at every free piece, 10 ms for a million. So
 * it runs whenever about 10 ms of work has piled up, and then rests: the memory of a large object
 * is returned in steps, as it is freed in slices.
 *
 * Freed pieces go to one list until the next malloc sorts them by size. malloc_trim walks that
 * whole list, with a cache miss for each piece: 60 ms after 1,500,000 objects were freed
 * together. So we have pieces sorted as they come (glibc's malloc.c, _int_malloc: the unsorted
 * chunks). */
#include "daemon/base/trim.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    TRIM_LEAST = 32 << 20, /* freed bytes below which trimming is not worth it */
    TRIM_REST_MS = 20,
    TRIM_REST_TIMES = 1,     /* rest this many times as long as the trim took */
    KEPT = 1 << 20,          /* kept at the top of the heap: it will be used again */
    SORT_EACH = 1 << 18,     /* freed bytes per sort: below the 10,000 pieces of one malloc */
    SORT_BLOCK = 600 * 1000, /* no free piece has this size, so the search does not end early */
};

void trim_sort(struct trim *trim, uint64_t used)
{
    if (used > trim->unsorted)
        trim->unsorted = used;
    for (; trim->unsorted - used >= SORT_EACH; trim->unsorted -= SORT_EACH) {
        void *volatile block = malloc(SORT_BLOCK); /* volatile, or gcc removes both */
        free(block);
    }
}

bool trim_due(struct trim *trim, uint64_t used, uint64_t now_ms)
{
    if (used > trim->high)
        trim->high = used;
    return trim->high - used >= TRIM_LEAST && now_ms >= trim->rest_until_ms;
}

static uint64_t cpu_us(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void trim_run(struct trim *trim, uint64_t used, uint64_t now_ms)
{
    uint64_t before_us = cpu_us();
    (void)malloc_trim(KEPT);
    uint64_t took_us = cpu_us() - before_us;
    uint64_t rest_ms = took_us * TRIM_REST_TIMES / 1000;
    trim->high = used;
    trim->rest_until_ms = now_ms + (rest_ms > TRIM_REST_MS ? rest_ms : TRIM_REST_MS);
    trim->times++;
    if (took_us > trim->longest_us)
        trim->longest_us = took_us;
}

uint64_t trim_resident_bytes(void)
{
    unsigned long long size, resident;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    int found = fscanf(file, "%llu %llu", &size, &resident);
    fclose(file);
    return found == 2 ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static uint64_t resident_bytes(const void *of)
{
    (void)of;
    return trim_resident_bytes();
}

static const struct metric metrics[] = {
    {"resident_bytes", METRIC_GAUGE, "Memory of the process", .number = resident_bytes},
    {"trims", METRIC_COUNTER, "How many times free memory was returned to the system",
     METRIC_AT(struct trim, times)},
    {"longest_trim_us", METRIC_GAUGE, "Duration of the longest trim so far, in microseconds",
     METRIC_AT(struct trim, longest_us)},
};
const struct metric_table trim_metrics = METRIC_TABLE(metrics);
