/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to a world in words: call(&w, 0, "list.insert", "name=l|index=0|value=[1, 2]"). */
#ifndef TESTS_SUPPORT_CALL_H
#define TESTS_SUPPORT_CALL_H

#include "tests/support/world.h"

/* args: FIELD=TEXT joined by |. Values are literals (with !ref NAME; !ref NUMBER: whatever has that
 * id), numbers decimal, bools 0 or 1, the rest as it is; wait_ms, holder, require and
 * unchanged_since belong to the request. NULL: it waits. */
const struct seen *call(struct world *w, unsigned who, const char *op, const char *args);
const struct seen *callf(struct world *w, unsigned who, const char *op, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The reply to client 0, as world_show, where "name=NAME|" comes before the args. */
const char *call_show(struct world *w, const char *op, const char *name, const char *args);

/* Gives a field of a message: bytes, or for numbers and bools the number. */
void call_field(void *in, const struct arg_row *arg, ProtobufCBinaryData bytes,
                unsigned long long number);

/* Fails the first allocation of client 0's request, then the second and so on, until it is not
 * refused any more; checks that no refusal left a trace in the state. Gives how many there were.
 * The client must have a session already, and the request must not fail for another reason. */
size_t call_without_memory(struct world *w, const char *op, const char *args);

#endif
