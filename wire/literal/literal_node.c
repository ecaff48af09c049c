/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads one node of a flow literal: a tag, then a word, a quoted string or an opening bracket. */
#include "wire/literal/literal_flow.h"
#include "wire/literal/literal_quote.h"
#include "wire/literal/literal_scalar.h"

enum tag {
    TAG_NONE,
    TAG_STR,
    TAG_BINARY,
    TAG_INT,
    TAG_REF,
    TAG_TUPLE,
    TAG_SET,
    TAG_FROZENSET,
    TAG_OPAQUE,
    TAG_UNKNOWN,
};

static const struct {
    const char *text;
    enum tag tag;
} tags[] = {
    {"!!str", TAG_STR},
    {"!!binary", TAG_BINARY},
    {"!!int", TAG_INT},
    {"!ref", TAG_REF},
    {"!tuple", TAG_TUPLE},
    {"!!set", TAG_SET},
    {"!frozenset", TAG_FROZENSET},
    {"!opaque", TAG_OPAQUE},
};

static bool is_any_of(uint8_t c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Characters that end every plain word. */
static bool is_border(uint8_t c)
{
    switch (c) {
    case ',':
    case '[':
    case ']':
    case '{':
    case '}':
    case '\r':
    case '\n':
        return true;
    default:
        return false;
    }
}

static bool ends_token(const uint8_t *at, const uint8_t *end)
{
    return at == end || is_border(*at) || *at == ' ' || *at == '\t';
}

/* ---- words ---- */

/* The end of the plain word at flow->at: before , [ ] { }, a line break, a comment, or a colon
 * that is not part of the word; trailing spaces excluded. */
static const uint8_t *find_end(const struct flow *flow)
{
    const uint8_t *at = flow->at;
    const uint8_t *last = at; /* after the last character that is not a space */
    for (; at < flow->end && !is_border(*at); at++) {
        bool space = *at == ' ' || *at == '\t';
        if (*at == ':' && ends_token(at + 1, flow->end))
            break;
        if (*at == '#' && last < at)
            break;
        if (!space)
            last = at + 1;
    }
    return last;
}

/* {"a": 1 "b": 2} is JSON without a comma rather than a word that continues after a space. */
static bool check_inside(struct flow *flow, struct bytes word)
{
    for (size_t i = 1; i < word.len; i++)
        if (word.data[i] == '"' && word.data[i - 1] == ' ')
            return flow_fail(flow, FLOW_SYNTAX, word.data + i,
                             "'\"' inside a word (or is a ',' missing?)");
    return true;
}

/* Refuses a first character that has another meaning in YAML. */
static bool check_start(struct flow *flow)
{
    uint8_t c = *flow->at;
    if (is_any_of(c, "-?:") && ends_token(flow->at + 1, flow->end))
        return flow_fail(flow, FLOW_SYNTAX, flow->at, "'%c' alone means nothing here", c);
    if (is_any_of(c, ",[]{}#&*!|>'\"%@`"))
        return flow_fail(flow, FLOW_SYNTAX, flow->at, "a word cannot start with '%c' here", c);
    return true;
}

/* Reads a quoted string or a plain word. At the top level a plain word after a tag is the rest
 * of the text, which may be empty. */
static bool read_tagged_word(struct flow *flow, struct bytes *word)
{
    const uint8_t *first = flow->at;
    if (first < flow->end && (*first == '"' || *first == '\''))
        return flow_quoted(flow, word);
    *word = bytes_of(first, 0);
    if (flow->depth == 0) {
        if (first < flow->end && is_any_of(*first, "{[!"))
            return check_start(flow);
        word->len = (size_t)(flow->end - first);
        flow->at = flow->end;
        return true;
    }
    if (first == flow->end || is_any_of(*first, ",]}:"))
        return true;
    if (!check_start(flow))
        return false;
    flow->at = find_end(flow);
    word->len = (size_t)(flow->at - first);
    return true;
}

static bool put_ref(struct flow *flow, const uint8_t *text, struct bytes name)
{
    char room[QUOTE_EXCERPT];
    uint64_t id;
    if (name.len == 0)
        return flow_fail(flow, FLOW_SYNTAX, text, "!ref needs a name");
    if (flow->names == NULL || flow->names->resolve == NULL)
        return flow_fail(flow, FLOW_MEANING, text, "!ref has no meaning here");
    if (!flow->names->resolve(flow->names->arg, name, &id))
        return flow_fail(flow, FLOW_MEANING, text, "no such object: %s", quote_excerpt(name, room));
    val_put_ref(&flow->out, id);
    return true;
}

static bool put_binary(struct flow *flow, const uint8_t *text, struct bytes word)
{
    struct buf decoded;
    bool ok;
    buf_init(&decoded);
    ok = quote_read_base64(word, &decoded);
    if (!ok)
        flow_fail(flow, FLOW_SYNTAX, text, "!!binary needs base64 text");
    else if (decoded.failed)
        ok = flow_fail(flow, FLOW_MEANING, text, "out of memory");
    else
        val_put_bytes(&flow->out, buf_bytes(&decoded));
    buf_free(&decoded);
    return ok;
}

static bool put_tagged_word(struct flow *flow, enum tag tag, const uint8_t *text)
{
    struct bytes word;
    const char *reason;
    if (!read_tagged_word(flow, &word))
        return false;
    switch (tag) {
    case TAG_STR:
        val_put_str(&flow->out, word);
        return true;
    case TAG_BINARY:
        return put_binary(flow, text, word);
    case TAG_INT:
        reason = scalar_put_integer(word, &flow->out);
        return reason == NULL || flow_fail(flow, FLOW_MEANING, text, "!!int: %s", reason);
    default:
        return put_ref(flow, text, word);
    }
}

static bool put_quoted(struct flow *flow)
{
    struct bytes content;
    if (!flow_quoted(flow, &content))
        return false;
    val_put_str(&flow->out, content);
    return true;
}

static bool put_plain(struct flow *flow)
{
    const uint8_t *first = flow->at;
    struct bytes word;
    const char *reason;
    if (!check_start(flow))
        return false;
    flow->at = find_end(flow);
    word = bytes_of(first, (size_t)(flow->at - first));
    if (!check_inside(flow, word))
        return false;
    reason = scalar_put(scalar_classify(word), word, &flow->out);
    return reason == NULL || flow_fail(flow, FLOW_MEANING, first, "%s", reason);
}

/* ---- tags ---- */

static enum tag find_tag(struct bytes text)
{
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (bytes_equal(text, bytes_text(tags[i].text)))
            return tags[i].tag;
    return TAG_UNKNOWN;
}

/* Reads the tag at flow->at, if there is one, and the spaces after it. */
static bool read_tag(struct flow *flow, enum tag *tag)
{
    const uint8_t *first = flow->at;
    char room[QUOTE_EXCERPT];
    struct bytes text;
    *tag = TAG_NONE;
    if (first == flow->end || *first != '!')
        return true;
    while (!ends_token(flow->at, flow->end) && *flow->at != '"' && *flow->at != '\'')
        flow->at++;
    text = bytes_of(first, (size_t)(flow->at - first));
    *tag = find_tag(text);
    if (*tag == TAG_UNKNOWN)
        return flow_fail(flow, FLOW_SYNTAX, first, "unknown tag %s", quote_excerpt(text, room));
    /* At the top level the word starts after exactly one space; elsewhere spaces are skipped. */
    if (flow->depth > 0 || *tag >= TAG_TUPLE)
        flow_skip_space(flow);
    else
        while (flow->at < flow->end && *flow->at == ' ')
            flow->at++;
    return true;
}

/* The kind that the tag gives to the bracket; VAL_NOT_GIVEN: the tag does not take this bracket. */
static enum val_kind kind_of(enum tag tag, uint8_t bracket)
{
    switch (tag) {
    case TAG_NONE:
        return bracket == '[' ? VAL_LIST : VAL_DICT;
    case TAG_TUPLE:
        return bracket == '[' ? VAL_TUPLE : VAL_NOT_GIVEN;
    case TAG_SET:
        return VAL_SET;
    case TAG_FROZENSET:
        return VAL_FROZENSET;
    case TAG_OPAQUE:
        return bracket == '{' ? VAL_OPAQUE : VAL_NOT_GIVEN;
    default:
        return VAL_NOT_GIVEN;
    }
}

static bool fail_bracket(struct flow *flow, enum tag tag)
{
    return flow_fail(flow, FLOW_SYNTAX, flow->at, "%s expected after this tag",
                     tag == TAG_TUPLE    ? "[ ]"
                     : tag == TAG_OPAQUE ? "{codec: .., data: ..}"
                                         : "[ ] or { }");
}

static void note_column(struct flow *flow)
{
    size_t column = (size_t)(flow->at - flow->begin);
    if (flow->reads_columns)
        buf_put(&flow->columns, &column, sizeof column);
    flow->serial++;
}

bool flow_node(struct flow *flow)
{
    const uint8_t *first = flow->at;
    enum tag tag;
    bool ok;
    note_column(flow);
    if (flow->json)
        return flow_node_json(flow);
    if (!read_tag(flow, &tag))
        return false;
    if (tag >= TAG_STR && tag <= TAG_REF)
        return put_tagged_word(flow, tag, first) && flow_done(flow, VAL_NOT_GIVEN);
    if (flow->at < flow->end && (*flow->at == '[' || *flow->at == '{')) {
        enum val_kind kind = kind_of(tag, *flow->at);
        return kind == VAL_NOT_GIVEN ? fail_bracket(flow, tag) : flow_open(flow, kind, first);
    }
    if (tag != TAG_NONE)
        return fail_bracket(flow, tag);
    ok = *flow->at == '"' || *flow->at == '\'' ? put_quoted(flow) : put_plain(flow);
    return ok && flow_done(flow, VAL_NOT_GIVEN);
}

/* ---- !opaque ---- */

/* Stores the value under its name. False: unknown name, or a duplicate. */
static bool take_member(struct bytes key, struct bytes value, struct bytes members[3])
{
    static const char *const names[3] = {"codec", "data", "parts"};
    struct val name = val_read(key);
    for (size_t i = 0; i < 3; i++) {
        if (name.kind != VAL_STR || !bytes_equal(name.body, bytes_text(names[i])))
            continue;
        if (members[i].data != NULL)
            return false;
        members[i] = value;
        return true;
    }
    return false;
}

static bool put_opaque(struct flow *flow, struct bytes dict, const uint8_t *text)
{
    struct bytes members[3] = {{0}}, key, value;
    struct val pairs = val_read(dict), codec, data;
    struct val_iter it = val_iter(&pairs);
    while (val_next_pair(&it, &key, &value))
        if (!take_member(key, value, members))
            return flow_fail(flow, FLOW_SYNTAX, text,
                             "!opaque takes codec, data and parts, each once");
    codec = val_read(members[0]);
    if (codec.kind != VAL_STR || codec.body.len == 0)
        return flow_fail(flow, FLOW_SYNTAX, text, "!opaque needs a codec, a string");
    data = val_read(members[1]);
    if (data.kind != VAL_BYTES && data.kind != VAL_NOT_GIVEN)
        return flow_fail(flow, FLOW_SYNTAX, text, "!opaque: data must be !!binary");
    val_put_opaque(&flow->out, codec.body, data.body, members[2]);
    return true;
}

bool flow_turn_opaque(struct flow *flow, const struct flow_frame *frame)
{
    struct buf dict;
    bool ok;
    if (flow->out.failed)
        return true; /* out of memory is reported at the end */
    buf_init(&dict);
    buf_put(&dict, flow->out.data + frame->start, flow->out.len - frame->start);
    flow->out.len = frame->start;
    if (dict.failed)
        ok = flow_fail(flow, FLOW_MEANING, frame->text, "out of memory");
    else
        ok = put_opaque(flow, buf_bytes(&dict), frame->text);
    buf_free(&dict);
    /* An opaque value counts as one value with everything inside it. */
    flow->serial = frame->serial + 1;
    flow->columns.len = flow->reads_columns ? flow->serial * sizeof(size_t) : 0;
    return ok;
}
