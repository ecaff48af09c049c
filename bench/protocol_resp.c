/* SPDX-License-Identifier: BSD-2-Clause */
/* RESP, as Redis and Valkey speak it. HSET and HGET on one hash would be nearest to a dict; GET and
 * SET on the key space are what those servers do best, and what is measured. */
#include "bench/protocol.h"

enum { NUMBER_MAX = 20 };

static void put_hello(struct buf *out)
{
    buf_put_text(out, "*1\r\n$4\r\nPING\r\n");
}

static void put_bye(struct buf *out)
{
    buf_put_text(out, "*1\r\n$4\r\nQUIT\r\n");
}

/* The length of a line with its end; 0: not whole yet. */
static size_t line_len(const uint8_t *at, size_t len)
{
    const uint8_t *end = len == 0 ? NULL : memchr(at, '\n', len);
    return end == NULL ? 0 : (size_t)(end - at) + 1;
}

static long take_hello(const uint8_t *at, size_t len, unsigned *window)
{
    size_t line = line_len(at, len);
    *window = PROTOCOL_PIPELINE_MAX;
    if (len > 0 && at[0] != '+')
        return -1;
    return (long)line;
}

static void put_bulk(struct buf *out, struct bytes data)
{
    buf_printf(out, "$%zu\r\n", data.len);
    buf_put_bytes(out, data);
    buf_put_text(out, "\r\n");
}

/* One word of a command, or what its %letter stands for. */
static void put_word(struct buf *out, struct bytes word, const struct form_recipe *recipe)
{
    struct buf data;
    buf_init(&data);
    if (word.data[0] != '%')
        buf_put_bytes(&data, word);
    else if (word.data[1] == 'k')
        form_put_key(&data);
    else if (word.data[1] == 'n')
        form_put_name(&data, recipe);
    else
        form_put_value(&data, recipe->value_size);
    put_bulk(out, buf_bytes(&data));
    out->failed |= data.failed;
    buf_free(&data);
}

static void make_form(struct form *form, const struct form_recipe *recipe)
{
    const char *at = recipe->step->words;
    unsigned words = 1;
    form_init(form, recipe);
    if (at == NULL)
        return;
    for (const char *c = at; *c != '\0'; c++)
        words += *c == ' ';
    buf_printf(&form->text, "*%u\r\n", words);
    for (size_t len; words > 0; words--, at += len + 1) {
        len = strcspn(at, " ");
        put_word(&form->text, bytes_of(at, len), recipe);
    }
    form_finish(form, recipe);
}

/* Replies are in order, and have no ids. */
static void put_request(struct buf *out, const struct form *form, uint64_t round, uint64_t slot,
                        uint64_t number)
{
    (void)round;
    (void)slot;
    form_put(out, form, number);
}

/* The number of a line "$N\r\n": -1 for "$-1", -2 when it is none. */
static long bulk_len(const uint8_t *line, size_t len)
{
    long sum = 0;
    if (len == 5 && line[1] == '-' && line[2] == '1')
        return -1;
    if (len < 4 || len > NUMBER_MAX || line[len - 2] != '\r')
        return -2;
    for (size_t i = 1; i < len - 2; i++) {
        if (line[i] < '0' || line[i] > '9')
            return -2;
        sum = sum * 10 + line[i] - '0';
    }
    return sum;
}

/* body: the length of a bulk string. */
static void judge(struct bytes line, long body, const struct form *form, struct reply *reply)
{
    struct bytes wanted = bytes_text(form->step->resp_reply);
    *reply = (struct reply){VERDICT_OK, {NULL, 0}};
    if (line.len < wanted.len || memcmp(line.data, wanted.data, wanted.len) != 0)
        *reply = (struct reply){VERDICT_WRONG, line};
    else if (line.data[0] == '$' && body < 0)
        reply->verdict = VERDICT_MISS;
    else if (line.data[0] == '$' && body != (long)form->value_size)
        *reply = (struct reply){VERDICT_WRONG, bytes_text("a value of another length")};
}

static long take_reply(const uint8_t *at, size_t len, const struct form *form, struct reply *reply)
{
    size_t line = line_len(at, len);
    if (line == 0)
        return len >= PROTOCOL_HEAD_MAX ? -1 : 0;
    if (line < 3 || at[line - 2] != '\r' || at[0] == '\0' || strchr("+-:$", at[0]) == NULL)
        return -1;
    long body = at[0] == '$' ? bulk_len(at, line) : -1;
    if (body < -1)
        return -1;
    judge(bytes_of(at, line - 2), body, form, reply);
    return (long)line + (body < 0 ? 0 : body + 2);
}

const struct protocol protocol_resp = {
    .name = "resp",
    .put_hello = put_hello,
    .take_hello = take_hello,
    .put_bye = put_bye,
    .make_form = make_form,
    .put_request = put_request,
    .take_reply = take_reply,
};
