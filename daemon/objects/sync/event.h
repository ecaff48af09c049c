/* SPDX-License-Identifier: BSD-2-Clause */
/* event: a flag that many clients may wait for. */
#ifndef OBJECTS_EVENT_H
#define OBJECTS_EVENT_H

#include "daemon/engine/core.h"

extern const struct object_ops event_ops;

#endif
