/* SPDX-License-Identifier: BSD-2-Clause */
/* An engine with made-up object types, driven function by function instead of command by command.
 *
 *   struct fakes f;
 *   fakes_init(&f);
 *   struct object *a = fake_create(&f, "list", "a");          -- a box: contains refs and some
 * memory fakes_put(&f, a, b->id);                                  -- a contains a ref to b
 *   fakes_free(&f);
 *
 * Each call is a command of its own: it takes a revision if it had an effect. */
#ifndef TESTS_SUPPORT_FAKES_H
#define TESTS_SUPPORT_FAKES_H

#include <check.h>
#undef fail /* of old checks; the engine has its own */

#include "daemon/engine/state.h"

enum { FAKE_BOX_BYTES = 100 };

/* The fake types: TYPE_LIST and TYPE_DICT are boxes, TYPE_ARRAY a box whose typecode is a
 * parameter. A box refuses an init that is the str "bad", and contains the refs inside of any
 * other. */
struct fake_box {
    struct object object;
    struct trash *extra; /* FAKE_BOX_BYTES, for memory that is given back later */
    uint8_t typecode;
};

struct fakes {
    struct engine *engine;
    struct handlers handlers;
    struct ctx ctx;          /* of the last command */
    struct session *session; /* whose commands they are; NULL: nobody's */
    uint8_t sessions;        /* opened so far */
    uint64_t now_ms;
};

/* Only the types: for a world, or to add to. */
void fakes_handlers(struct handlers *handlers);
void fakes_init(struct fakes *f);
void fakes_free(struct fakes *f);

/* Ends the last command and begins the next one. */
struct ctx *fakes_ctx(struct fakes *f);
struct session *fakes_session(struct fakes *f);

/* NULL: it failed, see f->ctx.result. name NULL: anonymous. */
struct object *fake_create(struct fakes *f, const char *type, const char *name);
struct object *fake_create_from(struct fakes *f, const Wire__ObjectCreate *in);
/* 0, or -1 and f->ctx.result. */
int fakes_put(struct fakes *f, struct object *from, uint64_t to);
void fakes_drop(struct fakes *f, struct object *from, uint64_t to);
int fakes_hold(struct fakes *f, struct session *session, struct object *object);
bool fakes_unhold(struct fakes *f, struct session *session, struct object *object);
void fakes_destroy(struct fakes *f, struct object *object);
/* Moves the time on and fires the timers of objects and of the collector. */
void fakes_wait(struct fakes *f, uint64_t ms);
/* One slice of that much work; true: there is more. */
bool fakes_gc(struct fakes *f, size_t work);
/* Alive: found by its id. */
bool fakes_alive(const struct fakes *f, uint64_t id);

ProtobufCBinaryData fake_text(const char *text);
/* A list with a ref to each id, in a static buffer. */
struct bytes fake_refs(const uint64_t *ids, size_t count);

#endif
