/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks a path, step by step. */
#include "cli/print/pick.h"

#include "wire/literal/literal.h"
#include "wire/value/value.h"

/* The entry of a dict whose key equals. */
static bool find_key(const struct val *dict, struct bytes key, struct bytes *out)
{
    struct val_iter it = val_iter(dict);
    struct bytes at, value;
    if (dict->kind != VAL_DICT)
        return false;
    while (val_next_pair(&it, &at, &value)) {
        if (val_equal(at, key) == 1) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool find_index(const struct val *list, int64_t index, struct bytes *out)
{
    struct val_iter it = val_iter(list);
    if (list->kind != VAL_LIST && list->kind != VAL_TUPLE)
        return false;
    if (index < 0)
        index += (int64_t)val_count(list);
    if (index < 0)
        return false;
    while (val_next(&it, out))
        if (index-- == 0)
            return true;
    return false;
}

static bool find_name(struct bytes value, struct bytes name, struct bytes *out)
{
    struct val dict = val_read(value);
    struct buf key;
    buf_init(&key);
    val_put_str(&key, name);
    bool found = !key.failed && find_key(&dict, buf_bytes(&key), out);
    buf_free(&key);
    return found;
}

static enum pick_status find_bracket(struct bytes value, struct bytes text, struct bytes *out)
{
    struct val of = val_read(value);
    struct literal_error error;
    struct buf key;
    buf_init(&key);
    enum pick_status status = PICK_BAD;
    if (text.len > 0 && literal_read(text, LITERAL_EXACT, NULL, &key, &error)) {
        struct val step = val_read(buf_bytes(&key));
        bool found = find_key(&of, buf_bytes(&key), out) ||
                     (step.kind == VAL_INT && find_index(&of, step.integer, out));
        status = found ? PICK_OK : PICK_MISSING;
    }
    buf_free(&key);
    return status;
}

/* The end of what stands in brackets: a ']' outside of quotes and inner brackets. */
static const char *bracket_end(const char *at)
{
    char quote = 0;
    for (int depth = 0; *at != '\0'; at++)
        if (quote != 0)
            quote = *at == quote ? 0 : quote;
        else if (*at == '\'' || *at == '"')
            quote = *at;
        else if (*at == '[')
            depth++;
        else if (*at == ']' && depth-- == 0)
            return at;
    return NULL;
}

enum pick_status pick(struct bytes value, const char *path, struct bytes *out, size_t *at)
{
    const char *c = path;
    enum pick_status status = PICK_OK;
    while (*c != '\0' && status == PICK_OK) {
        *at = (size_t)(c - path);
        if (*c == '[') {
            const char *end = bracket_end(c + 1);
            if (end == NULL)
                return PICK_BAD;
            status = find_bracket(value, bytes_of(c + 1, (size_t)(end - c - 1)), &value);
            c = end + 1;
            continue;
        }
        if (*c == '.' && c > path)
            c++;
        size_t len = strcspn(c, ".[");
        if (len == 0)
            return PICK_BAD;
        status = find_name(value, bytes_of(c, len), &value) ? PICK_OK : PICK_MISSING;
        c += len;
    }
    *out = value;
    return status;
}
