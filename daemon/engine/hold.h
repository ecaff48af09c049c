/* SPDX-License-Identifier: BSD-2-Clause */
/* Holds between reserving and linking, for the making of objects. Only engine/ includes this. */
#ifndef ENGINE_HOLD_H
#define ENGINE_HOLD_H

#include "daemon/engine/state.h"

/* Memory for a hold; NULL: none. To be linked or cancelled. */
struct hold *hold_reserve(struct engine *engine) __attribute__((warn_unused_result));
void hold_cancel(struct engine *engine, struct hold *hold);
void hold_link(struct engine *engine, struct hold *hold, struct session *session,
               struct object *object);
/* Takes it out and frees it; what that means to the object is the caller's. */
void hold_unlink(struct engine *engine, struct hold *hold);

#endif
