/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls by name, for tools that learn the operations at run time. */
#include "client/internal.h"

enum { NAMED_MAX = 16 };

/* hello, bye and cancel are reserved for the library, which keeps the session's state. */
static bool is_own(const struct op_row *row)
{
    return row->class == CLASS_session && strcmp(row->method, "heartbeat") != 0;
}

static const struct arg_row *find_arg(const struct op_row *row, const char *name)
{
    for (unsigned i = 0; name != NULL && i < row->arg_count && i < NAMED_MAX; i++)
        if (strcmp(row->args[i].name, name) == 0)
            return &row->args[i];
    return NULL;
}

/* Finds the operation and puts its arguments into the row's order. NULL: m->status tells why
 * not. */
static const struct op_row *place_args(struct mgr *m, const char *operation,
                                       const struct mgr_named *args, size_t count,
                                       struct mgr_arg by_row[NAMED_MAX])
{
    const struct op_row *row = op_find_words(operation);
    if (row == NULL || is_own(row)) {
        client_fail(m, MGR_USAGE, "there is no operation '%s' to call",
                    operation == NULL ? "" : operation);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const struct arg_row *arg = find_arg(row, args[i].name);
        if (arg == NULL) {
            client_fail(m, MGR_USAGE, "%s has no argument '%s'", operation,
                        args[i].name == NULL ? "" : args[i].name);
            return NULL;
        }
        by_row[arg - row->args] = args[i].value;
    }
    return row;
}

enum mgr_status mgr_call(struct mgr *m, const char *operation, const struct mgr_named *args,
                         size_t count, int64_t wait_ms, struct mgr_value **result)
{
    struct mgr_arg by_row[NAMED_MAX] = {{.kind = MGR_ARG_ABSENT}};
    const struct op_row *row = NULL;
    enum mgr_status status = client_ready(m);
    if (result != NULL)
        *result = NULL;
    if (status == MGR_OK)
        row = place_args(m, operation, args, count, by_row);
    if (row == NULL) {
        client_forget_since(m); /* the check was meant for this call */
        return status == MGR_OK ? m->status : status;
    }
    struct request request = {.args = by_row,
                              .wait_ms = wait_ms,
                              .want = result == NULL ? WANT_NOTHING : WANT_VALUE,
                              .by_name = true};
    status = client_run(m, &request, row->number);
    if (status == MGR_OK && result != NULL)
        *result = m->answer.value;
    return status;
}
