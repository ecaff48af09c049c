/* SPDX-License-Identifier: BSD-2-Clause */
/* Random valid requests, and damage to them. The same seed gives the same request. */
#ifndef TESTS_SUPPORT_RANDREQ_H
#define TESTS_SUPPORT_RANDREQ_H

#include <stddef.h>
#include <stdint.h>

#include "wire.pb-c.h"

enum { RANDREQ_ROOM = 1024 }; /* bytes of any such request, with some damage that makes it longer */

struct randreq {
    uint64_t seed;         /* set it; moves on with each request */
    uint8_t text[64];      /* what the bytes fields point into */
    uint64_t op[32];       /* the operation's struct */
    Wire__Request request; /* the last one, as a struct */
};

/* Fields of Request in front of its operations, whose numbers begin with that of server_ping. */
unsigned randreq_head_fields(void);

/* Writes an encoded request: an id, some of the head, some fields of some operation. Gives its
 * length. */
size_t randreq(struct randreq *r, uint8_t out[RANDREQ_ROOM]);

/* Flips, sets, repeats, removes or adds a few bytes; gives the new length. */
size_t randreq_damage(uint8_t *body, size_t len, uint64_t *seed);

#endif
