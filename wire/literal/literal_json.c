/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints values as strict JSON, or tells which part has no JSON form. */
#include <stdio.h>
#include <stdlib.h>

#include "wire/literal/literal_print.h"
#include "wire/literal/literal_quote.h"

/* One step of the path to the current value: kept on the stack, and written out only in an
 * error. */
struct step {
    const struct step *up;
    struct bytes key; /* the text of a dict's key; data NULL: a list index */
    size_t index;
};

struct json {
    const struct literal_names *names;
    struct buf *out;
    struct literal_error *error;
};

static const struct scalar_names names_json = {"null",     "true",      "false",
                                               "Infinity", "-Infinity", "NaN"};

static bool print_value(struct json *json, struct bytes encoding, const struct step *path);

/* ---- errors ---- */

static bool is_identifier(struct bytes key)
{
    return quote_is_bare(key, false) && memchr(key.data, '.', key.len) == NULL &&
           memchr(key.data, '/', key.len) == NULL && memchr(key.data, '-', key.len) == NULL &&
           memchr(key.data, '@', key.len) == NULL && memchr(key.data, '+', key.len) == NULL;
}

static void put_path(const struct step *step, struct buf *out)
{
    char room[QUOTE_EXCERPT];
    if (step == NULL) {
        buf_put_u8(out, '$');
        return;
    }
    put_path(step->up, out);
    if (step->key.data == NULL)
        buf_printf(out, "[%zu]", step->index);
    else if (is_identifier(step->key))
        buf_printf(out, ".%s", quote_excerpt(step->key, room));
    else
        buf_printf(out, "[\"%s\"]", quote_excerpt(step->key, room));
}

/* A path that is too long for the message is cut at the front. */
static bool fail(struct json *json, const struct step *path, const char *what)
{
    struct literal_error *error = json->error;
    struct buf text;
    size_t room = sizeof error->text - strlen(what) - 8;
    size_t skip;
    error->column = 0;
    buf_init(&text);
    put_path(path, &text);
    skip = text.len > room ? text.len - room : 0;
    while (skip > 0 && skip < text.len && (text.data[skip] & 0xC0) == 0x80)
        skip++;
    if (text.failed)
        snprintf(error->text, sizeof error->text, "%s", what);
    else
        snprintf(error->text, sizeof error->text, "%s%.*s: %s", skip > 0 ? "..." : "",
                 (int)(text.len - skip), (const char *)text.data + skip, what);
    buf_free(&text);
    return false;
}

static const char *missing_form(enum val_kind kind)
{
    switch (kind) {
    case VAL_BYTES:
        return "bytes have no JSON form";
    case VAL_FLOAT:
        return "NaN and infinity have no JSON form";
    case VAL_BIGINT:
        return "an integer of more than 4300 digits has no JSON form";
    default:
        return "a value that was not given has no JSON form";
    }
}

/* ---- keys ---- */

static bool is_finite(const struct val *value)
{
    return value->kind != VAL_FLOAT || __builtin_isfinite(value->real);
}

/* Appends the text that json.dumps writes for the key. */
static bool put_key_text(const struct val *key, struct buf *out)
{
    if (key->kind == VAL_STR) {
        buf_put_bytes(out, key->body);
        return true;
    }
    return is_finite(key) && scalar_print(key, &names_json, NULL, out);
}

static bool fail_key(struct json *json, const struct val *key, const struct step *path)
{
    char what[64];
    if (key->kind == VAL_FLOAT || key->kind == VAL_BIGINT)
        return fail(json, path, missing_form(key->kind));
    snprintf(what, sizeof what, "a key of type %s has no JSON form", val_type_name(key->kind));
    return fail(json, path, what);
}

static int compare_texts(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;
    size_t least = x->len < y->len ? x->len : y->len;
    int order = least > 0 ? memcmp(x->data, y->data, least) : 0;
    return order != 0 ? order : x->len < y->len ? -1 : x->len > y->len;
}

/* Sorts the texts of all keys and refuses two equal ones: JSON cannot hold both. */
static bool check_distinct(struct json *json, struct bytes *texts, size_t count,
                           const struct step *path)
{
    char room[QUOTE_EXCERPT], what[QUOTE_EXCERPT + 48];
    qsort(texts, count, sizeof *texts, compare_texts);
    for (size_t i = 1; i < count; i++) {
        if (!bytes_equal(texts[i], texts[i - 1]))
            continue;
        snprintf(what, sizeof what, "two keys become \"%s\" in JSON",
                 quote_excerpt(texts[i], room));
        return fail(json, path, what);
    }
    return true;
}

/* Checks a dict with keys other than strings. Their texts stand one after the other; ends[i]:
 * where text i ends. */
static bool check_keys(struct json *json, const struct val *dict, const struct step *path)
{
    size_t count = 0, total = val_count(dict);
    struct bytes *texts = calloc(total + 1, sizeof *texts);
    struct val_iter it = val_iter(dict);
    struct bytes key, value;
    struct buf memory;
    bool ok = true, others = false;
    buf_init(&memory);
    while (texts != NULL && ok && val_next_pair(&it, &key, &value)) {
        struct val read = val_read(key);
        size_t before = memory.len;
        others = others || read.kind != VAL_STR;
        ok = put_key_text(&read, &memory) || fail_key(json, &read, path);
        texts[count++].len = memory.len - before;
    }
    if (texts == NULL || memory.failed)
        ok = fail(json, path, "out of memory");
    for (size_t i = 0, at = 0; ok && i < count; at += texts[i++].len)
        texts[i].data = memory.data + at;
    ok = ok && (!others || check_distinct(json, texts, count, path));
    buf_free(&memory);
    free(texts);
    return ok;
}

/* Most dicts have only string keys and need no check. */
static bool has_other_keys(const struct val *dict)
{
    struct val_iter it = val_iter(dict);
    struct bytes key, value;
    while (val_next_pair(&it, &key, &value))
        if (val_read(key).kind != VAL_STR)
            return true;
    return false;
}

/* ---- values ---- */

static bool print_pair(struct json *json, struct bytes key, struct bytes value,
                       const struct step *path)
{
    struct step step = {.up = path};
    struct val read = val_read(key);
    struct buf text;
    bool ok;
    buf_init(&text);
    put_key_text(&read, &text);
    step.key = text.data != NULL ? buf_bytes(&text) : bytes_of("", 0);
    quote_put_json(step.key, json->out);
    buf_put_text(json->out, ": ");
    json->out->failed = json->out->failed || text.failed;
    ok = print_value(json, value, &step);
    buf_free(&text);
    return ok;
}

static bool print_dict(struct json *json, const struct val *dict, const struct step *path)
{
    struct val_iter it = val_iter(dict);
    struct bytes key, value;
    bool first = true;
    if (has_other_keys(dict) && !check_keys(json, dict, path))
        return false;
    buf_put_u8(json->out, '{');
    while (val_next_pair(&it, &key, &value)) {
        buf_put_text(json->out, first ? "" : ", ");
        first = false;
        if (!print_pair(json, key, value, path))
            return false;
    }
    buf_put_u8(json->out, '}');
    return true;
}

static bool print_array(struct json *json, const struct val *list, const struct step *path)
{
    struct step step = {.up = path};
    struct val_iter it = val_iter(list);
    struct bytes item;
    buf_put_u8(json->out, '[');
    for (; val_next(&it, &item); step.index++) {
        buf_put_text(json->out, step.index == 0 ? "" : ", ");
        if (!print_value(json, item, &step))
            return false;
    }
    buf_put_u8(json->out, ']');
    return true;
}

static void print_ref(struct json *json, uint64_t id)
{
    struct buf name;
    buf_init(&name);
    literal_put_name(json->names, id, &name);
    buf_put_text(json->out, "{\"$ref\": ");
    quote_put_json(buf_bytes(&name), json->out);
    buf_put_u8(json->out, '}');
    json->out->failed = json->out->failed || name.failed;
    buf_free(&name);
}

/* What it is made of: nobody here can read it, and the rest has its form. */
static bool print_opaque(struct json *json, const struct val *opaque, const struct step *path)
{
    struct bytes codec, data, parts;
    val_opaque(opaque, &codec, &data, &parts);
    buf_put_text(json->out, "{\"$opaque\": {\"codec\": ");
    quote_put_json(codec, json->out);
    buf_put_text(json->out, ", \"data\": \"");
    quote_put_base64(data, json->out);
    buf_put_u8(json->out, '"');
    if (parts.len > 0) {
        struct step step = {.up = path, .key = bytes_text("parts")};
        buf_put_text(json->out, ", \"parts\": ");
        if (!print_value(json, parts, &step))
            return false;
    }
    buf_put_text(json->out, "}}");
    return true;
}

static bool print_value(struct json *json, struct bytes encoding, const struct step *path)
{
    struct val value = val_read(encoding);
    switch (value.kind) {
    case VAL_STR:
        quote_put_json(value.body, json->out);
        return true;
    case VAL_DICT:
        return print_dict(json, &value, path);
    case VAL_LIST:
    case VAL_TUPLE:
    case VAL_SET:
    case VAL_FROZENSET:
        return print_array(json, &value, path);
    case VAL_REF:
        print_ref(json, value.ref);
        return true;
    case VAL_OPAQUE:
        return print_opaque(json, &value, path);
    default:
        if (is_finite(&value) && scalar_print(&value, &names_json, NULL, json->out))
            return true;
        return fail(json, path, missing_form(value.kind));
    }
}

bool literal_print_json(struct bytes value, const struct literal_names *names, struct buf *out,
                        struct literal_error *error)
{
    struct json json = {.names = names, .out = out, .error = error};
    size_t before = out->len;
    if (print_value(&json, value, NULL))
        return true;
    out->len = before;
    return false;
}
