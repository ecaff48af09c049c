/* SPDX-License-Identifier: BSD-2-Clause */
/* The metrics of requests, sessions, the engine's state and the limits. */
#include "daemon/gate/internal.h"

static uint64_t refused_work(const void *of)
{
    const struct gate *gate = of;
    struct usage usage;
    engine_usage(gate->engine, &usage);
    return gate->count.refused_work + usage.refused_work;
}

#define COUNT(member) METRIC_AT(struct gate, count.member)

static const struct metric counters[] = {
    {"requests", METRIC_COUNTER, "Requests received", COUNT(requests)},
    {"commands", METRIC_COUNTER, "Requests executed as commands, which may change the state",
     COUNT(commands)},
    {"reads", METRIC_COUNTER, "Requests executed as reads, which change nothing", COUNT(reads)},
    {"errors", METRIC_COUNTER, "Requests answered with an error", COUNT(errors)},
    {"refused_work", METRIC_COUNTER, "Requests refused because of limits.work",
     .number = refused_work},
    {"logins", METRIC_COUNTER, "Connections that opened or resumed a session", COUNT(logins)},
    {"resumes", METRIC_COUNTER, "Connections that resumed a session", COUNT(resumes)},
    {"superseded", METRIC_COUNTER,
     "Connections closed because another connection resumed their session", COUNT(superseded)},
    {"protocol_errors", METRIC_COUNTER, "Connections closed because they broke the protocol",
     COUNT(broken)},
    {"sessions_ended", METRIC_COUNTER, "Sessions ended, for any reason", COUNT(sessions_ended)},
    {"buffers_bytes", METRIC_GAUGE, "Memory in the buffers of connections",
     METRIC_AT(struct gate, buffers.used)},
    {"buffers_peak_bytes", METRIC_GAUGE, "Largest buffers_bytes since the daemon started",
     METRIC_AT(struct gate, buffers.peak)},
    {"buffers_closed", METRIC_COUNTER,
     "Connections closed because buffers were full and theirs were the largest",
     COUNT(crowded_out)},
};
const struct metric_table gate_metrics = METRIC_TABLE(counters);

static const struct metric state[] = {
    {"sessions", METRIC_GAUGE, "Sessions that hold state", METRIC_AT(struct usage, sessions)},
    {"objects", METRIC_GAUGE, "Objects, named and anonymous", METRIC_AT(struct usage, objects)},
    {"anonymous_objects", METRIC_GAUGE, "Objects without a name",
     METRIC_AT(struct usage, anonymous)},
    {"waiters", METRIC_GAUGE, "Requests that wait", METRIC_AT(struct usage, waiters)},
    {"grants", METRIC_GAUGE, "Locks, permits and items that sessions hold",
     METRIC_AT(struct usage, grants)},
    {"memory_bytes", METRIC_GAUGE, "Memory of the state: objects and sessions",
     METRIC_AT(struct usage, bytes)},
    {"memory_blocks", METRIC_GAUGE, "Blocks of memory that the state consists of",
     METRIC_AT(struct usage, blocks)},
};
const struct metric_table usage_metrics = METRIC_TABLE(state);

/* ---- facts ---- */

static const char *version(const void *of)
{
    (void)of;
    return MGRD_VERSION;
}

static const char *durability(const void *of)
{
    return ((const struct gate *)of)->options.durability;
}

static const char *state_id(const void *of)
{
    return ((const struct gate *)of)->options.state_id;
}

static uint64_t incarnation(const void *of)
{
    return engine_incarnation(((const struct gate *)of)->engine);
}

static uint64_t revision(const void *of)
{
    return engine_revision(((const struct gate *)of)->engine);
}

static const struct metric identity[] = {
    {"version", METRIC_TEXT, "Version of mgrd", .text = version},
    {"durability", METRIC_TEXT, "What survives a restart", .text = durability},
    {"state_id", METRIC_TEXT, "Id of the data: other data has another id", .text = state_id},
    {"incarnation", METRIC_ID, "Id of this run of the daemon", .number = incarnation},
    {"revision", METRIC_ID, "Number of the last change", .number = revision},
};
const struct metric_table gate_info = METRIC_TABLE(identity);

#define LIMIT(member) METRIC_AT(struct gate, options.limits.member)

static const struct metric limits[] = {
    {"limit_frame_bytes", METRIC_GAUGE, "Largest request or reply", LIMIT(frame_bytes)},
    {"limit_memory_bytes", METRIC_GAUGE, "Most memory of the state", LIMIT(memory_bytes)},
    {"limit_buffers_bytes", METRIC_GAUGE, "Most memory in buffers of connections; 0: no limit",
     LIMIT(buffers_bytes)},
    {"limit_connections", METRIC_GAUGE, "Most connections at the same time", LIMIT(connections)},
    {"limit_objects", METRIC_GAUGE, "Most objects", LIMIT(objects)},
    {"limit_sessions", METRIC_GAUGE, "Most sessions that hold state", LIMIT(sessions)},
    {"limit_window", METRIC_GAUGE,
     "Requests in flight in a session, unless it asks for another number", LIMIT(window)},
    {"limit_bulk_items", METRIC_GAUGE, "Most items in one request", LIMIT(bulk_items)},
    {"limit_work", METRIC_GAUGE, "Most steps that one request may take; 0: no limit", LIMIT(work)},
};
const struct metric_table gate_limits = METRIC_TABLE(limits);
