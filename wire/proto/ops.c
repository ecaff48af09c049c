/* SPDX-License-Identifier: BSD-2-Clause */
/* The op table, made from wire/proto/ops.def (class, flags, help) and the schema (numbers,
 * fields). */
#include "wire/proto/ops.h"

#include <assert.h>
#include <stdio.h>

#include "ops_numbers.h"
#include "wire.pb-c.h"

/* The offset of `name` in every message whose first field it is. */
enum { OP_NAME_AT = offsetof(Wire__DictGet, name) };

#include "args.h"

/* The flags as wire/proto/ops.def writes them. */
enum {
    PLAIN = OP_PLAIN,
    WAITS = OP_WAITS,
    GROWS = OP_GROWS,
    ANSWER = OP_ANSWER,
    QUIET = OP_QUIET,
    REST = OP_REST,
    NUMBER = OP_NUMBER,
    BULK = OP_BULK,
    OWNS = OP_OWNS,
    GIVES = OP_GIVES,
};

#define OP(type, method, class, flags, help)                                    \
    static_assert(sizeof("" help) > 1, #type " " #method ": no help");          \
    static_assert(CLASS_##class != CLASS_none, #type " " #method ": no class"); \
    static_assert((int)OP_##type##_##method < (int)OP_NUMBER_MAX,               \
                  #type " " #method ": its type has no line in wire/proto/types.def");
#include "wire/proto/ops.def"
#undef OP

/* Does not compile if an operation of the schema has no line, or two, in wire/proto/ops.def. */
static inline __attribute__((unused)) void ops_complete(Wire__Request__OpCase number)
{
    switch (number) {
#define OP(type, method, class, flags, help) case (Wire__Request__OpCase)OP_##type##_##method:
#include "wire/proto/ops.def"
#undef OP
    case WIRE__REQUEST__OP__NOT_SET:
    case _WIRE__REQUEST__OP__CASE_IS_INT_SIZE:
        break;
    }
}

/* object_exists has a name too, but its object need not exist. */
#define ON_OBJECT(op) (named_##op && (int)OP_##op != (int)OP_object_exists)

static const struct op_row rows[OP_NUMBER_MAX] = {
#define OP(type_, method_, class_, flags_, help_)                                   \
    [OP_##type_##_##method_] = {                                                    \
        .type = #type_,                                                             \
        .method = #method_,                                                         \
        .help = help_,                                                              \
        .message = &wire__##type_##_##method_##__descriptor,                        \
        .args = args_##type_##_##method_,                                           \
        .arg_count = sizeof(args_##type_##_##method_) / sizeof(struct arg_row) - 1, \
        .number = OP_##type_##_##method_,                                           \
        .class = CLASS_##class_,                                                    \
        .flags = flags_,                                                            \
        .on_object = ON_OBJECT(type_##_##method_),                                  \
    },
#include "wire/proto/ops.def"
#undef OP
};

const struct op_row *op_row(unsigned number)
{
    return number < OP_NUMBER_MAX && rows[number].type != NULL ? &rows[number] : NULL;
}

const struct op_row *op_next(const struct op_row *row)
{
    for (unsigned i = row == NULL ? 0 : row->number + 1; i < OP_NUMBER_MAX; i++)
        if (rows[i].type != NULL)
            return &rows[i];
    return NULL;
}

/* Compares a word that a person typed; '-' equals '_'. */
static bool word_matches(const char *name, const char *word)
{
    while (*name != '\0' && *name == (*word == '-' ? '_' : *word)) {
        name++;
        word++;
    }
    return *name == '\0' && *word == '\0';
}

const struct op_row *op_find(const char *type, const char *method)
{
    const struct op_row *row = NULL;
    while ((row = op_next(row)) != NULL)
        if (word_matches(row->type, type) && word_matches(row->method, method))
            return row;
    return NULL;
}

const struct op_row *op_find_words(const char *words)
{
    char type[OP_WORDS];
    const char *space = words == NULL ? NULL : strchr(words, ' ');
    if (space == NULL || (size_t)(space - words) >= sizeof type)
        return NULL;
    snprintf(type, sizeof type, "%.*s", (int)(space - words), words);
    return op_find(type, space + 1);
}

const char *op_words(const char *type, const char *method, char room[OP_WORDS])
{
    snprintf(room, OP_WORDS, "%s %s", type, method);
    return room;
}

const struct arg_row *op_arg(const struct op_row *row, const char *name)
{
    for (unsigned i = 0; i < row->arg_count; i++)
        if (strcmp(row->args[i].name, name) == 0)
            return &row->args[i];
    return NULL;
}

const ProtobufCMessage *op_message(const Wire__Request *request)
{
    /* All members of the oneof are pointers at the same place. */
    return request->op_case == WIRE__REQUEST__OP__NOT_SET ? NULL : &request->server_ping->base;
}

static struct bytes bytes_at(const ProtobufCMessage *in, size_t offset)
{
    ProtobufCBinaryData field;
    memcpy(&field, (const char *)in + offset, sizeof field);
    return bytes_of(field.data, field.len);
}

struct bytes op_object_name(const ProtobufCMessage *in)
{
    return bytes_at(in, OP_NAME_AT);
}

struct bytes op_argument(const struct arg_row *arg, const ProtobufCMessage *in)
{
    return bytes_at(in, arg->offset);
}
