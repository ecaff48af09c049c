/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to queues and pipes in words. */
#include "tests/support/queue_kit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/must.h"
#include "wire.pb-c.h"
#include "wire/literal/literal.h"

enum { TEXT_MAX = 1 << 16 };

static uint64_t last_token;

uint64_t kit_token(void)
{
    return last_token;
}

const char *kit_words(struct world *w, const struct seen *seen)
{
    if (seen == NULL || seen->result.kind != RESULT_GRANT)
        return world_show(w, seen);
    struct seen value = *seen;
    value.result.kind = RESULT_VALUE;
    last_token = seen->result.token;
    const char *words = world_show(w, &value);
    must(seen->result.redelivered || seen->result.attempts == 0);
    if (!seen->result.redelivered)
        return words;
    size_t size = strlen(words) + 32;
    char *again = malloc(size);
    must(again != NULL);
    snprintf(again, size, "%s again %llu", words, (unsigned long long)seen->result.attempts);
    free(w->texts[w->text_at % 256]);
    w->texts[w->text_at++ % 256] = (uint8_t *)again;
    return again;
}

const char *ask(struct world *w, unsigned who, const char *op, const char *format, ...)
{
    char args[512];
    va_list list;
    va_start(list, format);
    int len = vsnprintf(args, sizeof args, format, list);
    va_end(list);
    must(len >= 0 && (size_t)len < sizeof args);
    return kit_words(w, call(w, who, op, args));
}

const char *told(struct world *w, unsigned who)
{
    return kit_words(w, world_seen(w, who, w->clients[who].id));
}

void kit_make(struct world *w, const char *type, const char *name, const char *args)
{
    const struct seen *seen = callf(w, 0, "object.create", "type=%s|name=%s%s", type, name, args);
    must(seen != NULL);
    ck_assert_msg(seen->result.kind != RESULT_ERROR, "%s", world_show(w, seen));
}

const char *kit_items(struct world *w, const char *name, unsigned page)
{
    static char text[TEXT_MAX];
    Wire__ObjectScan in = WIRE__OBJECT_SCAN__INIT;
    uint8_t cursor[TEXT_MAX];
    size_t len = 0;
    uint64_t before = engine_revision(w->engine);
    in.has_name = true, in.name = world_text(name);
    in.has_limit = true, in.limit = page;
    text[0] = '\0';
    do {
        const struct seen *seen = world_do(w, 0, &in.base);
        must(seen->result.kind == RESULT_PAGE);
        struct buf out;
        buf_init(&out);
        literal_print_python(seen->result.value, NULL, &out);
        must(!out.failed && len + out.len < sizeof text && seen->result.cursor.len < TEXT_MAX);
        memcpy(text + len, out.data, out.len);
        len += out.len;
        text[len] = '\0';
        buf_free(&out);
        if (seen->result.cursor.len > 0)
            memcpy(cursor, seen->result.cursor.data, seen->result.cursor.len);
        in.has_cursor = true, in.cursor = world_bytes(bytes_of(cursor, seen->result.cursor.len));
    } while (in.cursor.len > 0);
    must(engine_revision(w->engine) == before);
    return text;
}

const char *kit_info(struct world *w, const char *name, const char *key)
{
    char args[128];
    snprintf(args, sizeof args, "name=%s", name);
    const struct seen *seen = call(w, 0, "object.info", args);
    struct val rows = val_read(seen->result.value);
    struct val_iter it = val_iter(&rows);
    struct bytes row, value;
    while (val_next_pair(&it, &row, &value)) {
        if (bytes_equal(val_read(row).body, bytes_text(key))) {
            struct seen only = {.result = {.kind = RESULT_VALUE, .value = value}};
            return world_show(w, &only);
        }
    }
    ck_abort_msg("info of %s has no %s", name, key);
    return NULL;
}

void kit_reclaim(struct world *w)
{
    while (engine_reclaim(w->engine, 1000)) {
    }
}
