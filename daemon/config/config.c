/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration as a whole: defaults, file, checks across keys, reload. */
#include "daemon/config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config/config_parse.h"
#include "daemon/config/config_table.h"
#include "daemon/config/config_yaml.h"

enum { FRAMES_LEAST = 4 }; /* buffers must hold at least this many frames */

static bool nomem(const char *file, struct config_error *error)
{
    config_error_set(error, file, 0, 0, "out of memory");
    return false;
}

/* Sets the defaults of the table; a test checks that they are within the table's own bounds. */
static void set_constants(struct config *config)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    struct config_fault fault;
    for (size_t i = 0; i < count; i++)
        if (rows[i].fallback != NULL &&
            !config_row_set(&rows[i], config, bytes_text(rows[i].fallback), &fault))
            abort();
}

static bool listen_default(struct config *config, const char *text, const char *file,
                           struct config_error *error)
{
    struct address address;
    const char *fault = address_read(bytes_text(text), &address);
    address.is_default = true;
    address.fault = fault; /* not fatal: another default address may work */
    snprintf(address.text, sizeof address.text, "%s", text);
    return listen_add(&config->listen, &address) || nomem(file, error);
}

/* Adds "unix:DIR/mgrd.sock" if the service manager, or else the login, provides a directory for
 * it. */
static bool listen_default_unix(struct config *config, const struct config_env *env,
                                const char *file, struct config_error *error)
{
    const char *dirs = env->runtime_directory;
    if (dirs == NULL || dirs[0] == '\0')
        dirs = env->xdg_runtime_dir;
    char *path;
    if (!config_env_path("unix:", dirs, "/mgrd.sock", &path))
        return nomem(file, error);
    bool done = path == NULL || listen_default(config, path, file, error);
    free(path);
    return done;
}

/* The log is in the state directory unless journal.path says otherwise. Without a directory
 * there is no journal, which is an error only if journal.mode: log was configured. */
static bool journal_default(struct config *config, const char *file, struct config_error *error)
{
    if (config->journal == CONFIG_JOURNAL_MEMORY || config->journal_path != NULL)
        return true;
    if (config->state == NULL && config->journal_asked) {
        config_error_set(error, file, 0, 0,
                         "journal.mode: log needs a directory: write journal.path or state");
        return false;
    }
    if (config->state == NULL) {
        config->journal = CONFIG_JOURNAL_MEMORY;
        return true;
    }
    size_t size = strlen(config->state) + sizeof "/log";
    config->journal_path = malloc(size);
    if (config->journal_path == NULL)
        return nomem(file, error);
    snprintf(config->journal_path, size, "%s/log", config->state);
    return true;
}

/* 40 % of the memory with a journal: the process that makes a snapshot holds the whole state
 * too. */
static uint64_t memory_default(const struct config *config, const struct config_env *env)
{
    bool twice = config->journal != CONFIG_JOURNAL_MEMORY;
    return twice ? env->memory_bytes / 5 * 2 : env->memory_bytes / 4 * 3;
}

/* A quarter of the memory limit, but enough for a few large replies. */
static uint64_t buffers_default(const struct limits *limits)
{
    uint64_t part = limits->memory_bytes / 4, least = (uint64_t)limits->frame_bytes * FRAMES_LEAST;
    return part > least ? part : least;
}

/* Fills in defaults that depend on the environment, where the file has no value. */
static bool fill_in(struct config *config, const struct config_env *env, const char *file,
                    struct config_error *error)
{
    if (config->listen.count == 0 && !(listen_default(config, "127.0.0.1:7600", file, error) &&
                                       listen_default(config, "[::1]:7600", file, error) &&
                                       listen_default_unix(config, env, file, error)))
        return false;
    if (config->state == NULL && !config_env_path("", env->state_directory, "", &config->state))
        return nomem(file, error);
    if (config->state == NULL && !config_env_path("", env->xdg_state_home, "/mgrd", &config->state))
        return nomem(file, error);
    if (!journal_default(config, file, error))
        return false;
    if (config->limits.memory_bytes == 0)
        config->limits.memory_bytes = memory_default(config, env);
    if (config->limits.buffers_bytes == 0)
        config->limits.buffers_bytes = buffers_default(&config->limits);
    return true;
}

static bool check_whole(const struct config *config, const char *file, struct config_error *error)
{
    const struct limits *limits = &config->limits;
    bool memory = limits->frame_bytes <= limits->memory_bytes;
    bool buffers = (uint64_t)limits->frame_bytes * FRAMES_LEAST <= limits->buffers_bytes;
    if (!memory)
        config_error_set(error, file, 0, 0, "limits.frame is larger than limits.memory");
    else if (!buffers)
        config_error_set(error, file, 0, 0, "limits.buffers is less than %d times limits.frame",
                         FRAMES_LEAST);
    return memory && buffers;
}

bool config_parse(struct bytes yaml, const char *file, const struct config_env *env,
                  struct config *config, struct config_error *error)
{
    *config = (struct config){.state = NULL};
    set_constants(config);
    if (config_parse_text(yaml, file, config, error) && fill_in(config, env, file, error) &&
        check_whole(config, file, error))
        return true;
    config_free(config);
    return false;
}

/* Reads one byte more than allowed, so that the parser can refuse the file. */
static ssize_t read_whole(int fd, uint8_t *text, size_t size)
{
    size_t len = 0;
    while (len < size) {
        ssize_t got = read(fd, text + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

/* O_NONBLOCK: opening a FIFO must not block before it is found to be no regular file. */
static ssize_t read_file(const char *path, uint8_t *text, size_t size, struct config_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0) {
        config_error_set(error, path, 0, 0, "cannot be opened: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    ssize_t len = -1;
    if (!S_ISREG(info.st_mode))
        config_error_set(error, path, 0, 0, "not a regular file");
    else if ((len = read_whole(fd, text, size)) < 0)
        config_error_set(error, path, 0, 0, "cannot be read: %s", strerror(errno));
    close(fd);
    return len;
}

bool config_load(const char *path, const struct config_env *env, struct config *config,
                 struct config_error *error)
{
    *config = (struct config){.state = NULL};
    if (path == NULL)
        return config_parse(bytes_of(NULL, 0), "defaults", env, config, error);
    uint8_t *text = malloc(CONFIG_FILE_MAX + 1);
    if (text == NULL)
        return nomem(path, error);
    ssize_t len = read_file(path, text, CONFIG_FILE_MAX + 1, error);
    bool done = len >= 0 && config_parse(bytes_of(text, (size_t)len), path, env, config, error);
    free(text);
    return done;
}

void config_free(struct config *config)
{
    listen_free(&config->listen);
    config_objects_free(&config->objects);
    free(config->state);
    free(config->journal_path);
    *config = (struct config){.state = NULL};
}

const char *config_find_default(void)
{
    static const char path[] = "/etc/mgrd/mgrd.yaml";
    /* a file that exists but cannot be read is an error, not a missing file */
    return access(path, F_OK) == 0 || errno != ENOENT ? path : NULL;
}

void config_adopt(struct config *running, struct config *fresh, config_change_fn *tell, void *arg)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (config_row_equal(&rows[i], running, fresh))
            continue;
        bool taken = (rows[i].flags & CONFIG_RELOADS) != 0;
        if (!taken)
            config_row_swap(&rows[i], running, fresh);
        tell(arg, rows[i].path, taken ? CONFIG_CHANGE_TAKEN : CONFIG_CHANGE_KEPT);
    }
}
