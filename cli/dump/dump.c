/* SPDX-License-Identifier: BSD-2-Clause */
/* dump: objects as JSON lines, which `mgrctl load` (restore.c) reads. First those with names, in
 * order of them; then those without that were met on the way, in order of meeting. */
#include <stdlib.h>

#include "cli/base/report.h"
#include "cli/dump/dump_format.h"
#include "cli/dump/dump_object.h"
#include "cli/ops/listing.h"
#include "cli/syntax/grammar.h"
#include "cli/syntax/run.h"

struct dump {
    struct cli *cli;
    struct dump_names names;
    char **listed; /* names of what is to be dumped; owned */
    size_t count, cap;
    int code;        /* of the first object that could not be dumped */
    bool torn;       /* the dump is not whole: it gets no end */
    size_t left_out; /* objects that cannot be read */
};

/* ---- which ---- */

static int add_name(struct dump *dump, const char *name, size_t len)
{
    if (dump->count == dump->cap) {
        size_t cap = dump->cap == 0 ? 64 : dump->cap * 2;
        char **listed = realloc(dump->listed, cap * sizeof *listed);
        if (listed == NULL)
            return report(dump->cli, MGR_NOMEM, "out of memory");
        dump->listed = listed;
        dump->cap = cap;
    }
    dump->listed[dump->count] = strndup(name, len);
    if (dump->listed[dump->count] == NULL)
        return report(dump->cli, MGR_NOMEM, "out of memory");
    dump->count++;
    return 0;
}

static int list_name(void *arg, struct mgr_view item)
{
    struct dump *dump = arg;
    const char *name;
    size_t len;
    if (cli_interrupted())
        return report(dump->cli, MGR_INTERRUPTED, "interrupted");
    return mgr_as_str(item, &name, &len) ? add_name(dump, name, len) : 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Several patterns may match one name. */
static void sort_names(struct dump *dump)
{
    size_t kept = 0;
    if (dump->count > 0)
        qsort(dump->listed, dump->count, sizeof *dump->listed, compare_names);
    for (size_t i = 0; i < dump->count; i++)
        if (kept > 0 && strcmp(dump->listed[i], dump->listed[kept - 1]) == 0)
            free(dump->listed[i]);
        else
            dump->listed[kept++] = dump->listed[i];
    dump->count = kept;
}

static int list_names(struct dump *dump, const struct binding *binding)
{
    struct listing all = {.glob = NULL};
    int code = binding->rest_count == 0 ? listing_each(dump->cli, &all, list_name, dump) : 0;
    for (size_t i = 0; i < binding->rest_count && code == 0; i++) {
        struct listing listing = {.glob = binding->rest[i]};
        size_t before = dump->count;
        code = listing_each(dump->cli, &listing, list_name, dump);
        if (code == 0 && dump->count == before)
            code = report(dump->cli, MGR_NO_SUCH_OBJECT, "no name matches '%s'", listing.glob);
    }
    sort_names(dump);
    return code;
}

/* ---- writing ---- */

static bool goes_on(const struct dump *dump)
{
    return dump->cli->out.error == 0 && !cli_interrupted();
}

static bool is_referred_to(const struct dump *dump, const char *name)
{
    const struct names *names = &dump->cli->names;
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->entries[i].name, name) == 0)
            return true;
    return false;
}

/* What somebody deletes meanwhile is as if it had been deleted before; but not if a line that is
 * written refers to it: load would miss it. False: it was not there. */
static bool dump_one(struct dump *dump, const char *name)
{
    enum dump_fate fate;
    int code = dump_object(dump->cli, &dump->names, name, &fate);
    if (fate == DUMP_GONE && is_referred_to(dump, name)) {
        code = report(dump->cli, MGR_NO_SUCH_OBJECT,
                      "%s, which was referred to, went before it could be dumped", name);
        dump->torn = true;
    }
    dump->torn = dump->torn || fate == DUMP_TORN;
    dump->left_out += fate == DUMP_LEFT_OUT;
    dump->code = dump->code == 0 ? code : dump->code;
    return fate != DUMP_GONE;
}

/* All that were listed. One that is gone is not listed any more: it may come again, and then be
 * referred to. */
static void dump_listed(struct dump *dump)
{
    size_t there = 0;
    for (size_t i = 0; i < dump->count; i++)
        if (goes_on(dump) && dump_one(dump, dump->listed[i]))
            dump->listed[there++] = dump->listed[i];
        else
            free(dump->listed[i]);
    dump->count = there;
}

/* A name that a line refers to, and that was not there when names were listed. NULL: none. */
static const char *find_late(const struct dump *dump)
{
    const struct names *names = &dump->cli->names;
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->entries[i].name;
        if (name[0] != DUMP_ANONYMOUS &&
            (dump->count == 0 || bsearch(&name, dump->listed, dump->count, sizeof *dump->listed,
                                         compare_names) == NULL))
            return name;
    }
    return NULL;
}

/* Objects that came in meanwhile belong to a dump of all when something refers to them. */
static void dump_late(struct dump *dump)
{
    const char *late;
    while (goes_on(dump) && (late = find_late(dump)) != NULL) {
        int code = add_name(dump, late, strlen(late));
        if (code == 0) {
            sort_names(dump);
            (void)dump_one(dump, late);
        }
        dump->code = dump->code == 0 ? code : dump->code;
        dump->torn = dump->torn || code != 0;
        if (code != 0)
            return;
    }
}

static void dump_all(struct dump *dump, bool everything)
{
    struct buf *out = &dump->cli->out.buf;
    size_t anonymous = 0;
    buf_printf(out, "{\"mgrd_dump\": %d}\n", DUMP_VERSION);
    dump_listed(dump);
    do {
        if (everything)
            dump_late(dump);
        for (; anonymous < dump->names.count && goes_on(dump); anonymous++)
            (void)dump_one(dump, dump->names.met[anonymous]); /* which may find more of both */
    } while (everything && goes_on(dump) && find_late(dump) != NULL && !dump->torn);
    if (!dump->torn && goes_on(dump))
        buf_put_text(out, "{\"end\": true}\n");
    output_check(&dump->cli->out);
    if (dump->left_out > 0)
        report_note(dump->cli, "%zu object%s left out: the dump is whole but for %s",
                    dump->left_out, dump->left_out == 1 ? " was" : "s were",
                    dump->left_out == 1 ? "it" : "them");
}

int run_dump(struct cli *cli, const struct binding *binding)
{
    struct dump dump = {.cli = cli};
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    dump_names_init(&dump.names, cli);
    code = list_names(&dump, binding);
    if (code == 0) {
        dump_all(&dump, binding->rest_count == 0);
        code = dump.code;
    }
    if (code == 0 && cli_interrupted())
        code = report(cli, MGR_INTERRUPTED, "interrupted");
    for (size_t i = 0; i < dump.count; i++)
        free(dump.listed[i]);
    free(dump.listed);
    dump_names_free(&dump.names);
    return code;
}
