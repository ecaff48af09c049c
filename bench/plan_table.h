/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of mgr-bench: one row each, from which they are read, explained and documented. */
#ifndef BENCH_PLAN_TABLE_H
#define BENCH_PLAN_TABLE_H

#include "bench/plan.h"

enum plan_kind {
    PLAN_ROW_TEXT,
    PLAN_ROW_NAME, /* of objects */
    PLAN_ROW_NUMBER,
    PLAN_ROW_DURATION,
    PLAN_ROW_FLAG,
    PLAN_ROW_PROTOCOL,
    PLAN_ROW_WORKLOAD,
    PLAN_ROW_FORMAT,
    PLAN_ROW_WISH /* its offset is an enum plan_wish */
};

struct plan_row {
    char letter;       /* 0: none */
    const char *name;  /* "connections" */
    const char *value; /* what it takes, "N"; NULL: nothing */
    enum plan_kind kind;
    size_t offset;      /* of the member of struct plan */
    uint64_t low, high; /* of a number */
    const char *word;   /* value: its default, if any; no value: what it stands for */
    const char *help;   /* NULL: it is not told */
};

/* The last one has no name. */
extern const struct plan_row plan_rows[];

#endif
