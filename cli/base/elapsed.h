/* SPDX-License-Identifier: BSD-2-Clause */
/* A time that has passed or is left, for people: 350ms, 2.5s. */
#ifndef CLI_ELAPSED_H
#define CLI_ELAPSED_H

#include <stdint.h>

#include "wire/base/buf.h"

void elapsed_put(int64_t ms, struct buf *out);

#endif
