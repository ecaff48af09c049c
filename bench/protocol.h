/* SPDX-License-Identifier: BSD-2-Clause */
/* How to speak with a server. Requests and replies are in order on each connection. */
#ifndef BENCH_PROTOCOL_H
#define BENCH_PROTOCOL_H

#include "bench/form.h"

enum {
    PROTOCOL_PIPELINE_MAX = 256, /* requests on their way per connection */
    PROTOCOL_HEAD_MAX = 512      /* after so many bytes take_reply knows all that it must know */
};

enum reply_verdict { VERDICT_OK, VERDICT_MISS, VERDICT_WRONG, VERDICT_PUSH /* answers nothing */ };

struct reply {
    enum reply_verdict verdict;
    struct bytes text; /* what is wrong; borrowed from the reply, or static */
};

struct protocol {
    const char *name;
    /* What a connection says first; gives how many bytes of `at` answer it, 0: more are needed,
     * -1: it was refused. *window: how many requests may be on their way. */
    void (*put_hello)(struct buf *out);
    long (*take_hello)(const uint8_t *at, size_t len, unsigned *window);
    /* ... and last. */
    void (*put_bye)(struct buf *out);
    /* Leaves it without a text when there is no such step. */
    void (*make_form)(struct form *form, const struct form_recipe *recipe);
    /* Writes a request with number in it, but for form_rest. Its id is made of a slot, whose last
     * request was answered, and a round from 1, which rises whenever all slots had their turn. */
    void (*put_request)(struct buf *out, const struct form *form, uint64_t round, uint64_t slot,
                        uint64_t number);
    /* Bytes of the whole reply, also when a part of it (but no more than its end) is still to come;
     * 0: more are needed to know; -1: not the protocol. */
    long (*take_reply)(const uint8_t *at, size_t len, const struct form *form, struct reply *reply);
};

extern const struct protocol protocol_mgr, protocol_resp;

const struct protocol *protocol_find(const char *name); /* NULL: there is none */

#endif
