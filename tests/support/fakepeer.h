/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections without a network: bytes go into gate, what comes out is read as a client would. */
#ifndef TESTS_SUPPORT_FAKEPEER_H
#define TESTS_SUPPORT_FAKEPEER_H

#include <stdbool.h>

#include "wire/base/bytes.h"

struct fakehost;
struct handlers;

/* An engine, a gate over it, and count connections, which open when they are first used. */
struct fakehost *fakehost_new(const struct handlers *handlers, unsigned count);
void fakehost_free(struct fakehost *host);

/* The connection sends these bytes (after a hello, when it was not open) and reads all replies.
 * False: the door claims to have used more than there was. */
bool fakehost_send(struct fakehost *host, unsigned who, struct bytes bytes);
/* It is gone. */
void fakehost_close(struct fakehost *host, unsigned who);
/* A new connection in its place resumes the session of another (or of itself). */
void fakehost_resume(struct fakehost *host, unsigned who, unsigned whose);
/* Time passes, and what there is to do is done. */
void fakehost_pass(struct fakehost *host, uint64_t ms);

/* The first promise that was broken; NULL: none. */
const char *fakehost_fault(const struct fakehost *host);
/* All go, all time is over, all named objects are deleted: says what is left, as fakehost_fault. */
const char *fakehost_finish(struct fakehost *host);

#endif
