/* SPDX-License-Identifier: BSD-2-Clause */
/* value: an object with one value of any kind. */
#ifndef OBJECTS_VALUE_H
#define OBJECTS_VALUE_H

#include "daemon/engine/core.h"

extern const struct object_ops value_ops;

#endif
