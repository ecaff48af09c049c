/* SPDX-License-Identifier: BSD-2-Clause */
/* One pass over the words: options are taken out, what is left is bound in order. */
#include "cli/syntax/grammar.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/syntax/guess.h"
#include "cli/syntax/help.h"

struct reader {
    char **words;
    size_t count, at;
    struct options *options;
    struct binding *out;
    struct grammar_error *error;
    unsigned skip; /* words of the command that still come */
    bool ended;    /* -- was seen */
};

static __attribute__((format(printf, 3, 4))) bool fail(struct reader *reader,
                                                       enum mgr_status status, const char *format,
                                                       ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reader->error->text, sizeof reader->error->text, format, args);
    va_end(args);
    reader->error->status = status;
    return false;
}

bool grammar_is_option(const char *word)
{
    if (word[0] != '-' || word[1] == '\0')
        return false;
    bool number = word[1] == '.' || (word[1] >= '0' && word[1] <= '9');
    return !number || strcmp(word, "-0") == 0;
}

bool grammar_is_positional(const struct arg_row *arg)
{
    return arg->kind != ARG_BOOL && !arg->in_oneof;
}

bool grammar_polls(const struct op_row *row)
{
    return (row->flags & OP_WAITS) != 0 && strcmp(row->method, "poll") == 0;
}

int grammar_rest(const struct op_row *row)
{
    int last = -1;
    for (unsigned i = 0; (row->flags & OP_REST) != 0 && i < row->arg_count; i++)
        if (grammar_is_positional(&row->args[i]))
            last = (int)i;
    return last;
}

bool grammar_is_duration(const char *field)
{
    size_t len = strlen(field);
    return len > 3 && strcmp(field + len - 3, "_ms") == 0;
}

void grammar_typed(const char *field, char out[OP_WORDS])
{
    int len = (int)strlen(field) - (grammar_is_duration(field) ? 3 : 0);
    snprintf(out, OP_WORDS, "%.*s", len, field);
    for (char *c = out; (c = strchr(c, '_')) != NULL;)
        *c = '-';
}

/* Equal but for '-' and '_'; a field "ttl_ms" is the option --ttl. */
static bool field_is(const char *field, const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (field[i] == '\0' ||
            (field[i] == '_' ? '-' : field[i]) != (name[i] == '_' ? '-' : name[i]))
            return false;
    return field[len] == '\0' || strcmp(field + len, "_ms") == 0;
}

int grammar_field(const struct op_row *row, const char *name, size_t len)
{
    for (unsigned i = 0; len > 0 && i < row->arg_count; i++)
        if (field_is(row->args[i].name, name, len))
            return (int)i;
    return -1;
}

/* ---- finding the command ---- */

/* Steps over an option and its value. */
static size_t option_words(const char *word)
{
    if (word[1] == '-') {
        const struct option_row *row = options_by_name(word + 2, strlen(word + 2));
        return row != NULL && row->value != NULL ? 2 : 1;
    }
    for (const char *c = word + 1; *c != '\0'; c++) {
        const struct option_row *row = options_by_letter(*c);
        if (row == NULL)
            return 1;
        if (row->value != NULL)
            return c[1] == '\0' ? 2 : 1;
    }
    return 1;
}

static void say_unknown(const char *first, const char *second, struct grammar_error *error)
{
    bool is_type = first != NULL && command_is_type(first);
    error->status = MGR_USAGE;
    error->hint[0] = '\0';
    if (first == NULL)
        snprintf(error->text, sizeof error->text, "there is no command");
    else if (!is_type)
        snprintf(error->text, sizeof error->text, "there is no command '%s'%s", first,
                 guess_command(first).text);
    else if (second == NULL)
        snprintf(error->text, sizeof error->text, "the method of %s is missing", first);
    else
        snprintf(error->text, sizeof error->text, "there is no command '%s %s'%s", first, second,
                 guess_method(first, second).text);
    snprintf(error->hint, sizeof error->hint, "mgrctl help%s%s lists the %s", is_type ? " " : "",
             is_type ? first : "", is_type ? "methods" : "commands");
}

unsigned grammar_find(char **words, size_t count, struct command *command,
                      struct grammar_error *error)
{
    const char *first = NULL, *second = NULL;
    for (size_t i = 0; i < count && second == NULL;) {
        if (strcmp(words[i], "--") == 0)
            break;
        if (grammar_is_option(words[i])) {
            i += option_words(words[i]);
            continue;
        }
        *(first == NULL ? &first : &second) = words[i++];
    }
    unsigned used = first == NULL ? 0 : command_find(first, second, command);
    if (used == 0)
        say_unknown(first, second, error);
    return used;
}

/* ---- options ---- */

static bool take_global(struct reader *reader, const struct option_row *row, const char *value)
{
    struct buf why;
    buf_init(&why);
    enum mgr_status status = options_set(reader->options, row, value, &why);
    if (status != MGR_OK)
        (void)fail(reader, status, "--%s: %.*s", row->name, (int)why.len,
                   why.len == 0 ? "" : (const char *)why.data);
    buf_free(&why);
    return status == MGR_OK;
}

/* The value of an option: behind '=', else the next word. */
static bool option_value(struct reader *reader, const char *name, const char *attached,
                         const char **value)
{
    if (attached == NULL && reader->at == reader->count)
        return fail(reader, MGR_USAGE, "%s needs a value", name);
    *value = attached != NULL ? attached : reader->words[reader->at++];
    return true;
}

/* An empty word is what an unset variable of a script becomes: as a pattern, a name or a place to
 * go on from it would mean all, none, or the start. Only a VALUE may be the empty string. */
static bool check_word(struct reader *reader, const struct arg_row *arg, const char *word)
{
    char name[64];
    if (*word != '\0' || arg->kind == ARG_VALUE)
        return true;
    help_label(arg, name, sizeof name);
    return fail(reader, MGR_USAGE, "%s is empty", name);
}

static bool take_field(struct reader *reader, int field, const char *attached, const char *word)
{
    struct binding *out = reader->out;
    const struct arg_row *arg = &out->command->row.args[field];
    const char *value = "true";
    if (out->words[field] != NULL)
        return fail(reader, MGR_USAGE, "%s is given twice", arg->name);
    if (arg->kind != ARG_BOOL && !option_value(reader, word, attached, &value))
        return false;
    if (!check_word(reader, arg, value))
        return false;
    if (arg->kind == ARG_BOOL && attached != NULL && strcmp(attached, "false") == 0)
        return true;
    if (arg->kind == ARG_BOOL && attached != NULL && strcmp(attached, "true") != 0)
        return fail(reader, MGR_USAGE, "%s: a flag is true or false", word);
    out->words[field] = value;
    return true;
}

static bool take_long(struct reader *reader, const char *word)
{
    const char *name = word + 2, *equals = strchr(name, '='), *value = NULL;
    size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
    const char *attached = equals == NULL ? NULL : equals + 1;
    const struct option_row *row = options_by_name(name, len);
    const struct command *command = reader->out->command;
    int field = command == NULL ? -1 : grammar_field(&command->row, name, len);
    if (field >= 0) /* also where an option has that name: renew has a lease of its own */
        return take_field(reader, field, attached, word);
    if (row == NULL)
        return fail(reader, MGR_USAGE, "there is no option --%.*s here%s", (int)len, name,
                    guess_option(command, bytes_of(name, len)).text);
    if (row->value == NULL && attached != NULL)
        return fail(reader, MGR_USAGE, "--%s takes no value", row->name);
    if (row->value != NULL && !option_value(reader, word, attached, &value))
        return false;
    return take_global(reader, row, value);
}

/* -l: the flag of the command that begins so. */
static int flag_of(const struct command *command, char letter)
{
    for (unsigned i = 0; command != NULL && i < command->row.arg_count; i++)
        if (command->row.args[i].kind == ARG_BOOL && command->row.args[i].name[0] == letter)
            return (int)i;
    return -1;
}

/* -j 4, -E 7: arguments of commands that run programs, which have a letter; -1: it is none. */
static int value_of(const struct command *command, char letter)
{
    const char *name = letter == 'j' ? "jobs" : letter == 'E' ? "exit_code" : NULL;
    if (command == NULL || name == NULL || (command->row.flags & COMMAND_RUNS) == 0)
        return -1;
    return grammar_field(&command->row, name, strlen(name));
}

static bool take_short(struct reader *reader, const char *word)
{
    for (const char *c = word + 1; *c != '\0'; c++) {
        int own = value_of(reader->out->command, *c);
        if (own >= 0)
            return take_field(reader, own, c[1] == '\0' ? NULL : c + 1, word);
        const struct option_row *row = options_by_letter(*c);
        int field = row == NULL ? flag_of(reader->out->command, *c) : -1;
        const char *value = NULL;
        if (row == NULL && field < 0) {
            (void)fail(reader, MGR_USAGE, "there is no option -%c here", *c);
            if (*c >= ' ' && *c <= '~')
                snprintf(reader->error->hint, sizeof reader->error->hint,
                         "if '%s' is an argument, put -- before it", word);
            return false;
        }
        if (row == NULL) {
            reader->out->words[field] = "true";
            continue;
        }
        if (row->value == NULL) {
            if (!take_global(reader, row, NULL))
                return false;
            continue;
        }
        return option_value(reader, word, c[1] == '\0' ? NULL : c + 1, &value) &&
               take_global(reader, row, value);
    }
    return true;
}

/* ---- positions ---- */

static bool too_many(struct reader *reader, const char *word)
{
    const struct binding *out = reader->out;
    (void)fail(reader, MGR_USAGE, "too many words: '%s'", word);
    if ((out->command->row.flags & COMMAND_RUNS) != 0) {
        snprintf(reader->error->hint, sizeof reader->error->hint,
                 "put -- before the program: -- %s ...", word);
        return false;
    }
    for (unsigned i = 0; i < out->command->row.arg_count; i++) {
        const char *given = out->words[i];
        if (out->command->row.args[i].kind == ARG_VALUE && given != NULL &&
            (given[0] == '{' || given[0] == '['))
            snprintf(reader->error->hint, sizeof reader->error->hint,
                     "%s came as several words: quote it, '%s ...'", out->command->row.args[i].name,
                     given);
    }
    if (reader->error->hint[0] == '\0')
        help_usage(out->command, reader->error->hint, sizeof reader->error->hint);
    return false;
}

static bool take_position(struct reader *reader, const char *word)
{
    struct binding *out = reader->out;
    const struct op_row *row = &out->command->row;
    for (unsigned i = 0; i < row->arg_count; i++) {
        if (out->words[i] != NULL || !grammar_is_positional(&row->args[i]))
            continue;
        if (!check_word(reader, &row->args[i], word))
            return false;
        if ((int)i == out->rest_arg) {
            out->rest[out->rest_count++] = word;
            return true;
        }
        out->words[i] = word;
        /* keys never name files */
        if (row->args[i].kind == ARG_VALUE)
            out->special = strcmp(row->args[i].name, "key") == 0 ? -1 : (int)i;
        return true;
    }
    return too_many(reader, word);
}

static bool take_word(struct reader *reader)
{
    char *word = reader->words[reader->at++];
    struct binding *out = reader->out;
    if (!reader->ended && strcmp(word, "--") == 0) {
        reader->ended = true;
        if (out->command != NULL && (out->command->row.flags & COMMAND_RUNS) != 0) {
            out->program = reader->words + reader->at;
            out->program_count = reader->count - reader->at;
            reader->at = reader->count;
        }
        return true;
    }
    if (!reader->ended && grammar_is_option(word))
        return word[1] == '-' ? take_long(reader, word) : take_short(reader, word);
    if (out->command == NULL)
        return true;
    if (reader->skip > 0) {
        reader->skip--;
        return true;
    }
    return take_position(reader, word);
}

/* ---- what is missing ---- */

/* -x stands for the first value that is not given. */
static bool worker_slot_stdin(struct reader *reader)
{
    struct binding *out = reader->out;
    const struct op_row *row = &out->command->row;
    for (unsigned i = 0; i < row->arg_count; i++) {
        if (row->args[i].kind != ARG_VALUE || !grammar_is_positional(&row->args[i]) ||
            out->words[i] != NULL)
            continue;
        out->from_stdin = (int)i;
        out->special = -1;
        return true;
    }
    return fail(reader, MGR_USAGE, "-x: no VALUE is left that standard input could be");
}

static bool check_program(struct reader *reader)
{
    const struct binding *out = reader->out;
    if ((out->command->row.flags & COMMAND_NEEDS) == 0 || out->program_count > 0)
        return true;
    (void)fail(reader, MGR_USAGE, "the program to be run is missing: -- CMD...");
    help_usage(out->command, reader->error->hint, sizeof reader->error->hint);
    return false;
}

static bool check_complete(struct reader *reader)
{
    struct binding *out = reader->out;
    const struct op_row *row = &out->command->row;
    if (out->rest_count == 1 && row->args[out->rest_arg].kind == ARG_VALUE)
        out->special = strcmp(row->args[out->rest_arg].name, "keys") == 0 ? -1 : out->rest_arg;
    for (unsigned i = 0; i < row->arg_count; i++) {
        bool given = out->words[i] != NULL || (int)i == out->from_stdin ||
                     ((int)i == out->rest_arg && out->rest_count > 0);
        if (given || !row->args[i].required)
            continue;
        char name[64];
        help_label(&row->args[i], name, sizeof name);
        (void)fail(reader, MGR_USAGE, "%s is missing", name);
        help_usage(out->command, reader->error->hint, sizeof reader->error->hint);
        return false;
    }
    return true;
}

bool grammar_bind(const struct command *command, char **words, size_t count,
                  struct options *options, struct binding *out, struct grammar_error *error)
{
    struct reader reader = {words, count, 0, options, out, error, 0, false};
    *out = (struct binding){.command = command, .special = -1, .from_stdin = -1, .rest_arg = -1};
    *error = (struct grammar_error){.status = MGR_OK};
    out->rest = calloc(count + 1, sizeof *out->rest);
    if (out->rest == NULL)
        return fail(&reader, MGR_NOMEM, "out of memory");
    if (command != NULL) {
        reader.skip = *command->type == '\0' ? 1 : 2;
        out->rest_arg = grammar_rest(&command->row);
    }
    while (reader.at < reader.count)
        if (!take_word(&reader))
            return false;
    if (command == NULL || options->help)
        return true;
    if (options->from_stdin && !worker_slot_stdin(&reader))
        return false;
    return check_complete(&reader) && check_program(&reader);
}

void grammar_free(struct binding *binding)
{
    free(binding->rest);
    binding->rest = NULL;
    binding->rest_count = 0;
}
