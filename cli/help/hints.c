/* SPDX-License-Identifier: BSD-2-Clause */
/* Hints: the line that creates the object, the key that is there as another type. */
#include "cli/help/hints.h"

#include <stdio.h>

#include "cli/base/cli.h"
#include "cli/base/report.h"
#include "cli/syntax/guess.h"
#include "wire/base/name.h"
#include "wire/value/value.h"

static const char *word_of(const struct binding *binding, const char *name)
{
    const struct op_row *row = &binding->command->row;
    for (unsigned i = 0; i < row->arg_count; i++)
        if (strcmp(row->args[i].name, name) == 0)
            return binding->words[i];
    return NULL;
}

static void hint_create(struct cli *cli, const struct binding *binding)
{
    const char *name = word_of(binding, "name"), *to = word_of(binding, "to");
    const struct type_row *type = type_find(bytes_text(binding->command->row.type));
    if (to != NULL && strstr(mgr_error(cli->m), to) != NULL)
        name = to; /* that is the one which is missing */
    if (name == NULL || name[0] == '~' || type == NULL)
        return;
    report_hint(cli, "mgrctl create %s %s %s", type->name, name,
                type->create != NULL ? type->create : "  (or add --create)");
}

/* The same text as a value of another type; empty: it has none. */
static void put_twin(struct bytes value, const char *word, struct buf *out)
{
    struct literal_error error;
    if (val_read(value).kind != VAL_STR)
        val_put_text(out, word);
    else if (word[0] != '\0' && strchr("{[\"'!", word[0]) == NULL &&
             literal_read(bytes_text(word), LITERAL_EXACT, NULL, out, &error) &&
             val_read(buf_bytes(out)).kind == VAL_STR)
        buf_reset(out, SIZE_MAX);
}

/* A str in quotes that says the same as a number, inside out: "'42'" is the key 42. */
static void put_unquoted(struct bytes value, struct buf *out)
{
    struct literal_error error;
    struct val text = val_read(value);
    if (text.kind != VAL_STR || !literal_read(text.body, LITERAL_ANY, NULL, out, &error) ||
        val_read(buf_bytes(out)).kind == VAL_STR)
        buf_reset(out, SIZE_MAX);
}

static bool is_there(struct cli *cli, const struct binding *binding, const char *field,
                     struct bytes key)
{
    char operation[64];
    struct mgr_value *answer = NULL;
    bool there = false;
    const char *name = word_of(binding, "name");
    snprintf(operation, sizeof operation, "%s has", binding->command->row.type);
    const struct mgr_named args[] = {{"name", mgr_str(name)},
                                     {field, mgr_of_view((struct mgr_view){key.data, key.len})}};
    if (op_find(binding->command->row.type, "has") == NULL ||
        cli_call(cli, operation, args, 2, &answer) != MGR_OK ||
        !mgr_as_bool(mgr_view(answer), &there))
        there = false;
    mgr_value_free(answer);
    return there;
}

static void hint_twin(struct cli *cli, const struct binding *binding,
                      const struct arguments *arguments)
{
    const char *field = arguments_find(arguments, "key") != NULL ? "key" : "value";
    const struct mgr_named *given = arguments_find(arguments, field);
    const char *word = word_of(binding, field);
    struct buf twin, shown;
    if (given == NULL || word == NULL || word_of(binding, "name") == NULL)
        return;
    struct bytes value = bytes_of(given->value.data, given->value.len);
    buf_init(&twin);
    buf_init(&shown);
    put_twin(value, word, &twin);
    if (twin.len == 0)
        put_unquoted(value, &twin);
    if (twin.len > 0 && !twin.failed && is_there(cli, binding, field, buf_bytes(&twin))) {
        literal_print_python(buf_bytes(&twin), NULL, &shown);
        buf_put_u8(&shown, '\0');
        enum val_kind kind = val_read(buf_bytes(&twin)).kind;
        bool plain = cli->options.strings || cli->options.string_keys;
        report_hint(cli, "%s (%s) is there; to mean it, %s",
                    shown.failed ? "it" : (const char *)shown.data, val_type_name(kind),
                    kind == VAL_STR ? "use -K, or quote twice: \"'...'\""
                    : plain         ? "leave out -K and -S"
                                    : "write it without quotes");
    }
    buf_free(&shown);
    buf_free(&twin);
}

void hints_type(struct cli *cli, enum mgr_status status, const char *word)
{
    char names[256] = "";
    size_t len = 0;
    if (status != MGR_VALUE || word == NULL || type_number(bytes_text(word)) != 0)
        return;
    for (unsigned number = 0; number < TYPE_COUNT; number++)
        if (type_name(number) != NULL && len < sizeof names)
            len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", len == 0 ? "" : ", ",
                                    type_name(number));
    if (strstr(mgr_error(cli->m), names) == NULL || guess_type(word).text[0] != '\0')
        report_hint(cli, "the types are %s%s", names, guess_type(word).text);
}

/* What a name may be, for one that no object can have; false: the name is well. */
static bool hint_name(struct cli *cli, const struct binding *binding)
{
    const char *name = word_of(binding, "name");
    const char *fault = name == NULL || name[0] == '~' ? NULL : name_fault(bytes_text(name));
    if (fault == NULL)
        return false;
    report_hint(cli, "'%s' %s; a name is " NAME_RULE, name, fault);
    return true;
}

void hints_give(struct cli *cli, const struct binding *binding, const struct arguments *arguments,
                enum mgr_status status)
{
    if (cli->m == NULL)
        return;
    if ((status == MGR_NO_SUCH_OBJECT || status == MGR_VALUE) && hint_name(cli, binding))
        return;
    if (status == MGR_NO_SUCH_OBJECT)
        hint_create(cli, binding);
    else if (status == MGR_KEY)
        hint_twin(cli, binding, arguments);
    else
        hints_type(cli, status, word_of(binding, "type"));
}
