/* SPDX-License-Identifier: BSD-2-Clause */
/* What the environment says about defaults: the service manager's directories, and memory. */
#ifndef DAEMON_CONFIG_ENV_H
#define DAEMON_CONFIG_ENV_H

#include <stdbool.h>
#include <stdint.h>

struct config_env {
    const char *runtime_directory; /* $RUNTIME_DIRECTORY: one or more paths separated by ':' */
    const char *xdg_runtime_dir;   /* $XDG_RUNTIME_DIR */
    const char *state_directory;   /* $STATE_DIRECTORY, as $RUNTIME_DIRECTORY */
    const char *xdg_state_home;    /* $XDG_STATE_HOME */
    uint64_t memory_bytes;         /* usable by this process: RAM or its cgroup's limit */
};

/* Reads the process's environment; the texts are borrowed from it. */
void config_env_read(struct config_env *env);

/* *path = head, the first path in dirs, tail; the caller frees it. NULL if dirs is NULL or
 * empty. False: no memory. */
bool config_env_path(const char *head, const char *dirs, const char *tail, char **path)
    __attribute__((warn_unused_result));

#endif
