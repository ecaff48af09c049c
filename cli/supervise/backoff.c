/* SPDX-License-Identifier: BSD-2-Clause */
/* Doubling, with a ceiling. */
#include "cli/supervise/backoff.h"

int64_t backoff_longest_ms(int64_t first_ms)
{
    return first_ms > RETRY_LONGEST_MS ? first_ms : RETRY_LONGEST_MS;
}

int64_t backoff_delay_ms(int64_t first_ms, uint64_t attempt)
{
    int64_t longest_ms = backoff_longest_ms(first_ms);
    int64_t delay_ms = first_ms;
    while (attempt-- > 1 && delay_ms > 0 && delay_ms < longest_ms)
        delay_ms = delay_ms > longest_ms / 2 ? longest_ms : delay_ms * 2;
    return delay_ms;
}
