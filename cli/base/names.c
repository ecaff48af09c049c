/* SPDX-License-Identifier: BSD-2-Clause */
/* Asks the daemon for names and ids, once per command. */
#include "cli/base/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/base/cli.h"
#include "wire/proto/ops.h"

enum { TILDE_MAX = 64 };

/* A text field of `object info`, as an owned string; NULL: there is no such object. */
static char *ask_info(struct cli *cli, struct bytes name, const char *field)
{
    const struct mgr_named args[] = {{"name", mgr_strn((const char *)name.data, name.len)}};
    struct mgr_value *info = NULL;
    struct mgr_view view;
    const char *text;
    size_t len;
    char *copy = NULL;
    struct mgr *m = cli_asker(cli);
    enum mgr_status status =
        m == NULL ? MGR_UNREACHABLE : mgr_call(m, "object info", args, 1, 0, &info);
    if (status != MGR_OK && status != MGR_NO_SUCH_OBJECT)
        cli->names.status = status;
    if (status == MGR_OK && mgr_field(mgr_view(info), field, &view) &&
        mgr_as_str(view, &text, &len))
        copy = strndup(text, len);
    mgr_value_free(info);
    return copy;
}

static bool resolve(void *arg, struct bytes name, uint64_t *id)
{
    struct names *names = arg;
    if (cli_connect(names->cli) != 0)
        return false;
    char *text = ask_info(names->cli, name, "id");
    bool ok = text != NULL && sscanf(text, "%" SCNu64, id) == 1;
    free(text);
    return ok;
}

static char *ask_as(struct cli *cli, struct bytes type, uint64_t id)
{
    char tilde[TILDE_MAX];
    snprintf(tilde, sizeof tilde, "~%.*s-%" PRIu64, (int)type.len, (const char *)type.data, id);
    return ask_info(cli, bytes_text(tilde), "name");
}

/* The same with the types that a newer daemon has, and this mgrctl does not know. */
static char *ask_others(struct cli *cli, uint64_t id)
{
    struct mgr *m = cli_asker(cli);
    struct mgr_value *info = NULL;
    struct mgr_view types, item;
    char *name = NULL;
    if (m != NULL && mgr_call(m, "server info", NULL, 0, 0, &info) == MGR_OK &&
        mgr_field(mgr_view(info), "types", &types)) {
        struct mgr_iter it = mgr_iter(types);
        const char *type;
        size_t len;
        while (name == NULL && mgr_next(&it, &item))
            if (mgr_as_str(item, &type, &len) && type_number(bytes_of(type, len)) == 0)
                name = ask_as(cli, bytes_of(type, len), id);
    }
    mgr_value_free(info);
    return name;
}

/* A reference does not tell its object's type, and "~TYPE-ID" needs it: each is tried. */
static char *ask_name(struct cli *cli, uint64_t id)
{
    char tilde[TILDE_MAX];
    char *name = NULL;
    for (unsigned type = 0; type < TYPE_COUNT && name == NULL; type++)
        if (type_name(type) != NULL)
            name = ask_as(cli, bytes_text(type_name(type)), id);
    if (name == NULL)
        name = ask_others(cli, id);
    if (name == NULL) {
        snprintf(tilde, sizeof tilde, "~%" PRIu64, id);
        name = strdup(tilde);
    }
    return name;
}

static bool room_for_one(struct names *names)
{
    if (names->count < names->cap)
        return true;
    size_t cap = names->cap == 0 ? 16 : names->cap * 2;
    struct name_entry *entries = realloc(names->entries, cap * sizeof *entries);
    if (entries == NULL)
        return false;
    names->entries = entries;
    names->cap = cap;
    return true;
}

/* The entry of an id, or where it belongs. */
static size_t position(const struct names *names, uint64_t id)
{
    size_t low = 0, high = names->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (names->entries[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *names_find(struct names *names, uint64_t id)
{
    size_t at = position(names, id);
    if (at < names->count && names->entries[at].id == id)
        return names->entries[at].name;
    char *name = names->cli->m == NULL ? NULL : ask_name(names->cli, id);
    if (name == NULL || !room_for_one(names)) {
        free(name);
        return NULL;
    }
    memmove(&names->entries[at + 1], &names->entries[at],
            (names->count - at) * sizeof *names->entries);
    names->entries[at] = (struct name_entry){id, name};
    names->count++;
    return name;
}

static void put_name(void *arg, uint64_t id, struct buf *out)
{
    const char *name = names_find(arg, id);
    if (name != NULL)
        buf_put_text(out, name);
    else
        buf_printf(out, "~%" PRIu64, id);
}

void names_init(struct names *names, struct cli *cli)
{
    *names = (struct names){.cli = cli};
    names->literal = (struct literal_names){resolve, put_name, names};
}

void names_forget(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->entries[i].name);
    names->count = 0;
    names->status = MGR_OK;
}

void names_free(struct names *names)
{
    names_forget(names);
    free(names->entries);
    names->entries = NULL;
    names->cap = 0;
}
