/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads objects of every type, in parts. */
#include "cli/ops/content.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/base/report.h"
#include "wire/value/value.h"

static void copy_field(struct mgr_view info, const char *field, char *out, size_t size)
{
    struct mgr_view view;
    const char *text;
    size_t len;
    out[0] = '\0';
    if (mgr_field(info, field, &view) && mgr_as_str(view, &text, &len))
        snprintf(out, size, "%.*s", (int)len, text);
}

enum mgr_status content_describe(struct cli *cli, const char *name, struct content *out)
{
    char type[32], revision[32];
    struct mgr_value *info = NULL;
    const struct mgr_named args[] = {{"name", mgr_str(name)}};
    enum mgr_status status = cli_call(cli, "object info", args, 1, &info);
    if (status != MGR_OK)
        return status;
    copy_field(mgr_view(info), "type", type, sizeof type);
    out->type = type_find(bytes_text(type));
    copy_field(mgr_view(info), "typecode", out->typecode, sizeof out->typecode);
    copy_field(mgr_view(info), "revision", revision, sizeof revision);
    if (sscanf(revision, "%" SCNu64, &out->revision) != 1)
        out->revision = 0;
    mgr_value_free(info);
    return MGR_OK;
}

enum mgr_status content_each(struct cli *cli, const char *name, content_fn *fn, void *arg,
                             int *code)
{
    struct mgr_scan *scan = NULL;
    struct mgr_view key, value;
    bool more = true;
    *code = 0;
    enum mgr_status status = mgr_scan_open(cli->m, name, &scan);
    while (status == MGR_OK && *code == 0) {
        status = mgr_scan_next(scan, &more, &key, &value);
        if (status != MGR_OK || !more)
            break;
        if (cli_interrupted())
            *code = report(cli, MGR_INTERRUPTED, "interrupted");
        else
            *code = fn(arg, bytes_of(key.data, key.len), bytes_of(value.data, value.len));
    }
    mgr_scan_close(scan);
    return status;
}

static int put_one(void *arg, struct bytes key, struct bytes value)
{
    struct buf *out = arg;
    if (key.len > 0)
        val_put_pair(out, key, value);
    else
        val_put_item(out, value);
    return 0;
}

static int put_value(void *arg, struct bytes key, struct bytes value)
{
    (void)key;
    buf_put_bytes(arg, value);
    return 0;
}

static enum val_kind kind_of(const struct content *content)
{
    static const enum val_kind kinds[] = {
        [CONTENT_STATE] = VAL_NOT_GIVEN, [CONTENT_ONE] = VAL_NOT_GIVEN, [CONTENT_LIST] = VAL_LIST,
        [CONTENT_SET] = VAL_SET,         [CONTENT_PAIRS] = VAL_DICT,
    };
    return content->type == NULL ? VAL_NOT_GIVEN : kinds[content->type->content];
}

bool content_is_one(const struct content *content)
{
    return kind_of(content) == VAL_NOT_GIVEN;
}

enum mgr_status content_collect(struct cli *cli, const char *name, const struct content *content,
                                struct buf *out)
{
    int code;
    if (content_is_one(content))
        return content_each(cli, name, put_value, out, &code);
    size_t mark = val_open(out, kind_of(content));
    enum mgr_status status = content_each(cli, name, put_one, out, &code);
    val_close(out, mark);
    return status == MGR_OK && code != 0 ? MGR_INTERRUPTED : status;
}

/* ---- references ---- */

struct deep {
    struct cli *cli;
    uint64_t path[CONTENT_DEPTH]; /* the objects that are open */
    size_t depth;
    enum mgr_status status;
};

static void put_deep(struct deep *deep, struct bytes encoding, struct buf *out);

static bool is_open(const struct deep *deep, uint64_t id)
{
    for (size_t i = 0; i < deep->depth; i++)
        if (deep->path[i] == id)
            return true;
    return false;
}

static void put_referenced(struct deep *deep, uint64_t id, struct buf *out)
{
    struct content content;
    struct buf inner;
    const char *name = names_find(&deep->cli->names, id);
    enum mgr_status status = MGR_NO_SUCH_OBJECT;
    if (name != NULL && deep->depth < CONTENT_DEPTH && !is_open(deep, id))
        status = content_describe(deep->cli, name, &content);
    buf_init(&inner);
    if (status == MGR_OK)
        status = content_collect(deep->cli, name, &content, &inner);
    if (status == MGR_OK && !inner.failed) {
        deep->path[deep->depth++] = id;
        put_deep(deep, buf_bytes(&inner), out);
        deep->depth--;
    } else {
        val_put_ref(out, id);
        if (status != MGR_OK && status != MGR_NO_SUCH_OBJECT)
            deep->status = status;
    }
    buf_free(&inner);
}

static void put_deep_container(struct deep *deep, const struct val *value, struct buf *out)
{
    struct val_iter it = val_iter(value);
    struct bytes item, member;
    size_t mark = val_open(out, value->kind), pair, part;
    while (value->kind != VAL_DICT && val_next(&it, &item)) {
        part = val_open_item(out);
        put_deep(deep, item, out);
        val_close(out, part);
    }
    while (value->kind == VAL_DICT && val_next_pair(&it, &item, &member)) {
        pair = val_open_pair(out);
        part = val_open_key(out);
        buf_put_bytes(out, item);
        val_close(out, part);
        part = val_open_member(out);
        put_deep(deep, member, out);
        val_close(out, part);
        val_close(out, pair);
    }
    val_close(out, mark);
}

static void count_ref(void *arg, uint64_t ref)
{
    (void)ref;
    *(bool *)arg = true;
}

/* Members of sets and keys keep their references: what they refer to could not be there. */
static void put_deep(struct deep *deep, struct bytes encoding, struct buf *out)
{
    struct val value = val_read(encoding);
    bool has_ref = false;
    val_each_ref(encoding, count_ref, &has_ref);
    if (value.kind == VAL_REF)
        put_referenced(deep, value.ref, out);
    else if (has_ref &&
             (value.kind == VAL_LIST || value.kind == VAL_TUPLE || value.kind == VAL_DICT))
        put_deep_container(deep, &value, out);
    else
        buf_put_bytes(out, encoding);
}

enum mgr_status content_deep(struct cli *cli, const char *name, const struct content *content,
                             struct buf *out)
{
    struct deep deep = {.cli = cli, .status = MGR_OK};
    struct buf whole;
    const struct literal_names *names = cli_names(cli);
    buf_init(&whole);
    enum mgr_status status = content_collect(cli, name, content, &whole);
    if (status == MGR_OK && names->resolve(names->arg, bytes_text(name), &deep.path[0]))
        deep.depth = 1;
    if (status == MGR_OK)
        put_deep(&deep, buf_bytes(&whole), out);
    out->failed = out->failed || whole.failed;
    buf_free(&whole);
    return status == MGR_OK ? deep.status : status;
}
