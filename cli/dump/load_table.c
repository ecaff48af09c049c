/* SPDX-License-Identifier: BSD-2-Clause */
/* A tree by name, and arrays in the order of the dump. */
#include "cli/dump/load_table.h"

#include <search.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct load_object *)a)->name, ((const struct load_object *)b)->name);
}

static void keep_object(void *object)
{
    (void)object; /* in_order owns it */
}

void load_table_free(struct load_table *table)
{
    tdestroy(table->tree, keep_object);
    for (size_t i = 0; i < table->count; i++) {
        free(table->in_order[i]->name);
        free(table->in_order[i]->real);
        free(table->in_order[i]);
    }
    free(table->in_order);
    free(table->parts);
}

/* Room for one more in an array that doubles. */
static void *grow(void *array, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return array;
    size_t more = *cap == 0 ? 64 : *cap * 2;
    void *grown = realloc(array, more * size);
    if (grown != NULL)
        *cap = more;
    return grown;
}

struct load_object *load_table_find(struct load_table *table, struct bytes name)
{
    struct load_object wanted = {.name = strndup((const char *)name.data, name.len)};
    struct load_object **found = wanted.name == NULL ? NULL : tfind(&wanted, &table->tree, compare);
    free(wanted.name);
    return found == NULL ? NULL : *found;
}

struct load_object *load_table_get(struct load_table *table, struct bytes name)
{
    struct load_object *object = load_table_find(table, name);
    if (object != NULL)
        return object;
    struct load_object **in_order =
        grow(table->in_order, table->count, &table->cap, sizeof(struct load_object *));
    if (in_order == NULL)
        return NULL;
    table->in_order = in_order;
    object = calloc(1, sizeof *object);
    if (object != NULL)
        object->name = strndup((const char *)name.data, name.len);
    if (object == NULL || object->name == NULL || tsearch(object, &table->tree, compare) == NULL) {
        if (object != NULL)
            free(object->name);
        free(object);
        return NULL;
    }
    table->in_order[table->count++] = object;
    return object;
}

bool load_table_part(struct load_table *table, struct load_object *object, const struct load_at *at)
{
    struct load_part *parts =
        grow(table->parts, table->part_count, &table->part_cap, sizeof *parts);
    if (parts == NULL)
        return false;
    table->parts = parts;
    if (object->parts++ == 0)
        object->first_part = table->part_count;
    table->parts[table->part_count++] = (struct load_part){*at, object};
    return true;
}
