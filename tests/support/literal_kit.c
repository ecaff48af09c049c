/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of literals: names of objects, and what every printed value must hold to. */
#include "tests/support/literal_kit.h"

#include <yaml.h>

#include "wire/base/utf8.h"
#include "wire/literal/literal_quote.h"
#include "wire/value/value.h"

static bool resolve(void *arg, struct bytes name, uint64_t *id)
{
    (void)arg;
    *id = 7;
    if (bytes_equal(name, bytes_text("jobs/eu:a")))
        return true;
    if (name.len < 2 || name.len > 21 || name.data[0] != '~' || name.data[1] == '0')
        return bytes_equal(name, bytes_text("~0")) && (*id = 0, true);
    *id = 0;
    for (size_t i = 1; i < name.len; i++) {
        if (name.data[i] < '0' || name.data[i] > '9')
            return false;
        *id = *id * 10 + (uint64_t)(name.data[i] - '0');
    }
    return true;
}

const struct literal_names literal_kit_names = {.resolve = resolve};

static bool reads_back(struct bytes text, struct bytes value)
{
    struct literal_error error;
    struct buf again;
    bool same;
    buf_init(&again);
    same = literal_read(text, LITERAL_EXACT, &literal_kit_names, &again, &error) &&
           bytes_equal(buf_bytes(&again), value);
    buf_free(&again);
    return same;
}

/* An opaque value is two objects in JSON: too deep for our reader is no fault of the text. */
static bool is_json(struct bytes text)
{
    struct literal_error error;
    struct buf again;
    bool ok;
    buf_init(&again);
    ok = literal_read_json(text, &again, &error) || strstr(error.text, "containers nested") != NULL;
    buf_free(&again);
    return ok;
}

/* One document without a fault. */
static bool is_yaml(struct bytes text)
{
    yaml_parser_t parser;
    yaml_event_t event;
    bool ok = yaml_parser_initialize(&parser) == 1;
    bool end = false;
    yaml_parser_set_input_string(&parser, text.data, text.len);
    while (ok && !end) {
        ok = yaml_parser_parse(&parser, &event) == 1;
        end = ok && event.type == YAML_STREAM_END_EVENT;
        if (ok)
            yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return ok;
}

static const char *broken_text(struct bytes value, struct buf *out)
{
    out->len = 0;
    literal_print(value, &literal_kit_names, out);
    if (!quote_is_safe(buf_bytes(out)))
        return "text: not safe to show";
    return reads_back(buf_bytes(out), value) ? NULL : "text: does not read back";
}

/* What holds at the top must hold inside: there other words are bare. */
static const char *broken_inside(struct bytes value, struct buf *out)
{
    struct val_check check;
    const char *broken;
    struct buf list;
    size_t mark;
    if (val_check(value, VAL_DEPTH_STORED - 1, &check) != VAL_OK)
        return NULL;
    buf_init(&list);
    mark = val_open(&list, VAL_LIST);
    val_put_item(&list, value);
    val_close(&list, mark);
    broken = broken_text(buf_bytes(&list), out);
    buf_free(&list);
    return broken;
}

static const char *broken_foreign(struct bytes value, struct buf *out)
{
    struct literal_error error;
    out->len = 0;
    if (literal_print_json(value, &literal_kit_names, out, &error) &&
        (!is_json(buf_bytes(out)) || !quote_is_safe(buf_bytes(out))))
        return "json: not strict";
    out->len = 0;
    literal_print_yaml(value, &literal_kit_names, out);
    if (!is_yaml(buf_bytes(out)))
        return "yaml: not well-formed";
    out->len = 0;
    literal_print_python(value, &literal_kit_names, out);
    if (!quote_is_safe(buf_bytes(out)))
        return "python: not safe to show";
    out->len = 0;
    literal_print_raw(value, &literal_kit_names, '\n', out);
    return NULL;
}

static const char *broken_tagged(struct bytes value, struct buf *out)
{
    struct literal_error error;
    struct buf back;
    bool same;
    out->len = 0;
    buf_init(&back);
    literal_print_tagged(value, &literal_kit_names, out);
    same = literal_read_tagged(buf_bytes(out), &literal_kit_names, &back, &error) &&
           bytes_equal(buf_bytes(&back), value);
    buf_free(&back);
    if (!same)
        return "tagged: does not read back to the same bytes";
    return quote_is_safe(buf_bytes(out)) ? NULL : "tagged: not safe to show";
}

const char *literal_kit_broken(struct bytes value)
{
    const char *broken;
    struct buf out;
    buf_init(&out);
    broken = broken_text(value, &out);
    if (broken == NULL)
        broken = broken_inside(value, &out);
    if (broken == NULL)
        broken = broken_foreign(value, &out);
    if (broken == NULL)
        broken = broken_tagged(value, &out);
    buf_free(&out);
    return broken;
}
