/* SPDX-License-Identifier: BSD-2-Clause */
/* rm: each name for itself; those that cannot go are reported, and the others go. */
#include <stdlib.h>

#include "cli/grammar.h"
#include "cli/listing.h"
#include "cli/report.h"
#include "cli/run.h"

enum { RM_NAME, RM_FORCE, RM_GLOB };

struct rm {
    struct cli *cli;
    bool force;
    size_t found;
    int code; /* of the first that failed */
};

static void delete_one(struct rm *rm, const char *name, size_t len)
{
    const struct mgr_named args[] = {{"name", mgr_strn(name, len)},
                                     {"force", rm->force ? mgr_bool(true) : MGR_ABSENT}};
    enum mgr_status status = cli_call(rm->cli, "object delete", args, 2, NULL);
    if (status == MGR_OK)
        return;
    int code = report_call(rm->cli, status);
    if (status == MGR_IN_USE)
        report_hint(rm->cli, "mgrctl rm --force %.*s", (int)len, name);
    rm->code = rm->code == 0 ? code : rm->code;
}

static int delete_found(void *arg, struct mgr_view item)
{
    struct rm *rm = arg;
    const char *name;
    size_t len;
    if (cli_interrupted())
        return report(rm->cli, MGR_INTERRUPTED, "interrupted");
    if (mgr_as_str(item, &name, &len)) {
        rm->found++;
        delete_one(rm, name, len);
    }
    return 0;
}

static void delete_matching(struct rm *rm, const char *glob)
{
    struct listing listing = {.glob = glob};
    rm->found = 0;
    int code = listing_each(rm->cli, &listing, delete_found, rm);
    if (code == 0 && rm->found == 0)
        code = report(rm->cli, MGR_NO_SUCH_OBJECT, "no name matches '%s'", glob);
    rm->code = rm->code == 0 ? code : rm->code;
}

int run_rm(struct cli *cli, const struct binding *binding)
{
    struct rm rm = {.cli = cli, .force = binding->words[RM_FORCE] != NULL};
    int code = cli_connect(cli);
    if (code != 0)
        return code;
    for (size_t i = 0; i < binding->rest_count && !cli_interrupted(); i++) {
        if (binding->words[RM_GLOB] != NULL)
            delete_matching(&rm, binding->rest[i]);
        else
            delete_one(&rm, binding->rest[i], strlen(binding->rest[i]));
    }
    return rm.code;
}
