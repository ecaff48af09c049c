/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU time from /proc/PID/task/TID/schedstat: exact to the nanosecond, where utime counts ticks. */
#include "bench/cpu.h"

#include <dirent.h>
#include <stdio.h>

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

double cpu_seconds(int pid)
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
