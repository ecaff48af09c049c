/* SPDX-License-Identifier: BSD-2-Clause */
/* What the environment says about defaults. */
#include "daemon/config/config_env.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

/* UINT64_MAX if the file does not exist or has no number ("max"). */
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

/* The smallest limit on the path from that control group to the root. */
static uint64_t least_limit(char *group, const char *tree, const char *name)
{
    uint64_t least = UINT64_MAX;
    for (char *cut = group + strlen(group); cut != NULL; cut = strrchr(group, '/')) {
        char path[PATH_MAX + 96];
        *cut = '\0';
        snprintf(path, sizeof path, "%s%s/%s", tree, group, name);
        uint64_t limit = read_limit(path);
        least = limit < least ? limit : least;
    }
    return least;
}

/* Whether the word is in the comma-separated list. */
static bool lists(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = words; *at != '\0'; at += strcspn(at, ",")) {
        at += *at == ',';
        if (strcspn(at, ",") == len && strncmp(at, word, len) == 0)
            return true;
    }
    return false;
}

/* The memory limit by a line "NUMBER:CONTROLLERS:GROUP" of /proc/self/cgroup. Version 2 lists no
 * controllers. Version 1 has a tree for memory, where a value above the physical memory means no
 * limit. */
static uint64_t line_limit(char *line)
{
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (group == NULL)
        return UINT64_MAX;
    *group++ = '\0';
    if (controllers[1] == '\0')
        return least_limit(group, "/sys/fs/cgroup", "memory.max");
    return lists(controllers + 1, "memory")
               ? least_limit(group, "/sys/fs/cgroup/memory", "memory.limit_in_bytes")
               : UINT64_MAX;
}

static uint64_t group_limit(void)
{
    char line[PATH_MAX] = "";
    uint64_t least = UINT64_MAX;
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file == NULL)
        return UINT64_MAX;
    while (fgets(line, sizeof line, file) != NULL) {
        uint64_t limit = line_limit(line);
        least = limit < least ? limit : least;
    }
    fclose(file);
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
