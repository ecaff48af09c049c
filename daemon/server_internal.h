/* SPDX-License-Identifier: BSD-2-Clause */
/* The members of a server, shared by server.c and reload.c. */
#ifndef DAEMON_SERVER_INTERNAL_H
#define DAEMON_SERVER_INTERNAL_H

#include "daemon/base/clock.h"
#include "daemon/base/meter.h"
#include "daemon/base/notify.h"
#include "daemon/base/trim.h"
#include "daemon/net/net.h"
#include "daemon/server.h"
#include "daemon/store/persistence.h"
#include "daemon/store/state_dir.h"

struct server {
    struct config *config; /* borrowed; changed by a reload */
    const char *path;      /* borrowed; path of the configuration; NULL: defaults */
    struct log *log;       /* borrowed */
    struct state_dir state_dir;
    struct persistence persistence;
    struct clock clock;
    struct meter meter;
    struct trim trim;
    struct notify notify;
    struct event_base *base;
    struct event *wake_event, *term_event, *int_event, *hup_event;
    struct engine *engine;
    struct liveness *liveness;
    struct gate *gate;
    struct net *net;
    uint64_t now_ms;      /* engine time of this turn */
    uint64_t watchdog_ms; /* 0: none */
    uint64_t drain_until_ms;
    bool in_turn, stopping, stopped;
    bool ceiling_stuck; /* the failure to write the ceiling was reported */
    int exit_code;
    char state_id[40];
};

/* The configured limits, reduced to what the process can have; logs a reduction. */
struct limits server_limits(const struct server *server);

/* Reads the configuration again. False: the report tells what is wrong, and nothing has changed. */
bool server_reload(struct server *server, struct buf *report);

#endif
