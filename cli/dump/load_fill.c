/* SPDX-License-Identifier: BSD-2-Clause */
/* Content: a line is one operation, or, where that would be too deep or too large, one for each
 * item. */
#include <stdlib.h>

#include "cli/base/report.h"
#include "cli/dump/load.h"

static struct mgr_arg argument(struct bytes encoding)
{
    return mgr_of_view((struct mgr_view){encoding.data, encoding.len});
}

/* The items of a list the other way round. */
static void turn_items(struct bytes list, struct buf *out)
{
    struct val value = val_read(list);
    struct val_iter it = val_iter(&value);
    size_t count = val_count(&value);
    struct bytes *items = calloc(count + 1, sizeof *items);
    if (items == NULL) {
        out->failed = true;
        return;
    }
    for (size_t i = count; i > 0 && val_next(&it, &items[i - 1]); i--)
        ;
    size_t mark = val_open(out, VAL_LIST);
    for (size_t i = 0; i < count; i++)
        val_put_item(out, items[i]);
    val_close(out, mark);
    free(items);
}

static enum mgr_status put_all(struct load *load, const struct load_object *object,
                               struct bytes content)
{
    const char *operation = object->type->put_all;
    const struct op_row *row = op_find_words(operation);
    const struct mgr_named args[] = {{"name", mgr_str(object->real)},
                                     {"items", argument(content)},
                                     {"start", mgr_int(INT64_MAX)}};
    /* what is put at a position goes to the end: beyond every position */
    return cli_call(load->cli, operation, args, op_arg(row, "start") != NULL ? 3 : 2, NULL);
}

static enum mgr_status put_one(struct load *load, const struct load_object *object,
                               struct bytes key, struct bytes value)
{
    const char *operation = object->type->put_one;
    struct val name = val_read(key);
    const struct arg_row *of_key = &op_find_words(operation)->args[1];
    bool text = of_key->kind == ARG_STRING;
    const struct mgr_named args[] = {
        {"name", mgr_str(object->real)},
        {"value", argument(value)},
        {of_key->name,
         text ? mgr_strn((const char *)name.body.data, name.body.len) : argument(key)},
    };
    return cli_call(load->cli, operation, args, key.len > 0 ? 3 : 2, NULL);
}

static enum mgr_status put_each(struct load *load, const struct load_object *object,
                                struct bytes content)
{
    struct val value = val_read(content);
    struct val_iter it = val_iter(&value);
    struct bytes key = bytes_of(NULL, 0), item;
    enum mgr_status status = MGR_OK;
    bool pairs = object->type->content == CONTENT_PAIRS;
    if (object->type->content == CONTENT_ONE)
        return put_one(load, object, key, content);
    while (status == MGR_OK && (pairs ? val_next_pair(&it, &key, &item) : val_next(&it, &item)))
        status = put_one(load, object, key, item);
    return status;
}

static bool is_too_deep(struct bytes content)
{
    struct val_check check;
    return val_check_form(content, VAL_DEPTH_REPLY, &check) == VAL_OK &&
           check.depth > VAL_DEPTH_STORED;
}

/* Operations on many items are all or nothing, so that each may be tried by itself afterwards. */
static enum mgr_status put_content(struct load *load, const struct load_object *object,
                                   struct bytes content)
{
    const struct type_row *type = object->type;
    enum mgr_status status = MGR_TOO_LARGE;
    if (type->put_all != NULL && (type->put_one == NULL || !is_too_deep(content)))
        status = put_all(load, object, content);
    if (type->put_one != NULL && status == MGR_TOO_LARGE)
        status = put_each(load, object, content);
    return status;
}

static int fill_part(struct load *load, const struct load_part *part)
{
    const struct load_object *object = part->object;
    struct load_line line;
    struct buf turned;
    int code = load_read(load, &part->at, &line);
    if (code != 0)
        return code;
    buf_init(&turned);
    if (object->backwards)
        turn_items(line.content, &turned);
    if (turned.failed) {
        code = report(load->cli, MGR_NOMEM, "out of memory");
    } else {
        enum mgr_status status =
            put_content(load, object, object->backwards ? buf_bytes(&turned) : line.content);
        code = status == MGR_OK ? 0 : load_report(load, status);
    }
    buf_free(&turned);
    return code;
}

int load_fill(struct load *load)
{
    int code = 0;
    for (size_t i = 0; i < load->table.part_count && code == 0; i++)
        if (!load->table.parts[i].object->kept)
            code = fill_part(load, &load->table.parts[i]);
    return code;
}
