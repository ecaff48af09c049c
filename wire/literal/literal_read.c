/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads literals and JSON: containers, errors, and the check of the whole value. */
#include <stdarg.h>
#include <stdio.h>

#include "wire/base/utf8.h"
#include "wire/literal/literal_flow.h"
#include "wire/literal/literal_quote.h"
#include "wire/literal/literal_scalar.h"

#define HINT "; quote it, or use -S"

bool flow_fail(struct flow *flow, enum flow_fault fault, const uint8_t *at, const char *format, ...)
{
    struct literal_error *error = flow->error;
    size_t room = sizeof error->text - sizeof HINT;
    va_list args;
    error->column = (size_t)(at - flow->begin) + 1;
    va_start(args, format);
    vsnprintf(error->text, room, format, args);
    va_end(args);
    if (fault == FLOW_SYNTAX && !flow->json)
        memcpy(error->text + strlen(error->text), HINT, sizeof HINT);
    return false;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void flow_skip_space(struct flow *flow)
{
    const uint8_t *at = flow->at;
    for (; at < flow->end; at++) {
        if (is_space(*at))
            continue;
        if (flow->json || *at != '#' || at == flow->begin || !is_space(at[-1]))
            break;
        while (at + 1 < flow->end && at[1] != '\n')
            at++;
    }
    flow->at = at;
}

/* ---- containers ---- */

static enum val_kind built_as(enum val_kind kind)
{
    return kind == VAL_OPAQUE ? VAL_DICT : kind;
}

static bool has_pairs(const struct flow_frame *frame)
{
    return frame->kind == VAL_DICT || frame->kind == VAL_OPAQUE;
}

static bool is_set(const struct flow_frame *frame)
{
    return frame->kind == VAL_SET || frame->kind == VAL_FROZENSET;
}

bool flow_open(struct flow *flow, enum val_kind kind, const uint8_t *text)
{
    struct flow_frame *frame;
    if (flow->depth >= flow->depth_max + (size_t)(kind == VAL_OPAQUE))
        return flow_fail(flow, FLOW_MEANING, flow->at, "more than %zu containers nested",
                         flow->depth_max);
    frame = &flow->stack[flow->depth++];
    *frame = (struct flow_frame){
        .kind = kind,
        .state = FLOW_ITEM,
        .closer = *flow->at == '[' ? ']' : '}',
        .text = text,
        .start = flow->out.len,
        .serial = flow->serial - 1,
    };
    frame->mark = val_open(&flow->out, built_as(kind));
    flow->at++;
    return true;
}

bool flow_done(struct flow *flow, enum val_kind offender)
{
    struct flow_frame *frame;
    if (flow->depth == 0)
        return true;
    frame = &flow->stack[flow->depth - 1];
    val_close(&flow->out, frame->slot);
    if (offender != VAL_NOT_GIVEN) {
        bool is_key = has_pairs(frame) && frame->state == FLOW_AFTER_KEY;
        if (is_key || is_set(frame))
            return flow_fail(flow, FLOW_MEANING, frame->key, "unhashable type: '%s' cannot be %s",
                             val_type_name(offender), is_key ? "a key" : "in a set");
        if (frame->offender == VAL_NOT_GIVEN)
            frame->offender = offender;
    }
    if (has_pairs(frame) && frame->state == FLOW_AFTER)
        val_close(&flow->out, frame->pair);
    return true;
}

/* The kind inside the finished container that makes it unhashable. */
static enum val_kind offender_of(const struct flow_frame *frame)
{
    switch (frame->kind) {
    case VAL_TUPLE:
    case VAL_OPAQUE:
        return frame->offender;
    case VAL_FROZENSET:
        return VAL_NOT_GIVEN;
    default:
        return frame->kind;
    }
}

static bool close_frame(struct flow *flow, struct flow_frame *frame)
{
    enum val_kind offender = offender_of(frame);
    flow->at++;
    val_close(&flow->out, frame->mark);
    if (frame->kind == VAL_OPAQUE && !flow_turn_opaque(flow, frame))
        return false;
    if (flow->tagged && frame->kind == VAL_DICT && !flow_turn_tagged(flow, frame))
        return false;
    flow->depth--;
    return flow_done(flow, offender);
}

static bool step_item(struct flow *flow, struct flow_frame *frame)
{
    frame->key = flow->at;
    if (*flow->at == frame->closer)
        return close_frame(flow, frame);
    if (*flow->at == ',')
        return flow_fail(flow, FLOW_SYNTAX, flow->at, "an item is missing before ','");
    if (has_pairs(frame)) {
        frame->pair = val_open_pair(&flow->out);
        frame->slot = val_open_key(&flow->out);
        frame->state = FLOW_AFTER_KEY;
    } else {
        frame->slot = val_open_item(&flow->out);
        frame->state = FLOW_AFTER;
    }
    return flow_node(flow);
}

static bool step_colon(struct flow *flow, struct flow_frame *frame)
{
    uint8_t c = *flow->at;
    if (c == ':') {
        flow->at++;
        flow_skip_space(flow);
        c = flow->at < flow->end ? *flow->at : frame->closer;
    } else if (c != ',' && c != frame->closer) {
        return flow_fail(flow, FLOW_SYNTAX, flow->at, "':' expected after the key");
    }
    if (c == ',' || c == frame->closer)
        return flow_fail(flow, FLOW_SYNTAX, frame->key, "missing value (a space after the colon?)");
    frame->slot = val_open_member(&flow->out);
    frame->state = FLOW_AFTER;
    return flow_node(flow);
}

static bool step_after(struct flow *flow, struct flow_frame *frame)
{
    if (*flow->at == frame->closer)
        return close_frame(flow, frame);
    if (*flow->at == ':' && !has_pairs(frame))
        return flow_fail(flow, FLOW_SYNTAX, flow->at,
                         is_set(frame) ? "a set has no values" : "':' in a list (meant { }?)");
    if (*flow->at != ',')
        return flow_fail(flow, FLOW_SYNTAX, flow->at, "',' or '%c' expected", frame->closer);
    flow->at++;
    flow_skip_space(flow);
    if (flow->json && flow->at < flow->end && *flow->at == frame->closer)
        return flow_fail(flow, FLOW_SYNTAX, flow->at, "an item is missing after ','");
    frame->state = FLOW_ITEM;
    return true;
}

static bool step(struct flow *flow)
{
    struct flow_frame *frame = &flow->stack[flow->depth - 1];
    flow_skip_space(flow);
    if (flow->at == flow->end)
        return flow_fail(flow, FLOW_SYNTAX, flow->at, "the '%c' of column %zu has no '%c'",
                         frame->closer == ']' ? '[' : '{', (size_t)(frame->text - flow->begin) + 1,
                         frame->closer);
    switch (frame->state) {
    case FLOW_ITEM:
        return step_item(flow, frame);
    case FLOW_AFTER_KEY:
        return step_colon(flow, frame);
    case FLOW_AFTER:
        return step_after(flow, frame);
    }
    return false;
}

/* ---- the whole ---- */

/* Reads one complete value up to the end of the text. */
static bool read_structure(struct flow *flow)
{
    bool ok = flow_node(flow);
    while (ok && flow->depth > 0)
        ok = step(flow);
    if (!ok)
        return false;
    flow_skip_space(flow);
    if (flow->at < flow->end)
        return flow_fail(flow, FLOW_SYNTAX, flow->at, "extra text after the value");
    return true;
}

/* Reads a word without quotes or brackets. With LITERAL_EXACT it is a number only if printing
 * the number gives the same word. */
static bool read_word(struct flow *flow)
{
    struct bytes word = bytes_of(flow->begin, (size_t)(flow->end - flow->begin));
    enum scalar scalar = scalar_classify(word);
    const char *reason;
    if (scalar_is_number(scalar) && flow->numbers == LITERAL_EXACT &&
        !scalar_prints_back(scalar, word))
        scalar = SCALAR_TEXT;
    reason = scalar_put(scalar, word, &flow->out);
    return reason == NULL || flow_fail(flow, FLOW_MEANING, flow->begin, "%s", reason);
}

static bool is_structure(struct bytes text)
{
    return text.len > 0 && text.data[0] != '\0' && strchr("{[\"'!", text.data[0]) != NULL;
}

static bool read_text(struct flow *flow, struct bytes text)
{
    size_t valid = utf8_check(text);
    if (valid < text.len)
        return flow_fail(flow, FLOW_MEANING, flow->begin + valid, "invalid UTF-8%s",
                         flow->json ? "" : " (bytes are written !!binary BASE64)");
    if (flow->json) {
        flow_skip_space(flow);
        return read_structure(flow);
    }
    return is_structure(text) ? read_structure(flow) : read_word(flow);
}

static void flow_init(struct flow *flow, struct bytes text, struct literal_error *error)
{
    flow->begin = flow->at = text.len > 0 ? text.data : (const uint8_t *)"";
    flow->end = flow->begin + text.len;
    flow->error = error;
    buf_init(&flow->out);
    buf_init(&flow->scratch);
    buf_init(&flow->columns);
}

static void flow_free(struct flow *flow)
{
    buf_free(&flow->out);
    buf_free(&flow->scratch);
    buf_free(&flow->columns);
}

static bool fail_memory(struct flow *flow)
{
    return flow_fail(flow, FLOW_MEANING, flow->begin, "out of memory");
}

/* Reads the text again to find the column of value number `serial`. */
static size_t column_of(const struct flow *flow, struct bytes text, size_t serial)
{
    struct literal_error ignored;
    struct flow_frame stack[VAL_DEPTH_STORED + 1];
    struct flow again = {
        .json = flow->json,
        .numbers = flow->numbers,
        .names = flow->names,
        .reads_columns = true,
        .depth_max = VAL_DEPTH_STORED,
        .stack = stack,
    };
    size_t column = 0;
    flow_init(&again, text, &ignored);
    if (read_text(&again, text) && !again.columns.failed &&
        serial < again.columns.len / sizeof column)
        memcpy(&column, again.columns.data + serial * sizeof column, sizeof column);
    flow_free(&again);
    return column;
}

static bool fail_duplicate(struct flow *flow, struct bytes text)
{
    char room[QUOTE_EXCERPT];
    struct bytes key;
    struct buf printed;
    size_t serial;
    if (!flow_find_duplicate(buf_bytes(&flow->out), &serial, &key))
        return flow_fail(flow, FLOW_MEANING, flow->begin, "the same key twice");
    buf_init(&printed);
    literal_print(key, flow->names, &printed);
    /* converting tags has changed the order of the values: no column is known */
    size_t column = flow->tagged ? 0 : column_of(flow, text, serial);
    flow_fail(flow, FLOW_MEANING, flow->begin + column, "the same key twice: %s",
              printed.failed ? "" : quote_excerpt(buf_bytes(&printed), room));
    buf_free(&printed);
    return false;
}

static bool check(struct flow *flow, struct bytes text)
{
    struct val_check result;
    if (flow->out.failed || flow->scratch.failed)
        return fail_memory(flow);
    size_t deepest = flow->tagged ? VAL_DEPTH_REPLY : VAL_DEPTH_STORED;
    switch (val_check(buf_bytes(&flow->out), deepest, &result)) {
    case VAL_OK:
        return true;
    case VAL_DUPLICATE:
        return fail_duplicate(flow, text);
    case VAL_NOMEM:
        return fail_memory(flow);
    default:
        return flow_fail(flow, FLOW_MEANING, flow->begin, "%s", result.reason);
    }
}

static bool run(struct flow *flow, struct bytes text, struct buf *out, struct literal_error *error)
{
    bool ok;
    flow_init(flow, text, error);
    ok = read_text(flow, text);
    /* After a failed buffer any other error may be a consequence: report out of memory. */
    if (!ok && (flow->out.failed || flow->scratch.failed))
        fail_memory(flow);
    ok = ok && check(flow, text);
    if (ok) {
        buf_put_bytes(out, buf_bytes(&flow->out));
        ok = !out->failed || fail_memory(flow);
    }
    flow_free(flow);
    return ok;
}

bool literal_read(struct bytes text, enum literal_number numbers, const struct literal_names *names,
                  struct buf *out, struct literal_error *error)
{
    struct flow_frame stack[VAL_DEPTH_STORED + 1];
    struct flow flow = {
        .numbers = numbers, .names = names, .depth_max = VAL_DEPTH_STORED, .stack = stack};
    return run(&flow, text, out, error);
}

bool literal_read_json(struct bytes text, struct buf *out, struct literal_error *error)
{
    struct flow_frame stack[VAL_DEPTH_STORED + 1];
    struct flow flow = {.json = true, .depth_max = VAL_DEPTH_STORED, .stack = stack};
    return run(&flow, text, out, error);
}

bool literal_read_tagged(struct bytes text, const struct literal_names *names, struct buf *out,
                         struct literal_error *error)
{
    struct flow_frame stack[FLOW_TAGGED_DEPTH + 1];
    struct flow flow = {.json = true,
                        .tagged = true,
                        .names = names,
                        .depth_max = FLOW_TAGGED_DEPTH,
                        .stack = stack};
    return run(&flow, text, out, error);
}
