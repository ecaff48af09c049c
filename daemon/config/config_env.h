/* SPDX-License-Identifier: BSD-2-Clause */
/* What the surroundings say about defaults: directories of the service manager, memory. */
#ifndef DAEMON_CONFIG_ENV_H
#define DAEMON_CONFIG_ENV_H

#include <stdbool.h>
#include <stdint.h>

struct config_env {
    const char *runtime_directory; /* $RUNTIME_DIRECTORY: one or more paths with ':' between */
    const char *xdg_runtime_dir;   /* $XDG_RUNTIME_DIR */
    const char *state_directory;   /* $STATE_DIRECTORY, as the first */
    const char *xdg_state_home;    /* $XDG_STATE_HOME */
    uint64_t memory_bytes;         /* that this process may use: RAM or its control group's limit */
};

/* Fills it from the process's environment; the texts are borrowed from there. */
void config_env_read(struct config_env *env);

/* *path = head, the first path in dirs, tail; to be freed. NULL when dirs is NULL or empty. False:
 * no memory. */
bool config_env_path(const char *head, const char *dirs, const char *tail, char **path)
    __attribute__((warn_unused_result));

#endif
