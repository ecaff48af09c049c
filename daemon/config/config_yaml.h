/* SPDX-License-Identifier: BSD-2-Clause */
/* A strict reader of YAML events: no anchors, tags, directives, tabs, second documents, deep nests.
 */
#ifndef DAEMON_CONFIG_YAML_H
#define DAEMON_CONFIG_YAML_H

#include <yaml.h>

#include "daemon/config/config_error.h"
#include "wire/base/bytes.h"

enum {
    CONFIG_FILE_MAX = 64 * 1024, /* bytes of text */
    CONFIG_DEPTH_MAX = 16,       /* lists and mappings inside each other */
};

enum config_event_kind {
    CONFIG_EVENT_END, /* of the text; the only event of an empty one */
    CONFIG_EVENT_SCALAR,
    CONFIG_EVENT_LIST,
    CONFIG_EVENT_LIST_END,
    CONFIG_EVENT_MAP,
    CONFIG_EVENT_MAP_END,
};

struct config_event {
    enum config_event_kind kind;
    bool plain;            /* SCALAR: not quoted, not a block: may be a number, null, ... */
    struct bytes text;     /* SCALAR: UTF-8, borrowed until the next event */
    unsigned line, column; /* where it starts, from 1; columns count characters */
};

struct config_yaml {
    const char *file; /* borrowed; for messages */
    struct config_error *error;
    struct bytes text; /* borrowed */
    yaml_parser_t parser;
    yaml_event_t event; /* the last one: its text is lent out */
    bool has_parser, has_event;
    unsigned depth;     /* lists and mappings open */
    unsigned documents; /* begun */
};

/* text, file and error must outlive the reader. False: the error is set; close it anyway. */
bool config_yaml_open(struct config_yaml *yaml, struct bytes text, const char *file,
                      struct config_error *error) __attribute__((warn_unused_result));
void config_yaml_close(struct config_yaml *yaml);

/* False: the error is set; nothing may be read any more. */
bool config_yaml_next(struct config_yaml *yaml, struct config_event *event)
    __attribute__((warn_unused_result));

/* An empty word, ~, null, Null, NULL. */
bool config_event_is_null(const struct config_event *event);

/* Sets the error, placed where the event starts; gives false. */
bool config_yaml_fail(struct config_yaml *yaml, const struct config_event *at, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));
bool config_yaml_nomem(struct config_yaml *yaml);

#endif
