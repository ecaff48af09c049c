/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads declared objects. Their parameters are the arguments of object create. */
#include "daemon/config/config_object.h"

#include <stdlib.h>

#include "daemon/config/config_unit.h"
#include "daemon/config/config_value.h"
#include "daemon/config/config_yaml.h"
#include "wire/base/name.h"

enum {
    NAME_COUNT = TYPE_COUNT, /* words to suggest: types, or keys of an object */
    PARAM_COUNT_MAX = 32,
};

struct reader {
    struct config_yaml *yaml;
    struct config_object *object; /* the object being read */
    const struct op_row *create;
    bool has_type, has_init;
    bool seen[PARAM_COUNT_MAX]; /* indexed by argument of object create */
};

static bool copy_bytes(struct config_yaml *yaml, struct bytes from, struct bytes *to)
{
    uint8_t *data = malloc(from.len > 0 ? from.len : 1);
    if (data == NULL)
        return config_yaml_nomem(yaml);
    if (from.len > 0)
        memcpy(data, from.data, from.len);
    *to = bytes_of(data, from.len);
    return true;
}

/* Not in the file: declared objects have a name, are permanent, and are created if absent. */
static bool is_parameter(const struct arg_row *row)
{
    static const char *const fixed[] = {"name", "type", "init", "if_absent", "ephemeral"};
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (strcmp(row->name, fixed[i]) == 0)
            return false;
    return true;
}

/* The name as the file spells it: without the unit, which the value has. */
static struct bytes written_name(const struct arg_row *row, bool *is_duration)
{
    struct bytes name = bytes_text(row->name);
    *is_duration =
        row->kind == ARG_UINT && name.len > 3 && memcmp(name.data + name.len - 3, "_ms", 3) == 0;
    if (*is_duration)
        name.len -= 3;
    return name;
}

static bool read_type(struct reader *r)
{
    struct config_event event;
    if (!config_yaml_next(r->yaml, &event))
        return false;
    if (event.kind != CONFIG_EVENT_SCALAR)
        return config_yaml_fail(r->yaml, &event, "type must be a word, like dict");
    r->object->type = type_number(event.text);
    if (r->object->type != 0)
        return true;
    const char *names[NAME_COUNT];
    size_t count = 0;
    for (unsigned type = 0; type < TYPE_COUNT; type++)
        if (type_name(type) != NULL)
            names[count++] = type_name(type);
    return config_yaml_fail(r->yaml, &event, "there is no type '%s'%s",
                            config_quote(event.text).text,
                            config_hint(event.text, names, count).text);
}

/* Reads a value into newly allocated memory. */
static bool read_value(struct reader *r, struct bytes *value)
{
    struct config_event event;
    if (!config_yaml_next(r->yaml, &event))
        return false;
    struct buf out;
    buf_init(&out);
    bool done =
        config_value_read(r->yaml, &event, &out) && copy_bytes(r->yaml, buf_bytes(&out), value);
    buf_free(&out);
    return done;
}

static bool parse_bool(struct bytes text, uint64_t *number)
{
    *number = bytes_equal(text, bytes_text("true"));
    return *number == 1 || bytes_equal(text, bytes_text("false"));
}

/* What the text should have been; NULL: success. */
static const char *parse_number(const struct arg_row *row, struct bytes text, uint64_t *number)
{
    bool is_duration;
    (void)written_name(row, &is_duration);
    if (is_duration)
        return unit_duration(text, number) == UNIT_OK ? NULL
                                                      : "a duration, like 500ms, 10s, 5m, 1h";
    if (row->kind == ARG_BOOL)
        return parse_bool(text, number) ? NULL : "true or false";
    uint64_t most = row->kind == ARG_INT ? INT64_MAX : row->size == 4 ? UINT32_MAX : UINT64_MAX;
    return unit_count(text, number) == UNIT_OK && *number <= most ? NULL : "a whole number";
}

static bool read_param(struct reader *r, const struct arg_row *row)
{
    struct config_object *object = r->object;
    struct config_param *params =
        realloc(object->params, (object->param_count + 1) * sizeof *params);
    if (params == NULL)
        return config_yaml_nomem(r->yaml);
    object->params = params;
    struct config_param *param = &params[object->param_count++];
    *param = (struct config_param){.row = row};
    if (row->kind == ARG_VALUE)
        return read_value(r, &param->data);
    struct config_event event;
    if (!config_yaml_next(r->yaml, &event))
        return false;
    if (event.kind != CONFIG_EVENT_SCALAR)
        return config_yaml_fail(
            r->yaml, &event, "%s must be one word or number, not a list or a mapping", row->name);
    if (row->kind == ARG_STRING || row->kind == ARG_BYTES)
        return copy_bytes(r->yaml, event.text, &param->data);
    const char *fault = parse_number(row, event.text, &param->number);
    return fault == NULL || config_yaml_fail(r->yaml, &event, "'%s' is not %s",
                                             config_quote(event.text).text, fault);
}

static bool fail_unknown(struct reader *r, const struct config_event *key)
{
    char words[PARAM_COUNT_MAX][32];
    const char *names[PARAM_COUNT_MAX + 2] = {"type", "init"};
    size_t count = 2;
    for (unsigned i = 0; i < r->create->arg_count && i < PARAM_COUNT_MAX; i++) {
        bool is_duration;
        struct bytes name = written_name(&r->create->args[i], &is_duration);
        if (!is_parameter(&r->create->args[i]) || name.len >= sizeof words[0])
            continue;
        memcpy(words[i], name.data, name.len);
        words[i][name.len] = '\0';
        names[count++] = words[i];
    }
    return config_yaml_fail(r->yaml, key, "an object has no key '%s'%s",
                            config_quote(key->text).text,
                            config_hint(key->text, names, count).text);
}

/* Marks a key as read; false: it was read before. */
static bool first_time(struct reader *r, const struct config_event *key, bool *seen)
{
    if (*seen)
        return config_yaml_fail(r->yaml, key, "'%s' is given twice", config_quote(key->text).text);
    *seen = true;
    return true;
}

static bool read_entry(struct reader *r, const struct config_event *key)
{
    if (key->kind != CONFIG_EVENT_SCALAR)
        return config_yaml_fail(r->yaml, key, "a key must be a word");
    if (bytes_equal(key->text, bytes_text("type")))
        return first_time(r, key, &r->has_type) && read_type(r);
    if (bytes_equal(key->text, bytes_text("init")))
        return first_time(r, key, &r->has_init) && read_value(r, &r->object->init);
    for (unsigned i = 0; i < r->create->arg_count && i < PARAM_COUNT_MAX; i++) {
        const struct arg_row *row = &r->create->args[i];
        bool is_duration;
        if (is_parameter(row) && bytes_equal(key->text, written_name(row, &is_duration)))
            return first_time(r, key, &r->seen[i]) && read_param(r, row);
    }
    return fail_unknown(r, key);
}

static bool read_object(struct config_yaml *yaml, struct config_object *object)
{
    struct reader r = {.yaml = yaml, .object = object, .create = op_find("object", "create")};
    struct config_event event;
    if (!config_yaml_next(yaml, &event))
        return false;
    if (event.kind != CONFIG_EVENT_MAP)
        return config_yaml_fail(yaml, &event, "an object is a mapping: {type: TYPE, init: VALUE}");
    struct config_event start = event;
    for (;;) {
        struct config_mark mark = config_yaml_mark(yaml, true);
        if (!config_yaml_next(yaml, &event))
            return false;
        if (event.kind == CONFIG_EVENT_MAP_END)
            break;
        if (!read_entry(&r, &event) && !config_yaml_recover(yaml, mark))
            return false;
    }
    return r.has_type || config_yaml_fail(yaml, &start, "the object has no type");
}

/* A new place at the end of the list, which doubles whenever its count is a power of two. */
static struct config_object *next_object(struct config_objects *objects)
{
    size_t count = objects->count;
    if ((count & (count - 1)) == 0) {
        size_t cap = count == 0 ? 1 : count * 2;
        struct config_object *items = realloc(objects->items, cap * sizeof *items);
        if (items == NULL)
            return NULL;
        objects->items = items;
    }
    objects->count++;
    return &objects->items[count];
}

/* Checks the name and adds the object to the list. */
static bool add_object(struct config_yaml *yaml, const struct config_event *name,
                       struct config_objects *objects)
{
    if (name->kind != CONFIG_EVENT_SCALAR)
        return config_yaml_fail(yaml, name, "the name of an object must be a word");
    const char *fault = name_fault(name->text);
    if (fault != NULL)
        return config_yaml_fail(yaml, name, "the name '%s' %s", config_quote(name->text).text,
                                fault);
    for (size_t i = 0; i < objects->count; i++)
        if (bytes_equal(objects->items[i].name, name->text))
            return config_yaml_fail(yaml, name, "object '%s' is declared twice, first in line %u",
                                    config_quote(name->text).text, objects->items[i].line);
    struct config_object *object = next_object(objects);
    if (object == NULL)
        return config_yaml_nomem(yaml);
    *object = (struct config_object){.line = name->line, .column = name->column};
    return copy_bytes(yaml, name->text, &object->name);
}

bool config_objects_read(struct config_yaml *yaml, const struct config_event *start,
                         struct config_objects *objects)
{
    if (config_event_is_null(start))
        return true;
    if (start->kind != CONFIG_EVENT_MAP)
        return config_yaml_fail(yaml, start,
                                "objects is a mapping: NAME: {type: TYPE, init: VALUE}");
    for (;;) {
        struct config_event event;
        struct config_mark mark = config_yaml_mark(yaml, true);
        if (!config_yaml_next(yaml, &event))
            return false;
        if (event.kind == CONFIG_EVENT_MAP_END)
            return true;
        bool done = add_object(yaml, &event, objects) &&
                    read_object(yaml, &objects->items[objects->count - 1]);
        if (!done && !config_yaml_recover(yaml, mark))
            return false;
    }
}

static bool params_equal(const struct config_object *a, const struct config_object *b)
{
    if (a->param_count != b->param_count)
        return false;
    for (size_t i = 0; i < a->param_count; i++)
        if (a->params[i].row != b->params[i].row || a->params[i].number != b->params[i].number ||
            !bytes_equal(a->params[i].data, b->params[i].data))
            return false;
    return true;
}

bool config_objects_equal(const struct config_objects *a, const struct config_objects *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct config_object *x = &a->items[i], *y = &b->items[i];
        if (!bytes_equal(x->name, y->name) || x->type != y->type ||
            !bytes_equal(x->init, y->init) || !params_equal(x, y))
            return false;
    }
    return true;
}

void config_objects_free(struct config_objects *objects)
{
    for (size_t i = 0; i < objects->count; i++) {
        struct config_object *object = &objects->items[i];
        for (size_t j = 0; j < object->param_count; j++)
            free((void *)(uintptr_t)object->params[j].data.data);
        free(object->params);
        free((void *)(uintptr_t)object->init.data);
        free((void *)(uintptr_t)object->name.data);
    }
    free(objects->items);
    *objects = (struct config_objects){NULL, 0};
}
