/* SPDX-License-Identifier: BSD-2-Clause */
/* Durations as people write them: 10s, 500ms, 1.5m; a bare number means seconds. */
#ifndef WIRE_DURATION_H
#define WIRE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* False: not a duration, negative, or more than 63 bits of milliseconds. */
bool duration_read(const char *text, int64_t *ms);

enum { DURATION_TEXT = 24 };
/* Writes ms in the largest unit that is exact: "1d", "90s", "1500ms". */
void duration_write(uint64_t ms, char out[DURATION_TEXT]);

#endif
