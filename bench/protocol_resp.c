/* SPDX-License-Identifier: BSD-2-Clause */
/* RESP, as Redis and Valkey speak it: HSET and HGET on one hash would be nearest to a dict, GET and
 * SET on the key space are what those servers do best; the latter is measured. */
#include <stdlib.h>

#include "bench/bench.h"

static void put_hello(struct buf *out)
{
    buf_put_text(out, "*1\r\n$4\r\nPING\r\n");
}

/* The length of a line with its end; 0: not whole yet. */
static size_t line_len(const uint8_t *at, size_t len)
{
    const uint8_t *end = memchr(at, '\n', len);
    return end == NULL ? 0 : (size_t)(end - at) + 1;
}

static long take_hello(const uint8_t *at, size_t len)
{
    size_t line = line_len(at, len);
    if (line == 0)
        return 0;
    return at[0] == '+' ? (long)line : -1;
}

static void put_request(struct buf *out, const struct options *options, uint64_t n, uint64_t number,
                        bool set)
{
    static const uint8_t filler[65536] = {0};
    uint8_t key[KEY_LEN];
    (void)n;
    put_key(key, number);
    buf_put_text(out, set ? "*3\r\n$3\r\nSET\r\n$16\r\n" : "*2\r\n$3\r\nGET\r\n$16\r\n");
    buf_put(out, key, KEY_LEN);
    buf_put(out, "\r\n", 2);
    if (!set)
        return;
    buf_printf(out, "$%u\r\n", options->value_size);
    buf_put(out, filler, options->value_size);
    buf_put(out, "\r\n", 2);
}

static long take_reply(const uint8_t *at, size_t len, bool set, struct outcome *outcome)
{
    size_t line = len == 0 ? 0 : line_len(at, len);
    if (line == 0)
        return 0;
    if (set || at[0] != '$') {
        outcome->errors += at[0] != (set ? '+' : '$');
        return (long)line;
    }
    long body = strtol((const char *)at + 1, NULL, 10);
    if (body < 0) {
        outcome->misses++;
        return (long)line;
    }
    return len < line + (size_t)body + 2 ? 0 : (long)(line + (size_t)body + 2);
}

const struct protocol protocol_resp = {"resp", put_hello,   take_hello,
                                       NULL,   put_request, take_reply};
