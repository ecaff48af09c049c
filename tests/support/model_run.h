/* SPDX-License-Identifier: BSD-2-Clause */
/* An engine with the real types beside simple models of what it holds, who waits and what was
 * answered: after each act both must agree. A disagreement aborts. */
#ifndef TESTS_SUPPORT_MODEL_RUN_H
#define TESTS_SUPPORT_MODEL_RUN_H

#include "tests/support/model.h"
#include "tests/support/model_request.h"

enum { RUN_CLIENTS = 4, RUN_OBJECTS = 64 };

/* The last command of a slot, as the client knows it. */
struct run_slot {
    uint64_t id; /* 0: none */
    bool parked;
    uint64_t object;   /* parked: whose change it waits for; 0: it waits for something else */
    uint64_t since;    /* parked: the revision to pass */
    uint64_t until_ms; /* parked: when it gives up; UINT64_MAX: never */
    uint64_t revision; /* done */
    struct buf reply;  /* done: as it was answered */
    struct buf sent;   /* its operation, to be sent again to the letter */
    const ProtobufCMessageDescriptor *operation;
};

struct run {
    struct world world;
    struct choice choice;
    struct run_slot slots[RUN_CLIENTS][WORLD_WINDOW];
    struct model models[RUN_OBJECTS]; /* id 0: free */
    struct model_request request;
    uint64_t acts;
};

void run_init(struct run *run, struct choice choice);
/* One act by choice: a request, the same again, time, an end, memory that fails... */
void run_act(struct run *run);
/* Everything ends: nothing may be left in the engine. */
void run_finish(struct run *run);

/* ---- between model_run*.c ---- */

/* Aborts with the text. */
void run_check(bool holds, const char *what);
/* Takes note of all completions of the last command but that of (who, id), whose own is given back.
 */
const struct seen *run_collect(struct run *run, unsigned who, uint64_t id);
struct run_slot *run_slot(struct run *run, unsigned who, uint64_t id);
/* Who waits in the engine is who waits in the model, and none of them should have been told. */
void run_check_waiters(struct run *run);
/* A request of the client through the models. */
void run_request(struct run *run, unsigned who);
/* The same id again: the same answer. */
void run_resend(struct run *run, unsigned who);
/* A request whose n-th allocation fails: it is refused and leaves no trace, or it was not needed.
 */
void run_without_memory(struct run *run, unsigned who);
/* The session of the client is gone: what it waited for too. */
void run_forget_client(struct run *run, unsigned who);
/* Models of objects that are gone go too. */
void run_forget_objects(struct run *run);

#endif
