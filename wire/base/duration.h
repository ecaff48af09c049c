/* SPDX-License-Identifier: BSD-2-Clause */
/* Durations as people write them: 10s, 500ms, 1.5m; a bare number is seconds. */
#ifndef WIRE_DURATION_H
#define WIRE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* False: no duration, negative, or too long for 63 bits of milliseconds. */
bool duration_read(const char *text, int64_t *ms);

enum { DURATION_TEXT = 24 };
/* In the largest unit that says it exactly: "1d", "90s", "1500ms". */
void duration_write(uint64_t ms, char out[DURATION_TEXT]);

#endif
