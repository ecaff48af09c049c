/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be measured: a table, one row per workload, for all protocols. */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>

/* What the reply to a request must be. */
enum reply_kind {
    REPLY_ANY,    /* whatever it is */
    REPLY_FINE,   /* no error */
    REPLY_DONE,   /* done, and nothing was lost */
    REPLY_BYTES,  /* a value of bytes, of the right length */
    REPLY_NUMBER, /* a value that is a number */
    REPLY_GRANT,  /* a grant with a token */
    REPLY_ITEM    /* a grant with a value of bytes, of the right length */
};

/* One request, as both protocols write it, and what answers it. */
struct step {
    unsigned op; /* mgrd's number */
    /* Its arguments, in order of their fields: n name, t type, k key, v value of bytes, 0 and 1 the
     * value of that number, b true, - none. */
    const char *args;
    enum reply_kind reply;
    const char *words;      /* RESP: the command. %n name, %k key, %v value. NULL: there is none */
    const char *resp_reply; /* ... how its reply begins. "$": bytes of the right length */
};

/* How the steps of a workload follow each other. */
enum mixing { MIXING_ONE, MIXING_IN_TURN, MIXING_NINE_TO_ONE };

struct workload {
    const char *name, *help;
    struct step steps[2];
    enum mixing mixing;
    const char *type;      /* of the object, and a part of its name */
    struct step create;    /* how it is made */
    bool fresh;            /* what is there is deleted before */
    bool own;              /* each connection has its own object */
    bool each_key;         /* every key once, in order */
    const char *filled_by; /* the workload that puts in before as many items as are taken out */
};

/* All rows; the last one has no name. */
extern const struct workload workloads[];
/* Deletes the object of a workload that wants a fresh one. */
extern const struct step workload_delete;

const struct workload *workload_find(const char *name); /* NULL: there is none */
unsigned workload_steps(const struct workload *workload);
/* Whether the request or its reply carries a value. */
bool step_carries_value(const struct step *step);

#endif
