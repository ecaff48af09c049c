/* SPDX-License-Identifier: BSD-2-Clause */
/* Created under its name alone: who finds it there already did not make it. */
#include "cli/base/created.h"

#include "cli/base/cli.h"
#include "ops_numbers.h"

enum { EXIT_NO = 1, EXIT_TIMEOUT = 75 };

/* What nothing is, for an operation that cannot begin with the type's own default. */
static struct mgr_arg beginning(const struct op_row *row)
{
    return row->number == OP_value_add ? mgr_int(0) : MGR_ABSENT;
}

enum mgr_status created_make(struct cli *cli, const struct op_row *row, struct mgr_arg name)
{
    struct created *created = &cli->created;
    const struct mgr_named args[] = {
        {"name", name}, {"type", mgr_str(row->type)}, {"init", beginning(row)}};
    enum mgr_status status = cli_call(cli, "object create", args, 3, NULL);
    if (status == MGR_EXISTS)
        return MGR_OK; /* of another type: the operation says so */
    if (status == MGR_OK && created->count < CREATED_MAX) {
        created->made[created->count].name = name;
        created->made[created->count++].revision = mgr_revision(cli->m);
    }
    return status;
}

static bool is_failure(enum mgr_status status)
{
    int code = mgr_status_exit_code(status);
    return code != 0 && code != EXIT_NO && code != EXIT_TIMEOUT && status != MGR_INDETERMINATE;
}

void created_settle(struct cli *cli, enum mgr_status status)
{
    struct created *created = &cli->created;
    for (size_t i = 0; i < created->count && cli->m != NULL && is_failure(status); i++) {
        const struct mgr_named name = {"name", created->made[i].name};
        mgr_unchanged_since(cli->m, created->made[i].revision);
        (void)!cli_call(cli, "object delete", &name, 1, NULL); /* refused: others use it */
    }
    created->count = 0;
}
