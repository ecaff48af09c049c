/* SPDX-License-Identifier: BSD-2-Clause */
/* File descriptors: as many as the connections need. */
#ifndef BENCH_DESCRIPTORS_H
#define BENCH_DESCRIPTORS_H

#include <stdint.h>

#include "bench/ending.h"
#include "wire/base/buf.h"

/* Raises the soft limit to the hard one. Not ENDING_DONE: *why says what is missing. */
enum ending descriptors_raise(uint64_t connections, struct buf *why)
    __attribute__((warn_unused_result));

#endif
