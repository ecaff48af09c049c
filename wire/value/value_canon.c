/* SPDX-License-Identifier: BSD-2-Clause */
/* The canonical form of values. Only checked values come here, so recursion is at most
 * VAL_DEPTH_REPLY deep. */
#include "wire/value/value_canon.h"

#include <stdlib.h>

#include "wire/base/frame.h"
#include "wire/value/canon_sort.h"
#include "wire/value/number.h"
#include "wire/value/value_inner.h"

enum {
    ENTRIES_FIRST = 16,
    HASH_WHOLE = 128,  /* of a longer key only both ends are hashed: comparing decides the rest */
    FORM_END = 0,      /* after the last item of a container; no form starts with this byte */
    STEPS_SIMPLE = 8,  /* cost of hashing and sorting a member that is not written */
    STEPS_MEMBER = 12, /* cost of writing, hashing and sorting a member */
    STEP_BYTES = 16,   /* bytes written and hashed in one step */
};

void canon_init(struct canon *c, struct val_budget *budget)
{
    *c = (struct canon){.budget = budget};
}

bool canon_failed(const struct canon *c)
{
    return c->failed || c->out.failed || (c->budget != NULL && c->budget->over);
}

static void spend(struct canon *c, uint64_t steps)
{
    if (c->budget != NULL)
        (void)val_spend(c->budget, steps);
}

void canon_free(struct canon *c)
{
    buf_free(&c->out);
    free(c->entries);
}

static size_t number_form(struct number n, uint8_t *head, struct bytes *content)
{
    head[0] = (uint8_t)n.kind;
    switch (n.kind) {
    case VAL_INT:
        return 1 + varint_write(head + 1, zigzag(n.integer));
    case VAL_FLOAT:
        store_double(head + 1, n.real);
        return 1 + sizeof n.real;
    default:
        *content = n.big;
        return 1 + varint_write(head + 1, n.big.len);
    }
}

size_t canon_scalar(const struct val *v, uint8_t head[CANON_HEAD_MAX], struct bytes *content)
{
    *content = (struct bytes){NULL, 0};
    if (number_is(v->kind))
        return number_form(number_of(v), head, content);
    head[0] = (uint8_t)v->kind;
    if (v->kind == VAL_NONE)
        return 1;
    if (v->kind == VAL_REF)
        return 1 + varint_write(head + 1, v->ref);
    *content = v->body;
    return 1 + varint_write(head + 1, v->body.len);
}

static bool stopped(const struct canon *c)
{
    return canon_failed(c) || c->duplicate || (c->nan && c->stop_at_nan);
}

static void push_entry(struct canon *c, size_t at, size_t key_len)
{
    if (c->out.failed || c->out.len > UINT32_MAX) {
        c->failed = true;
        return;
    }
    if (c->count == c->cap) {
        size_t cap = c->cap > 0 ? c->cap * 2 : ENTRIES_FIRST;
        struct canon_entry *entries = realloc(c->entries, cap * sizeof *entries);
        if (!entries) {
            c->failed = true;
            return;
        }
        c->entries = entries;
        c->cap = cap;
    }
    c->entries[c->count++] = (struct canon_entry){
        .at = (uint32_t)at, .key_len = (uint32_t)key_len, .len = (uint32_t)(c->out.len - at)};
}

static uint64_t mixed(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

static uint64_t hash_run(uint64_t hash, struct bytes run)
{
    uint64_t word;
    size_t at = 0;
    for (; run.len - at >= sizeof word; at += sizeof word) {
        memcpy(&word, run.data + at, sizeof word);
        hash = mixed(hash, word);
    }
    word = 0;
    memcpy(&word, run.data + at, run.len - at);
    return mixed(hash, word);
}

/* Any hash will do: comparing makes the order exact; the hash only makes sorting fast. */
static uint64_t hash_form(struct bytes form)
{
    if (form.len <= HASH_WHOLE)
        return mixed(hash_run(form.len, form), 0);
    uint64_t hash = hash_run(form.len, bytes_of(form.data, HASH_WHOLE / 2));
    return mixed(hash_run(hash, bytes_of(form.data + form.len - HASH_WHOLE / 2, HASH_WHOLE / 2)),
                 0);
}

static struct bytes entry_key(const uint8_t *base, const struct canon_entry *entry)
{
    return bytes_of(base + entry->at, entry->key_len);
}

/* Sorts the entries from `first` on, whose keys count from base, and detects equal neighbours. */
static void sort_entries(struct canon *c, size_t first, const uint8_t *base)
{
    if (stopped(c) || c->count == first)
        return;
    for (size_t i = first; i < c->count; i++)
        c->entries[i].hash = hash_form(entry_key(base, &c->entries[i]));
    canon_sort(base, c->entries + first, c->count - first);
    for (size_t i = first + 1; i < c->count; i++) {
        const struct canon_entry *a = &c->entries[i - 1], *b = &c->entries[i];
        if (canon_compare(entry_key(base, a), a->hash, entry_key(base, b), b->hash) == 0)
            c->duplicate = true;
    }
}

/* Writes the form of a key. False, with nothing written: the key has a NaN and so has no
 * duplicate. */
static bool put_key(struct canon *c, struct bytes key)
{
    bool nan_before = c->nan;
    size_t at = c->out.len;
    c->nan = false;
    canon_put(c, key);
    bool usable = !c->nan;
    if (!usable)
        c->out.len = at;
    c->nan = c->nan || nan_before;
    return usable;
}

/* Writes the members of a set or dict and their entries, which stay sorted. */
static void put_members(struct canon *c, const struct val *v, bool with_values)
{
    size_t first = c->count;
    struct bytes key, value = {NULL, 0};
    struct val_iter it = val_iter(v);
    bool dict = v->kind == VAL_DICT;
    while (!stopped(c) && (dict ? val_next_pair(&it, &key, &value) : val_next(&it, &key))) {
        size_t at = c->out.len;
        spend(c, STEPS_MEMBER);
        bool usable = put_key(c, key);
        size_t key_len = c->out.len - at;
        if (dict && with_values)
            canon_put(c, value);
        else if (dict)
            canon_scan(c, value);
        if (usable)
            push_entry(c, at, key_len);
    }
    sort_entries(c, first, c->out.data);
}

/* Whether every key equals only itself: texts, bytes and ints, which have one encoding each. */
static bool keys_are_simple(const struct val *v)
{
    struct val_iter it = val_iter(v);
    struct bytes key, value;
    bool dict = v->kind == VAL_DICT;
    while (dict ? val_next_pair(&it, &key, &value) : val_next(&it, &key)) {
        unsigned kind = key.data[0] >> 3;
        if (kind != VAL_STR && kind != VAL_BYTES && kind != VAL_INT)
            return false;
    }
    return v->body.len <= UINT32_MAX;
}

/* Detects duplicates among simple keys in place, without writing their forms. */
static void scan_simple(struct canon *c, const struct val *v)
{
    size_t first = c->count;
    struct bytes key, value;
    struct val_iter it = val_iter(v);
    bool dict = v->kind == VAL_DICT;
    while (!stopped(c) && (dict ? val_next_pair(&it, &key, &value) : val_next(&it, &key))) {
        spend(c, STEPS_SIMPLE + key.len / STEP_BYTES);
        push_entry(c, (size_t)(key.data - v->body.data), key.len);
        if (dict)
            canon_scan(c, value);
    }
    sort_entries(c, first, v->body.data);
}

void canon_members(struct canon *c, const struct val *set)
{
    put_members(c, set, false);
}

/* Reorders what was written from start on, into the order of the entries. */
static void permute(struct canon *c, size_t first, size_t start)
{
    size_t len = c->out.len - start;
    uint8_t *sorted = buf_reserve(&c->out, len);
    if (!sorted)
        return;
    size_t at = 0;
    for (size_t i = first; i < c->count; i++) {
        const struct canon_entry *entry = &c->entries[i];
        memcpy(sorted + at, c->out.data + entry->at, entry->len);
        at += entry->len;
    }
    memcpy(c->out.data + start, sorted, at);
    c->out.len = start + at;
}

static void put_sorted(struct canon *c, const struct val *v)
{
    buf_put_u8(&c->out, (uint8_t)(v->kind == VAL_DICT ? VAL_DICT : VAL_FROZENSET));
    size_t first = c->count, start = c->out.len;
    put_members(c, v, true);
    if (!stopped(c) && c->count - first > 1)
        permute(c, first, start);
    c->count = first;
    buf_put_u8(&c->out, FORM_END);
}

static void put_scalar(struct canon *c, const struct val *v)
{
    uint8_t head[CANON_HEAD_MAX];
    struct bytes content;
    if (v->kind == VAL_FLOAT && number_is_nan(v->real))
        c->nan = true;
    size_t len = canon_scalar(v, head, &content);
    spend(c, 1 + content.len / STEP_BYTES);
    if (stopped(c))
        return;
    buf_put(&c->out, head, len);
    buf_put_bytes(&c->out, content);
}

static void scan_parts(struct canon *c, const struct val *opaque)
{
    struct bytes codec, data, parts;
    val_opaque(opaque, &codec, &data, &parts);
    canon_scan(c, parts);
}

void canon_put(struct canon *c, struct bytes encoding)
{
    struct val v = val_read(encoding);
    struct val_iter it = val_iter(&v);
    struct bytes item;
    switch (v.kind) {
    case VAL_LIST:
    case VAL_TUPLE:
        buf_put_u8(&c->out, (uint8_t)v.kind);
        while (!stopped(c) && val_next(&it, &item))
            canon_put(c, item);
        buf_put_u8(&c->out, FORM_END);
        break;
    case VAL_DICT:
    case VAL_SET:
    case VAL_FROZENSET:
        put_sorted(c, &v);
        break;
    case VAL_OPAQUE:
        put_scalar(c, &v);
        scan_parts(c, &v);
        break;
    default:
        put_scalar(c, &v);
    }
}

void canon_scan(struct canon *c, struct bytes encoding)
{
    struct val v = val_read(encoding);
    struct val_iter it = val_iter(&v);
    struct bytes item;
    bool nan = c->nan;
    size_t start = c->out.len, first = c->count;
    spend(c, 1);
    switch (v.kind) {
    case VAL_LIST:
    case VAL_TUPLE:
        while (!stopped(c) && val_next(&it, &item))
            canon_scan(c, item);
        break;
    case VAL_DICT:
    case VAL_SET:
    case VAL_FROZENSET:
        if (keys_are_simple(&v))
            scan_simple(c, &v);
        else
            put_members(c, &v, false);
        break;
    case VAL_OPAQUE:
        scan_parts(c, &v);
        break;
    default:
        break;
    }
    c->out.len = start;
    c->count = first;
    c->nan = nan;
}
