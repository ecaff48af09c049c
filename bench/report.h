/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run tells in the end: text for people, csv and json for programs. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include "bench/plan.h"
#include "bench/tally.h"

struct report {
    const struct plan *plan;
    const struct tally *tally;
};

/* A column of csv, a name of json. New ones are added at the end. */
struct report_column {
    const char *name;
    const char *(*text)(const struct report *report);
    double (*number)(const struct report *report); /* NAN: not measured */
    int decimals;
    const char *help;
};

/* The last one has no name. */
extern const struct report_column report_columns[];

void report_print(const struct report *report, FILE *out);

#endif
