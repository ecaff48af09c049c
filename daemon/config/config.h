/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's configuration: read and checked as a whole, then applied or discarded. */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include "daemon/config/config_address.h"
#include "daemon/config/config_env.h"
#include "daemon/config/config_error.h"
#include "daemon/config/config_object.h"
#include "daemon/engine/limits.h"
#include "wire/base/bytes.h"

/* In the order of the words in daemon/config/config_table.c. */
enum config_journal { CONFIG_JOURNAL_MEMORY, CONFIG_JOURNAL_LOG };
enum config_sync { CONFIG_SYNC_ALWAYS, CONFIG_SYNC_INTERVAL };

struct config {
    struct config_listen listen;  /* owned; where clients connect */
    char *state;                  /* owned; the state directory; NULL: none */
    uint32_t journal;             /* enum config_journal */
    uint32_t journal_sync;        /* enum config_sync */
    char *journal_path;           /* owned; NULL: log in the state directory */
    uint64_t journal_interval_ms; /* interval between syncs, if replies do not wait for a sync */
    uint64_t journal_segment_bytes;
    uint64_t journal_compact_bytes;
    bool journal_asked;            /* journal.mode was given in the configuration */
    struct limits limits;          /* as configured; memory_bytes is computed if it was 0 */
    uint32_t log_level;            /* enum log_level (daemon/base/log.h) */
    uint32_t log_format;           /* enum log_format */
    uint64_t log_rate;             /* lines per second of each kind; 0: no limit */
    struct config_objects objects; /* owned; to be created if they do not exist */
};

/* Parses yaml (`file` names it in messages; empty: only defaults) into *config. False: *error
 * tells the cause, and *config owns nothing. */
bool config_parse(struct bytes yaml, const char *file, const struct config_env *env,
                  struct config *config, struct config_error *error)
    __attribute__((warn_unused_result));

/* config_parse from a file; path NULL: only defaults. */
bool config_load(const char *path, const struct config_env *env, struct config *config,
                 struct config_error *error) __attribute__((warn_unused_result));

void config_free(struct config *config);

/* The file to load if none is named: /etc/mgrd/mgrd.yaml if it exists, else NULL. */
const char *config_find_default(void);

/* For a reload: reports each key that differs. Where a key cannot change while the daemon runs,
 * exchanges the values, so that fresh keeps the running one; free `running` next. Cannot fail. */
enum config_change { CONFIG_CHANGE_TAKEN, CONFIG_CHANGE_KEPT };
typedef void config_change_fn(void *arg, const char *key, enum config_change change);
void config_adopt(struct config *running, struct config *fresh, config_change_fn *tell, void *arg);

#endif
