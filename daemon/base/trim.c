/* SPDX-License-Identifier: BSD-2-Clause */
/* The allocator keeps what lies below anything that is still in use. malloc_trim gives back whole
 * pages wherever they are, at about 0.25 ms per MiB, and looks at all that is free, 10 ms for a
 * million pieces. So it is done each time that as much was freed as takes about 10 ms, and then
 * rests: the memory of a large object goes in steps, as it is freed in slices.
 *
 * What is freed stands in one list until the next malloc puts it in order by size. malloc_trim goes
 * through that list whole, a cache miss for each piece: 60 ms after 1,500,000 objects went
 * together. So pieces are put in order as they come (glibc's malloc.c, _int_malloc: the unsorted
 * chunks). */
#include "daemon/base/trim.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    TRIM_LEAST = 32 << 20, /* bytes freed: less is not worth a look */
    TRIM_REST_MS = 20,
    TRIM_REST_TIMES = 1, /* as long as it took: what is freed meanwhile makes the next one longer */
    KEPT = 1 << 20,      /* at the top of the heap: it will be used again */
    SORT_EACH = 1 << 18, /* bytes freed: fewer pieces than the 10,000 that one malloc sorts */
    SORT_BLOCK = 600 * 1000, /* no piece is like it, so the search does not end early */
};

void trim_sort(struct trim *trim, uint64_t used)
{
    if (used > trim->unsorted)
        trim->unsorted = used;
    for (; trim->unsorted - used >= SORT_EACH; trim->unsorted -= SORT_EACH) {
        void *volatile block = malloc(SORT_BLOCK); /* or the compiler leaves both out */
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
    {"trims", METRIC_COUNTER, "How often free memory was given back to the system",
     METRIC_AT(struct trim, times)},
    {"longest_trim_us", METRIC_GAUGE, "Duration of the longest trim so far, in microseconds",
     METRIC_AT(struct trim, longest_us)},
};
const struct metric_table trim_metrics = METRIC_TABLE(metrics);
