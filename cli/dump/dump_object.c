/* SPDX-License-Identifier: BSD-2-Clause */
/* One object, page by page: a line is a page of the daemon, so that no key is in a line twice
 * whatever others do in between. */
#include "cli/dump/dump_object.h"

#include "cli/base/report.h"
#include "cli/dump/dump_format.h"
#include "wire/literal/literal_quote.h"

/* An object while it is printed. */
struct printing {
    struct cli *cli;
    struct dump_names *names;
    const char *name; /* the daemon's */
    const struct type_row *type;
    struct mgr_value *info;
    struct buf cursor; /* of the next page; empty: there is none */
};

/* ---- what the daemon says ---- */

static enum mgr_status read_info(struct printing *object)
{
    const struct mgr_named args[] = {{"name", mgr_str(object->name)}};
    struct mgr_view view;
    const char *text;
    size_t len;
    enum mgr_status status = cli_call(object->cli, "object info", args, 1, &object->info);
    if (status == MGR_OK && mgr_field(mgr_view(object->info), "type", &view) &&
        mgr_as_str(view, &text, &len))
        object->type = type_find(bytes_of(text, len));
    return status;
}

static enum mgr_status read_page(struct printing *object, struct mgr_value **page)
{
    struct buf *cursor = &object->cursor;
    const struct mgr_named args[] = {
        {"name", mgr_str(object->name)},
        {"limit", mgr_int(DUMP_ITEMS)},
        {"cursor", cursor->len == 0 ? MGR_ABSENT : mgr_bytes(cursor->data, cursor->len)},
    };
    enum mgr_status status = cli_call(object->cli, "object scan", args, 3, page);
    if (status != MGR_OK)
        return status;
    struct mgr_view next = mgr_cursor(object->cli->m);
    buf_reset(cursor, SIZE_MAX);
    buf_put(cursor, next.data, next.len);
    return MGR_OK;
}

/* ---- lines ---- */

static void put_name(struct printing *object, const char *name, struct buf *out)
{
    struct buf text;
    buf_init(&text);
    dump_names_put(object->names, name, &text);
    quote_put_json(buf_bytes(&text), out);
    out->failed = out->failed || text.failed;
    buf_free(&text);
}

static void put_lock(struct printing *object, struct bytes name, struct buf *out)
{
    struct buf text;
    buf_init(&text);
    buf_put_bytes(&text, name);
    buf_put_u8(&text, '\0');
    if (text.failed)
        out->failed = true;
    else
        put_name(object, (const char *)text.data, out);
    buf_free(&text);
}

/* Whether it is left out, because that is what an object has anyway. */
static bool is_default(const struct dump_param *param, const struct val *value)
{
    struct mgr_view open;
    bool is_open;
    if (param->kind == DUMP_CLOSED)
        return !mgr_field((struct mgr_view){value->encoding.data, value->encoding.len}, "open",
                          &open) ||
               !mgr_as_bool(open, &is_open) || is_open;
    if (value->kind == VAL_NONE)
        return true;
    return !param->always && ((value->kind == VAL_BOOL && !value->boolean) ||
                              (value->kind == VAL_INT && value->integer == 0));
}

static void put_params(struct printing *object, struct buf *out)
{
    const struct dump_param *param = NULL;
    struct mgr_view view;
    while ((param = dump_param_next(object->type, param)) != NULL) {
        if (!mgr_field(mgr_view(object->info), param->info, &view))
            continue;
        struct val value = val_read(bytes_of(view.data, view.len));
        if (is_default(param, &value))
            continue;
        buf_printf(out, ", \"%s\": ", param->field);
        if (param->kind == DUMP_LOCK)
            put_lock(object, value.body, out);
        else if (param->kind == DUMP_CLOSED)
            buf_put_text(out, "true");
        else
            literal_print_tagged(value.encoding, NULL, out);
    }
}

static void put_content(struct printing *object, struct mgr_view page, struct buf *out)
{
    struct mgr_iter it = mgr_iter(page);
    struct mgr_view one = page;
    if (object->type->content == CONTENT_ONE)
        (void)mgr_next(&it, &one);
    buf_put_text(out, ", \"content\": ");
    literal_print_tagged(bytes_of(one.data, one.len), &object->names->literal, out);
}

/* A line goes out whole or not at all: what it refers to must have had an answer. */
static int end_line(struct printing *object, size_t begin)
{
    struct cli *cli = object->cli;
    struct buf *out = &cli->out.buf;
    if (cli->names.status == MGR_OK && !object->names->failed && !out->failed) {
        buf_put_text(out, "}\n");
        output_check(&cli->out);
        return cli->out.error != 0 ? mgr_status_exit_code(MGR_LOCAL_IO) : 0;
    }
    out->len = begin;
    if (cli->names.status != MGR_OK)
        return report(cli, cli->names.status, "\"%s\" refers to an object that cannot be asked for",
                      object->name);
    return report(cli, MGR_NOMEM, "out of memory");
}

static int print_line(struct printing *object, bool first, const struct mgr_value *page)
{
    struct buf *out = &object->cli->out.buf;
    size_t begin = out->len;
    buf_put_text(out, first ? "{\"object\": " : "{\"more\": ");
    put_name(object, object->name, out);
    if (first) {
        buf_printf(out, ", \"type\": \"%s\"", object->type->name);
        put_params(object, out);
    }
    if (page != NULL)
        put_content(object, mgr_view(page), out);
    return end_line(object, begin);
}

/* ---- what cannot be seen ---- */

static int64_t count_of(struct mgr_view info, const char *field)
{
    struct mgr_view view;
    int64_t count = 0;
    if (mgr_field(info, field, &view))
        (void)mgr_as_int(view, &count);
    return count;
}

/* Items that no reader is shown: they are somebody's, or wait in a pipe. */
static void note_unseen(const struct printing *object)
{
    struct mgr_view info = mgr_view(object->info), end;
    int64_t count =
        count_of(info, "reserved") + count_of(info, "delayed") + count_of(info, "handed");
    for (int i = 1; i <= 2; i++)
        if (mgr_field(info, i == 1 ? "end_1" : "end_2", &end))
            count += count_of(end, "ready") + count_of(end, "handed");
    if (count > 0 && !object->cli->options.quiet)
        report_note(object->cli,
                    "%s \"%s\": %lld item%s that cannot be read without taking %s "
                    "left out",
                    object->type->name, object->name, (long long)count, count == 1 ? "" : "s",
                    count == 1 ? "it is" : "them are");
}

/* ---- the whole ---- */

/* A condition is of no use once its lock was deleted, and load could not create it. */
static bool is_orphan(const struct printing *object)
{
    const struct dump_param *param = NULL;
    struct mgr_view lock;
    const char *text;
    size_t len;
    while ((param = dump_param_next(object->type, param)) != NULL)
        if (param->kind == DUMP_LOCK && mgr_field(mgr_view(object->info), param->info, &lock) &&
            mgr_as_str(lock, &text, &len))
            return bytes_equal(bytes_of(text, len), bytes_text("(deleted)"));
    return false;
}

/* Why there was no first page, or no further one. */
static int fail_page(const struct printing *object, enum mgr_status status, bool first,
                     enum dump_fate *fate)
{
    if (first && status == MGR_NO_SUCH_OBJECT) {
        *fate = DUMP_GONE;
        return 0;
    }
    if (first && status == MGR_TOO_LARGE)
        *fate = DUMP_LEFT_OUT;
    return report_call_of(object->cli, status, object->type->name, object->name);
}

static int print_object(struct printing *object, enum dump_fate *fate)
{
    bool first = true;
    *fate = DUMP_LEFT_OUT;
    if (object->type == NULL)
        return report(object->cli, MGR_UNIMPLEMENTED,
                      "\"%s\" is of a type that this mgrctl does not know", object->name);
    if (is_orphan(object))
        return report(object->cli, MGR_LOCK_LOST,
                      "%s \"%s\" cannot be dumped: its lock was deleted", object->type->name,
                      object->name);
    *fate = DUMP_TORN;
    note_unseen(object);
    if (object->type->content == CONTENT_STATE) {
        int code = print_line(object, true, NULL);
        *fate = code == 0 ? DUMP_WRITTEN : DUMP_TORN;
        return code;
    }
    for (; first || object->cursor.len > 0; first = false) {
        struct mgr_value *page = NULL;
        enum mgr_status status = read_page(object, &page);
        if (status != MGR_OK)
            return fail_page(object, status, first, fate);
        int code = print_line(object, first, page);
        mgr_value_free(page);
        if (code == 0 && cli_interrupted())
            code = report(object->cli, MGR_INTERRUPTED, "interrupted");
        if (code != 0)
            return code;
    }
    *fate = DUMP_WRITTEN;
    return 0;
}

int dump_object(struct cli *cli, struct dump_names *names, const char *name, enum dump_fate *fate)
{
    struct printing object = {.cli = cli, .names = names, .name = name};
    int code = 0;
    buf_init(&object.cursor);
    enum mgr_status status = read_info(&object);
    *fate = status == MGR_NO_SUCH_OBJECT ? DUMP_GONE : DUMP_TORN;
    if (status == MGR_OK)
        code = print_object(&object, fate);
    else if (status != MGR_NO_SUCH_OBJECT)
        code = report_call(cli, status);
    if (object.cursor.failed)
        code = report(cli, MGR_NOMEM, "out of memory");
    mgr_value_free(object.info);
    buf_free(&object.cursor);
    return code;
}
