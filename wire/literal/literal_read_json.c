/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads one node of strict JSON (RFC 8259), plus the NaN and Infinity that Python writes. */
#include "wire/literal/literal_flow.h"
#include "wire/literal/literal_scalar.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool take_word(struct flow *flow, const char *word)
{
    size_t len = strlen(word);
    if (len > (size_t)(flow->end - flow->at) || memcmp(flow->at, word, len) != 0)
        return false;
    flow->at += len;
    return true;
}

static size_t take_digits(struct flow *flow)
{
    const uint8_t *first = flow->at;
    while (flow->at < flow->end && is_digit(*flow->at))
        flow->at++;
    return (size_t)(flow->at - first);
}

/* Skips -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)? as far as it matches. */
static bool take_number(struct flow *flow, enum scalar *scalar)
{
    const uint8_t *first;
    take_word(flow, "-");
    first = flow->at;
    *scalar = SCALAR_DECIMAL;
    if (take_digits(flow) == 0 || (*first == '0' && flow->at - first > 1))
        return false;
    if (take_word(flow, ".")) {
        *scalar = SCALAR_FLOAT;
        if (take_digits(flow) == 0)
            return false;
    }
    if (take_word(flow, "e") || take_word(flow, "E")) {
        *scalar = SCALAR_FLOAT;
        if (!take_word(flow, "+"))
            take_word(flow, "-");
        if (take_digits(flow) == 0)
            return false;
    }
    return true;
}

static bool put_number(struct flow *flow)
{
    const uint8_t *first = flow->at;
    enum scalar scalar;
    const char *reason;
    if (!take_number(flow, &scalar))
        return flow_fail(flow, FLOW_SYNTAX, first, "no JSON number");
    reason = scalar_put(scalar, bytes_of(first, (size_t)(flow->at - first)), &flow->out);
    return reason == NULL || flow_fail(flow, FLOW_MEANING, first, "%s", reason);
}

/* True: a word was read and appended. */
static bool put_word(struct flow *flow)
{
    static const struct {
        const char *text;
        enum scalar scalar;
        const char *as;
    } words[] = {
        {"null", SCALAR_NULL, "null"},         {"true", SCALAR_TRUE, "true"},
        {"false", SCALAR_FALSE, "false"},      {"NaN", SCALAR_NAN, ".nan"},
        {"Infinity", SCALAR_INFINITY, ".inf"}, {"-Infinity", SCALAR_INFINITY, "-.inf"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (take_word(flow, words[i].text)) {
            scalar_put(words[i].scalar, bytes_text(words[i].as), &flow->out);
            return true;
        }
    }
    return false;
}

static bool put_string(struct flow *flow)
{
    struct bytes content;
    if (!flow_quoted(flow, &content))
        return false;
    val_put_str(&flow->out, content);
    return true;
}

bool flow_node_json(struct flow *flow)
{
    uint8_t c;
    if (flow->at == flow->end)
        return flow_fail(flow, FLOW_SYNTAX, flow->at, "a value is missing");
    c = *flow->at;
    if (flow->depth > 0 && flow->stack[flow->depth - 1].state == FLOW_AFTER_KEY && c != '"')
        return flow_fail(flow, FLOW_SYNTAX, flow->at, "a key in quotes expected");
    if (c == '[' || c == '{')
        return flow_open(flow, c == '[' ? VAL_LIST : VAL_DICT, flow->at);
    if (c == '"')
        return put_string(flow) && flow_done(flow, VAL_NOT_GIVEN);
    if (put_word(flow))
        return flow_done(flow, VAL_NOT_GIVEN);
    if (c != '-' && !is_digit(c))
        return flow_fail(flow, FLOW_SYNTAX, flow->at, "a JSON value expected");
    return put_number(flow) && flow_done(flow, VAL_NOT_GIVEN);
}
