/* SPDX-License-Identifier: BSD-2-Clause */
/* What a benchmark run is, and what came out of it. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "bench/histogram.h"
#include "wire/buf.h"

enum workload { WORKLOAD_GET, WORKLOAD_SET };

struct options {
    const char *server;   /* HOST:PORT or unix:PATH */
    const char *protocol; /* "mgr" or "resp" */
    enum workload workload;
    unsigned connections;
    unsigned pipeline; /* requests on their way per connection */
    uint64_t keys;     /* key:000000000000 and up */
    uint64_t hot;      /* > 0: only so many of the keys are used */
    uint32_t value_size;
    uint64_t requests;
    uint64_t seed;
    int pid;   /* of the server, for its CPU time; 0: not measured */
    bool fill; /* set every key once, in order, instead of the workload */
    bool csv;
};

struct outcome {
    uint64_t replies, misses, errors;
    double seconds;
    double server_cpu_s;      /* < 0: not measured */
    struct histogram latency; /* microseconds */
};

/* How to speak with a server. Requests and replies are in order on each connection. */
struct protocol {
    const char *name;
    /* What a connection sends first, and whether its answer (whole) is fine: 0 more bytes are
     * needed, else bytes used; -1: refused. */
    void (*put_hello)(struct buf *out);
    long (*take_hello)(const uint8_t *at, size_t len);
    /* What one connection sends before a run, so that the object exists. NULL: nothing. */
    void (*put_prepare)(struct buf *out);
    /* The request number n (from 0) of a connection. */
    void (*put_request)(struct buf *out, const struct options *options, uint64_t n, uint64_t key,
                        bool set);
    /* One reply: bytes used, 0: more are needed, -1: not the protocol. */
    long (*take_reply)(const uint8_t *at, size_t len, bool set, struct outcome *outcome);
};

extern const struct protocol protocol_mgr, protocol_resp;

/* "key:%012u" without printf. */
enum { KEY_LEN = 16 };
void put_key(uint8_t key[KEY_LEN], uint64_t number);

/* False: *why. */
bool load_run(const struct options *options, const struct protocol *protocol,
              struct outcome *outcome, struct buf *why);

#endif
