/* SPDX-License-Identifier: BSD-2-Clause */
/* What mgr-bench says about itself. */
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

#include <stdio.h>

/* --help */
void usage_print(FILE *out);
/* The same tables for the manual page (scripts/man.sh). */
void usage_print_tables(FILE *out);

#endif
