/* SPDX-License-Identifier: BSD-2-Clause */
/* How many file descriptors there are for connections. */
#ifndef DAEMON_DESCRIPTORS_H
#define DAEMON_DESCRIPTORS_H

#include <stdint.h>

enum { DESCRIPTORS_KEPT = 64 }; /* for the journal, snapshots and clients above the limit */

/* The limit of the process, after raising the soft limit to the hard one. */
uint64_t descriptors_limit(void);
/* How many are for connections: all but DESCRIPTORS_KEPT, or half if there are few. */
uint64_t descriptors_for_connections(uint64_t limit);

#endif
