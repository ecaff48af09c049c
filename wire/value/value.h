/* SPDX-License-Identifier: BSD-2-Clause */
/* Values in their protobuf encoding (proto/value.proto): read, check, compare, hash, build. */
#ifndef WIRE_VALUE_H
#define WIRE_VALUE_H

#include "wire/base/buf.h"
#include "wire/base/bytes.h"

enum {
    VAL_DEPTH_STORED = 30, /* maximum nesting of a value that is stored or sent as an argument */
    VAL_DEPTH_REPLY = 32,  /* ... of a value in a reply: two levels more, for a Page */
};

/* The field numbers of Value's oneof. */
enum val_kind {
    VAL_NOT_GIVEN = 0,
    VAL_NONE = 1,
    VAL_BOOL = 2,
    VAL_INT = 3,
    VAL_BIGINT = 4,
    VAL_FLOAT = 5,
    VAL_STR = 6,
    VAL_BYTES = 7,
    VAL_LIST = 8,
    VAL_TUPLE = 9,
    VAL_DICT = 10,
    VAL_SET = 11,
    VAL_FROZENSET = 12,
    VAL_REF = 13,
    VAL_OPAQUE = 14,
};

/* True for a str or non-empty bytes: such a value equals only values with the same encoding.
 * Safe for unchecked bytes. */
static inline bool val_is_plain(struct bytes encoding)
{
    unsigned kind = encoding.data[0] >> 3;
    return kind == VAL_STR || kind == VAL_BYTES;
}

/* One decoded level of a value; borrows from the encoding. */
struct val {
    enum val_kind kind;
    union {
        bool boolean;
        int64_t integer;
        double real;
        uint64_t ref;
    };
    struct bytes
        body; /* str, bytes, bigint, opaque: content; containers: the encoded Items or Pairs */
    struct bytes encoding; /* the whole Value */
};

/* ---- reading values that are known to be valid ---- */

/* Decodes the outermost level. An empty encoding gives VAL_NOT_GIVEN. */
struct val val_read(struct bytes encoding);

/* Iterates over the items of a list, tuple, set or frozenset, or the pairs of a dict, in order. */
struct val_iter {
    const uint8_t *at;
    const uint8_t *end;
};
struct val_iter val_iter(const struct val *container);
bool val_next(struct val_iter *it, struct bytes *item);
bool val_next_pair(struct val_iter *it, struct bytes *key, struct bytes *value);

/* The number of items, or of pairs in a dict; 0 for other kinds. O(n). */
size_t val_count(const struct val *container);

/* The length of the encoded Value at data: encodings are self-delimiting. */
size_t val_size_of_any(const uint8_t *data);
static inline size_t val_size_at(const uint8_t *data)
{
    unsigned kind = data[0] >> 3;
    bool run = kind == VAL_STR || kind == VAL_BYTES;
    return run && data[1] < 0x80 ? 2 + (size_t)data[1] : val_size_of_any(data);
}

/* The parts of an opaque value; `parts` is empty if it has none. */
void val_opaque(const struct val *opaque, struct bytes *codec, struct bytes *data,
                struct bytes *parts);

/* Python's name of the kind: 'int', 'NoneType', 'str', ... */
const char *val_type_name(enum val_kind kind);

/* ---- how much work a caller allows ---- */

/* A limit for work, in steps of about 10 ns. A function that would need more steps than are left
 * gives up, reports that by its return value, and sets `over`. */
struct val_budget {
    uint64_t left;
    bool over;
};

/* Takes steps from the budget. False: not enough are left. */
static inline bool val_spend(struct val_budget *budget, uint64_t steps)
{
    if (steps > budget->left) {
        budget->left = 0;
        budget->over = true;
        return false;
    }
    budget->left -= steps;
    return true;
}

/* ---- checking foreign bytes ---- */

enum val_fault {
    VAL_OK = 0,
    VAL_MALFORMED,  /* not a Value: not in shortest form, unknown or repeated members, bad UTF-8 */
    VAL_TOO_DEEP,   /* more than max_depth containers nested */
    VAL_UNHASHABLE, /* a list, dict or set as a dict key or set member */
    VAL_DUPLICATE,  /* the same key twice in a dict or set */
    VAL_NOMEM,
    VAL_TOO_DEAR, /* the budget is over */
};

struct val_check {
    size_t items;             /* number of values, itself included */
    size_t depth;             /* nesting of containers: 0 for a scalar, 1 for a flat list */
    bool has_ref;             /* contains a ref (also in an opaque value's parts) */
    bool has_nan;             /* contains a NaN, which equals nothing, not even itself */
    enum val_kind unhashable; /* for VAL_UNHASHABLE: the kind that has no hash */
    const char *reason;       /* static text that explains the fault */
};

/* Checks an untrusted Value, without recursion, in O(n log n) for the keys of dicts and sets,
 * else O(n). An empty encoding is VAL_MALFORMED. Allocates temporary memory only for dict, set
 * and frozenset. */
enum val_fault val_check(struct bytes encoding, size_t max_depth, struct val_check *out);
/* val_check within a budget; NULL: no limit. */
enum val_fault val_check_within(struct bytes encoding, size_t max_depth, struct val_check *out,
                                struct val_budget *budget);
/* True for the most common valid values, text or bytes with a one-byte length: for those
 * val_check would find one item and nothing else. */
bool val_is_short_run(struct bytes encoding);
/* val_check without the search for duplicate keys: O(n), no memory. A value that passes is safe
 * to read. */
enum val_fault val_check_form(struct bytes encoding, size_t max_depth, struct val_check *out);

/* Whether a valid value can be a key; else *offender is the kind that cannot. */
bool val_hashable(struct bytes encoding, enum val_kind *offender);

/* Calls fn for each ref inside the value. */
void val_each_ref(struct bytes encoding, void (*fn)(void *arg, uint64_t ref), void *arg);

/* ---- Python's equality, order and hash ---- */

enum val_order {
    VAL_LESS = -1,
    VAL_EQUAL = 0,
    VAL_GREATER = 1,
    VAL_UNORDERED,
    VAL_INCOMPARABLE,
    VAL_ORDER_NOMEM
};

/* The kinds of the innermost values for which '<' is not defined. */
struct val_kinds {
    enum val_kind x, y;
};

/* a == b as in Python: 1 == 1.0 == True, [] != (), {1} == frozenset({1}), NaN equals nothing. At
 * worst O(n log n). Returns 1, 0, or -1 if out of memory. */
int val_equal(struct bytes a, struct bytes b);
/* val_equal within a budget; -1 also if the budget is over. */
int val_equal_within(struct bytes a, struct bytes b, struct val_budget *budget);

/* Compares as Python's < and ==. VAL_UNORDERED: a NaN decides (every comparison is false).
 * VAL_INCOMPARABLE: Python raises TypeError "'<' not supported between instances of 'X' and
 * 'Y'"; *x and *y are those kinds. */
enum val_order val_compare(struct bytes a, struct bytes b, enum val_kind *x, enum val_kind *y);
/* val_compare within a budget; VAL_ORDER_NOMEM also if the budget is over. */
enum val_order val_compare_within(struct bytes a, struct bytes b, struct val_kinds *kinds,
                                  struct val_budget *budget);

/* SipHash-1-3, equal for values that are val_equal; for hashable values without NaN. */
uint64_t val_hash(struct bytes encoding, const uint8_t key[16]);

/* ---- building ---- */

void val_put_none(struct buf *b);
void val_put_bool(struct buf *b, bool value);
void val_put_int(struct buf *b, int64_t value);
void val_put_uint(struct buf *b, uint64_t value); /* becomes a bigint above 2^63-1 */
void val_put_float(struct buf *b, double value);
void val_put_str(struct buf *b, struct bytes utf8);
void val_put_text(struct buf *b, const char *utf8);
void val_put_bytes(struct buf *b, struct bytes data);
void val_put_ref(struct buf *b, uint64_t id);
/* Two's complement, big endian, any length: written in its shortest form, as an int if it fits. */
void val_put_bigint(struct buf *b, struct bytes twos_complement);
void val_put_opaque(struct buf *b, struct bytes codec, struct bytes data, struct bytes parts);

/* A container: open it, append items or pairs, close it with the mark that val_open returned. */
size_t val_open(struct buf *b, enum val_kind kind);
void val_put_item(struct buf *b, struct bytes encoding);
void val_put_pair(struct buf *b, struct bytes key, struct bytes value);
/* Appends an item that is a tuple of two values. */
void val_put_item_pair(struct buf *b, struct bytes first, struct bytes second);
void val_close(struct buf *b, size_t mark);
/* An item or pair whose values are built in place. Item: open, put one Value, close. Pair: open,
 * put the key between val_open_key and val_close and the value between val_open_member and
 * val_close, close. */
size_t val_open_item(struct buf *b);
size_t val_open_pair(struct buf *b);
size_t val_open_key(struct buf *b);
size_t val_open_member(struct buf *b);
/* A pair with a text key: "key": value. */
void val_put_field_str(struct buf *b, const char *key, struct bytes text);
void val_put_field_text(struct buf *b, const char *key, const char *value);
void val_put_field_int(struct buf *b, const char *key, int64_t value);
void val_put_field_uint(struct buf *b, const char *key, uint64_t value);
void val_put_field_bool(struct buf *b, const char *key, bool value);
void val_put_field(struct buf *b, const char *key, struct bytes encoding);

/* Writes the head of a container whose items will follow as (tag, length, encoding) runs: for
 * replies whose size is known first, so that nothing has to move. body_len: total size of the
 * item or pair runs. */
void val_put_head(struct buf *b, enum val_kind kind, size_t body_len);
size_t val_head_size(size_t body_len);
size_t val_item_size(size_t encoding_len);              /* size of one item run */
size_t val_pair_size(size_t key_len, size_t value_len); /* size of one pair run */

/* ---- constants: encodings of small values ---- */
extern const struct bytes VAL_TRUE, VAL_FALSE, VAL_NONE_BYTES;
static inline struct bytes val_bool(bool value)
{
    return value ? VAL_TRUE : VAL_FALSE;
}

#endif
