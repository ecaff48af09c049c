/* SPDX-License-Identifier: BSD-2-Clause */
/* File descriptors: how many there are for connections. */
#ifndef DAEMON_DESCRIPTORS_H
#define DAEMON_DESCRIPTORS_H

#include <stdint.h>

enum { DESCRIPTORS_KEPT = 64 }; /* for the journal, snapshots, and who has to be let in */

/* The limit of the process; the soft one is raised to the hard one. */
uint64_t descriptors_limit(void);
/* So many of them are for connections: all but DESCRIPTORS_KEPT, or half where there are few. */
uint64_t descriptors_for_connections(uint64_t limit);

#endif
