/* SPDX-License-Identifier: BSD-2-Clause */
/* Types and their parameters as rows. */
#include "cli/dump/dump_format.h"

static const struct dump_type types[] = {
    {"dict", DUMP_PAIRS, "dict update", "dict set", "key"},
    {"list", DUMP_LIST, "list extend", "list append", NULL},
    {"set", DUMP_SET, "set update", "set add", NULL},
    {"namespace", DUMP_PAIRS, NULL, "namespace set", "attr"},
    {"value", DUMP_ONE, NULL, "value set", NULL},
    {"array", DUMP_LIST, "array set_slice", NULL, NULL},
    {"queue", DUMP_LIST, "queue put_many", "queue put", NULL},
    {"event", DUMP_NOTHING, NULL, NULL, NULL},
    {"lock", DUMP_NOTHING, NULL, NULL, NULL},
    {"rlock", DUMP_NOTHING, NULL, NULL, NULL},
    {"semaphore", DUMP_NOTHING, NULL, NULL, NULL},
    {"condition", DUMP_NOTHING, NULL, NULL, NULL},
    {"barrier", DUMP_NOTHING, NULL, NULL, NULL},
    {"pipe", DUMP_NOTHING, NULL, NULL, NULL},
};

enum { TYPES = sizeof types / sizeof types[0] };

static const struct dump_param params[] = {
    {NULL, "ttl_ms", DUMP_NUMBER, "ttl_ms", "ttl_ms", NULL, 0, false},
    {NULL, "ephemeral", DUMP_FLAG, "ephemeral", "ephemeral", NULL, 0, false},
    {"array", "typecode", DUMP_TEXT, "typecode", "typecode", NULL, 0, true},
    {"queue", "kind", DUMP_TEXT, "kind", "kind", NULL, 0, true},
    {"queue", "maxsize", DUMP_NUMBER, "maxsize", "maxsize", NULL, 0, false},
    {"queue", "shut_down", DUMP_FLAG, "shut_down", NULL, "queue shutdown", 0, false},
    {"event", "set", DUMP_FLAG, "set", "init", NULL, 0, true},
    {"semaphore", "permits", DUMP_NUMBER, "permits", "init", NULL, 0, true},
    {"semaphore", "bounded", DUMP_FLAG, "bounded", "bounded", NULL, 0, false},
    {"condition", "lock", DUMP_LOCK, "lock", "lock", NULL, 0, false},
    {"barrier", "parties", DUMP_NUMBER, "parties", "init", NULL, 0, true},
    {"barrier", "patience_ms", DUMP_NUMBER, "patience_ms", "patience_ms", NULL, 0, true},
    {"barrier", "broken", DUMP_FLAG, "broken", NULL, "barrier abort", 0, false},
    {"pipe", "one_way", DUMP_FLAG, "one_way", "one_way", NULL, 0, false},
    {"pipe", "maxsize", DUMP_NUMBER, "maxsize", "maxsize", NULL, 0, false},
    {"pipe", "closed_1", DUMP_CLOSED, "end_1", NULL, "pipe close", 1, false},
    {"pipe", "closed_2", DUMP_CLOSED, "end_2", NULL, "pipe close", 2, false},
};

enum { PARAMS = sizeof params / sizeof params[0] };

const struct dump_type *dump_type_find(struct bytes name)
{
    for (size_t i = 0; i < TYPES; i++)
        if (bytes_equal(name, bytes_text(types[i].name)))
            return &types[i];
    return NULL;
}

const struct dump_param *dump_param_next(const char *type, const struct dump_param *at)
{
    for (at = at == NULL ? params : at + 1; at < params + PARAMS; at++)
        if (at->type == NULL || strcmp(at->type, type) == 0)
            return at;
    return NULL;
}

const struct dump_param *dump_param_find(const char *type, struct bytes field)
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
