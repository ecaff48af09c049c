/* SPDX-License-Identifier: BSD-2-Clause */
/* What the surroundings say about defaults. */
#include "daemon/config_env.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

/* UINT64_MAX when the file does not hold a number ("max") or is not there. */
static uint64_t read_limit(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return UINT64_MAX;
    char line[32] = "";
    if (fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    fclose(file);
    char *end = line;
    errno = 0;
    unsigned long long bytes = strtoull(line, &end, 10);
    return end == line || errno != 0 ? UINT64_MAX : bytes;
}

/* The smallest memory.max from our control group (v2) up to the root. */
static uint64_t group_limit(void)
{
    char group[PATH_MAX] = "";
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file == NULL)
        return UINT64_MAX;
    while (fgets(group, sizeof group, file) != NULL && strncmp(group, "0::/", 4) != 0)
        group[0] = '\0';
    fclose(file);
    group[strcspn(group, "\n")] = '\0';
    uint64_t least = UINT64_MAX;
    for (char *cut = group; cut != NULL && group[0] != '\0'; cut = strrchr(group + 3, '/')) {
        if (cut != group)
            *cut = '\0';
        char path[PATH_MAX + 64];
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", group + 3);
        uint64_t limit = read_limit(path);
        least = limit < least ? limit : least;
    }
    return least;
}

static uint64_t usable_memory(void)
{
    struct sysinfo info;
    uint64_t ram = sysinfo(&info) == 0 ? (uint64_t)info.totalram * info.mem_unit : UINT64_MAX;
    uint64_t group = group_limit();
    return group < ram ? group : ram;
}

void config_env_read(struct config_env *env)
{
    *env = (struct config_env){
        .runtime_directory = getenv("RUNTIME_DIRECTORY"),
        .xdg_runtime_dir = getenv("XDG_RUNTIME_DIR"),
        .state_directory = getenv("STATE_DIRECTORY"),
        .xdg_state_home = getenv("XDG_STATE_HOME"),
        .memory_bytes = usable_memory(),
    };
}

bool config_env_path(const char *head, const char *dirs, const char *tail, char **path)
{
    *path = NULL;
    int len = dirs != NULL ? (int)strcspn(dirs, ":") : 0;
    if (len == 0)
        return true;
    size_t size = strlen(head) + (size_t)len + strlen(tail) + 1;
    *path = malloc(size);
    if (*path == NULL)
        return false;
    snprintf(*path, size, "%s%.*s%s", head, len, dirs, tail);
    return true;
}
