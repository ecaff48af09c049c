/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads quoted strings, of literals and of JSON. */
#include "wire/base/utf8.h"
#include "wire/literal/literal_flow.h"

/* The value of a hexadecimal digit; >= 16: not a digit. */
static uint32_t hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - (uint32_t)'0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - (uint32_t)'a' + 10 : 16;
}

static bool read_hex(struct flow *flow, size_t count, uint32_t *point)
{
    const uint8_t *first = flow->at;
    *point = 0;
    for (; (size_t)(flow->at - first) < count; flow->at++) {
        uint32_t digit = flow->at < flow->end ? hex_value(*flow->at) : 16;
        if (digit > 15)
            return flow_fail(flow, FLOW_SYNTAX, first, "%zu hexadecimal digits expected", count);
        *point = *point << 4 | digit;
    }
    return true;
}

/* Reads the second half of a surrogate pair; flow->at is after the first half. */
static bool read_low_surrogate(struct flow *flow, const uint8_t *escape, uint32_t *point)
{
    uint32_t low;
    if (flow->end - flow->at < 2 || flow->at[0] != '\\' || flow->at[1] != 'u')
        return flow_fail(flow, FLOW_SYNTAX, escape, "half of a surrogate pair");
    flow->at += 2;
    if (!read_hex(flow, 4, &low))
        return false;
    if (low < 0xDC00 || low > 0xDFFF)
        return flow_fail(flow, FLOW_SYNTAX, escape, "half of a surrogate pair");
    *point = 0x10000 + ((*point - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

/* Reads \xNN, \uNNNN or \UNNNNNNNN; flow->at is after the letter. */
static bool read_code(struct flow *flow, uint8_t letter, const uint8_t *escape, uint32_t *point)
{
    if (!read_hex(flow, letter == 'x' ? 2 : letter == 'u' ? 4 : 8, point))
        return false;
    if (letter == 'u' && *point >= 0xD800 && *point <= 0xDBFF)
        return read_low_surrogate(flow, escape, point);
    if (utf8_is_surrogate(*point))
        return flow_fail(flow, FLOW_SYNTAX, escape, "half of a surrogate pair");
    if (*point > UTF8_POINT_MAX)
        return flow_fail(flow, FLOW_SYNTAX, escape, "no such character");
    return true;
}

/* The character for the letter after a backslash. False: unknown letter. */
static bool find_letter(bool json, uint8_t letter, uint32_t *point)
{
    static const struct {
        uint8_t letter;
        bool json;
        uint16_t point;
    } letters[] = {
        {'"', true, '"'},    {'\\', true, '\\'},   {'/', true, '/'},     {'b', true, '\b'},
        {'f', true, '\f'},   {'n', true, '\n'},    {'r', true, '\r'},    {'t', true, '\t'},
        {'0', false, 0},     {'a', false, 7},      {'v', false, 0x0B},   {'e', false, 0x1B},
        {' ', false, ' '},   {'\t', false, 9},     {'N', false, 0x85},   {'_', false, 0xA0},
        {'\'', false, '\''}, {'L', false, 0x2028}, {'P', false, 0x2029},
    };
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (letters[i].letter == letter && (letters[i].json || !json)) {
            *point = letters[i].point;
            return true;
        }
    }
    return false;
}

/* Appends the character of the escape at flow->at, which points to the backslash. */
static bool read_escape(struct flow *flow)
{
    const uint8_t *escape = flow->at;
    uint32_t point;
    uint8_t letter;
    if (flow->end - escape < 2)
        return flow_fail(flow, FLOW_SYNTAX, escape, "the string has no end");
    letter = escape[1];
    flow->at += 2;
    if (letter == 'u' || (!flow->json && (letter == 'x' || letter == 'U'))) {
        if (!read_code(flow, letter, escape, &point))
            return false;
    } else if (!find_letter(flow->json, letter, &point)) {
        return flow_fail(flow, FLOW_SYNTAX, escape, "unknown escape after a backslash");
    }
    utf8_put(&flow->scratch, point);
    return true;
}

/* Skips characters that stand for themselves. */
static bool skip_raw(struct flow *flow, uint8_t quote)
{
    const uint8_t *at = flow->at;
    while (at < flow->end && *at != quote && (*at != '\\' || quote == '\'')) {
        if (flow->json && *at < 0x20)
            return flow_fail(flow, FLOW_SYNTAX, at, "a control character in a string");
        at++;
    }
    flow->at = at;
    return true;
}

/* Whether flow->at is the closing quote, and not a doubled quote. */
static bool at_end(const struct flow *flow, uint8_t quote)
{
    if (*flow->at != quote)
        return false;
    return quote == '"' || flow->end - flow->at < 2 || flow->at[1] != '\'';
}

bool flow_quoted(struct flow *flow, struct bytes *content)
{
    const uint8_t *first = flow->at;
    uint8_t quote = *flow->at++;
    bool copied = false;
    flow->scratch.len = 0;
    for (;;) {
        const uint8_t *run = flow->at;
        if (!skip_raw(flow, quote))
            return false;
        if (flow->at == flow->end)
            return flow_fail(flow, FLOW_SYNTAX, first, "the string has no end");
        if (at_end(flow, quote)) {
            *content = bytes_of(run, (size_t)(flow->at++ - run));
            break;
        }
        copied = true;
        if (quote == '\'') {
            buf_put(&flow->scratch, run, (size_t)(++flow->at - run));
            flow->at++;
            continue;
        }
        buf_put(&flow->scratch, run, (size_t)(flow->at - run));
        if (!read_escape(flow))
            return false;
    }
    if (copied) {
        buf_put_bytes(&flow->scratch, *content);
        *content = buf_bytes(&flow->scratch);
    }
    return true;
}
