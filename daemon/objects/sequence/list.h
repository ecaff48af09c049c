/* SPDX-License-Identifier: BSD-2-Clause */
/* list: a vector of values. */
#ifndef OBJECTS_LIST_H
#define OBJECTS_LIST_H

#include "daemon/engine/core.h"

extern const struct object_ops list_ops;

#endif
