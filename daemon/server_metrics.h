/* SPDX-License-Identifier: BSD-2-Clause */
/* All metrics of the daemon: the tables of its modules, in the order of printing. */
#ifndef DAEMON_SERVER_METRICS_H
#define DAEMON_SERVER_METRICS_H

#include <stdio.h>

#include "daemon/base/metric.h"

/* The reports: server info, and server stat. */
enum metric_report { METRICS_INFO, METRICS_STAT };

struct server;
/* Puts the values into an open dict. Without a journal its rows are left out. */
void server_metrics_put(const struct server *server, enum metric_report report, struct buf *dict);

typedef void metric_fn(void *arg, const struct metric *row);
/* Calls fn for each row. */
void server_metrics_each(enum metric_report report, metric_fn *fn, void *arg);
/* Prints the tables as sections of a manual page. */
void server_metrics_print(FILE *out);

#endif
