/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks untrusted values. Levels are kept in an array, so that nesting cannot exhaust the
 * stack. */
#include "wire/base/frame.h"
#include "wire/base/utf8.h"
#include "wire/value/number.h"
#include "wire/value/value_canon.h"
#include "wire/value/value_inner.h"

enum level_kind { LEVEL_ITEMS, LEVEL_PAIRS, LEVEL_PAIR, LEVEL_PARTS };

/* An open level: its members are still to come, up to `end`. */
struct level {
    const uint8_t *end;
    enum level_kind kind;
    bool hashable; /* members must be hashable: inside a set or a key */
    bool distinct; /* members must be distinct: a set's members, a dict's pairs */
    unsigned seen; /* members seen so far; 2 stands for more */
};

enum { LEVELS_MAX = 2 * VAL_DEPTH_REPLY + 1 }; /* a dict takes two levels */
enum { CHECKED_BYTES = 64, STEPS_ITEM = 2 };   /* costs in steps of a budget */

static const char TOO_DEAR[] = "too much to check";

struct checker {
    const uint8_t *at;
    size_t open; /* number of levels */
    size_t depth;
    size_t max_depth;
    size_t max_items;
    size_t opaques; /* number of open opaque values */
    bool keys;      /* a set or dict has two or more members, which may be equal */
    enum val_fault fault;
    struct val_check *out;
    struct level levels[LEVELS_MAX];
};

/* Always returns false, so that a refusal is one statement. */
static bool refuse(struct checker *c, enum val_fault fault, const char *reason)
{
    c->fault = fault;
    c->out->reason = reason;
    return false;
}

static bool malformed(struct checker *c, const char *reason)
{
    return refuse(c, VAL_MALFORMED, reason);
}

/* Accepts only the shortest form, so that equal content has equal bytes. */
static bool read_varint(struct checker *c, const uint8_t *end, uint64_t *value)
{
    int len = varint_read(c->at, end, value);
    if (len <= 0)
        return malformed(c, "a number that is cut off or too long");
    if (len > 1 && c->at[len - 1] == 0)
        return malformed(c, "a number that is not in its shortest form");
    c->at += len;
    return true;
}

/* Reads a one-byte tag and a length; *field_end is where the content ends, within `end`. */
static bool read_head(struct checker *c, const uint8_t *end, uint8_t tag, const uint8_t **field_end)
{
    uint64_t len;
    if (c->at == end || *c->at != tag)
        return malformed(c, "an unknown, missing or misplaced field");
    c->at++;
    if (!read_varint(c, end, &len))
        return false;
    if (len > (size_t)(end - c->at))
        return malformed(c, "a length that passes the end");
    *field_end = c->at + len;
    return true;
}

static bool push(struct checker *c, struct level level)
{
    if (level.kind != LEVEL_PAIR) {
        if (c->depth == c->max_depth)
            return refuse(c, VAL_TOO_DEEP, "containers are nested too deep");
        if (++c->depth > c->out->depth)
            c->out->depth = c->depth;
    }
    c->levels[c->open++] = level;
    return true;
}

static void pop(struct checker *c)
{
    enum level_kind kind = c->levels[--c->open].kind;
    if (kind != LEVEL_PAIR)
        c->depth--;
    if (kind == LEVEL_PARTS)
        c->opaques--;
}

static bool check_bigint(struct checker *c, struct bytes n)
{
    if (n.len <= sizeof(int64_t))
        return malformed(c, "a bigint that fits an int");
    if (n.data[0] == ((n.data[1] & 0x80) != 0 ? 0xff : 0x00)) {
        if (n.len == sizeof(int64_t) + 1)
            return malformed(c, "a bigint that fits an int");
        return malformed(c, "a bigint that is not in its shortest form");
    }
    return true;
}

static bool check_utf8(struct checker *c, struct bytes text)
{
    return utf8_check(text) == text.len || malformed(c, "text that is not UTF-8");
}

/* Reads codec and data, and opens a level for the parts. */
static bool open_opaque(struct checker *c, const uint8_t *end, bool hashable)
{
    const uint8_t *field_end;
    if (!read_head(c, end, TAG_ITEM, &field_end))
        return false;
    if (field_end == c->at)
        return malformed(c, "an opaque value without codec");
    if (!check_utf8(c, bytes_of(c->at, (size_t)(field_end - c->at))))
        return false;
    c->at = field_end;
    if (c->at < end && *c->at == TAG_MEMBER) {
        if (!read_head(c, end, TAG_MEMBER, &field_end))
            return false;
        if (field_end == c->at)
            return malformed(c, "a field that is empty and so must be absent");
        c->at = field_end;
    }
    if (c->at == end)
        return true;
    if (!read_head(c, end, TAG_PARTS, &field_end))
        return false;
    if (field_end == c->at || field_end != end)
        return malformed(c, "an opaque value with empty parts or with more after them");
    c->opaques++;
    return push(c, (struct level){.end = end, .kind = LEVEL_PARTS, .hashable = hashable});
}

static bool check_varint_kind(struct checker *c, enum val_kind kind, const uint8_t *end)
{
    uint64_t word;
    if (!read_varint(c, end, &word))
        return false;
    if (kind == VAL_BOOL && word > 1)
        return malformed(c, "a bool that is neither 0 nor 1");
    if (kind == VAL_REF)
        c->out->has_ref = true;
    return c->at == end || malformed(c, "a value with a second member");
}

static bool check_float(struct checker *c, const uint8_t *end)
{
    if (end - c->at != (ptrdiff_t)sizeof(double))
        return malformed(c, "a float that has no 8 bytes");
    if (c->opaques == 0 && number_is_nan(load_double(c->at)))
        c->out->has_nan = true;
    c->at = end;
    return true;
}

/* Checks the content of a member that has a length and lasts until `end`. */
static bool check_content(struct checker *c, enum val_kind kind, const uint8_t *end, bool hashable)
{
    struct bytes content = bytes_of(c->at, (size_t)(end - c->at));
    struct level level = {.end = end, .kind = LEVEL_ITEMS, .hashable = hashable};
    switch (kind) {
    case VAL_NONE:
        return content.len == 0 || malformed(c, "None with content");
    case VAL_BIGINT:
        c->at = end;
        return check_bigint(c, content);
    case VAL_STR:
        c->at = end;
        return check_utf8(c, content);
    case VAL_BYTES:
        c->at = end;
        return true;
    case VAL_TUPLE:
    case VAL_LIST:
        return push(c, level);
    case VAL_SET:
    case VAL_FROZENSET:
        level.hashable = true;
        level.distinct = true;
        return push(c, level);
    case VAL_DICT:
        level.kind = LEVEL_PAIRS;
        level.distinct = true;
        return push(c, level);
    default:
        return open_opaque(c, end, hashable);
    }
}

/* Reads a whole scalar, or the head of a container; the value must last exactly until `end`. */
static bool check_value(struct checker *c, const uint8_t *end, bool hashable)
{
    const uint8_t *field_end;
    if (++c->out->items > c->max_items)
        return refuse(c, VAL_TOO_DEAR, TOO_DEAR);
    if (c->at == end)
        return malformed(c, "a value with no member");
    enum val_kind kind = (enum val_kind)(*c->at >> 3);
    if (kind < VAL_NONE || kind > VAL_OPAQUE || *c->at != val_tag(kind))
        return malformed(c, "an unknown kind of value");
    if (hashable && (kind == VAL_LIST || kind == VAL_DICT || kind == VAL_SET)) {
        c->out->unhashable = kind;
        return refuse(c, VAL_UNHASHABLE, "unhashable type");
    }
    switch (val_form(kind)) {
    case FORM_VARINT:
        c->at++;
        return check_varint_kind(c, kind, end);
    case FORM_FIXED64:
        c->at++;
        return check_float(c, end);
    default:
        if (!read_head(c, end, val_tag(kind), &field_end))
            return false;
        if (field_end != end)
            return malformed(c, "a value with a second member");
        return check_content(c, kind, end, hashable);
    }
}

/* Reads the next part of a pair: the key, then the value, then nothing more. */
static bool step_pair(struct checker *c, struct level *pair)
{
    const uint8_t *end;
    if (c->at == pair->end && pair->seen < 2)
        return malformed(c, "a pair without key or value");
    if (c->at == pair->end) {
        pop(c);
        return true;
    }
    if (pair->seen == 2)
        return malformed(c, "a pair with a third field");
    bool key = pair->seen++ == 0;
    return read_head(c, pair->end, key ? TAG_ITEM : TAG_MEMBER, &end) && check_value(c, end, key);
}

/* Reads the next member of the innermost level, or closes the level. */
static bool step(struct checker *c)
{
    struct level *level = &c->levels[c->open - 1];
    const uint8_t *end;
    if (level->kind == LEVEL_PAIR)
        return step_pair(c, level);
    if (c->at == level->end) {
        pop(c);
        return true;
    }
    if (level->kind == LEVEL_PARTS)
        return check_value(c, level->end, level->hashable);
    if (level->seen < 2 && ++level->seen == 2 && level->distinct)
        c->keys = true;
    if (!read_head(c, level->end, TAG_ITEM, &end))
        return false;
    if (level->kind == LEVEL_PAIRS)
        return push(c, (struct level){.end = end, .kind = LEVEL_PAIR});
    return check_value(c, end, level->hashable);
}

static enum val_fault find_duplicates(struct bytes encoding, struct val_check *out,
                                      struct val_budget *budget)
{
    struct canon canon;
    enum val_fault fault = VAL_OK;
    canon_init(&canon, budget);
    canon_scan(&canon, encoding);
    if (budget != NULL && budget->over) {
        fault = VAL_TOO_DEAR;
        out->reason = TOO_DEAR;
    } else if (canon_failed(&canon)) {
        fault = VAL_NOMEM;
        out->reason = "no memory to check the keys";
    } else if (canon.duplicate) {
        fault = VAL_DUPLICATE;
        out->reason = "the same key twice";
    }
    canon_free(&canon);
    return fault;
}

/* Checks without the search for duplicates. *keys: there may be duplicates. */
static enum val_fault check_form(struct bytes encoding, size_t max_depth, struct val_check *out,
                                 const struct val_budget *budget, bool *keys)
{
    struct checker c;
    *out = (struct val_check){.reason = ""};
    c.at = encoding.data;
    c.open = c.depth = c.opaques = 0;
    c.max_depth = max_depth < VAL_DEPTH_REPLY ? max_depth : VAL_DEPTH_REPLY;
    c.max_items = budget != NULL ? budget->left / STEPS_ITEM : SIZE_MAX;
    c.keys = false;
    c.fault = VAL_OK;
    c.out = out;
    if (encoding.len == 0)
        malformed(&c, "a value with no member");
    else
        check_value(&c, encoding.data + encoding.len, false);
    while (c.fault == VAL_OK && c.open > 0)
        step(&c);
    *keys = c.keys;
    return c.fault;
}

enum val_fault val_check_form(struct bytes encoding, size_t max_depth, struct val_check *out)
{
    bool keys;
    return check_form(encoding, max_depth, out, NULL, &keys);
}

/* Everything else, faulty values too, is left to the checker. */
bool val_is_short_run(struct bytes encoding)
{
    enum { HEAD = 2, LONGEST = 0x7f };
    const uint8_t *at = encoding.data;
    if (encoding.len < HEAD || encoding.len > HEAD + LONGEST || at[1] != encoding.len - HEAD)
        return false;
    if (at[0] == val_tag(VAL_BYTES))
        return true;
    struct bytes text = bytes_of(at + HEAD, encoding.len - HEAD);
    return at[0] == val_tag(VAL_STR) && utf8_check(text) == text.len;
}

enum val_fault val_check_within(struct bytes encoding, size_t max_depth, struct val_check *out,
                                struct val_budget *budget)
{
    bool keys;
    if (val_is_short_run(encoding)) {
        *out = (struct val_check){.items = 1, .reason = ""};
        return VAL_OK;
    }
    enum val_fault fault = check_form(encoding, max_depth, out, budget, &keys);
    if (fault == VAL_OK && budget != NULL &&
        !val_spend(budget, out->items * STEPS_ITEM + encoding.len / CHECKED_BYTES)) {
        fault = VAL_TOO_DEAR;
        out->reason = TOO_DEAR;
    }
    return fault == VAL_OK && keys ? find_duplicates(encoding, out, budget) : fault;
}

enum val_fault val_check(struct bytes encoding, size_t max_depth, struct val_check *out)
{
    return val_check_within(encoding, max_depth, out, NULL);
}
