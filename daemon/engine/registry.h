/* SPDX-License-Identifier: BSD-2-Clause */
/* Entering objects where they are found, and taking them out. Only engine/ includes this. */
#ifndef ENGINE_REGISTRY_H
#define ENGINE_REGISTRY_H

#include <inttypes.h>

#include "daemon/engine/state.h"

/* Room for one more object; false: no memory. To be linked or unreserved. */
bool registry_reserve(struct engine *engine) __attribute__((warn_unused_result));
void registry_unreserve(struct engine *engine);
/* The newest of all; its name, if it has one, is not taken. */
void registry_link(struct engine *engine, struct object *object);
/* It is ending: nobody finds it any more, and its name is free. */
void registry_forget(struct engine *engine, struct object *object);
void registry_unlink(struct engine *engine, struct object *object);
/* Frees it with all but the type's own part, which is gone or was never there. */
void registry_drop(struct engine *engine, struct object *object);
/* By name or "~TYPE-ID"; NULL: there is none. */
struct object *registry_find(const struct engine *engine, struct bytes name);
/* "dict". */
const char *object_type_name(const struct object *object);

#endif
