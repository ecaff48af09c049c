/* SPDX-License-Identifier: BSD-2-Clause */
/* What objects/ is to the engine: a handler per operation, the types and what they can do. */
#ifndef OBJECTS_HANDLERS_H
#define OBJECTS_HANDLERS_H

struct handlers;

/* Constant and complete: an operation without a handler does not link. */
const struct handlers *objects_handlers(void);

#endif
