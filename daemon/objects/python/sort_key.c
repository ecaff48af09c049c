/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes numeric sort keys from the bytes that distinguish values, and radix-sorts by them. */
#include "daemon/objects/python/sort_key.h"

enum { DIGIT_BITS = 8, DIGITS = 1 << DIGIT_BITS, KEY_DIGITS = 64 / DIGIT_BITS };
enum { STEPS_READ = 3, STEP_BYTES = 64, STEPS_PASS = 2 };

/* The part of a value that decides its order first. */
struct lead {
    enum val_kind outer; /* the list or tuple that it is the first item of; VAL_NOT_GIVEN: none */
    struct val val;
};

static struct lead lead_of(struct bytes value)
{
    struct lead lead = {VAL_NOT_GIVEN, val_read(value)};
    struct val_iter it = val_iter(&lead.val);
    struct bytes first;
    if ((lead.val.kind == VAL_LIST || lead.val.kind == VAL_TUPLE) && val_next(&it, &first))
        lead = (struct lead){lead.val.kind, val_read(first)};
    return lead;
}

static bool has_key(const struct lead *lead)
{
    return lead->val.kind == VAL_INT || lead->val.kind == VAL_STR;
}

static size_t shared_prefix(struct bytes a, struct bytes b, size_t most)
{
    size_t len = 0;
    most = most < b.len ? most : b.len;
    for (uint64_t x, y; len + sizeof x <= most; len += sizeof x) { /* one step is 64 bytes */
        memcpy(&x, a.data + len, sizeof x);
        memcpy(&y, b.data + len, sizeof y);
        if (x != y)
            break;
    }
    while (len < most && a.data[len] == b.data[len])
        len++;
    return len;
}

/* The whole of an int; of a str the bytes after the common prefix, whose order is that of the
 * characters. */
static uint64_t key_of(const struct val *val, size_t prefix)
{
    if (val->kind == VAL_INT)
        return (uint64_t)val->integer ^ (UINT64_C(1) << 63);
    uint64_t key = 0;
    for (size_t i = prefix; i < prefix + sizeof key; i++)
        key = key << 8 | (i < val->body.len ? val->body.data[i] : 0);
    return key;
}

enum sort_keys sort_keys_make(struct sort_item *items, size_t count, struct val_budget *budget)
{
    struct lead first = lead_of(items[0].value);
    size_t prefix = first.val.body.len;
    for (size_t i = 0; i < count; i++) {
        struct lead lead = lead_of(items[i].value);
        if (!has_key(&lead) || lead.outer != first.outer || lead.val.kind != first.val.kind)
            return SORT_KEYS_NONE;
        prefix =
            first.val.kind == VAL_STR ? shared_prefix(first.val.body, lead.val.body, prefix) : 0;
        if (!val_spend(budget, STEPS_READ + prefix / STEP_BYTES))
            return SORT_KEYS_NONE;
    }
    for (size_t i = 0; i < count; i++) {
        struct lead lead = lead_of(items[i].value);
        items[i].key = key_of(&lead.val, prefix);
    }
    return first.outer == VAL_NOT_GIVEN && first.val.kind == VAL_INT ? SORT_KEYS_WHOLE
                                                                     : SORT_KEYS_PART;
}

static size_t digit_of(uint64_t key, unsigned digit)
{
    return key >> (digit * DIGIT_BITS) & (DIGITS - 1);
}

struct radix {
    size_t counts[KEY_DIGITS][DIGITS];
};

static bool radix_count(struct radix *radix, const struct sort_item *items, size_t count)
{
    bool ordered = true;
    memset(radix, 0, sizeof *radix);
    for (size_t i = 0; i < count; i++) {
        ordered = ordered && (i == 0 || items[i - 1].key <= items[i].key);
        for (unsigned digit = 0; digit < KEY_DIGITS; digit++)
            radix->counts[digit][digit_of(items[i].key, digit)]++;
    }
    return ordered;
}

static void radix_pass(size_t counts[DIGITS], const struct sort_item *from, struct sort_item *to,
                       size_t count, unsigned digit)
{
    size_t places[DIGITS];
    size_t at = 0;
    for (size_t i = 0; i < DIGITS; i++) {
        places[i] = at;
        at += counts[i];
    }
    for (size_t i = 0; i < count; i++)
        to[places[digit_of(from[i].key, digit)]++] = from[i];
}

bool sort_keys_order(struct sort_item *items, struct sort_item *spare, size_t count,
                     struct val_budget *budget)
{
    struct radix radix;
    unsigned passes = 0;
    if (radix_count(&radix, items, count))
        return val_spend(budget, count);
    for (unsigned digit = 0; digit < KEY_DIGITS; digit++)
        passes += radix.counts[digit][digit_of(items[0].key, digit)] != count;
    if (!val_spend(budget, count * (STEPS_PASS * (uint64_t)passes + 1)))
        return false;
    struct sort_item *from = items;
    struct sort_item *to = spare;
    for (unsigned digit = 0; digit < KEY_DIGITS; digit++) {
        if (radix.counts[digit][digit_of(items[0].key, digit)] == count)
            continue;
        radix_pass(radix.counts[digit], from, to, count, digit);
        struct sort_item *done = to;
        to = from;
        from = done;
    }
    if (from != items)
        memcpy(items, from, count * sizeof *items);
    return true;
}
