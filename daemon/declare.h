/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects declared in the configuration: creates those that do not exist. */
#ifndef DAEMON_DECLARE_H
#define DAEMON_DECLARE_H

#include "daemon/config/config_object.h"
#include "daemon/gate/gate.h"

/* Tries to create all objects. *why names each object that is not as declared; one that exists
 * and differs is only worth a warning. False: an object could not be created. */
bool declare_objects(struct gate *gate, const struct config_objects *objects, struct buf *why);

/* declare_objects in a temporary engine: would a daemon start with these objects? */
bool declare_rehearse(const struct limits *limits, struct log *log,
                      const struct config_objects *objects, struct buf *why);

#endif
