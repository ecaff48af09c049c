/* SPDX-License-Identifier: BSD-2-Clause */
/* Values in the configuration: converts YAML nodes to encoded Values. */
#ifndef DAEMON_CONFIG_VALUE_H
#define DAEMON_CONFIG_VALUE_H

#include "wire/base/buf.h"

struct config_yaml;
struct config_event;

/* Appends the value that begins with `start`, reading events to its end. Plain scalars mean what
 * they mean in a flow literal (null, bool, a number in any form, else text); quoted and block
 * scalars are text; keys are scalars, each at most once. False: the reader's error is set. */
bool config_value_read(struct config_yaml *yaml, const struct config_event *start, struct buf *out)
    __attribute__((warn_unused_result));

#endif
