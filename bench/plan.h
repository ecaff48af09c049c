/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run shall do: the options of mgr-bench. */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include "bench/protocol.h"

enum plan_format { PLAN_TEXT, PLAN_CSV, PLAN_JSON };

/* Numbers are all of one type, so that one row of the table fills any of them. */
struct plan {
    const char *server; /* HOST:PORT, [V6]:PORT or unix:PATH; borrowed, as all text */
    const struct protocol *protocol;
    const struct workload *workload;
    const char *prefix; /* of the objects' names */
    uint64_t connections;
    uint64_t pipeline; /* requests on their way per connection */
    uint64_t keys;     /* key:000000000000 and up */
    uint64_t hot;      /* > 0: only so many of the keys are used */
    uint64_t value_size;
    uint64_t requests;    /* UINT64_MAX: as many as there is time for */
    uint64_t duration_ms; /* 0: until all requests are answered */
    uint64_t rate;        /* > 0: open loop, requests a second in all */
    uint64_t seed;
    uint64_t idle;    /* connections that only say hello */
    uint64_t hold_ms; /* how long they are held when there are no requests; 0: until a signal */
    uint64_t pid;     /* of the server, for its CPU time and memory; 0: not measured */
    uint64_t format;  /* enum plan_format */
    bool no_header, quiet;
};

/* What else was asked for. */
enum plan_wish { PLAN_RUN, PLAN_HELP, PLAN_VERSION, PLAN_TABLES, PLAN_BAD };

/* Reads the words of a command line. PLAN_BAD: *why says in one line what is wrong. */
enum plan_wish plan_read(struct plan *plan, int argc, char **argv, struct buf *why)
    __attribute__((warn_unused_result));

#endif
