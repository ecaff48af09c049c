/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of options. */
#include "bench/plan_table.h"

#define MEMBER(name) offsetof(struct plan, name)

enum { MILLION = 1000000, BILLION = 1000 * MILLION, WINDOW = PROTOCOL_PIPELINE_MAX };

/* clang-format off */
const struct plan_row plan_rows[] = {
    {'s', "server", "ADDRESS", PLAN_ROW_TEXT, MEMBER(server), .word = "127.0.0.1:7600",
     .help = "HOST:PORT, [V6]:PORT or unix:PATH"},
    {0, "protocol", "NAME", PLAN_ROW_PROTOCOL, MEMBER(protocol), .word = "mgr",
     .help = "mgr, or resp for Redis, Valkey and their like"},
    {'w', "workload", "NAME", PLAN_ROW_WORKLOAD, MEMBER(workload), .word = "get",
     .help = "what is asked for, see below"},
    {0, "fill", NULL, PLAN_ROW_WORKLOAD, MEMBER(workload), .word = "fill",
     .help = "as -w fill"},
    {'c', "connections", "N", PLAN_ROW_NUMBER, MEMBER(connections), 1, 20000, .word = "50",
     .help = "connections that send requests"},
    {'P', "pipeline", "N", PLAN_ROW_NUMBER, MEMBER(pipeline), 1, WINDOW,
     .help = "requests on their way per connection (default 1; 256 with --rate)"},
    {'n', "requests", "N", PLAN_ROW_NUMBER, MEMBER(requests), 0, UINT64_MAX / 2,
     .help = "requests in all (default 1000000, without a limit with --seconds; fill: one per key)"},
    {0, "seconds", "S", PLAN_ROW_DURATION, MEMBER(duration_ms), 1, INT64_MAX,
     .help = "make requests for so long (also 500ms, 2m)"},
    {0, "rate", "N", PLAN_ROW_NUMBER, MEMBER(rate), 1, 100 * MILLION,
     .help = "open loop: N requests a second in all, each at its time, whatever the replies do; its "
             "latency counts from that time"},
    {'k', "keys", "N", PLAN_ROW_NUMBER, MEMBER(keys), 1, BILLION, .word = "1000000",
     .help = "keys, of 16 bytes each"},
    {0, "hot", "N", PLAN_ROW_NUMBER, MEMBER(hot), 1, BILLION,
     .help = "use the first N keys only"},
    {'d', "value-size", "BYTES", PLAN_ROW_NUMBER, MEMBER(value_size), 1, 1 << 20, .word = "32",
     .help = "of one value"},
    {0, "seed", "N", PLAN_ROW_NUMBER, MEMBER(seed), 0, UINT64_MAX / 2, .word = "1",
     .help = "of the random keys"},
    {0, "name", "PREFIX", PLAN_ROW_NAME, MEMBER(prefix), .word = "bench",
     .help = "the dict's name; other objects are PREFIX/list and the like"},
    {0, "idle", "N", PLAN_ROW_NUMBER, MEMBER(idle), 1, MILLION,
     .help = "hold N connections more, which say hello and nothing else"},
    {0, "hold", "S", PLAN_ROW_DURATION, MEMBER(hold_ms), 1, INT64_MAX,
     .help = "with -n 0: hold the idle ones for S seconds (default: until a signal)"},
    {0, "pid", "PID", PLAN_ROW_NUMBER, MEMBER(pid), 1, 1 << 30,
     .help = "measure the CPU time of this server process, for fill its memory too"},
    {'o', "output", "FORMAT", PLAN_ROW_FORMAT, MEMBER(format), .word = "text",
     .help = "text, csv or json"},
    {0, "csv", NULL, PLAN_ROW_FORMAT, MEMBER(format), .word = "csv", .help = "as -o csv"},
    {0, "no-header", NULL, PLAN_ROW_FLAG, MEMBER(no_header), .help = "csv: no line of names"},
    {'q', "quiet", NULL, PLAN_ROW_FLAG, MEMBER(quiet),
     .help = "do not tell how far it is (told on standard error when that is a terminal)"},
    {'h', "help", NULL, PLAN_ROW_WISH, PLAN_HELP, .help = "explain all this, and do nothing"},
    {0, "version", NULL, PLAN_ROW_WISH, PLAN_VERSION, .help = "print the version"},
    {0, "tables", NULL, PLAN_ROW_WISH, PLAN_TABLES, .help = NULL},
    {.name = NULL},
};
/* clang-format on */
