/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the values of metrics. */
#include "daemon/base/metric.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "wire/value/value.h"

uint64_t metric_number(const struct metric *row, const void *of)
{
    uint64_t wide;
    uint32_t narrow;
    if (row->size == 0)
        return row->number(of);
    assert(row->size == sizeof wide || row->size == sizeof narrow);
    const char *at = (const char *)of + row->at;
    if (row->size == sizeof wide) {
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
    memcpy(&narrow, at, sizeof narrow);
    return narrow;
}

/* Writes an id as text: JSON readers round 64-bit numbers. */
static void put_id(const char *name, uint64_t id, struct buf *dict)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, id);
    val_put_field_text(dict, name, text);
}

static void put_list(const struct metric *row, const void *of, struct buf *dict)
{
    size_t pair = val_open_pair(dict);
    size_t part = val_open_key(dict);
    val_put_text(dict, row->name);
    val_close(dict, part);
    part = val_open_member(dict);
    row->list(of, dict);
    val_close(dict, part);
    val_close(dict, pair);
}

void metrics_put(const struct metric_table *table, const void *of, struct buf *dict)
{
    for (const struct metric *row = table->rows; row < table->rows + table->count; row++)
        switch (row->kind) {
        case METRIC_COUNTER:
        case METRIC_GAUGE:
            val_put_field_uint(dict, row->name, metric_number(row, of));
            break;
        case METRIC_ID:
            put_id(row->name, metric_number(row, of), dict);
            break;
        case METRIC_TEXT:
            val_put_field_text(dict, row->name, row->text(of));
            break;
        case METRIC_LIST:
            put_list(row, of, dict);
            break;
        }
}
