/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that the configuration declares: NAME: {type: T, init: VALUE, PARAMETER: ...}. */
#ifndef DAEMON_CONFIG_OBJECT_H
#define DAEMON_CONFIG_OBJECT_H

#include "wire/base/bytes.h"
#include "wire/proto/ops.h"

struct config_yaml;
struct config_event;

/* One more argument of the create operation; a parameter NAME_ms is written `NAME: DURATION`. */
struct config_param {
    const struct arg_row *row; /* of operation "object create" */
    struct bytes data;         /* owned; ARG_VALUE: encoded; ARG_STRING, ARG_BYTES: content */
    uint64_t number;           /* ARG_UINT, ARG_INT, ARG_BOOL */
};

struct config_object {
    struct bytes name;           /* owned, valid (wire/base/name.h) */
    unsigned type;               /* enum op_type */
    struct bytes init;           /* owned, an encoded Value; empty: not given */
    struct config_param *params; /* owned */
    size_t param_count;
    unsigned line, column; /* where the name stands */
};

struct config_objects {
    struct config_object *items; /* owned, in the order of the file */
    size_t count;
};

/* Reads the mapping that `start` opened. False: the reader's error is set; free *objects anyway. */
bool config_objects_read(struct config_yaml *yaml, const struct config_event *start,
                         struct config_objects *objects) __attribute__((warn_unused_result));
bool config_objects_equal(const struct config_objects *a, const struct config_objects *b);
void config_objects_free(struct config_objects *objects);

#endif
