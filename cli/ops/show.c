/* SPDX-License-Identifier: BSD-2-Clause */
/* show: text, Python, raw and JSON lines are printed while they are read; JSON and YAML at the end.
 */
#include "cli/ops/show.h"

#include <stdlib.h>

#include "cli/base/report.h"
#include "cli/ops/operation.h"
#include "cli/print/answer.h"
#include "cli/syntax/grammar.h"
#include "cli/syntax/run.h"
#include "wire/literal/literal_print.h"
#include "wire/value/value.h"

enum { SHOW_NAME, SHOW_DEEP };

/* What stands around the items. */
struct brackets {
    const char *open, *close, *empty;
};

static const struct brackets text_brackets[] = {
    [CONTENT_LIST] = {"[", "]", "[]"},
    [CONTENT_SET] = {"!!set {", "}", "!!set {}"},
    [CONTENT_PAIRS] = {"{", "}", "{}"},
};
static const struct brackets python_brackets[] = {
    [CONTENT_LIST] = {"[", "]", "[]"},
    [CONTENT_SET] = {"{", "}", "set()"},
    [CONTENT_PAIRS] = {"{", "}", "{}"},
};
/* Behind the typecode: array('i', [1]) but array('i') */
static const struct brackets argument_brackets = {", [", "])", ")"};

struct show {
    struct cli *cli;
    struct style style;
    const struct brackets *brackets; /* NULL: items stand for themselves, each with its end */
    size_t count;
};

/* Whether Python has a class for what is shown, and no literal. */
static bool is_class(const struct style *style, const struct content *content)
{
    return style->format == FORMAT_PYTHON && content->type != NULL && content->type->python != NULL;
}

/* NULL: items stand for themselves. */
static const struct brackets *find_brackets(const struct style *style,
                                            const struct content *content)
{
    if (is_class(style, content))
        return &argument_brackets;
    return style->format == FORMAT_PYTHON ? &python_brackets[content->type->content]
           : style->format == FORMAT_TEXT ? &text_brackets[content->type->content]
                                          : NULL;
}

static void put_part(const struct show *show, struct bytes value)
{
    struct buf *out = &show->cli->out.buf;
    if (show->style.format == FORMAT_PYTHON)
        literal_print_python(value, show->style.names, out);
    else
        literal_print_flow(value, show->style.names, out);
}

static int show_inside(void *arg, struct bytes key, struct bytes value)
{
    struct show *show = arg;
    struct output *out = &show->cli->out;
    buf_put_text(&out->buf, show->count++ == 0 ? show->brackets->open : ", ");
    if (key.len > 0) {
        put_part(show, key);
        buf_put_text(&out->buf, ": ");
    }
    put_part(show, value);
    output_check(out);
    return out->error != 0 ? mgr_status_exit_code(MGR_LOCAL_IO) : 0;
}

/* An item by itself: a container of one, printed item by item. */
static int show_line(void *arg, struct bytes key, struct bytes value)
{
    struct show *show = arg;
    struct output *out = &show->cli->out;
    struct literal_error error;
    struct buf one;
    buf_init(&one);
    size_t mark = val_open(&one, key.len > 0 ? VAL_DICT : VAL_LIST);
    if (key.len > 0)
        val_put_pair(&one, key, value);
    else
        val_put_item(&one, value);
    val_close(&one, mark);
    int code = 0;
    if (!one.failed && !format_print(&show->style, buf_bytes(&one), &out->buf, &error))
        code = report(show->cli, MGR_VALUE, "item %zu: %s", show->count + 1, error.text);
    show->count++;
    out->buf.failed = out->buf.failed || one.failed;
    buf_free(&one);
    output_check(out);
    return code != 0 || out->error == 0 ? code : mgr_status_exit_code(MGR_LOCAL_IO);
}

static int show_streamed(struct show *show, const char *name, const struct content *content)
{
    struct cli *cli = show->cli;
    struct buf *out = &cli->out.buf;
    int code;
    show->brackets = find_brackets(&show->style, content);
    if (is_class(&show->style, content))
        buf_printf(out, "%s('%s'", content->type->python, content->typecode);
    enum mgr_status status =
        content_each(cli, name, show->brackets == NULL ? show_line : show_inside, show, &code);
    if (status != MGR_OK)
        return report_call(cli, status);
    if (code == 0 && show->brackets != NULL) {
        buf_put_text(out, show->count == 0 ? show->brackets->empty : show->brackets->close);
        buf_put_u8(out, (uint8_t)show->style.end);
    }
    return code;
}

/* ---- Python's Namespace: a class of pairs ---- */

static bool takes_keywords(const struct style *style, const struct content *content)
{
    return is_class(style, content) && content->type->content == CONTENT_PAIRS;
}

static int compare_text(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;
    size_t len = x->len < y->len ? x->len : y->len;
    int order = len == 0 ? 0 : memcmp(x->data, y->data, len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* Namespace(a=1, b=2): sorted as texts, without names that start with _. */
static bool put_keywords(const struct style *style, const char *class, struct bytes content,
                         struct buf *out)
{
    struct val dict = val_read(content);
    struct val_iter it = val_iter(&dict);
    size_t count = 0, total = val_count(&dict);
    struct bytes key, value;
    struct bytes *texts = calloc(total + 1, sizeof *texts);
    struct buf all;
    buf_init(&all);
    while (texts != NULL && val_next_pair(&it, &key, &value)) {
        struct bytes name = val_read(key).body;
        size_t before = all.len;
        if (name.len > 0 && name.data[0] == '_')
            continue;
        buf_put_bytes(&all, name);
        buf_put_u8(&all, '=');
        literal_print_python(value, style->names, &all);
        texts[count++] = bytes_of(NULL, all.len - before);
    }
    bool ok = texts != NULL && !all.failed;
    for (size_t i = 0, at = 0; ok && i < count; at += texts[i++].len)
        texts[i].data = all.data + at;
    if (ok && count > 0)
        qsort(texts, count, sizeof *texts, compare_text);
    buf_printf(out, "%s(", class);
    for (size_t i = 0; ok && i < count; i++) {
        buf_put_text(out, i == 0 ? "" : ", ");
        literal_escape(texts[i], out);
    }
    buf_put_text(out, ")");
    buf_put_u8(out, (uint8_t)style->end);
    buf_free(&all);
    free(texts);
    return ok;
}

static int show_collected(struct cli *cli, const char *name, const struct content *content,
                          bool deep)
{
    struct style style = answer_style(cli);
    struct buf whole;
    buf_init(&whole);
    int code = 0;
    enum mgr_status status = deep ? content_deep(cli, name, content, &whole)
                                  : content_collect(cli, name, content, &whole);
    if (status != MGR_OK)
        code = report_call(cli, status);
    else if (whole.failed)
        code = report(cli, MGR_NOMEM, "out of memory");
    else if (cli->options.pick == NULL && takes_keywords(&style, content))
        code = put_keywords(&style, content->type->python, buf_bytes(&whole), &cli->out.buf)
                   ? 0
                   : report(cli, MGR_NOMEM, "out of memory");
    else
        code = answer_print(cli, buf_bytes(&whole));
    buf_free(&whole);
    return code;
}

int show_object(struct cli *cli, const char *name, const struct content *content, bool deep)
{
    struct show show = {.cli = cli, .style = answer_style(cli)};
    enum output_format format = show.style.format;
    /* strict JSON must see all keys before it can print one; the others need all for other reasons
     */
    if (deep || cli->options.pick != NULL || format == FORMAT_JSON || format == FORMAT_YAML ||
        content_is_one(content) || takes_keywords(&show.style, content))
        return show_collected(cli, name, content, deep);
    return show_streamed(&show, name, content);
}

int run_show(struct cli *cli, const struct binding *binding)
{
    struct content content;
    const char *name = binding->words[SHOW_NAME];
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    enum mgr_status status = content_describe(cli, name, &content);
    if (status != MGR_OK)
        return report_call(cli, status);
    operation_print_revision(cli, content.revision);
    return show_object(cli, name, &content, binding->words[SHOW_DEEP] != NULL);
}
