/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's configuration: read whole, checked whole, then taken over or thrown away. */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include "daemon/config/config_address.h"
#include "daemon/config/config_env.h"
#include "daemon/config/config_error.h"
#include "daemon/config/config_object.h"
#include "daemon/engine/limits.h"
#include "wire/base/bytes.h"

/* In the order of the words in the table (daemon/config/config_table.c). */
enum config_journal { CONFIG_JOURNAL_MEMORY, CONFIG_JOURNAL_LOG };
enum config_sync { CONFIG_SYNC_ALWAYS, CONFIG_SYNC_INTERVAL };

struct config {
    struct config_listen listen;  /* owned; where clients connect */
    char *state;                  /* owned; the state directory; NULL: none */
    uint32_t journal;             /* enum config_journal */
    uint32_t journal_sync;        /* enum config_sync */
    char *journal_path;           /* owned; NULL: log in the state directory */
    uint64_t journal_interval_ms; /* of syncs, when they are not for each reply */
    uint64_t journal_segment_bytes;
    uint64_t journal_compact_bytes;
    bool journal_asked;            /* journal.mode is written in the configuration */
    struct limits limits;          /* as configured; memory_bytes is worked out when it was 0 */
    uint32_t log_level;            /* enum log_level (daemon/base/log.h) */
    uint32_t log_format;           /* enum log_format */
    uint64_t log_rate;             /* lines a second of each kind; 0: no limit */
    struct config_objects objects; /* owned; to create if absent */
};

/* Reads yaml (called file in messages; empty: the defaults alone) into *config. False: *error says
 * why, and *config holds nothing. */
bool config_parse(struct bytes yaml, const char *file, const struct config_env *env,
                  struct config *config, struct config_error *error)
    __attribute__((warn_unused_result));

/* The same from a file; path NULL: the defaults alone. */
bool config_load(const char *path, const struct config_env *env, struct config *config,
                 struct config_error *error) __attribute__((warn_unused_result));

void config_free(struct config *config);

/* The file to load when none was named: /etc/mgrd/mgrd.yaml if it is there, else NULL. */
const char *config_find_default(void);

/* For a reload. Tells of each key that differs; where it cannot change while the daemon runs, fresh
 * gets the running value (and running the other: free it next). Cannot fail. */
enum config_change { CONFIG_CHANGE_TAKEN, CONFIG_CHANGE_KEPT };
typedef void config_change_fn(void *arg, const char *key, enum config_change change);
void config_adopt(struct config *running, struct config *fresh, config_change_fn *tell, void *arg);

#endif
