/* SPDX-License-Identifier: BSD-2-Clause */
/* Metrics as rows: what the daemon tells about itself. Each room has tables of its own structs; the
 * server puts them in a row (daemon/server_metrics.h). */
#ifndef DAEMON_METRIC_H
#define DAEMON_METRIC_H

#include <stddef.h>
#include <stdint.h>

#include "wire/base/buf.h"

enum metric_kind {
    METRIC_COUNTER, /* a number that only grows, from 0 when the daemon starts */
    METRIC_GAUGE,   /* a number that goes up and down */
    METRIC_ID,      /* a number of 64 bits that names something: told as text */
    METRIC_TEXT,    /* words */
    METRIC_LIST,    /* several texts */
};

/* One row. The value is a member of the struct that the table is about, or what a getter gives,
 * which gets that struct. */
struct metric {
    const char
        *name; /* with its unit at the end: _bytes, _us (microseconds); none: a plain number */
    enum metric_kind kind;
    const char *help;
    size_t at, size;                     /* METRIC_AT: the member; size 0: there is a getter */
    uint64_t (*number)(const void *of);  /* COUNTER, GAUGE, ID */
    const char *(*text)(const void *of); /* TEXT */
    void (*list)(const void *of, struct buf *out); /* LIST: puts a Value */
};

#define METRIC_AT(type, member) .at = offsetof(type, member), .size = sizeof(((type *)NULL)->member)

struct metric_table {
    const struct metric *rows;
    size_t count;
};

#define METRIC_TABLE(rows_)                                          \
    {                                                                \
        .rows = (rows_), .count = sizeof(rows_) / sizeof((rows_)[0]) \
    }

/* The value of a row that is a number. */
uint64_t metric_number(const struct metric *row, const void *of);
/* Puts all rows as fields into an open dict. */
void metrics_put(const struct metric_table *table, const void *of, struct buf *dict);

#endif
