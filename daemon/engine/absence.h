/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions that wait and whose connection is gone: nothing is given to them until they are back. */
#ifndef ENGINE_ABSENCE_H
#define ENGINE_ABSENCE_H

#include <stdbool.h>

struct ctx;
struct engine;
struct reader;
struct session;
struct writer;

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
