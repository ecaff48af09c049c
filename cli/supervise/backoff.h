/* SPDX-License-Identifier: BSD-2-Clause */
/* When what failed is tried again. Pure. */
#ifndef CLI_BACKOFF_H
#define CLI_BACKOFF_H

#include <stdint.h>

enum { RETRY_LONGEST_MS = 5 * 60 * 1000 };

/* How long to wait after attempt number `attempt` (from 1) has failed: first_ms, doubled each time,
 * up to five minutes, or first_ms where that is longer. */
int64_t backoff_delay_ms(int64_t first_ms, uint64_t attempt);
/* After the last attempt. */
int64_t backoff_longest_ms(int64_t first_ms);

#endif
