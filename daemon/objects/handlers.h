/* SPDX-License-Identifier: BSD-2-Clause */
/* What objects/ gives to the engine: a handler for each operation, the types and their hooks. */
#ifndef OBJECTS_HANDLERS_H
#define OBJECTS_HANDLERS_H

struct handlers;

/* Constant and complete: a missing handler is a link error. */
const struct handlers *objects_handlers(void);

#endif
