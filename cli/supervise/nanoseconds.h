/* SPDX-License-Identifier: BSD-2-Clause */
/* Supervision counts in nanoseconds: these are the units that others use. */
#ifndef CLI_NANOSECONDS_H
#define CLI_NANOSECONDS_H

#include <stdint.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

#endif
