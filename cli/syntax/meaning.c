/* SPDX-License-Identifier: BSD-2-Clause */
/* Sentences of arguments: those of their own, else those of their names. */
#include "cli/syntax/meaning.h"

#include "cli/syntax/grammar.h"

static const struct {
    const char *name, *sentence;
} meanings[] = {
#define MEANING(name, sentence) {#name, sentence},
#include "cli/syntax/meanings.def"
#undef MEANING
};

const char *meaning_of(const struct arg_row *arg)
{
    if (arg->help != NULL)
        return arg->help;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strcmp(meanings[i].name, arg->name) == 0)
            return meanings[i].sentence;
    return "";
}

static bool is_rest(const struct command *command, const struct arg_row *arg)
{
    int rest = grammar_rest(&command->row);
    return rest >= 0 && arg == &command->row.args[rest];
}

/* How a word for it is written; NULL: as any text. */
static const char *form_of(const struct command *command, const struct arg_row *arg)
{
    switch (arg->kind) {
    case ARG_VALUE:
        return is_rest(command, arg) ? "values, or one list of them" : "a value";
    case ARG_UINT:
    case ARG_INT:
        return grammar_is_duration(arg->name)
                   ? "a duration: 500ms, 10s, 5m; a bare number is seconds"
                   : "a number";
    default:
        return NULL;
    }
}

static void put_types(struct buf *out)
{
    const char *before = ": ";
    for (unsigned number = 0; number < TYPE_COUNT; number++) {
        if (type_name(number) == NULL)
            continue;
        buf_printf(out, "%s%s", before, type_name(number));
        before = ", ";
    }
}

void meaning_put(const struct command *command, const struct arg_row *arg, struct buf *out)
{
    const char *form = form_of(command, arg);
    buf_put_text(out, meaning_of(arg));
    if (strcmp(arg->name, "type") == 0)
        put_types(out);
    if (form != NULL)
        buf_printf(out, " (%s)", form);
}
