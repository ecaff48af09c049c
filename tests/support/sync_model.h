/* SPDX-License-Identifier: BSD-2-Clause */
/* What the synchronisation types promise, as simply as possible: tables that are looked through
 * from the start. Told of each act, it says who must be answered what. */
#ifndef TESTS_SUPPORT_SYNC_MODEL_H
#define TESTS_SUPPORT_SYNC_MODEL_H

#include "tests/support/sync_tables.h"

void sync_model_init(struct sync_model *m, uint64_t now_ms);

/* An object of that kind with those parameters is there from now on. */
void sync_model_create(struct sync_model *m, unsigned object, const struct sync_params *params);

/* Each of these starts a new list of says. revision: the engine's before. */
/* r->object is deleted, whoever waits. */
void sync_model_delete(struct sync_model *m, const struct sync_request *r);
void sync_model_request(struct sync_model *m, const struct sync_request *r, uint64_t revision);
void sync_model_tick(struct sync_model *m, uint64_t ms);
/* False: nobody waits under that id. */
bool sync_model_cancel(struct sync_model *m, unsigned who, uint64_t id);
/* give_back: what is on its way returns, else the client has it. */
void sync_model_end(struct sync_model *m, unsigned who, bool give_back);
/* Its connection goes, or comes back. False: nothing changes by that. The daemon starts again. */
bool sync_model_away(struct sync_model *m, unsigned who);
bool sync_model_back(struct sync_model *m, unsigned who);
void sync_model_boot(struct sync_model *m);
/* The reply with that id has arrived: its item is nobody else's any more. */
void sync_model_settle(struct sync_model *m, unsigned who, uint64_t id);

#endif
