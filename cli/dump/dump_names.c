/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers for objects that have no name. */
#include "cli/dump/dump_names.h"

#include <stdlib.h>

#include "cli/dump/dump_format.h"

static bool room_for_one(struct dump_names *names)
{
    if (names->count < names->cap)
        return true;
    size_t cap = names->cap == 0 ? 16 : names->cap * 2;
    char **met = realloc(names->met, cap * sizeof *met);
    if (met == NULL)
        return false;
    names->met = met;
    struct dump_anonymous *by_id = realloc(names->by_id, cap * sizeof *by_id);
    if (by_id == NULL)
        return false;
    names->by_id = by_id;
    names->cap = cap;
    return true;
}

/* Where an id is, or belongs. */
static size_t position(const struct dump_names *names, uint64_t id)
{
    size_t low = 0, high = names->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (names->by_id[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* 0: no memory. */
static size_t number_of(struct dump_names *names, uint64_t id, const char *name)
{
    size_t at = position(names, id);
    if (at < names->count && names->by_id[at].id == id)
        return names->by_id[at].number;
    char *copy = room_for_one(names) ? strdup(name) : NULL;
    if (copy == NULL)
        return 0;
    memmove(&names->by_id[at + 1], &names->by_id[at], (names->count - at) * sizeof *names->by_id);
    names->met[names->count++] = copy;
    names->by_id[at] = (struct dump_anonymous){id, names->count};
    return names->count;
}

void dump_names_put(struct dump_names *names, const char *name, struct buf *out)
{
    const char *dash = strchr(name, '-');
    if (name[0] != DUMP_ANONYMOUS) {
        buf_put_text(out, name);
        return;
    }
    if (dash == NULL)
        return; /* ~ID: it is gone, which is written as no name */
    size_t number = number_of(names, strtoull(dash + 1, NULL, 10), name);
    names->failed = names->failed || number == 0;
    buf_printf(out, "%.*s-%zu", (int)(dash - name), name, number);
}

static void put_ref(void *arg, uint64_t id, struct buf *out)
{
    struct dump_names *names = arg;
    const char *name = names_find(&names->cli->names, id);
    if (name != NULL)
        dump_names_put(names, name, out);
    else
        names->failed = true;
}

void dump_names_init(struct dump_names *names, struct cli *cli)
{
    *names = (struct dump_names){.cli = cli};
    names->literal = (struct literal_names){NULL, put_ref, names};
}

void dump_names_free(struct dump_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->met[i]);
    free(names->met);
    free(names->by_id);
}
