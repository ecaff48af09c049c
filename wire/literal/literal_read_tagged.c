/* SPDX-License-Identifier: BSD-2-Clause */
/* Converts the objects of tagged JSON to the values they stand for, innermost first. */
#include "wire/literal/literal_flow.h"
#include "wire/literal/literal_quote.h"
#include "wire/literal/literal_scalar.h"

/* An object being converted: the content of its only key, and where its text starts. */
struct tagged {
    struct flow *flow;
    const uint8_t *text;
    enum val_kind kind; /* kind of the container that the object becomes */
    struct val value;
};

static bool fail(const struct tagged *tagged, const char *what)
{
    return flow_fail(tagged->flow, FLOW_MEANING, tagged->text, "%s", what);
}

static bool turn_bytes(const struct tagged *tagged)
{
    struct buf data;
    buf_init(&data);
    bool ok = tagged->value.kind == VAL_STR && quote_read_base64(tagged->value.body, &data);
    val_put_bytes(&tagged->flow->out, buf_bytes(&data));
    tagged->flow->out.failed = tagged->flow->out.failed || data.failed;
    buf_free(&data);
    return ok || fail(tagged, "$bytes takes base64, in quotes");
}

static bool turn_int(const struct tagged *tagged)
{
    const char *reason = "no integer";
    if (tagged->value.kind == VAL_STR)
        reason = scalar_put_integer(tagged->value.body, &tagged->flow->out);
    return reason == NULL ||
           flow_fail(tagged->flow, FLOW_MEANING, tagged->text, "$int: %s", reason);
}

/* Reads the 16 digits after "nan:". */
static bool read_nan(struct bytes digits, double *nan)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < digits.len; i++) {
        uint8_t c = digits.data[i];
        if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
            return false;
        bits = bits << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    memcpy(nan, &bits, sizeof bits);
    return digits.len == 2 * sizeof bits && *nan != *nan;
}

static bool turn_float(const struct tagged *tagged)
{
    static const struct {
        const char *text;
        double real;
    } names[] = {{"nan", __builtin_nan("")}, {"inf", __builtin_inf()}, {"-inf", -__builtin_inf()}};
    struct bytes text = tagged->value.body;
    double nan;
    if (tagged->value.kind != VAL_STR)
        return fail(tagged, "$float takes \"nan\", \"inf\" or \"-inf\"");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (bytes_equal(text, bytes_text(names[i].text))) {
            val_put_float(&tagged->flow->out, names[i].real);
            return true;
        }
    }
    if (text.len < 4 || memcmp(text.data, "nan:", 4) != 0 ||
        !read_nan(bytes_of(text.data + 4, text.len - 4), &nan))
        return fail(tagged, "$float takes \"nan\", \"inf\" or \"-inf\"");
    val_put_float(&tagged->flow->out, nan);
    return true;
}

static bool turn_items(const struct tagged *tagged)
{
    struct buf *out = &tagged->flow->out;
    if (tagged->value.kind != VAL_LIST)
        return flow_fail(tagged->flow, FLOW_MEANING, tagged->text, "$%s takes a list",
                         val_type_name(tagged->kind));
    size_t mark = val_open(out, tagged->kind);
    buf_put_bytes(out, tagged->value.body);
    val_close(out, mark);
    return true;
}

static bool turn_dict(const struct tagged *tagged)
{
    struct buf *out = &tagged->flow->out;
    struct val_iter it = val_iter(&tagged->value);
    struct bytes item, key, value;
    bool ok = tagged->value.kind == VAL_LIST;
    size_t mark = val_open(out, VAL_DICT);
    while (ok && val_next(&it, &item)) {
        struct val pair = val_read(item);
        struct val_iter two = val_iter(&pair);
        ok = pair.kind == VAL_LIST && val_count(&pair) == 2;
        if (ok && val_next(&two, &key) && val_next(&two, &value))
            val_put_pair(out, key, value);
    }
    val_close(out, mark);
    return ok || fail(tagged, "$dict takes a list of pairs [key, value]");
}

static bool turn_ref(const struct tagged *tagged)
{
    const struct literal_names *names = tagged->flow->names;
    const struct val *value = &tagged->value;
    char room[QUOTE_EXCERPT];
    uint64_t id;
    if (value->kind != VAL_NONE && (value->kind != VAL_STR || value->body.len == 0))
        return fail(tagged, "$ref takes the name of an object, or null");
    struct bytes name = value->kind == VAL_STR ? value->body : bytes_of("", 0);
    if (names == NULL)
        return fail(tagged, "$ref has no meaning here");
    if (!names->resolve(names->arg, name, &id))
        return flow_fail(tagged->flow, FLOW_MEANING, tagged->text, "there is no object \"%s\"",
                         quote_excerpt(name, room));
    val_put_ref(&tagged->flow->out, id);
    return true;
}

static bool turn_opaque(const struct tagged *tagged)
{
    struct bytes key, member, codec = bytes_of("", 0), parts = bytes_of("", 0);
    struct val_iter it = val_iter(&tagged->value);
    bool ok = tagged->value.kind == VAL_DICT, has_data = false;
    struct buf data;
    buf_init(&data);
    while (ok && val_next_pair(&it, &key, &member)) {
        struct bytes field = val_read(key).body;
        struct val value = val_read(member);
        if (bytes_equal(field, bytes_text("codec")) && value.kind == VAL_STR && codec.len == 0)
            codec = value.body;
        else if (bytes_equal(field, bytes_text("data")) && value.kind == VAL_STR && !has_data)
            ok = has_data = quote_read_base64(value.body, &data);
        else if (bytes_equal(field, bytes_text("parts")) && parts.len == 0)
            parts = member;
        else
            ok = false;
    }
    ok = ok && codec.len > 0 && has_data;
    if (ok)
        val_put_opaque(&tagged->flow->out, codec, buf_bytes(&data), parts);
    tagged->flow->out.failed = tagged->flow->out.failed || data.failed;
    buf_free(&data);
    return ok ||
           fail(tagged, "$opaque takes {\"codec\": NAME, \"data\": BASE64, \"parts\": VALUE}");
}

static const struct {
    const char *name;
    bool (*turn)(const struct tagged *tagged);
    enum val_kind kind;
} tags[] = {{"$bytes", turn_bytes, VAL_BYTES},   {"$int", turn_int, VAL_INT},
            {"$float", turn_float, VAL_FLOAT},   {"$tuple", turn_items, VAL_TUPLE},
            {"$set", turn_items, VAL_SET},       {"$frozenset", turn_items, VAL_FROZENSET},
            {"$dict", turn_dict, VAL_DICT},      {"$ref", turn_ref, VAL_REF},
            {"$opaque", turn_opaque, VAL_OPAQUE}};

static bool turn(struct tagged *tagged, struct bytes tag)
{
    char room[QUOTE_EXCERPT];
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (bytes_equal(tag, bytes_text(tags[i].name))) {
            tagged->kind = tags[i].kind;
            return tags[i].turn(tagged);
        }
    }
    return flow_fail(tagged->flow, FLOW_MEANING, tagged->text, "there is no tag \"%s\"",
                     quote_excerpt(tag, room));
}

/* Finds a key that is a tag. 0: none; 1: it is the only key; 2: there are other keys beside it. */
static unsigned find_tag(struct bytes encoding, struct bytes *tag, struct bytes *value)
{
    struct val dict = val_read(encoding);
    struct val_iter it = val_iter(&dict);
    struct bytes key, member;
    bool found = false;
    size_t count = 0;
    for (; val_next_pair(&it, &key, &member); count++) {
        struct bytes text = val_read(key).body;
        if (text.len == 0 || text.data[0] != '$')
            continue;
        found = true;
        *tag = text;
        *value = member;
    }
    return !found ? 0 : count == 1 ? 1 : 2;
}

bool flow_turn_tagged(struct flow *flow, const struct flow_frame *frame)
{
    struct bytes tag, value;
    struct tagged tagged = {.flow = flow, .text = frame->text};
    struct buf copy;
    if (flow->out.failed)
        return true; /* out of memory is reported at the end */
    struct bytes whole = bytes_of(flow->out.data + frame->start, flow->out.len - frame->start);
    unsigned found = find_tag(whole, &tag, &value);
    if (found == 0)
        return true;
    if (found > 1)
        return fail(&tagged,
                    "a key that begins with $ beside others: write the dict as {\"$dict\": "
                    "[[key, value], ...]}");
    buf_init(&copy);
    buf_put_bytes(&copy, whole);
    flow->out.len = frame->start;
    find_tag(buf_bytes(&copy), &tag, &value);
    tagged.value = val_read(value);
    bool ok = copy.failed ? fail(&tagged, "out of memory") : turn(&tagged, tag);
    buf_free(&copy);
    return ok;
}
