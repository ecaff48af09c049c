/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that the configuration declares, as requests to create them if they are absent. */
#ifndef DAEMON_DECLARE_H
#define DAEMON_DECLARE_H

#include "daemon/config/config_object.h"
#include "daemon/gate/gate.h"

/* Tries all of them. *why tells of each that is not as declared: one that exists already and
 * differs is worth a warning only; false when one could not be created. */
bool declare_objects(struct gate *gate, const struct config_objects *objects, struct buf *why);

/* The same in an engine of its own, which is thrown away: whether a daemon would start with them.
 */
bool declare_rehearse(const struct limits *limits, struct log *log,
                      const struct config_objects *objects, struct buf *why);

#endif
