/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits for whom: the rows of `object waits` as a graph, and who in it can never go on. */
#ifndef CLI_GRAPH_H
#define CLI_GRAPH_H

#include "cli/base/elapsed.h"
#include "wire/base/buf.h"
#include "wire/base/bytes.h"

#define GRAPH_NONE SIZE_MAX

enum graph_fate {
    GRAPH_FREE,   /* it can go on, as far as anybody knows */
    GRAPH_BEHIND, /* it waits for somebody who cannot */
    GRAPH_DEAD,   /* it waits for itself, round a cycle */
};

/* Somebody who owns or waits: a holder of a session. Indexes are into the graph's arrays. */
struct graph_agent {
    uint64_t session, holder;
    struct bytes client;
    enum graph_fate fate;
    size_t first_row;   /* what it waits for; GRAPH_NONE: nothing */
    size_t first_under; /* the first row that others wait by under a grant of its own */
    size_t first_hold;
    size_t next; /* GRAPH_DEAD: the next one round the cycle */
    size_t first_child, group;
};

/* One grant that a row waits for. */
struct graph_hold {
    size_t agent, row, next_of_agent;
    struct bytes token;
};

struct graph_object {
    struct bytes name, type;
    size_t first_row;
    size_t held_row;     /* the first row that tells its owners; GRAPH_NONE: none does */
    size_t parent;       /* the agent that owns it and waits elsewhere; GRAPH_NONE: none */
    size_t next_sibling; /* the next object of the same parent */
    size_t group;
};

/* One waiting request. */
struct graph_row {
    size_t agent, object;
    size_t outer; /* the owner of the grant that it acts under; GRAPH_NONE: none, or unknown */
    struct bytes under; /* the token of that grant; empty: none */
    struct bytes operation;
    int64_t waited_ms, left_ms; /* left_ms -1: no end */
    int64_t want;               /* permits; 0: not a semaphore's */
    size_t hold, hold_count;    /* what it waits for: all of these */
    size_t more_holds;          /* and those that were not listed */
    size_t next_of_agent, next_of_object;
    bool away;  /* its connection is gone: it is passed over until it is back */
    bool going; /* not known to be stuck */
};

/* All texts are borrowed from the rows it was read from. */
struct graph {
    struct graph_agent *agents;
    struct graph_object *objects;
    struct graph_row *rows;
    struct graph_hold *holds;
    size_t *cycles; /* one agent of each */
    size_t agent_count, object_count, row_count, hold_count, cycle_count;
    uint64_t left_out; /* rows that the daemon did not list */
};

/* Reads rows and solves them: the largest set of agents that can never go on. One who waits for a
 * lock is stuck when its owner is, one who waits for permits when all who hold some are; who waits
 * for anything else may go on. Who waits under a grant (a mgrctl inside of `lock run`) keeps the
 * owner of that grant waiting for the same. False: no memory. Free it in any case. */
bool graph_read(struct graph *graph, struct bytes rows) __attribute__((warn_unused_result));
void graph_free(struct graph *graph);

/* By which row a stuck agent is stuck: one of its own, or one under its grant; GRAPH_NONE: it waits
 * for nothing. */
size_t graph_row_of(const struct graph_agent *agent);
/* Whether a row is one that keeps a cycle closed. */
bool graph_row_dead(const struct graph *graph, const struct graph_row *row);
/* The object of that name; GRAPH_NONE: nobody waits for it. */
size_t graph_object_find(const struct graph *graph, struct bytes name);
/* Whether an object belongs to the part that is asked for: everything that hangs together with
 * object `only`; GRAPH_NONE: all. */
bool graph_object_chosen(const struct graph *graph, size_t object, size_t only);
/* Cycles in that part. */
size_t graph_cycles_chosen(const struct graph *graph, size_t only);

/* ---- as text (graph_text.c) and for Graphviz (graph_dot.c); only: as above ---- */

/* A tree: each object, who waits for it, and below those what they hold themselves. */
void graph_put_tree(const struct graph *graph, size_t only, struct buf *out);
/* A line for each cycle. */
void graph_put_cycles(const struct graph *graph, size_t only, struct buf *out);
/* Needs no memory but out's. */
void graph_put_dot(const struct graph *graph, size_t only, struct buf *out);
/* "session 5, holder 2"; "me@host:4711 (session 5, holder 2)". */
void graph_put_session(const struct graph_agent *agent, struct buf *out);
void graph_put_who(const struct graph_agent *agent, struct buf *out);

#endif
