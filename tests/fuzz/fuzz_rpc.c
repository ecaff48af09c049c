/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes as what several connections send: nothing crashes, no request gets two replies, and when
 * all are gone and their time is over, nothing of them is left. */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/objects/handlers.h"
#include "tests/support/fakepeer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONNECTIONS = 4, TURNS_MAX = 64 };

static void check(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

/* The input is cut into runs of bytes: who sends, how many bytes, the bytes. High bits of the first
 * byte do something else: a connection comes or goes, time passes. */
static void turn(struct fakehost *host, const uint8_t **at, const uint8_t *end)
{
    uint8_t what = *(*at)++;
    unsigned who = what % CONNECTIONS;
    size_t len = *at < end ? *(*at)++ : 0;
    if (len > (size_t)(end - *at))
        len = (size_t)(end - *at);
    switch (what >> 4) {
    case 0:
        fakehost_close(host, who);
        break;
    case 1:
        fakehost_pass(host, (uint64_t)len * 50);
        return;
    case 2:
        fakehost_resume(host, who, (unsigned)len % CONNECTIONS);
        return;
    default:
        check(fakehost_send(host, who, bytes_of(*at, len)), "more bytes used than were sent");
    }
    *at += len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *at = data, *end = data + size;
    struct fakehost *host = fakehost_new(objects_handlers(), CONNECTIONS);
    check(host != NULL, "no memory");
    for (int turns = 0; at < end && turns < TURNS_MAX; turns++) {
        turn(host, &at, end);
        check(fakehost_fault(host) == NULL, fakehost_fault(host));
    }
    check(fakehost_finish(host) == NULL, fakehost_fault(host));
    fakehost_free(host);
    return 0;
}
