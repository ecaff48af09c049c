/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads words as literals, numbers, durations and files. */
#include "cli/syntax/arguments.h"

#include "cli/base/cli.h"
#include "cli/base/input.h"
#include "cli/base/report.h"
#include "cli/syntax/help.h"
#include "wire/base/duration.h"
#include "wire/base/utf8.h"
#include "wire/value/value.h"

/* One argument that is being read. */
struct reading {
    struct cli *cli;
    const struct binding *binding;
    const struct arg_row *arg;
    int index;
    struct buf *out;
};

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

/* How a word of this argument is read. */
static enum literal_number arguments_numbers(const struct op_row *row, const struct arg_row *arg)
{
    static const char *const numbers[] = {"by", "times", "index", "start", "stop", "step", NULL};
    return (row->flags & OP_NUMBER) != 0 && is_one_of(arg->name, numbers) ? LITERAL_ANY
                                                                          : LITERAL_EXACT;
}

/* Whether its words are strings, because of -S or -K. */
static bool arguments_plain(const struct options *options, const struct arg_row *arg)
{
    static const char *const keys[] = {"key", "keys", NULL};
    return options->strings || (options->string_keys && is_one_of(arg->name, keys));
}

static const char *label(const struct reading *reading, char room[64])
{
    help_label(reading->arg, room, 64);
    return room;
}

/* ---- values ---- */

static int put_string(const struct reading *reading, struct bytes text)
{
    char name[64];
    size_t valid = utf8_check(text);
    if (valid == text.len) {
        val_put_str(reading->out, text);
        return 0;
    }
    int code = report(reading->cli, MGR_VALUE, "%s: byte %zu is no UTF-8", label(reading, name),
                      valid + 1);
    report_hint(reading->cli, "'!!binary BASE64', '!!binary @FILE' or -x take any bytes");
    return code;
}

/* Content that may be anything: a str if it can be one. */
static int put_content(const struct reading *reading, struct bytes content)
{
    if (utf8_check(content) == content.len)
        val_put_str(reading->out, content);
    else
        val_put_bytes(reading->out, content);
    return 0;
}

static int put_literal(const struct reading *reading, struct bytes text, const char *from)
{
    char name[64];
    struct literal_error error;
    const struct op_row *row = &reading->binding->command->row;
    /* under -K a key inside a structure stays a literal: only words are meant */
    if (literal_read(text, arguments_numbers(row, reading->arg), cli_names(reading->cli),
                     reading->out, &error))
        return 0;
    return report(reading->cli, MGR_VALUE, "%s%s%s, column %zu: %s", label(reading, name),
                  *from == '\0' ? "" : " in ", from, error.column, error.text);
}

static struct bytes without_end(struct bytes text)
{
    while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.len--;
    return text;
}

enum content { CONTENT_LITERAL, CONTENT_STR, CONTENT_BYTES };

/* @FILE, -, !!str @FILE, !!binary @FILE; false: the word is none of them. */
static bool split_file(const char *word, enum content *content, const char **path)
{
    *content = CONTENT_LITERAL;
    if (strncmp(word, "!!str ", 6) == 0 && (word[6] == '@' || strcmp(word + 6, "-") == 0)) {
        *content = CONTENT_STR;
        word += 6;
    } else if (strncmp(word, "!!binary ", 9) == 0 &&
               (word[9] == '@' || strcmp(word + 9, "-") == 0)) {
        *content = CONTENT_BYTES;
        word += 9;
    }
    *path = word[0] == '@' ? word + 1 : NULL;
    return word[0] == '@' || strcmp(word, "-") == 0;
}

static int put_file(const struct reading *reading, const char *path, enum content content)
{
    struct buf text;
    buf_init(&text);
    int code =
        path == NULL ? input_stdin(reading->cli, &text) : input_file(reading->cli, path, &text);
    if (code == 0 && content == CONTENT_LITERAL && input_is_marked(buf_bytes(&text)))
        code = report(reading->cli, MGR_VALUE, "%s " INPUT_MARKED,
                      path == NULL ? "standard input" : path);
    if (code == 0 && content == CONTENT_BYTES)
        val_put_bytes(reading->out, buf_bytes(&text));
    else if (code == 0 && content == CONTENT_STR)
        code = put_string(reading, buf_bytes(&text));
    else if (code == 0)
        code = put_literal(reading, without_end(buf_bytes(&text)),
                           path == NULL ? "standard input" : path);
    buf_free(&text);
    return code;
}

static int put_word(const struct reading *reading, const char *word)
{
    enum content content;
    const char *path;
    if (arguments_plain(&reading->cli->options, reading->arg))
        return put_string(reading, bytes_text(word));
    if (reading->index == reading->binding->special && split_file(word, &content, &path))
        return put_file(reading, path, content);
    return put_literal(reading, bytes_text(word), "");
}

static int put_stdin(const struct reading *reading)
{
    struct buf text;
    buf_init(&text);
    int code = input_stdin(reading->cli, &text);
    if (code == 0)
        code = put_content(reading, buf_bytes(&text));
    buf_free(&text);
    return code;
}

static bool is_container(struct bytes value)
{
    enum val_kind kind = val_read(value).kind;
    return kind >= VAL_LIST && kind <= VAL_FROZENSET;
}

static void wrap_in_list(struct buf *value)
{
    struct buf list;
    buf_init(&list);
    size_t mark = val_open(&list, VAL_LIST);
    val_put_item(&list, buf_bytes(value));
    val_close(&list, mark);
    buf_reset(value, SIZE_MAX);
    buf_put_bytes(value, buf_bytes(&list));
    value->failed = value->failed || list.failed;
    buf_free(&list);
}

/* Several words are the items; one word that is a container has them inside. */
static int put_rest(const struct reading *reading)
{
    const struct binding *binding = reading->binding;
    if (reading->index == binding->from_stdin || binding->rest_count == 1) {
        int code = reading->index == binding->from_stdin ? put_stdin(reading)
                                                         : put_word(reading, binding->rest[0]);
        bool plain = arguments_plain(&reading->cli->options, reading->arg);
        if (code == 0 && (plain || !is_container(buf_bytes(reading->out))))
            wrap_in_list(reading->out);
        return code;
    }
    int code = 0;
    size_t list = val_open(reading->out, VAL_LIST);
    for (size_t i = 0; i < binding->rest_count && code == 0; i++) {
        size_t item = val_open_item(reading->out);
        code = put_word(reading, binding->rest[i]);
        val_close(reading->out, item);
    }
    val_close(reading->out, list);
    return code;
}

/* ---- other kinds ---- */

static int read_number(const struct reading *reading, const char *word, struct mgr_arg *arg)
{
    char name[64];
    uint64_t number = 0;
    uint64_t most = reading->arg->size == sizeof(uint32_t) ? UINT32_MAX : INT64_MAX;
    const char *c = word;
    if (reading->arg->kind == ARG_INT && *c == '-')
        c++;
    bool ok = *c != '\0';
    for (; ok && *c != '\0'; c++)
        ok = *c >= '0' && *c <= '9' && !__builtin_mul_overflow(number, 10, &number) &&
             !__builtin_add_overflow(number, (uint64_t)(*c - '0'), &number) && number <= most;
    if (!ok)
        return report(reading->cli, MGR_VALUE, "%s: '%s' is no whole number from 0 to %llu",
                      label(reading, name), word, (unsigned long long)most);
    *arg = mgr_int(*word == '-' ? -(int64_t)number : (int64_t)number);
    return 0;
}

static int read_duration(const struct reading *reading, const char *word, struct mgr_arg *arg)
{
    char name[64];
    int64_t ms;
    if (!duration_read(word, &ms))
        return report(reading->cli, MGR_VALUE, "%s: '%s' is no duration (10s, 500ms, 2m, 1.5)",
                      label(reading, name), word);
    *arg = mgr_int(ms);
    return 0;
}

/* Opaque bytes (cursors) are hexadecimal. */
static int read_hex(const struct reading *reading, const char *word, struct mgr_arg *arg)
{
    char name[64];
    size_t len = strlen(word);
    unsigned byte = 0;
    bool ok = len % 2 == 0;
    for (size_t i = 0; ok && i < len; i++) {
        const char *digits = "0123456789abcdef", *at = strchr(digits, word[i]);
        ok = at != NULL;
        if (ok)
            byte = byte << 4 | (unsigned)(at - digits);
        if (ok && i % 2 == 1)
            buf_put_u8(reading->out, (uint8_t)byte);
    }
    if (!ok)
        return report(reading->cli, MGR_VALUE, "%s: '%s' is no row of hexadecimal bytes",
                      label(reading, name), word);
    *arg = mgr_bytes(reading->out->data, reading->out->len);
    return 0;
}

static int read_value(const struct reading *reading, const char *word, struct mgr_arg *arg)
{
    int code;
    if (reading->index == reading->binding->rest_arg && word == NULL)
        code = put_rest(reading);
    else if (reading->index == reading->binding->from_stdin)
        code = put_stdin(reading);
    else
        code = put_word(reading, word);
    if (code == 0 && reading->out->failed)
        code = report(reading->cli, MGR_NOMEM, "out of memory");
    *arg = mgr_of_view((struct mgr_view){reading->out->data, reading->out->len});
    return code;
}

static int read_one(const struct reading *reading, const char *word, struct mgr_arg *arg)
{
    switch (reading->arg->kind) {
    case ARG_VALUE:
        return read_value(reading, word, arg);
    case ARG_STRING:
        *arg = mgr_str(word);
        return 0;
    case ARG_BYTES:
        return read_hex(reading, word, arg);
    case ARG_BOOL:
        *arg = mgr_bool(true);
        return 0;
    default:
        break;
    }
    if (grammar_is_duration(reading->arg->name))
        return read_duration(reading, word, arg);
    return read_number(reading, word, arg);
}

static bool is_given(const struct binding *binding, int i)
{
    return binding->words[i] != NULL || i == binding->from_stdin ||
           (i == binding->rest_arg && binding->rest_count > 0);
}

int arguments_read(struct cli *cli, const struct binding *binding, struct arguments *out)
{
    const struct op_row *row = &binding->command->row;
    int code = 0;
    out->count = 0;
    for (unsigned i = 0; i < COMMAND_ARGS; i++)
        buf_init(&out->data[i]);
    for (unsigned i = 0; i < row->arg_count && code == 0; i++) {
        struct reading reading = {cli, binding, &row->args[i], (int)i, &out->data[i]};
        if (!is_given(binding, (int)i))
            continue;
        struct mgr_named *named = &out->named[out->count++];
        named->name = row->args[i].name;
        code = read_one(&reading, binding->words[i], &named->value);
    }
    if (code != 0)
        arguments_free(out);
    return code;
}

void arguments_free(struct arguments *arguments)
{
    for (unsigned i = 0; i < COMMAND_ARGS; i++)
        buf_free(&arguments->data[i]);
    arguments->count = 0;
}

const struct mgr_named *arguments_find(const struct arguments *arguments, const char *name)
{
    for (size_t i = 0; i < arguments->count; i++)
        if (strcmp(arguments->named[i].name, name) == 0)
            return &arguments->named[i];
    return NULL;
}
