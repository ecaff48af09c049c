/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that the configuration declares: NAME: {type: T, init: VALUE, PARAMETER: ...}. */
#ifndef DAEMON_CONFIG_OBJECT_H
#define DAEMON_CONFIG_OBJECT_H

#include "wire/base/bytes.h"
#include "wire/proto/ops.h"

struct config_yaml;
struct config_event;

/* Another argument of object create. A parameter NAME_ms is spelled `NAME: DURATION`. */
struct config_param {
    const struct arg_row *row; /* argument of "object create" */
    struct bytes data;         /* owned; a Value's encoding, or the content of a text */
    uint64_t number;           /* for ARG_UINT, ARG_INT, ARG_BOOL */
};

struct config_object {
    struct bytes name;           /* owned, valid (wire/base/name.h) */
    unsigned type;               /* enum op_type */
    struct bytes init;           /* owned, an encoded Value; empty: not given */
    struct config_param *params; /* owned */
    size_t param_count;
    unsigned line, column; /* position of the name */
};

struct config_objects {
    struct config_object *items; /* owned, in file order */
    size_t count;
};

/* Reads the mapping opened by `start`. False: the reader's error is set; the caller frees
 * *objects in any case. */
bool config_objects_read(struct config_yaml *yaml, const struct config_event *start,
                         struct config_objects *objects) __attribute__((warn_unused_result));
bool config_objects_equal(const struct config_objects *a, const struct config_objects *b);
void config_objects_free(struct config_objects *objects);

#endif
