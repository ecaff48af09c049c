/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines to items. A load is not atomic: what was sent before a failure stays, and is counted. */
#include "cli/ops/bulk_load.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/base/clock.h"
#include "cli/base/input.h"
#include "cli/base/report.h"
#include "cli/ops/bulk_batch.h"
#include "cli/ops/operation.h"
#include "wire/base/utf8.h"
#include "wire/value/value.h"

enum { PROGRESS_FIRST_MS = 1000, PROGRESS_NEXT_MS = 250 };

struct load {
    struct cli *cli;
    struct batches batches;
    bool pairs;   /* dict: items are key and value */
    bool members; /* set: items must be hashable */
    enum load_form form;
    size_t line;      /* number of the current one */
    struct buf value; /* of the current line */
    char why[300];    /* the line is bad; "": it is not */
    bool progress;    /* on a terminal */
    bool progress_shown;
    int64_t began_ms, next_ms;
};

/* Whether many requests with some items each come to the same as one with all. */
static bool takes_parts(const struct op_row *row)
{
    const struct type_row *type = type_row(row->number / OP_NUMBERS_OF_TYPE);
    const struct op_row *all = type == NULL ? NULL : op_find_words(type->put_all);
    return all != NULL && all->number == row->number && op_arg(all, "start") == NULL;
}

bool load_wanted(const struct cli *cli, const struct binding *binding)
{
    const struct op_row *row = &binding->command->row;
    const char *word = binding->rest_count == 1 ? binding->rest[0] : NULL;
    for (unsigned i = 0; word == NULL && i < row->arg_count; i++)
        if (strcmp(row->args[i].name, "items") == 0)
            word = binding->words[i];
    if (word == NULL || strcmp(word, "-") != 0 || cli->options.strings)
        return false;
    return takes_parts(row);
}

/* ---- progress ---- */

static void show_progress(struct load *load)
{
    int64_t now = mono_ms();
    if (!load->progress || now < load->next_ms)
        return;
    fprintf(stderr, "\r%zu lines, %.0f a second ", load->batches.arrived,
            (double)load->batches.arrived * 1000 / (double)(now - load->began_ms));
    load->next_ms = now + PROGRESS_NEXT_MS;
    load->progress_shown = true;
}

/* ---- items ---- */

static bool is_bad(struct load *load, const char *why)
{
    snprintf(load->why, sizeof load->why, "%s", why);
    return false;
}

static bool check_key(struct load *load, struct bytes key)
{
    enum val_kind offender;
    if (val_hashable(key, &offender))
        return true;
    snprintf(load->why, sizeof load->why, "TypeError: unhashable type: '%s'",
             val_type_name(offender));
    return false;
}

static bool put_pair(struct load *load, struct bytes key, struct bytes value)
{
    if (!check_key(load, key))
        return false;
    size_t item = batches_open_item(&load->batches);
    size_t tuple = val_open(&load->batches.items, VAL_TUPLE);
    val_put_item(&load->batches.items, key);
    val_put_item(&load->batches.items, value);
    val_close(&load->batches.items, tuple);
    batches_close_item(&load->batches, item);
    return true;
}

/* {"a": 1} or ["a", 1] */
static bool put_pairs(struct load *load, struct bytes encoding)
{
    struct val value = val_read(encoding);
    struct val_iter it;
    struct bytes first, second;
    if (value.kind == VAL_DICT) {
        it = val_iter(&value);
        while (val_next_pair(&it, &first, &second))
            if (!put_pair(load, first, second))
                return false;
        return true;
    }
    if ((value.kind != VAL_LIST && value.kind != VAL_TUPLE) || val_count(&value) != 2)
        return is_bad(load, "TypeError: neither an object nor a pair [key, value]");
    it = val_iter(&value);
    return val_next(&it, &first) && val_next(&it, &second) && put_pair(load, first, second);
}

static bool put_item(struct load *load, struct bytes encoding)
{
    if (load->pairs)
        return put_pairs(load, encoding);
    if (load->members && !check_key(load, encoding))
        return false;
    size_t item = batches_open_item(&load->batches);
    buf_put_bytes(&load->batches.items, encoding);
    batches_close_item(&load->batches, item);
    return true;
}

/* ---- lines ---- */

static bool is_blank(struct bytes line)
{
    for (size_t i = 0; i < line.len; i++)
        if (strchr(" \t\r", line.data[i]) == NULL || line.data[i] == '\0')
            return false;
    return true;
}

static bool read_line(struct load *load, struct bytes line)
{
    struct literal_error error;
    buf_reset(&load->value, (size_t)BATCH_BYTES);
    if (load->form == LOAD_LINES) {
        if (utf8_check(line) != line.len)
            return is_bad(load, "ValueError: no UTF-8");
        val_put_str(&load->value, line);
        return true;
    }
    if (literal_read_json(line, &load->value, &error))
        return true;
    snprintf(load->why, sizeof load->why, "ValueError: column %zu: %s", error.column, error.text);
    return false;
}

/* False: stop; why says so unless the batches know. */
static bool take_line(struct load *load, struct bytes line)
{
    if (load->form != LOAD_LINES && is_blank(line))
        return true;
    if (!read_line(load, line) || !batches_make_room(&load->batches, load->value.len))
        return false;
    size_t before = load->batches.items.len;
    size_t items = load->batches.item_count;
    if (!put_item(load, buf_bytes(&load->value))) {
        batches_drop_item(&load->batches, before); /* all pairs of the line, or none */
        load->batches.item_count = items;
        return false;
    }
    show_progress(load);
    return batches_line(&load->batches, load->line);
}

/* Not JSON, but what may be the start of a literal over several lines. */
static bool is_literal(struct load *load, struct bytes line)
{
    struct literal_error error;
    buf_reset(&load->value, SIZE_MAX);
    return line.len > 0 && strchr("[{!", line.data[0]) != NULL && line.data[0] != '\0' &&
           !literal_read_json(line, &load->value, &error);
}

/* ---- one literal ---- */

static void take_items(struct load *load, struct bytes encoding)
{
    struct val value = val_read(encoding);
    struct val_iter it = val_iter(&value);
    struct bytes item, member;
    bool dict = value.kind == VAL_DICT;
    bool ok = true;
    if (value.kind < VAL_LIST || value.kind > VAL_FROZENSET) {
        (void)is_bad(load, "TypeError: the literal is no list, set or dict of items");
        return;
    }
    while (ok && (dict ? val_next_pair(&it, &item, &member) : val_next(&it, &item))) {
        load->line++;
        ok = batches_make_room(&load->batches, item.len + (dict ? member.len : 0));
        if (ok)
            ok = dict && load->pairs ? put_pair(load, item, member) : put_item(load, item);
        ok = ok && batches_line(&load->batches, load->line);
        show_progress(load);
    }
}

/* The rest of the input is read as one. A failure of it is not one of a line. */
static void take_literal(struct load *load, struct line_reader *reader, struct bytes first)
{
    struct buf text;
    struct literal_error error;
    struct bytes line;
    buf_init(&text);
    buf_put_bytes(&text, first);
    while (text.len < INPUT_MAX && line_reader_next(reader, &line)) {
        buf_put_u8(&text, '\n');
        buf_put_bytes(&text, line);
    }
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]) != NULL)
        text.len--;
    buf_reset(&load->value, SIZE_MAX);
    load->line = 0;
    if (text.failed || text.len >= INPUT_MAX)
        (void)is_bad(load, "MemoryError: the literal is too large");
    else if (!literal_read(buf_bytes(&text), LITERAL_ANY, cli_names(load->cli), &load->value,
                           &error))
        snprintf(load->why, sizeof load->why, "ValueError: column %zu of the literal: %s",
                 error.column, error.text);
    else
        take_items(load, buf_bytes(&load->value));
    buf_free(&text);
}

/* Of a line that was not to be had. */
static void say_reading(struct load *load, const struct line_reader *reader)
{
    load->line++;
    if (reader->error == EINTR)
        (void)is_bad(load, "KeyboardInterrupt: interrupted");
    else if (reader->error == EMSGSIZE)
        snprintf(load->why, sizeof load->why,
                 "OverflowError: the line is longer than %zu bytes: no request could bring it",
                 reader->max);
    else
        snprintf(load->why, sizeof load->why, "OSError: standard input: %s",
                 strerror(reader->error));
}

static void take_all(struct load *load, struct line_reader *reader)
{
    struct bytes line;
    while (line_reader_next(reader, &line)) {
        load->line++;
        if (load->line == 1 && input_is_marked(line)) {
            (void)is_bad(load, "ValueError: the input " INPUT_MARKED);
            return;
        }
        if (load->form == LOAD_LITERAL ||
            (load->form == LOAD_GUESS && !is_blank(line) && is_literal(load, line))) {
            load->form = LOAD_LITERAL;
            take_literal(load, reader, line);
            return;
        }
        if (load->form == LOAD_GUESS && !is_blank(line))
            load->form = LOAD_JSONL;
        if (!take_line(load, line))
            return;
    }
    if (reader->error != 0)
        say_reading(load, reader);
}

/* ---- the end ---- */

/* "line 7", or "lines 1 to 500" that went together and were refused together. */
static void put_place(const struct load *load, struct batch at, char out[64])
{
    const char *unit = load->form == LOAD_LITERAL ? "item" : "line";
    if (at.count > 1)
        snprintf(out, 64, "%ss %zu to %zu", unit, at.first, at.first + at.count - 1);
    else
        snprintf(out, 64, "%s %zu", unit, at.first);
}

static int report_stop(struct load *load, enum mgr_status status, const char *error,
                       struct batch at)
{
    struct cli *cli = load->cli;
    struct batches *batches = &load->batches;
    char place[64];
    put_place(load, at, place);
    if (status == MGR_TIMEOUT || status == MGR_FULL)
        report_about(cli, status, error, batches->row->type, batches->name);
    else
        report_note(cli, "%s", error);
    if (batches->after_failure > 0)
        report_note(cli, "stopped at %s; %zu are in, %zu of them from behind it", place,
                    batches->arrived, batches->after_failure);
    else
        report_note(cli, "stopped at %s; %s%zu are in", place, batches->unsure ? "at least " : "",
                    batches->arrived);
    if (status == MGR_NO_SUCH_OBJECT)
        report_hint(cli, "mgrctl create %s %s   (or add --create)", batches->row->type,
                    batches->name);
    else if (load->why[0] != '\0' && load->form == LOAD_JSONL && status == MGR_VALUE)
        report_hint(cli, "each line is a JSON value; --lines takes each line as a string, "
                         "--literal all as one literal");
    return mgr_status_exit_code(status);
}

static enum mgr_status why_status(const struct load *load)
{
    if (strncmp(load->why, "KeyboardInterrupt", 17) == 0)
        return MGR_INTERRUPTED;
    if (strncmp(load->why, "OSError", 7) == 0)
        return MGR_LOCAL_IO;
    if (strncmp(load->why, "OverflowError", 13) == 0)
        return MGR_TOO_LARGE;
    return strncmp(load->why, "TypeError", 9) == 0 ? MGR_TYPE : MGR_VALUE;
}

static int finish(struct load *load)
{
    struct batches *batches = &load->batches;
    if (load->progress_shown)
        fputc('\n', stderr);
    enum mgr_status status = MGR_OK;
    int code = 0;
    if (batches->failed.count > 0) {
        status = batches->status;
        code = report_stop(load, status, batches->error, batches->failed);
    } else if (load->why[0] != '\0') {
        status = why_status(load);
        code = report_stop(load, status, load->why, (struct batch){load->line, 1});
    }
    created_settle(load->cli, status);
    return code;
}

static int make_object(struct cli *cli, const struct op_row *row, const char *name)
{
    enum mgr_status status = created_make(cli, row, mgr_str(name));
    return status == MGR_OK ? 0 : report_call(cli, status);
}

/* A queue with a limit takes batches that fit, each of which waits for room. Half of the limit:
 * whoever takes out goes on while the next one comes. */
static void heed_limit(struct load *load)
{
    struct batches *batches = &load->batches;
    const struct mgr_named args[] = {{"name", mgr_str(batches->name)}};
    struct mgr_value *info = NULL;
    struct mgr_view view;
    int64_t maxsize = 0;
    if ((batches->row->flags & OP_WAITS) == 0)
        return;
    if (cli_call(load->cli, "object info", args, 1, &info) == MGR_OK &&
        mgr_field(mgr_view(info), "maxsize", &view) && mgr_as_int(view, &maxsize) && maxsize > 0) {
        batches->waits = true;
        if (maxsize < (int64_t)batches->items_max * 2)
            batches->items_max = (size_t)(maxsize + 1) / 2;
    }
    mgr_value_free(info);
}

/* No line is longer than what a request can bring: a JSON text may have four times the bytes of
 * what it says. With -0 items end with a NUL byte, and are strings unless something else is said.
 */
static void heed_input(struct load *load, struct line_reader *reader)
{
    enum { FRAME_MAX = 64 << 20, ESCAPED = 4 };
    struct mgr_value *info = NULL;
    struct mgr_view view;
    int64_t frame = FRAME_MAX;
    if (load->cli->options.nul) {
        reader->delimiter = '\0';
        if (load->form == LOAD_GUESS)
            load->form = LOAD_LINES;
    }
    if (cli_call(load->cli, "server info", NULL, 0, &info) == MGR_OK &&
        mgr_field(mgr_view(info), "limit_frame_bytes", &view))
        (void)mgr_as_int(view, &frame);
    mgr_value_free(info);
    reader->max = (size_t)frame * (load->form == LOAD_LINES ? 1 : ESCAPED);
}

int load_run(struct cli *cli, const struct binding *binding)
{
    const struct op_row *row = &binding->command->row;
    const char *name = binding->words[0];
    enum type_content content = type_row(row->number / OP_NUMBERS_OF_TYPE)->content;
    struct line_reader reader;
    if (cli->options.unchanged_since != 0 || cli->options.revision)
        return report(cli, MGR_USAGE,
                      "--unchanged-since and --revision are for one request; "
                      "- sends as many as there are items for");
    int code = input_take(cli);
    if (code != 0 || (code = cli_connect(cli)) != 0 ||
        (cli->options.create && (code = make_object(cli, row, name)) != 0))
        return code;
    struct load load = {
        .cli = cli,
        .pairs = content == CONTENT_PAIRS,
        .members = content == CONTENT_SET,
        .form = cli->options.load,
        .progress = isatty(STDERR_FILENO) == 1,
        .began_ms = mono_ms(),
    };
    load.next_ms = load.began_ms + PROGRESS_FIRST_MS;
    buf_init(&load.value);
    line_reader_init(&reader, STDIN_FILENO);
    heed_input(&load, &reader);
    batches_begin(&load.batches, cli, row, name);
    heed_limit(&load);
    take_all(&load, &reader);
    batches_end(&load.batches);
    code = finish(&load);
    line_reader_free(&reader);
    buf_free(&load.value);
    return code;
}
