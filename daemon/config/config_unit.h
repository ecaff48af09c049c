/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers with units: sizes (2GiB), durations (10s), counts (10000). */
#ifndef DAEMON_CONFIG_UNIT_H
#define DAEMON_CONFIG_UNIT_H

#include "wire/base/bytes.h"

enum unit_status {
    UNIT_OK,
    UNIT_BAD,   /* not a number of that kind */
    UNIT_RANGE, /* above 2^64-1 bytes, milliseconds or things */
};

enum { UNIT_TEXT_MAX = 32 };

/* A whole number without unit (bytes), or with B, kB MB GB TB (powers of 1000), KiB MiB GiB TiB. */
enum unit_status unit_size(struct bytes text, uint64_t *bytes) __attribute__((warn_unused_result));

/* A whole number with ms, s, m, h or d; 0 needs no unit. */
enum unit_status unit_duration(struct bytes text, uint64_t *ms) __attribute__((warn_unused_result));

/* A whole number without unit. */
enum unit_status unit_count(struct bytes text, uint64_t *count) __attribute__((warn_unused_result));

/* Prints in the largest unit that divides the number, so that reading gives the same number. */
void unit_print_size(uint64_t bytes, char text[UNIT_TEXT_MAX]);
void unit_print_duration(uint64_t ms, char text[UNIT_TEXT_MAX]);

#endif
