/* SPDX-License-Identifier: BSD-2-Clause */
/* A strict reader of YAML events: refuses anchors, tags, directives, tabs, several documents and
 * deep nesting. */
#ifndef DAEMON_CONFIG_YAML_H
#define DAEMON_CONFIG_YAML_H

#include <yaml.h>

#include "daemon/config/config_error.h"
#include "wire/base/bytes.h"

enum {
    CONFIG_FILE_MAX = 64 * 1024, /* maximum bytes of text */
    CONFIG_DEPTH_MAX = 16,       /* maximum nesting of lists and mappings */
};

enum config_event_kind {
    CONFIG_EVENT_END, /* end of the text; the only event of an empty text */
    CONFIG_EVENT_SCALAR,
    CONFIG_EVENT_LIST,
    CONFIG_EVENT_LIST_END,
    CONFIG_EVENT_MAP,
    CONFIG_EVENT_MAP_END,
};

struct config_event {
    enum config_event_kind kind;
    bool plain;            /* SCALAR: unquoted, so it may be a number or null */
    struct bytes text;     /* SCALAR: UTF-8, borrowed until the next event */
    unsigned line, column; /* position of its start, from 1; columns count characters */
};

struct config_yaml {
    const char *file; /* borrowed; name of the file for messages */
    struct config_error *error;
    struct bytes text; /* borrowed */
    yaml_parser_t parser;
    yaml_event_t event; /* the current event, which owns the text lent to the caller */
    bool has_parser, has_event;
    unsigned depth;     /* open lists and mappings */
    unsigned events;    /* number of events read */
    bool failed;        /* an error is set */
    bool over;          /* nothing can be read any more */
    bool muted;         /* further errors are not added */
    unsigned documents; /* number of documents begun */
};

/* text, file and error must outlive the reader. False: the error is set; close the reader
 * anyway. */
bool config_yaml_open(struct config_yaml *yaml, struct bytes text, const char *file,
                      struct config_error *error) __attribute__((warn_unused_result));
void config_yaml_close(struct config_yaml *yaml);

/* Reads the next event. False: the error is set; nothing more may be read. */
bool config_yaml_next(struct config_yaml *yaml, struct config_event *event)
    __attribute__((warn_unused_result));

/* True for an empty word, ~, null, Null, NULL. */
bool config_event_is_null(const struct config_event *event);

/* A position from which reading can go on after an error; taken before a key, or before an item of
 * a list. */
struct config_mark {
    unsigned depth, events;
};
struct config_mark config_yaml_mark(const struct config_yaml *yaml, bool is_key);
/* After an error in the key's value, or in the item: skips the rest of it. False: nothing more may
 * be read. */
bool config_yaml_recover(struct config_yaml *yaml, struct config_mark mark)
    __attribute__((warn_unused_result));

/* Adds an error at the event's position; returns false. */
bool config_yaml_fail(struct config_yaml *yaml, const struct config_event *at, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));
bool config_yaml_nomem(struct config_yaml *yaml);

#endif
