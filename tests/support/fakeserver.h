/* SPDX-License-Identifier: BSD-2-Clause */
/* A daemon that follows a script, well or badly, in a thread of its own: for the client library. */
#ifndef TESTS_SUPPORT_FAKESERVER_H
#define TESTS_SUPPORT_FAKESERVER_H

#include <pthread.h>

#include "wire.pb-c.h"
#include "wire/base/buf.h"
#include "wire/proto/reply.h"

struct fake;
typedef void fake_script(struct fake *fake);

/* How hello is answered. */
struct fake_welcome {
    unsigned outcome;
    unsigned window;
    size_t token_len;
    uint64_t linger_ms, frame_limit;
    const char *state_id;
};

struct fake {
    int listener;
    int conn;          /* -1: none */
    int stop_fd;       /* readable: the test is over */
    char address[128]; /* "unix:PATH" */
    fake_script *script;
    void *arg; /* of the test */
    pthread_t thread;
    struct buf in;
    uint64_t memory[64];   /* what request points to */
    Wire__Request request; /* the last one read; borrows from in until the next read */
    size_t used;
    /* what the test asks afterwards */
    size_t connects;
    bool had_token; /* the last hello */
    bool failed;    /* the script met something else than it expected */
    struct fake_welcome welcome;
    uint64_t lease_ms;    /* that welcome grants */
    const char *features; /* that welcome names; NULL: none */
    uint64_t revision;    /* that welcome comes with */
    uint64_t forgotten;   /* that welcome tells; UINT64_MAX: does not */
    bool shameless;       /* a hello without a token gets welcome.outcome too, not 0 */
};

/* Listens and starts the script; welcome is what a good daemon says. */
struct fake *fake_start(fake_script *script, void *arg);
/* Ends what the script still waits for, and it. True: nothing was marked as failed. Frees it. */
bool fake_end(struct fake *fake);

/* For scripts; all give up after 20 s without the client. */
bool fake_accept(struct fake *fake); /* closes the connection before */
bool fake_read(struct fake *fake);   /* the next request; false: the client closed */
bool fake_hello(struct fake *fake);  /* accepts, reads hello, answers fake->welcome */
void fake_send(struct fake *fake, struct bytes bytes);
/* Sends in two parts, the second when the first was read. */
void fake_send_parts(struct fake *fake, struct bytes bytes, size_t first);
void fake_close(struct fake *fake);
void fake_expect(struct fake *fake, bool truth);

void fake_reply(struct fake *fake, uint64_t id, const struct result *result);
void fake_done(struct fake *fake, uint64_t id);
void fake_int(struct fake *fake, uint64_t id, int64_t value);
/* A Grant; item: an int, 0 for none. */
void fake_grant(struct fake *fake, uint64_t id, uint64_t token, int64_t item);
void fake_error(struct fake *fake, uint64_t id, enum mgr_code code, const char *message);
void fake_push(struct fake *fake, enum mgr_code code);
/* Answers everything with done until bye or the end of the connection; bye too. */
void fake_serve(struct fake *fake);

/* Scripts that suit many tests: a good daemon that answers done for ever, over any number of
 * connections, and one that counts in *(size_t *)arg what else than bye it is asked. */
void fake_script_good(struct fake *fake);
void fake_script_count(struct fake *fake);

#endif
