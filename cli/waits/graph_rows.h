/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of `object waits`, read into a graph. */
#ifndef CLI_GRAPH_ROWS_H
#define CLI_GRAPH_ROWS_H

#include "cli/waits/graph.h"

/* Fills rows, holds, agents and objects, with their lists. False: no memory. */
bool graph_rows_read(struct graph *graph, struct bytes rows) __attribute__((warn_unused_result));

#endif
