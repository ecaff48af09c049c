/* SPDX-License-Identifier: BSD-2-Clause */
/* Metrics as table rows: what the daemon reports about itself. Each module has tables for its
 * own structs; the server puts them together (daemon/server_metrics.h). */
#ifndef DAEMON_METRIC_H
#define DAEMON_METRIC_H

#include <stddef.h>
#include <stdint.h>

#include "wire/base/buf.h"

enum metric_kind {
    METRIC_COUNTER, /* a number that only grows, from 0 at the start of the daemon */
    METRIC_GAUGE,   /* a number that rises and falls */
    METRIC_ID,      /* a 64-bit number that identifies something: printed as text */
    METRIC_TEXT,    /* a text */
    METRIC_LIST,    /* a list of texts */
};

/* One row. Its value is a member of the struct that the table describes, or the result of a
 * getter that gets the struct. */
struct metric {
    const char *name; /* ends with the unit: _bytes, _us (microseconds); else a plain number */
    enum metric_kind kind;
    const char *help;
    size_t at, size;                     /* METRIC_AT: the member; size 0: use the getter */
    uint64_t (*number)(const void *of);  /* for COUNTER, GAUGE, ID */
    const char *(*text)(const void *of); /* for TEXT */
    void (*list)(const void *of, struct buf *out); /* for LIST: puts a Value */
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

/* The value of a numeric row. */
uint64_t metric_number(const struct metric *row, const void *of);
/* Puts all rows as fields into an open dict. */
void metrics_put(const struct metric_table *table, const void *of, struct buf *dict);

#endif
