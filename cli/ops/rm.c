/* SPDX-License-Identifier: BSD-2-Clause */
/* rm: each name for itself; those that cannot go are reported, and the others go. What patterns
 * match is looked up first, so that it can be told, and asked about, before anything is deleted. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/base/report.h"
#include "cli/ops/listing.h"
#include "cli/syntax/grammar.h"
#include "cli/syntax/run.h"

enum { EXIT_NO = 1 };
enum { RM_NAME, RM_FORCE, RM_GLOB, RM_DRY_RUN, RM_YES };

struct rm {
    struct cli *cli;
    bool force;
    struct buf names; /* that match, each with a NUL behind it */
    size_t found, deleted;
    int code; /* of the first that failed */
};

static void delete_one(struct rm *rm, const char *name, size_t len)
{
    const struct mgr_named args[] = {{"name", mgr_strn(name, len)},
                                     {"force", rm->force ? mgr_bool(true) : MGR_ABSENT}};
    cli_since(rm->cli);
    enum mgr_status status = cli_call(rm->cli, "object delete", args, 2, NULL);
    rm->deleted += status == MGR_OK;
    if (status == MGR_OK)
        return;
    int code = report_call(rm->cli, status);
    if (status == MGR_IN_USE)
        report_hint(rm->cli, "mgrctl rm --force %.*s", (int)len, name);
    rm->code = rm->code == 0 ? code : rm->code;
}

static int keep_found(void *arg, struct mgr_view item)
{
    struct rm *rm = arg;
    const char *name;
    size_t len;
    if (cli_interrupted())
        return report(rm->cli, MGR_INTERRUPTED, "interrupted");
    if (mgr_as_str(item, &name, &len)) {
        rm->found++;
        buf_put(&rm->names, name, len);
        buf_put_u8(&rm->names, '\0');
    }
    return 0;
}

/* Answers of people: what does not begin with y is no. */
static bool is_wanted(const struct rm *rm, const char *glob)
{
    char answer[16] = "";
    fprintf(stderr, "mgrctl: delete %zu object%s that match%s '%s'? [y/N] ", rm->found,
            rm->found == 1 ? "" : "s", rm->found == 1 ? "es" : "", glob);
    ssize_t n;
    do
        n = read(STDIN_FILENO, answer, sizeof answer - 1);
    while (n < 0 && errno == EINTR && !cli_interrupted());
    return n > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

static void delete_found(struct rm *rm)
{
    const char *end = (const char *)rm->names.data + rm->names.len;
    for (const char *name = (const char *)rm->names.data; name < end && !cli_interrupted();
         name += strlen(name) + 1)
        delete_one(rm, name, strlen(name));
    if (!rm->cli->options.quiet)
        report_note(rm->cli, "deleted %zu object%s", rm->deleted, rm->deleted == 1 ? "" : "s");
}

static void print_found(struct rm *rm)
{
    const char *end = (const char *)rm->names.data + rm->names.len;
    for (const char *name = (const char *)rm->names.data; name < end; name += strlen(name) + 1) {
        buf_put_text(&rm->cli->out.buf, name);
        buf_put_u8(&rm->cli->out.buf, rm->cli->options.nul ? '\0' : '\n');
        output_check(&rm->cli->out);
    }
    if (!rm->cli->options.quiet)
        report_note(rm->cli, "%zu object%s would be deleted", rm->found, rm->found == 1 ? "" : "s");
}

/* The answer was no, or an interrupt. */
static int nothing_deleted(struct cli *cli)
{
    if (cli_interrupted())
        return report(cli, MGR_INTERRUPTED, "nothing was deleted");
    if (!cli->options.quiet)
        report_note(cli, "nothing was deleted");
    return EXIT_NO;
}

static int act_on_found(struct rm *rm, const struct binding *binding, const char *glob)
{
    bool person = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
    if (rm->names.failed)
        return report(rm->cli, MGR_NOMEM, "out of memory");
    if (rm->found == 0)
        return report(rm->cli, MGR_NO_SUCH_OBJECT, "no name matches '%s'", glob);
    if (binding->words[RM_DRY_RUN] != NULL)
        print_found(rm);
    else if (binding->words[RM_YES] != NULL || !person || is_wanted(rm, glob))
        delete_found(rm);
    else
        return nothing_deleted(rm->cli);
    return 0;
}

static void delete_matching(struct rm *rm, const struct binding *binding, const char *glob)
{
    struct listing listing = {.glob = glob};
    rm->found = rm->deleted = 0;
    buf_init(&rm->names);
    int code = listing_each(rm->cli, &listing, keep_found, rm);
    if (code == 0)
        code = act_on_found(rm, binding, glob);
    buf_free(&rm->names);
    rm->code = rm->code == 0 ? code : rm->code;
}

int run_rm(struct cli *cli, const struct binding *binding)
{
    struct rm rm = {.cli = cli, .force = binding->words[RM_FORCE] != NULL};
    bool matching = binding->words[RM_GLOB] != NULL;
    if (!matching && binding->words[RM_DRY_RUN] != NULL)
        return report(cli, MGR_USAGE,
                      "--dry-run tells what --glob matches: names stand for "
                      "themselves");
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    for (size_t i = 0; i < binding->rest_count && !cli_interrupted(); i++)
        if (matching)
            delete_matching(&rm, binding, binding->rest[i]);
        else
            delete_one(&rm, binding->rest[i], strlen(binding->rest[i]));
    return rm.code;
}
