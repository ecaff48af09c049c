/* SPDX-License-Identifier: BSD-2-Clause */
/* barrier: a fixed number of parties wait until all of them have come. */
#ifndef OBJECTS_BARRIER_H
#define OBJECTS_BARRIER_H

#include "daemon/engine/core.h"

extern const struct object_ops barrier_ops;

#endif
