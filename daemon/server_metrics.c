/* SPDX-License-Identifier: BSD-2-Clause */
/* Which tables make up server info and server stat, and which struct each describes. */
#include "daemon/server_metrics.h"

#include <unistd.h>

#include "daemon/server_internal.h"
#include "wire/value/value.h"

/* ---- the server's own rows ---- */

static const char *tokens(const void *of)
{
    return ((const struct server *)of)->state_dir.fd >= 0 ? "state directory" : "clock";
}

static const char *configuration(const void *of)
{
    const struct server *server = of;
    return server->path == NULL ? "defaults" : server->path;
}

static uint64_t pid(const void *of)
{
    (void)of;
    return (uint64_t)getpid();
}

static void types(const void *of, struct buf *out)
{
    (void)of;
    size_t list = val_open(out, VAL_LIST);
    for (unsigned number = 0; number < TYPE_COUNT; number++) {
        if (type_name(number) == NULL)
            continue;
        size_t item = val_open_item(out);
        val_put_text(out, type_name(number));
        val_close(out, item);
    }
    val_close(out, list);
}

static const struct metric token_rows[] = {
    {"tokens", METRIC_TEXT, "Where tokens that never repeat come from", .text = tokens},
};
static const struct metric process_rows[] = {
    {"configuration", METRIC_TEXT, "Configuration file", .text = configuration},
    {"pid", METRIC_GAUGE, "Process id of the daemon", .number = pid},
    {"types", METRIC_LIST, "Types of objects that the daemon has", .list = types},
};
static const struct metric_table token_info = METRIC_TABLE(token_rows);
static const struct metric_table process_info = METRIC_TABLE(process_rows);

/* ---- all tables ---- */

/* The struct that a table describes. */
enum subject {
    OF_SERVER,
    OF_GATE,
    OF_NET,
    OF_LOG,
    OF_METER,
    OF_TRIM,
    OF_JOURNAL,
    OF_USAGE,
    SUBJECTS
};

/* Users see them in this order: add new rows at the end of a table. */
static const struct section {
    const struct metric_table *table;
    enum metric_report report;
    enum subject of;
} sections[] = {
    {&gate_info, METRICS_INFO, OF_GATE},      {&net_info, METRICS_INFO, OF_NET},
    {&token_info, METRICS_INFO, OF_SERVER},   {&persistence_info, METRICS_INFO, OF_JOURNAL},
    {&process_info, METRICS_INFO, OF_SERVER}, {&gate_limits, METRICS_INFO, OF_GATE},
    {&gate_metrics, METRICS_STAT, OF_GATE},   {&net_metrics, METRICS_STAT, OF_NET},
    {&log_metrics, METRICS_STAT, OF_LOG},     {&meter_metrics, METRICS_STAT, OF_METER},
    {&trim_metrics, METRICS_STAT, OF_TRIM},   {&persistence_metrics, METRICS_STAT, OF_JOURNAL},
    {&usage_metrics, METRICS_STAT, OF_USAGE},
};

enum { SECTIONS = sizeof sections / sizeof sections[0] };

void server_metrics_put(const struct server *server, enum metric_report report, struct buf *dict)
{
    const struct persistence *persistence = &server->persistence;
    struct usage usage;
    engine_usage(server->engine, &usage);
    const void *const subjects[SUBJECTS] = {
        [OF_SERVER] = server,
        [OF_GATE] = server->gate,
        [OF_NET] = server->net,
        [OF_LOG] = server->log,
        [OF_METER] = &server->meter,
        [OF_TRIM] = &server->trim,
        [OF_JOURNAL] = persistence->journal == NULL ? NULL : persistence,
        [OF_USAGE] = &usage,
    };
    for (const struct section *at = sections; at < sections + SECTIONS; at++)
        if (at->report == report && subjects[at->of] != NULL)
            metrics_put(at->table, subjects[at->of], dict);
}

void server_metrics_each(enum metric_report report, metric_fn *fn, void *arg)
{
    for (const struct section *at = sections; at < sections + SECTIONS; at++)
        for (size_t i = 0; at->report == report && i < at->table->count; i++)
            fn(arg, &at->table->rows[i]);
}

/* ---- the manual page ---- */

static void print_row(void *arg, const struct metric *row)
{
    static const char *const kinds[] = {
        [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_ID] = "text",
        [METRIC_TEXT] = "text",       [METRIC_LIST] = "list",
    };
    fprintf(arg, ".TP\n.BR %s \" (%s)\"\n%s\n", row->name, kinds[row->kind], row->help);
}

void server_metrics_print(FILE *out)
{
    fputs(".SS mgrctl server stat\n", out);
    server_metrics_each(METRICS_STAT, print_row, out);
    fputs(".SS mgrctl server info\n", out);
    server_metrics_each(METRICS_INFO, print_row, out);
}
