/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions that wait and whose connection is gone: nothing is given to them until they are back. */
#ifndef ENGINE_ABSENCE_H
#define ENGINE_ABSENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/engine/reader.h"
#include "daemon/engine/writer.h"

struct ctx;
struct engine;
struct session;
struct waiter;

/* Part of the state. */
struct absence {
    uint64_t count;        /* sessions that are away */
    bool holding;          /* after a start: nothing is given past who is away */
    uint64_t due_ms;       /* when that ends, or the next objects are looked at; 0: never */
    struct session *sweep; /* the next one whose objects are to be looked at; NULL: none */
};

/* Whether what it waits for is not given to it while it is away. */
bool waiter_passed_over(const struct waiter *waiter);
/* AWAY, BACK: true: the budget is used up, go on with the same command. */
bool absence_turn(struct ctx *ctx);
/* BOOT: nobody has a connection. */
void absence_boot(struct ctx *ctx);
/* TICK. */
void absence_tick(struct ctx *ctx);
/* The session is being taken out. */
void absence_forget(struct engine *engine, struct session *session);
/* The sessions are there: each knows whether it is away. */
void absence_save(const struct engine *engine, struct writer *out);
bool absence_load(struct engine *engine, struct reader *in);

#endif
