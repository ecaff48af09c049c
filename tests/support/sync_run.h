/* SPDX-License-Identifier: BSD-2-Clause */
/* An engine with the synchronisation types beside a model of what they promise: clients ask at
 * random, and each reply must be the one that the model has, in the order that it has. */
#ifndef TESTS_SUPPORT_SYNC_RUN_H
#define TESTS_SUPPORT_SYNC_RUN_H

#include "tests/support/sync_model.h"
#include "tests/support/sync_request.h"

enum { SYNC_LAST = 400, SYNC_REPLY_MAX = 160, SYNC_OPERATION_MAX = 512, SYNC_TEXT = 65536 };

/* An operation as it was sent, so that it can be sent again to the letter. */
struct sync_operation {
    const ProtobufCMessageDescriptor *descriptor;
    size_t len;
    uint8_t bytes[SYNC_OPERATION_MAX];
};

/* The last command of a slot, as its client knows it. */
struct sync_slot {
    uint64_t id; /* 0: none */
    struct sync_operation operation;
    bool parked, forgotten;
    bool lent; /* the reply of a reservation */
    uint64_t revision;
    size_t len;
    uint8_t reply[SYNC_REPLY_MAX];
};

/* What was done, for the report. */
struct sync_act {
    const char *what;
    struct sync_request request;
    uint64_t ms;
    enum outcome outcome;
    uint64_t first, last;
};

struct sync_run {
    struct world world;
    struct sync_model model;
    struct sync_message message;
    struct choice choice;
    uint64_t seed_first, seed, steps;
    uint64_t last_token;
    struct sync_slot slots[SYNC_CLIENTS][WORLD_WINDOW];
    struct sync_operation sent;      /* the last one */
    struct sync_act acts[SYNC_LAST]; /* in turns */
    uint64_t act_count;
    const char *wrong; /* NULL: all as it should be */
    char text[SYNC_TEXT];
};

void sync_run_init(struct sync_run *run, uint64_t seed);
/* One act. False: engine and model disagree, see the report. */
bool sync_run_step(struct sync_run *run);
void sync_run_free(struct sync_run *run);
/* What is wrong, the seed, the step, what was done last, what was expected and seen. */
const char *sync_run_report(struct sync_run *run);

/* ---- between sync_run*.c ---- */

/* Notes what is wrong, if nothing was before. */
void sync_wrong(struct sync_run *run, bool holds, const char *what);
/* Compares what was seen with what the model says. who, id: of the request itself; id 0: none. */
void sync_run_compare(struct sync_run *run);
/* What must hold whatever happened. */
void sync_run_invariants(struct sync_run *run);

#endif
