/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to queues and pipes in words, and their replies. */
#ifndef TESTS_SUPPORT_QUEUE_KIT_H
#define TESTS_SUPPORT_QUEUE_KIT_H

#include "tests/support/call.h"

#define FOR_EVER "wait_ms=18446744073709551615"

/* As world_show, a Grant as its value, with " again N" behind it when it was redelivered (N:
 * attempts). */
const char *kit_words(struct world *w, const struct seen *seen);
/* The token of the last Grant that was put in words. */
uint64_t kit_token(void);
/* The reply to a request of client `who`; args without braces: printf's. */
const char *ask(struct world *w, unsigned who, const char *op, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* What the last command told client `who` about its last request; "waits": nothing. */
const char *told(struct world *w, unsigned who);
/* Makes an object; args: more of them, each with a | before it. */
void kit_make(struct world *w, const char *type, const char *name, const char *args);
/* The items of queue `name` in order of delivery, by pages of that many. */
const char *kit_items(struct world *w, const char *name, unsigned page);
/* One row of the object's info. */
const char *kit_info(struct world *w, const char *name, const char *key);
/* Gives memory back until there is nothing more to do. */
void kit_reclaim(struct world *w);

#endif
