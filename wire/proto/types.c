/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of object types, made from wire/proto/types.def. */
#include "wire/proto/types.h"

#include <assert.h>
#include <stddef.h>

#include "type_help.h"

/* The flags as wire/proto/types.def writes them. */
enum {
    PLAIN = 0,
    OWNED = TYPE_FLAG_OWNED,
    REENTRANT = TYPE_FLAG_REENTRANT,
    PERMITS = TYPE_FLAG_PERMITS,
    ITEMS = TYPE_FLAG_ITEMS,
    NO_DEFAULT = TYPE_FLAG_NO_DEFAULT,
};

/* TYPE_COUNT is one more than the last line's number. */
#define TYPE(NAME, name, number, ...) \
    static_assert(TYPE_##NAME > TYPE_OBJECT && TYPE_##NAME < TYPE_COUNT, #name ": out of order");
#include "wire/proto/types.def"

static const struct type_row rows[TYPE_COUNT] = {
#define TYPE(NAME, name_, number_, content_, all_, one_, python_, flags_, create_, init_) \
    [TYPE_##NAME] = {.name = #name_,                                                      \
                     .number = (number_),                                                 \
                     .content = CONTENT_##content_,                                       \
                     .put_all = (all_),                                                   \
                     .put_one = (one_),                                                   \
                     .python = (python_),                                                 \
                     .flags = (flags_),                                                   \
                     .create = (create_),                                                 \
                     .init = (init_),                                                     \
                     .help = TYPE_HELP_##name_},
#include "wire/proto/types.def"
};

const struct type_row *type_row(unsigned number)
{
    return number < TYPE_COUNT && rows[number].name != NULL ? &rows[number] : NULL;
}

const struct type_row *type_find(struct bytes name)
{
    for (unsigned i = 0; i < TYPE_COUNT; i++)
        if (rows[i].name != NULL && bytes_equal(bytes_text(rows[i].name), name))
            return &rows[i];
    return NULL;
}

const char *type_name(unsigned number)
{
    return number < TYPE_COUNT ? rows[number].name : NULL;
}

unsigned type_number(struct bytes name)
{
    const struct type_row *row = type_find(name);
    return row == NULL ? 0 : row->number;
}

unsigned type_flags(const char *name)
{
    const struct type_row *row = type_find(bytes_text(name));
    return row == NULL ? 0 : row->flags;
}
