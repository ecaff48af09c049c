/* SPDX-License-Identifier: BSD-2-Clause */
/* Converts YAML nodes to encoded Values. Recursive: the reader bounds the depth. */
#include "daemon/config/config_value.h"

#include <math.h>
#include <stdlib.h>

#include "daemon/config/config_yaml.h"
#include "wire/literal/literal.h"
#include "wire/value/value.h"

/* A key of the mapping being read, kept to detect duplicates. */
struct key {
    struct bytes encoding; /* in the output, set once the mapping is complete */
    uint64_t hash;
    unsigned line, column;
};

struct keys {
    struct key *items; /* owned */
    size_t count, cap;
};

static bool read_scalar(struct config_yaml *yaml, const struct config_event *event, struct buf *out)
{
    struct literal_error why = {.column = 0};
    if (!event->plain)
        val_put_str(out, event->text);
    else if (config_event_is_null(event))
        val_put_none(out);
    else if (!literal_read(event->text, LITERAL_ANY, NULL, out, &why))
        return config_yaml_fail(yaml, event, "%s", config_quote(bytes_text(why.text)).text);
    return out->failed ? config_yaml_nomem(yaml) : true;
}

static bool read_list(struct config_yaml *yaml, struct buf *out)
{
    size_t list = val_open(out, VAL_LIST);
    for (;;) {
        struct config_event event;
        if (!config_yaml_next(yaml, &event))
            return false;
        if (event.kind == CONFIG_EVENT_LIST_END)
            break;
        size_t item = val_open_item(out);
        if (!config_value_read(yaml, &event, out))
            return false;
        val_close(out, item);
    }
    val_close(out, list);
    return out->failed ? config_yaml_nomem(yaml) : true;
}

static bool keys_add(struct keys *keys, const struct config_event *event)
{
    if (keys->count == keys->cap) {
        size_t cap = keys->cap == 0 ? 8 : keys->cap * 2;
        struct key *items = realloc(keys->items, cap * sizeof *items);
        if (items == NULL)
            return false;
        keys->items = items;
        keys->cap = cap;
    }
    keys->items[keys->count++] = (struct key){.line = event->line, .column = event->column};
    return true;
}

static bool read_key(struct config_yaml *yaml, const struct config_event *event, struct buf *out)
{
    if (event->kind != CONFIG_EVENT_SCALAR)
        return config_yaml_fail(yaml, event, "a key must be a scalar, not a list or a mapping");
    if (event->plain && bytes_equal(event->text, bytes_text("<<")))
        return config_yaml_fail(yaml, event,
                                "merge keys are not allowed (quote '<<' to mean the text)");
    return read_scalar(yaml, event, out);
}

static int key_order(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->encoding.data < y->encoding.data ? -1 : x->encoding.data > y->encoding.data;
}

/* Reports that the key at `at` equals an earlier one; keys with the same hash are adjacent. */
static bool check_twins(struct config_yaml *yaml, const struct keys *keys, size_t at)
{
    const struct key *key = &keys->items[at];
    for (size_t i = at; i-- > 0 && keys->items[i].hash == key->hash;) {
        int equal = val_equal(keys->items[i].encoding, key->encoding);
        if (equal < 0)
            return config_yaml_nomem(yaml);
        struct config_event place = {.line = key->line, .column = key->column};
        if (equal > 0)
            return config_yaml_fail(yaml, &place, "the same key as in line %u, column %u",
                                    keys->items[i].line, keys->items[i].column);
    }
    return true;
}

static bool check_nan(struct config_yaml *yaml, const struct key *key)
{
    struct val val = val_read(key->encoding);
    struct config_event place = {.line = key->line, .column = key->column};
    return val.kind != VAL_FLOAT || !isnan(val.real) ||
           config_yaml_fail(yaml, &place, "a NaN cannot be a key: it equals nothing");
}

/* Called when the dict is complete, so that its keys do not move any more. */
static bool check_keys(struct config_yaml *yaml, struct keys *keys, struct bytes encoding)
{
    static const uint8_t hash_key[16] = {0};
    struct val dict = val_read(encoding);
    struct val_iter it = val_iter(&dict);
    struct bytes value;
    for (size_t i = 0; i < keys->count && val_next_pair(&it, &keys->items[i].encoding, &value);
         i++) {
        if (!check_nan(yaml, &keys->items[i]))
            return false;
        keys->items[i].hash = val_hash(keys->items[i].encoding, hash_key);
    }
    if (keys->count > 1)
        qsort(keys->items, keys->count, sizeof *keys->items, key_order);
    for (size_t i = 1; i < keys->count; i++)
        if (!check_twins(yaml, keys, i))
            return false;
    return true;
}

/* Reads pairs to the end of the mapping. */
static bool read_pairs(struct config_yaml *yaml, struct buf *out, struct keys *keys)
{
    for (;;) {
        struct config_event event;
        if (!config_yaml_next(yaml, &event))
            return false;
        if (event.kind == CONFIG_EVENT_MAP_END)
            return true;
        if (!keys_add(keys, &event))
            return config_yaml_nomem(yaml);
        size_t pair = val_open_pair(out);
        size_t key = val_open_key(out);
        if (!read_key(yaml, &event, out))
            return false;
        val_close(out, key);
        if (!config_yaml_next(yaml, &event))
            return false;
        size_t member = val_open_member(out);
        if (!config_value_read(yaml, &event, out))
            return false;
        val_close(out, member);
        val_close(out, pair);
    }
}

static bool read_dict(struct config_yaml *yaml, struct buf *out)
{
    struct keys keys = {NULL, 0, 0};
    size_t start = out->len;
    size_t dict = val_open(out, VAL_DICT);
    bool done = read_pairs(yaml, out, &keys);
    if (done) {
        val_close(out, dict);
        done = out->failed ? config_yaml_nomem(yaml)
                           : check_keys(yaml, &keys, bytes_of(out->data + start, out->len - start));
    }
    free(keys.items);
    return done;
}

bool config_value_read(struct config_yaml *yaml, const struct config_event *start, struct buf *out)
{
    switch (start->kind) {
    case CONFIG_EVENT_SCALAR:
        return read_scalar(yaml, start, out);
    case CONFIG_EVENT_LIST:
        return read_list(yaml, out);
    case CONFIG_EVENT_MAP:
        return read_dict(yaml, out);
    case CONFIG_EVENT_END:
    case CONFIG_EVENT_LIST_END:
    case CONFIG_EVENT_MAP_END:
        break;
    }
    return config_yaml_fail(yaml, start, "no value");
}
