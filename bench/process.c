/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU time from /proc/PID/task/TID/schedstat: exact to the nanosecond, where utime counts ticks. */
#include "bench/process.h"

#include <dirent.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double task_seconds(int pid, const char *task)
{
    char path[300];
    unsigned long long ns = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, task);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%llu", &ns) != 1)
        ns = 0;
    fclose(file);
    return (double)ns / 1e9;
}

double process_cpu_s(int pid)
{
    char path[64];
    double sum = 0;
    const struct dirent *entry;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        return -1;
    while ((entry = readdir(tasks)) != NULL)
        if (entry->d_name[0] != '.')
            sum += task_seconds(pid, entry->d_name);
    closedir(tasks);
    return sum;
}

double process_rss_bytes(int pid)
{
    char path[64];
    unsigned long long size, resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    int fields = fscanf(file, "%llu %llu", &size, &resident);
    fclose(file);
    return fields == 2 ? (double)resident * (double)sysconf(_SC_PAGESIZE) : -1;
}

void process_settle(int pid)
{
    enum { PAUSE_MS = 30, PAUSES = 100 };
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    double before_s = process_cpu_s(pid);
    for (int i = 0; i < PAUSES && before_s >= 0; i++) {
        nanosleep(&pause, NULL);
        double now_s = process_cpu_s(pid);
        if (now_s - before_s < PAUSE_MS / 1e3 / 20)
            return;
        before_s = now_s;
    }
}
