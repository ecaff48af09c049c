/* SPDX-License-Identifier: BSD-2-Clause */
/* The parameters of wire/proto/types.def as rows. */
#include "cli/dump/dump_format.h"

static const struct dump_param params[] = {
#define PARAM(type, field, kind, info, create, operation, end, always) \
    {TYPE_##type, field, DUMP_##kind, info, create, operation, end, always},
#include "wire/proto/types.def"
};

enum { PARAMS = sizeof params / sizeof params[0] };

const struct dump_param *dump_param_next(const struct type_row *type, const struct dump_param *at)
{
    for (at = at == NULL ? params : at + 1; at < params + PARAMS; at++)
        if (at->type == TYPE_OBJECT || at->type == type->number)
            return at;
    return NULL;
}

const struct dump_param *dump_param_find(const struct type_row *type, struct bytes field)
{
    const struct dump_param *at = NULL;
    while ((at = dump_param_next(type, at)) != NULL)
        if (bytes_equal(field, bytes_text(at->field)))
            return at;
    return NULL;
}

bool dump_param_fits(const struct dump_param *param, const struct val *value)
{
    switch (param->kind) {
    case DUMP_TEXT:
    case DUMP_LOCK:
        return value->kind == VAL_STR;
    case DUMP_NUMBER:
        return value->kind == VAL_INT && value->integer >= 0;
    default:
        return value->kind == VAL_BOOL;
    }
}
