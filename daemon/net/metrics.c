/* SPDX-License-Identifier: BSD-2-Clause */
/* The metrics of connections and addresses. */
#include "daemon/net/net.h"

static uint64_t connections(const void *of)
{
    return net_connections(of);
}

static void listen_addresses(const void *of, struct buf *out)
{
    net_put_addresses(of, out);
}

static const struct metric counters[] = {
    {"connections", METRIC_GAUGE, "Open connections", .number = connections},
};
const struct metric_table net_metrics = METRIC_TABLE(counters);

static const struct metric addresses[] = {
    {"listen", METRIC_LIST, "Addresses that the daemon listens on", .list = listen_addresses},
};
const struct metric_table net_info = METRIC_TABLE(addresses);
