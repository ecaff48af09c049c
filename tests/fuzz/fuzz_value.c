/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as values: what is accepted can be taken apart, built, printed, read, compared and
 * hashed, and all of that agrees. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/literal_kit.h"
#include "tests/support/rebuild.h"
#include "wire/value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

/* Refused values must be refused with a reason, whatever the depth. */
static bool accepted(struct bytes encoding, struct val_check *out)
{
    enum val_fault fault = val_check(encoding, VAL_DEPTH_STORED, out);
    struct val_check deeper;
    if (fault == VAL_OK) {
        check(out->depth <= VAL_DEPTH_STORED && out->items > 0, "wrong depth or count");
        check(val_check(encoding, VAL_DEPTH_REPLY, &deeper) == VAL_OK && deeper.items == out->items,
              "accepted, but not with more depth allowed");
        return true;
    }
    check(out->reason != NULL, "refused without a reason");
    check(fault != VAL_UNHASHABLE || val_type_name(out->unhashable) != NULL, "unhashable what?");
    return false;
}

static void message_ref(void *arg, uint64_t ref)
{
    (void)ref;
    *(bool *)arg = true;
}

/* Text knows one NaN only: what was printed and read has that one, and is the same for the rest. */
static void check_text(struct bytes encoding, bool nan)
{
    struct literal_error error;
    const char *broken;
    struct buf text, again;
    buf_init(&text);
    buf_init(&again);
    literal_print(encoding, &literal_kit_names, &text);
    check(literal_read(buf_bytes(&text), LITERAL_EXACT, &literal_kit_names, &again, &error),
          "printed, but cannot be read");
    check(again.len == encoding.len && (nan || bytes_equal(buf_bytes(&again), encoding)),
          "read back to something else");
    broken = literal_kit_broken(buf_bytes(&again));
    check(broken == NULL, broken);
    buf_free(&text);
    buf_free(&again);
}

static void check_one(struct bytes encoding, const struct val_check *facts)
{
    bool has_ref = false;
    struct buf again;
    check_text(encoding, facts->has_nan);
    check(val_size_at(encoding.data) == encoding.len, "the length of the encoding");
    val_each_ref(encoding, message_ref, &has_ref);
    check(has_ref == facts->has_ref, "val_check and val_each_ref differ about refs");
    buf_init(&again);
    rebuild(&again, encoding);
    check(!again.failed && bytes_equal(buf_bytes(&again), encoding), "rebuilt to other bytes");
    buf_free(&again);
}

static enum val_order turned(enum val_order order)
{
    return order == VAL_LESS ? VAL_GREATER : order == VAL_GREATER ? VAL_LESS : order;
}

static bool hashable(struct bytes encoding)
{
    enum val_kind offender;
    return val_hashable(encoding, &offender);
}

static void check_pair(struct bytes a, struct bytes b, bool nan)
{
    static const uint8_t key[16] = "a key for hashes";
    enum val_kind x, y, z;
    int equal = val_equal(a, b);
    enum val_order order = val_compare(a, b, &x, &y);
    check(equal >= 0 && equal == val_equal(b, a), "equality is not symmetric");
    check(val_compare(b, a, &z, &x) == turned(order) || nan, "order is not antisymmetric");
    check(order != VAL_EQUAL || equal == 1, "neither less nor greater, but not equal");
    if (equal == 1 && !nan && hashable(a) && hashable(b))
        check(val_hash(a, key) == val_hash(b, key), "equal values with different hashes");
}

static void check_pairs(struct bytes a, struct bytes b, bool nan)
{
    struct buf reversed;
    check(nan || val_equal(a, a) == 1, "a value is not equal to itself");
    check_pair(a, a, nan);
    check_pair(a, b, nan);
    buf_init(&reversed);
    rebuild_reversed(&reversed, a);
    struct bytes other = buf_bytes(&reversed);
    struct val_check facts;
    if (val_check(other, VAL_DEPTH_STORED, &facts) == VAL_OK) { /* large ones are cut */
        check_pair(a, other, nan);
        check_pair(other, b, nan);
    }
    buf_free(&reversed);
}

/* The input is one value, and if a length comes first that fits, two. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes whole = bytes_of(data, size);
    struct val_check first, second;
    if (accepted(whole, &first)) {
        check_one(whole, &first);
        check_pairs(whole, VAL_TRUE, first.has_nan);
    }
    if (size < 2 || data[0] > size - 1)
        return 0;
    struct bytes a = bytes_of(data + 1, data[0]);
    struct bytes b = bytes_of(a.data + a.len, size - 1 - a.len);
    if (accepted(a, &first) && accepted(b, &second)) {
        check_one(a, &first);
        check_one(b, &second);
        check_pairs(a, b, first.has_nan || second.has_nan);
        check_pairs(b, a, first.has_nan || second.has_nan);
    }
    return 0;
}
