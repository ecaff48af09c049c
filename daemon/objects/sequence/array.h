/* SPDX-License-Identifier: BSD-2-Clause */
/* array: numbers of one machine type. */
#ifndef OBJECTS_ARRAY_H
#define OBJECTS_ARRAY_H

#include "daemon/engine/core.h"

extern const struct object_ops array_ops;

#endif
